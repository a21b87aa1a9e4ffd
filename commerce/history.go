package commerce

import (
	"cmp"
	"slices"
)

// NewHistory sorts facts and sums their figures, less the refunds that name no
// order. It uses both backing arrays.
func NewHistory(facts []OrderFact, loose []RefundFact) History {
	slices.SortFunc(facts, func(a, b OrderFact) int {
		return cmp.Or(a.PlacedAt.Compare(b.PlacedAt), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(loose, func(a, b RefundFact) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	h := History{Orders: facts, Loose: loose, Figures: figures(facts)}
	for _, r := range loose {
		h.Figures.Refunds++
		h.Figures.Refunded += r.Amount
		h.Figures.Net -= r.Amount
	}
	if len(facts) > MaxHistory {
		h.Orders, h.Truncated = nil, true
	}
	return h
}

func figures(facts []OrderFact) Figures {
	var g Figures
	for _, f := range facts {
		if f.Test || f.Fake {
			continue
		}
		g.Placed++
		if f.Refunded > 0 {
			g.Refunds++
			g.Refunded += f.Refunded
		}
		switch {
		case !f.CancelledAt.IsZero():
			g.Cancelled++
		case f.Payable():
			g.Unpaid++
		case f.Counts():
			g.count(f)
		}
	}
	return g
}

func (g *Figures) count(f OrderFact) {
	g.Count++
	g.Units += f.Units
	g.FirstAt = earlier(g.FirstAt, f.PaidAt)
	if f.PaidAt.After(g.LastAt) {
		g.LastAt = f.PaidAt
	}
	if len(f.Coupons) > 0 {
		g.Coupons++
	}
	if f.Unpriced {
		g.Unpriced++
		return
	}
	g.Total += f.Total
	g.Net += f.Net
	g.Discount += f.Discount
}
