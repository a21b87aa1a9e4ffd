package store

import (
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

var historySlots = []slot[commerce.History]{
	{"orders", func(f *filler, v documents.Element, h *commerce.History) {
		h.Orders = listed(f, v, h.Orders, fillOrder)
	}},
	{"loose", func(f *filler, v documents.Element, h *commerce.History) { h.Loose = listed(f, v, h.Loose, fillRefund) }},
	{"figures", func(f *filler, v documents.Element, h *commerce.History) { below(f, v, figureSlots, &h.Figures) }},
	{"truncated", func(f *filler, v documents.Element, h *commerce.History) { h.Truncated = f.yes(v) }},
}

var figureSlots = []slot[commerce.Figures]{
	{"count", func(f *filler, v documents.Element, g *commerce.Figures) { g.Count = f.whole(v) }},
	{"total", func(f *filler, v documents.Element, g *commerce.Figures) { g.Total = f.whole(v) }},
	{"net", func(f *filler, v documents.Element, g *commerce.Figures) { g.Net = f.whole(v) }},
	{"discount", func(f *filler, v documents.Element, g *commerce.Figures) { g.Discount = f.whole(v) }},
	{"units", func(f *filler, v documents.Element, g *commerce.Figures) { g.Units = f.whole(v) }},
	{"coupons", func(f *filler, v documents.Element, g *commerce.Figures) { g.Coupons = f.whole(v) }},
	{"first_at", func(f *filler, v documents.Element, g *commerce.Figures) { g.FirstAt = f.instant(v) }},
	{"last_at", func(f *filler, v documents.Element, g *commerce.Figures) { g.LastAt = f.instant(v) }},
	{"placed", func(f *filler, v documents.Element, g *commerce.Figures) { g.Placed = f.whole(v) }},
	{"unpaid", func(f *filler, v documents.Element, g *commerce.Figures) { g.Unpaid = f.whole(v) }},
	{"cancelled", func(f *filler, v documents.Element, g *commerce.Figures) { g.Cancelled = f.whole(v) }},
	{"refunds", func(f *filler, v documents.Element, g *commerce.Figures) { g.Refunds = f.whole(v) }},
	{"refunded", func(f *filler, v documents.Element, g *commerce.Figures) { g.Refunded = f.whole(v) }},
	{"unpriced", func(f *filler, v documents.Element, g *commerce.Figures) { g.Unpriced = f.whole(v) }},
}

var orderSlots = []slot[commerce.OrderFact]{
	{"i", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.ID = f.text(v) }},
	{"pl", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.PlacedAt = f.instant(v) }},
	{"dp", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.DepositPaidAt = f.instant(v) }},
	{"pa", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.PaidAt = f.instant(v) }},
	{"sh", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.ShippedAt = f.instant(v) }},
	{"de", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.DeliveredAt = f.instant(v) }},
	{"co", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.CompletedAt = f.instant(v) }},
	{"ca", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.CancelledAt = f.instant(v) }},
	{"re", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.RefundedAt = f.instant(v) }},
	{"rt", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.RatedAt = f.instant(v) }},
	{"cl", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.CancelAt = f.instant(v) }},
	{"du", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.DueAt = f.instant(v) }},
	{"bf", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.BalanceFrom = f.instant(v) }},
	{"bt", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.BalanceTo = f.instant(v) }},
	{"st", func(f *filler, v documents.Element, o *commerce.OrderFact) {
		o.Status = commerce.OrderStatus(f.word(v))
	}},
	{"ps", func(f *filler, v documents.Element, o *commerce.OrderFact) {
		o.Payment = commerce.PaymentStatus(f.word(v))
	}},
	{"t", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Test = f.yes(v) }},
	{"f", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Fake = f.yes(v) }},
	{"cu", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Currency = f.word(v) }},
	{"up", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Unpriced = f.yes(v) }},
	{"to", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Total = f.whole(v) }},
	{"ne", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Net = f.whole(v) }},
	{"di", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Discount = f.whole(v) }},
	{"sp", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Shipping = f.whole(v) }},
	{"rf", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Refunded = f.whole(v) }},
	{"un", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Units = f.whole(v) }},
	{"ch", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Channel = f.word(v) }},
	{"me", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Method = f.word(v) }},
	{"pk", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Kind = commerce.PaymentKind(f.word(v)) }},
	{"so", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Store = f.word(v) }},
	{"dv", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Device = f.word(v) }},
	{"ra", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Rating = int(f.whole(v)) }},
	{"is", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.InStock = yesAt(f, v) }},
	{"cp", func(f *filler, v documents.Element, o *commerce.OrderFact) {
		o.Coupons = listed(f, v, o.Coupons, fillWord)
	}},
	{"tg", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Tags = listed(f, v, o.Tags, fillWord) }},
	{"ut", func(f *filler, v documents.Element, o *commerce.OrderFact) { fillUTM(f, v, &o.UTM) }},
	{"rs", func(f *filler, v documents.Element, o *commerce.OrderFact) {
		o.Refunds = listed(f, v, o.Refunds, fillRefund)
	}},
	{"rq", func(f *filler, v documents.Element, o *commerce.OrderFact) {
		o.Requested = listed(f, v, o.Requested, fillInstant)
	}},
	{"rc", func(f *filler, v documents.Element, o *commerce.OrderFact) {
		o.Closed = listed(f, v, o.Closed, fillInstant)
	}},
	{"li", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Lines = listed(f, v, o.Lines, fillLine) }},
	{"cs", func(f *filler, v documents.Element, o *commerce.OrderFact) { o.Custom = listed(f, v, o.Custom, fillKV) }},
}

var refundSlots = []slot[commerce.RefundFact]{
	{"i", func(f *filler, v documents.Element, r *commerce.RefundFact) { r.ID = f.text(v) }},
	{"a", func(f *filler, v documents.Element, r *commerce.RefundFact) { r.At = f.instant(v) }},
	{"m", func(f *filler, v documents.Element, r *commerce.RefundFact) { r.Amount = f.whole(v) }},
}

var lineSlots = []slot[commerce.LineFact]{
	{"p", func(f *filler, v documents.Element, l *commerce.LineFact) { l.Product = f.word(v) }},
	{"v", func(f *filler, v documents.Element, l *commerce.LineFact) { l.Variant = f.word(v) }},
	{"s", func(f *filler, v documents.Element, l *commerce.LineFact) { l.SKU = f.word(v) }},
	{"b", func(f *filler, v documents.Element, l *commerce.LineFact) { l.Brand = f.word(v) }},
	{"c", func(f *filler, v documents.Element, l *commerce.LineFact) { l.Category = f.word(v) }},
	{"q", func(f *filler, v documents.Element, l *commerce.LineFact) { l.Quantity = f.whole(v) }},
	{"u", func(f *filler, v documents.Element, l *commerce.LineFact) { l.Price = f.whole(v) }},
	{"n", func(f *filler, v documents.Element, l *commerce.LineFact) { l.Net = f.whole(v) }},
	{"k", func(f *filler, v documents.Element, l *commerce.LineFact) { l.Cost = f.whole(v) }},
	{"kk", func(f *filler, v documents.Element, l *commerce.LineFact) { l.Costed = f.yes(v) }},
	{"cs", func(f *filler, v documents.Element, l *commerce.LineFact) { l.Custom = listed(f, v, l.Custom, fillKV) }},
}

// fillOrder reuses the lists of an earlier order.
func fillOrder(f *filler, v documents.Element, o *commerce.OrderFact) {
	*o = commerce.OrderFact{Coupons: o.Coupons[:0], Tags: o.Tags[:0], Refunds: o.Refunds[:0], Requested: o.Requested[:0],
		Closed: o.Closed[:0], Lines: o.Lines[:0], Custom: o.Custom[:0]}
	below(f, v, orderSlots, o)
}

func fillLine(f *filler, v documents.Element, l *commerce.LineFact) {
	*l = commerce.LineFact{Custom: l.Custom[:0]}
	below(f, v, lineSlots, l)
}

func fillInstant(f *filler, v documents.Element, at *time.Time) { *at = f.instant(v) }

func fillRefund(f *filler, v documents.Element, r *commerce.RefundFact) {
	*r = commerce.RefundFact{}
	below(f, v, refundSlots, r)
}

func fillUTM(f *filler, v documents.Element, utm *[3]string) {
	if v.Kind != bson.TypeArray {
		if v.Kind != bson.TypeNull {
			f.refuse(v, "a list")
		}
		return
	}
	walk := documents.ElementsOf(v.Value)
	for i := range utm {
		if e, ok := walk.Next(); ok {
			utm[i] = f.word(e)
		}
	}
}
