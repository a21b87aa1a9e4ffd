package api

import (
	"context"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"comeback/segments"
)

// segmentRules are a shop's rules for scoring customers by recency, frequency
// and money, and its names for the groups.
type segmentRules struct{ store ruleStore }

type ruleStore interface {
	// SegmentRules includes the shop's trade.
	SegmentRules(ctx context.Context, shop string) (segments.Rules, error)
	SaveSegmentRules(ctx context.Context, shop string, rules segments.Rules) error
}

// rulesView contains in Groups the groups in force: the ten usual ones unless
// the shop chose others.
type rulesView struct {
	Trade      string          `json:"trade"`
	Period     int             `json:"period"`     // calendar days; 0: the period of the trade
	Thresholds *thresholdsView `json:"thresholds"` // null: quintiles of the shop's buyers
	WholeUnits bool            `json:"whole_units"`
	Preset     string          `json:"preset"` // usual, chinese; empty: groups of the shop's own
	Groups     []groupView     `json:"groups"`
}

// thresholdsView: four numbers each; money in minor units.
type thresholdsView struct {
	Recency   []float64 `json:"recency"`
	Frequency []float64 `json:"frequency"`
	Monetary  []float64 `json:"monetary"`
}

// rulesInput is a complete set of rules: missing fields have their defaults.
type rulesInput struct {
	Period     int             `json:"period"`
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
	From int           `json:"from,omitempty"` // lowest score, 1 to 5; 0: open
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
	rules, err := h.store.SegmentRules(c.Request.Context(), shopOf(c))
	if err != nil {
		return nil, err
	}
	return showRules(rules), nil
}

func (h *segmentRules) put(c *gin.Context) (any, error) {
	var in rulesInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	rules := segments.Rules{Period: in.Period, WholeUnits: in.WholeUnits, Groups: listed(in.Groups, groupView.group)}
	if in.Thresholds != nil {
		rules.Thresholds = (*segments.Thresholds)(in.Thresholds)
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
	ctx, shop := c.Request.Context(), shopOf(c)
	if err := h.store.SaveSegmentRules(ctx, shop, rules); err != nil {
		return nil, err
	}
	rules, err := h.store.SegmentRules(ctx, shop)
	if err != nil {
		return nil, err
	}
	return showRules(rules), nil
}

func (g groupView) group() segments.Group {
	return segments.Group{Name: g.Name, R: segments.Range(g.R), F: segments.Range(g.F), M: segments.Range(g.M)}
}

func showRules(r segments.Rules) rulesView {
	v := rulesView{Trade: r.Trade, Period: r.Period, WholeUnits: r.WholeUnits}
	if r.Thresholds != nil {
		v.Thresholds = (*thresholdsView)(r.Thresholds)
	}
	switch {
	case len(r.Groups) == 0:
		v.Preset, r.Groups = presetUsual, segments.UsualGroups()
	case slices.Equal(r.Groups, segments.ChineseGroups()):
		v.Preset = presetChinese
	}
	v.Groups = listed(r.Groups, showGroup)
	return v
}

func showGroup(g segments.Group) groupView {
	return groupView{Name: g.Name, R: rangeView(g.R), F: rangeView(g.F), M: rangeView(g.M)}
}
