package segments

import "comeback/commerce"

// Stages of a customer's life with the shop, as customer.stage names them.
const (
	prospect = "prospect" // no paid order
	fresh    = "new"      // one paid order, at most 30 days old
	active   = "active"
	loyal    = "loyal"   // at least 3 paid orders in the RFM period
	atRisk   = "at_risk" // the last paid order is older than T1
	lapsed   = "lapsed"  // older than T2
	lost     = "lost"    // older than T3
)

var stages = []string{prospect, fresh, active, loyal, atRisk, lapsed, lost}

// Limits of stages.
const (
	newDays     = 30  // a first order is new
	loyalOrders = 3   // in the period; from as many ever on, the customer's own gap counts
	ownGaps     = 200 // repeat gaps from which a shop's own quantiles count
)

// Ages are the days since the last paid order after which a customer is at
// risk, lapsed and lost.
type Ages struct {
	AtRisk float64 `bson:"at_risk" json:"at_risk"` // T1
	Lapsed float64 `bson:"lapsed" json:"lapsed"`   // T2
	Lost   float64 `bson:"lost" json:"lost"`       // T3
	Own    bool    `bson:"own" json:"own"`         // of the shop's own gaps, not of its trade
}

// trade is the defaults of a trade: the ages, and the days of the RFM period.
type trade struct {
	atRisk, lapsed, lost float64
	period               int
}

// trades are the defaults by Shop.Trade, until a shop has gaps of its own.
var trades = map[string]trade{
	"food": {45, 75, 150, 180}, "coffee": {45, 75, 150, 180}, "pet": {45, 75, 150, 180}, "nappies": {45, 75, 150, 180},
	"supplements": {45, 90, 180, 180},
	"skin care":   {75, 120, 240, 365},
	"apparel":     {75, 120, 270, 365},
	"home":        {150, 270, 540, 730}, "kitchen": {150, 270, 540, 730},
	"electronics": {240, 400, 720, 730},
	"gifts":       {330, 400, 760, 1095}, "seasonal": {330, 400, 760, 1095},
}

// agesOf is the defaults of a trade, also of an unknown one.
func agesOf(name string) trade {
	if t, ok := trades[name]; ok {
		return t
	}
	return trade{60, 120, 365, 365}
}

// LapsedAfter is T2 of a trade, in days: a customer without a paid order for longer
// has lapsed. An unknown trade has a default.
func LapsedAfter(trade string) int { return int(agesOf(trade).lapsed) }

// newAges are the ages of the shop's own gaps (p75, p90, twice p90) where it
// has 200 of them, else those of its trade.
func newAges(name string, g Gaps) Ages {
	if g.Count >= ownGaps {
		return Ages{AtRisk: g.P75, Lapsed: g.P90, Lost: 2 * g.P90, Own: true}
	}
	t := agesOf(name)
	return Ages{AtRisk: t.atRisk, Lapsed: t.lapsed, Lost: t.lost}
}

// overdueAges are the overdue ratios above which a customer with at least 3
// paid orders is at risk, lapsed and lost, in a shop with gaps of its own.
var overdueAges = [3]commerce.Decimal{{Units: 15, Scale: 1}, {Units: 25, Scale: 1}, {Units: 4}}

// stageFacts decide a customer's stage.
type stageFacts struct {
	orders, recent int64    // paid orders of all time, and of the RFM period
	days           int64    // calendar days since the last
	overdue        fraction // of the customer's own expected gap; set where the shop has gaps of its own
}

// stage is the first that fits, from lost to active.
func (f *Fitted) stage(s stageFacts) string {
	if s.orders == 0 {
		return prospect
	}
	older := func(i int, days float64) bool {
		if f.Ages.Own && s.orders >= loyalOrders {
			return s.overdue.cmp(overdueAges[i]) > 0
		}
		return float64(s.days) > days
	}
	switch {
	case older(2, f.Ages.Lost):
		return lost
	case older(1, f.Ages.Lapsed):
		return lapsed
	case older(0, f.Ages.AtRisk):
		return atRisk
	case s.orders == 1 && s.days <= newDays:
		return fresh
	case s.recent >= loyalOrders:
		return loyal
	}
	return active
}
