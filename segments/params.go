package segments

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"comeback/commerce"
)

// Rules are a shop's choices for scoring its customers. The zero value is a shop
// of unknown trade, with five scores of equally many buyers and the ten usual groups.
type Rules struct {
	Trade      string      `bson:"trade" json:"trade"`                   // of Shop: decides the period, and the stages while there are no gaps
	Period     int         `bson:"period" json:"period"`                 // calendar days RFM looks back; 0: those of the trade
	Bins       int         `bson:"bins,omitempty" json:"bins,omitempty"` // how many scores there are, 3 to 10; 0: five
	Thresholds *Thresholds `bson:"thresholds" json:"thresholds"`         // fixed thresholds; nil: equal parts of the shop's buyers
	WholeUnits bool        `bson:"whole_units" json:"whole_units"`       // as in R's package rfm: see Scale.Step
	Groups     []Group     `bson:"groups" json:"groups"`                 // in order, first match wins; none: UsualGroups
}

// Thresholds are fixed scores: one number fewer than there are scores, in ascending
// order. A value up to the first scores 1 (recency 5 of five), up to the second 2
// (4), above the last 5 (1).
type Thresholds struct {
	Recency   []float64 `bson:"recency" json:"recency"`     // calendar days since the last paid order
	Frequency []float64 `bson:"frequency" json:"frequency"` // paid orders
	Monetary  []float64 `bson:"monetary" json:"monetary"`   // net, in minor units of the shop's currency
}

// Fitted is the figures of all the shop's customers, which conditions compare each
// customer with: one version of the shop's segment_params. Fit computes it, Params
// passes it to Match. It is immutable, and round-trips through bson and json.
type Fitted struct {
	At        time.Time `bson:"at" json:"at"`                           // the instant it was computed for
	Customers int64     `bson:"customers" json:"customers"`             // buyers within the period
	Rules     string    `bson:"rules,omitempty" json:"rules,omitempty"` // hash of the rules it was computed by; empty: by an older version
	Outdated  bool      `bson:"-" json:"-"`                             // the shop's rules changed since
	Period    int       `bson:"period" json:"period"`                   // calendar days RFM looks back
	Bins      int       `bson:"bins,omitempty" json:"bins"`             // how many scores there are; 0: five
	Recency   Scale     `bson:"recency" json:"recency"`
	Frequency Scale     `bson:"frequency" json:"frequency"`
	Monetary  Scale     `bson:"monetary" json:"monetary"`
	Groups    []Group   `bson:"groups" json:"groups"`
	Ages      Ages      `bson:"ages" json:"ages"`
	Gaps      Gaps      `bson:"gaps" json:"gaps"`
	Model     *Model    `bson:"model,omitempty" json:"model,omitempty"` // in days and minor units; nil: not fitted
	Prices    []float64 `bson:"prices" json:"prices"`                   // two cut points of average item prices, in minor units
}

// Scale converts values of recency, frequency or money to scores.
type Scale struct {
	Cuts []float64 `bson:"cuts" json:"cuts"` // one fewer than there are scores; none: nobody is scored
	Step float64   `bson:"step" json:"step"` // how far above a cut point a value has to be; 0: any distance
	Mean float64   `bson:"mean" json:"mean"` // of the shop's buyers
}

// priceTiers are the tiers of customers by average item price: thirds of the
// shop's customers. A price at a cut point is in the lower tier.
var priceTiers = []string{"low", "middle", "high"}

// Limits of rules.
const (
	maxPeriod = 36525 // days, a century
	maxGroups = 100
)

// Check reports the first mistake in the rules as an Invalid error that names the
// field.
func (r Rules) Check() error {
	if r.Period < 0 || r.Period > maxPeriod {
		return commerce.Errorf(commerce.Invalid, "period: %s: at least 1 and at most %d, or 0 for that of the trade",
			commerce.Count(r.Period, "day"), maxPeriod)
	}
	if r.Bins != 0 && (r.Bins < leastBins || r.Bins > mostBins) {
		return commerce.Errorf(commerce.Invalid, "bins: %d scores: at least %d and at most %d, or 0 for %d",
			r.Bins, leastBins, mostBins, UsualBins)
	}
	bins := binsOf(r.Bins)
	if t := r.Thresholds; t != nil {
		for _, s := range []struct {
			name string
			cuts []float64
		}{{"recency", t.Recency}, {"frequency", t.Frequency}, {"monetary", t.Monetary}} {
			if len(s.cuts) != bins-1 || !slices.IsSorted(s.cuts) ||
				slices.ContainsFunc(s.cuts, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }) {
				return commerce.Errorf(commerce.Invalid, "thresholds.%s: give %d numbers that never fall", s.name, bins-1)
			}
		}
	}
	if len(r.Groups) > maxGroups {
		return commerce.Errorf(commerce.Invalid, "groups: %d are too many: at most %d", len(r.Groups), maxGroups)
	}
	for i, g := range r.Groups {
		if err := g.check(i, bins); err != nil {
			return err
		}
	}
	return nil
}

// Hash is equal for equal rules.
func (r Rules) Hash() string {
	if len(r.Groups) == 0 {
		r.Groups = nil
	}
	text, _ := json.Marshal(r) // never fails: Check refuses numbers that are no numbers
	return fmt.Sprintf("%x", sha256.Sum256(text))
}

// Basis names the inputs of fitted figures: the rules, the shop's zone and currency,
// and the number of customers in steps of a quarter.
func Basis(shop commerce.Shop, rules Rules, known int64) string {
	return fmt.Sprintf("%s %s %s %d", rules.Hash(), shop.Zone, shop.Currency, int(math.Log(float64(known+1))/math.Log(1.25)))
}

// period is the days RFM looks back.
func (r Rules) period() int {
	if r.Period > 0 {
		return r.Period
	}
	return agesOf(r.Trade).period
}
