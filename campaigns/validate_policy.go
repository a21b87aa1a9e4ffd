package campaigns

import (
	"cmp"
	"slices"

	"comeback/commerce"
	"comeback/strictjson"
)

// policies notes where the campaign's own caps and quiet hours let more through than those
// of the shop's market, and caps that never decide. Both are easily written by mistake.
func (r *reader) policies(c *Campaign, at *strictjson.Node, shop commerce.Shop) {
	market := cmp.Or(shop.Market, commerce.West)
	for _, channel := range c.Channels() {
		usual := capDefaults[market][c.Class][channel]
		for _, own := range c.Policy.Caps {
			r.looser(own, usual, c.limits(channel, market), at, market)
		}
		r.awake(c, channel, at, market)
	}
}

// looser notes a cap above the market's, or one that another cap makes void.
func (r *reader) looser(own Cap, usual, now limits, at *strictjson.Node, market commerce.Market) {
	at = at.Member("cap")
	same := slices.IndexFunc(usual.caps, func(k Cap) bool { return k.Per == own.Per })
	switch {
	case own.Order && usual.perOrder > 0 && own.Max > usual.perOrder:
		r.note(at, "cap: %s is more than the default of the market %s, %d", own, market, usual.perOrder)
	case own.Order:
	case same >= 0 && own.Max > usual.caps[same].Max:
		r.note(at, "cap: %s is more than the default of the market %s, %s", own, market, usual.caps[same])
	}
	above := func(k Cap) bool { return !own.Order && k.Per > own.Per && k.Max <= own.Max }
	if i := slices.IndexFunc(now.caps, above); i >= 0 {
		r.note(at, "cap: %s never decides, because the cap %s holds too; one with \"per\": %q would take its place",
			own, now.caps[i], spell(now.caps[i].Per))
	}
}

// awake notes minutes that are quiet by default, and not by the campaign's own quiet hours.
func (r *reader) awake(c *Campaign, channel string, at *strictjson.Node, market commerce.Market) {
	usual, quiet := quietDefaults[market][c.Class][channel]
	own := c.Policy.Quiet
	if !quiet || own == nil {
		return
	}
	for minute := range 24 * 60 {
		if usual.has(minute) && !own.has(minute) {
			r.note(at.Member("quiet"), "quiet: messages go out at hours that the default of the market %s, %s, leaves quiet", market, usual)
			return
		}
	}
}

// has reports whether a minute of the day is quiet.
func (q Quiet) has(minute int) bool {
	if q.From <= q.To {
		return q.From <= minute && minute < q.To
	}
	return minute >= q.From || minute < q.To
}
