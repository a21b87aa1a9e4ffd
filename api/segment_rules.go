package api

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/segments"
)

// segmentRules are a shop's rules for scoring customers by recency, frequency
// and money, and its names for the groups.
type segmentRules struct {
	*judge
	store ruleStore
}

type ruleStore interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	// SegmentRules includes the shop's trade.
	SegmentRules(ctx context.Context, shop string) (segments.Rules, error)
	SaveSegmentRules(ctx context.Context, shop string, rules segments.Rules) error
	// Fitted is Outdated where it was computed by other rules; nil: not yet computed.
	Fitted(ctx context.Context, shop string) (*segments.Fitted, error)
	SaveFitted(ctx context.Context, shop string, f *segments.Fitted, basis string) error
	Known(ctx context.Context, shop string) (int64, error)
}

// rulesView contains in Groups the groups in force: the ten usual ones unless
// the shop chose others.
type rulesView struct {
	Trade      string          `json:"trade"`
	Period     int             `json:"period"`     // calendar days; 0: the period of the trade
	Bins       int             `json:"bins"`       // how many scores there are
	Thresholds *thresholdsView `json:"thresholds"` // null: equal parts of the shop's buyers
	WholeUnits bool            `json:"whole_units"`
	Preset     string          `json:"preset"` // usual, chinese; empty: groups of the shop's own
	Groups     []groupView     `json:"groups"`
	InForce    bool            `json:"in_force"` // customers are scored by these rules; false: within a minute
}

// thresholdsView: one number fewer than bins each; money in the shop's currency.
type thresholdsView struct {
	Recency   []float64    `json:"recency"`
	Frequency []float64    `json:"frequency"`
	Monetary  []amountView `json:"monetary"`
}

// rulesInput is a complete set of rules: missing fields have their defaults.
type rulesInput struct {
	Period     int             `json:"period"`
	Bins       int             `json:"bins"`
	Thresholds *thresholdsView `json:"thresholds"`
	WholeUnits bool            `json:"whole_units"`
	Preset     string          `json:"preset"`
	Groups     []groupView     `json:"groups"`
}

type groupView struct {
	Name string    `json:"name"`
	R    rangeView `json:"r"`
	F    rangeView `json:"f"`
	M    rangeView `json:"m"`
}

type rangeView struct {
	From int           `json:"from,omitempty"` // lowest score, from 1; 0: open
	To   int           `json:"to,omitempty"`   // highest
	Mean segments.Side `json:"mean,omitempty"` // above, below, or either
}

// Presets of groups.
const (
	presetUsual   = "usual"
	presetChinese = "chinese"
)

func (h *segmentRules) get(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	rules, err := h.store.SegmentRules(ctx, shop)
	if err != nil {
		return nil, err
	}
	fitted, err := h.store.Fitted(ctx, shop)
	if err != nil {
		return nil, err
	}
	v, err := h.show(ctx, shop, rules)
	if err != nil {
		return nil, err
	}
	v.InForce = fitted != nil && fitted.Rules == rules.Hash()
	return v, nil
}

func (h *segmentRules) put(c *gin.Context) (any, error) {
	var in rulesInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	rules := segments.Rules{Period: in.Period, Bins: in.Bins, WholeUnits: in.WholeUnits, Groups: listed(in.Groups, groupView.group)}
	ctx, shop := c.Request.Context(), shopOf(c)
	var err error
	if rules.Thresholds, err = h.thresholds(ctx, shop, in.Thresholds); err != nil {
		return nil, err
	}
	switch {
	case in.Preset != "" && len(in.Groups) > 0:
		return nil, wrong("/preset", "cannot be combined with groups: write one of the two")
	case in.Preset == presetChinese:
		rules.Groups = segments.ChineseGroups()
	case in.Preset != "" && in.Preset != presetUsual:
		return nil, wrong("/preset", "%q is not one of %s and %s", clip(in.Preset), presetUsual, presetChinese)
	}
	for i, g := range rules.Groups {
		if err := checkText("/groups/"+strconv.Itoa(i)+"/name", g.Name, 1, 100); err != nil {
			return nil, err
		}
	}
	if err := rules.Check(); err != nil {
		return nil, err
	}
	if err := h.store.SaveSegmentRules(ctx, shop, rules); err != nil {
		return nil, err
	}
	if rules, err = h.store.SegmentRules(ctx, shop); err != nil {
		return nil, err
	}
	v, err := h.show(ctx, shop, rules)
	if err != nil {
		return nil, err
	}
	v.InForce, err = h.apply(ctx, shop, rules)
	return v, err
}

// thresholds are those of a body; nil without any.
func (h *segmentRules) thresholds(ctx context.Context, shop string, in *thresholdsView) (*segments.Thresholds, error) {
	if in == nil {
		return nil, nil
	}
	s, err := h.store.Shop(ctx, shop)
	if err != nil {
		return nil, err
	}
	t := &segments.Thresholds{Recency: in.Recency, Frequency: in.Frequency, Monetary: make([]float64, len(in.Monetary))}
	for i, m := range in.Monetary {
		at := "/thresholds/monetary/" + strconv.Itoa(i)
		if m.Currency != s.Currency {
			return nil, wrong(at+"/currency", "write %s, the currency of the shop", s.Currency)
		}
		money, err := commerce.ParseMoney(m.Amount, s.Currency)
		if err != nil {
			return nil, wrong(at+"/amount", "%v", err)
		}
		t.Monetary[i] = float64(money.Minor)
	}
	return t, nil
}

func (h *segmentRules) show(ctx context.Context, shop string, rules segments.Rules) (rulesView, error) {
	s, err := h.store.Shop(ctx, shop)
	return showRules(rules, currencyFormat{s.Currency}), err
}

// apply scores the shop's customers by new rules at once, from its index. It is false
// where this process has no index of the shop: the next sweep does so then.
func (h *segmentRules) apply(ctx context.Context, shop string, rules segments.Rules) (done bool, err error) {
	if h.indexes == nil {
		return false, nil
	}
	built := h.indexes.Current(shop)
	if built == nil {
		return false, nil
	}
	built.Close()
	leave, err := h.heavy.Enter(ctx, shop)
	if err != nil {
		return false, err
	}
	defer leave()
	held, err := h.open(ctx, shop)
	if err != nil {
		return false, nil // the rules are stored, whatever became of the index
	}
	defer held.Close()
	known, err := h.store.Known(ctx, shop)
	if err != nil {
		return false, err
	}
	fitted, err := held.Index.Fit(rules, stored(h.now()))
	if err != nil {
		return false, err
	}
	return true, h.store.SaveFitted(ctx, shop, fitted, segments.Basis(held.Shop, rules, known))
}

func (g groupView) group() segments.Group {
	return segments.Group{Name: g.Name, R: segments.Range(g.R), F: segments.Range(g.F), M: segments.Range(g.M)}
}

func showRules(r segments.Rules, in currencyFormat) rulesView {
	v := rulesView{Trade: r.Trade, Period: r.Period, Bins: cmp.Or(r.Bins, segments.UsualBins), WholeUnits: r.WholeUnits}
	if r.Thresholds != nil {
		v.Thresholds = &thresholdsView{Recency: r.Thresholds.Recency, Frequency: r.Thresholds.Frequency,
			Monetary: listed(r.Thresholds.Monetary, func(minor float64) amountView { return *in.rounded(minor) })}
	}
	switch {
	case len(r.Groups) == 0:
		v.Preset, r.Groups = presetUsual, segments.UsualGroups(v.Bins)
	case slices.Equal(r.Groups, segments.ChineseGroups()):
		v.Preset = presetChinese
	}
	v.Groups = listed(r.Groups, showGroup)
	return v
}

func showGroup(g segments.Group) groupView {
	return groupView{Name: g.Name, R: rangeView(g.R), F: rangeView(g.F), M: rangeView(g.M)}
}
