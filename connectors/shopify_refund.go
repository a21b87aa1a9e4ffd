package connectors

import "comeback/commerce"

func readShopifyRefund(d Delivery, b body, r *Records) {
	order := b.gid("order_id", "order_graphql_api_id")
	entry := shopifyRefund(b, shopifyRate{currency: shopifyRefundCurrency(d, b)})
	if order != "" {
		o := d.order(order)
		if entry.moved {
			o.Refunds = []commerce.Refund{entry.Refund}
		}
		r.Orders = append(r.Orders, o)
		return
	}
	if !entry.moved {
		r.Ignored = "a refund that moves no money and names no order"
		return
	}
	b.log.note("no_order")
	b.log.note("no_customer")
	loose := d.looseRefund(entry.ID)
	loose.Refund, loose.At, loose.Quality = entry.Refund, entry.Version, b.log.quality
	r.LooseRefunds = append(r.LooseRefunds, loose)
}

// shopifyRefund sums the money that went back. A refund without transactions
// only restocks goods or belongs to an edit. A refund without a successful
// transaction is requested, not made.
func shopifyRefund(b body, rate shopifyRate) shopifyEntry {
	entry := shopifyEntry{
		Refund: commerce.Refund{ID: b.needID("id", "admin_graphql_api_id"), Reason: b.text("note")}, lines: map[string]int64{},
	}
	entry.Version = firstTime(b.instant("processed_at"), b.instant("created_at"))
	if entry.Version.IsZero() {
		b.fail("created_at", "missing")
	}
	for _, item := range b.list("refund_line_items") {
		entry.lines[item.ref("line_item_id")] += item.countable("quantity")
	}
	entry.goods = len(entry.lines)+len(b.list("refund_shipping_lines")) > 0
	made, pending := false, false
	for _, transaction := range b.list("transactions") {
		if transaction.text("kind") != "refund" {
			continue
		}
		entry.moved = true
		switch transaction.text("status") {
		case "success":
			made = true
			entry.Amount = transaction.plus("amount", entry.Amount, rate.shopMoney(transaction, b))
		case "pending":
			pending = true
		}
	}
	entry.failed = !made && !pending
	if made {
		entry.RefundedAt = entry.Version
	} else {
		entry.RequestedAt = entry.Version
	}
	return entry
}

// shopifyRate converts an amount from the buyer's currency into the shop's.
type shopifyRate struct {
	currency string // the shop's
	paid     body   // an amount of the order in both currencies, if known
}

// shopMoney is a transaction's amount in the shop's currency. It is the
// transaction's own amount, else converted at the rate of the refund's lines,
// its adjustments or the order's total. Without a rate, it stays in the buyer's
// currency and is noted, because it is not counted.
func (r shopifyRate) shopMoney(transaction, refund body) commerce.Money {
	if in := transaction.object("amount_set").object("shop_money"); in.has("amount") {
		return transaction.shopMoney("amount", r.currency)
	}
	paid := r.currency
	if code := transaction.text("currency"); code != "" {
		paid = transaction.code(code)
	}
	amount := transaction.money("amount", paid)
	if paid == r.currency {
		return amount
	}
	for _, shown := range append(shopifyShown(refund), r.paid) {
		if converted, ok := r.convert(amount, shown); ok {
			return converted
		}
	}
	transaction.log.note("refund_unpriced")
	return amount
}

// shopifyShown lists a refund's amounts in both currencies.
func shopifyShown(refund body) []body {
	var list []body
	for _, item := range refund.list("refund_line_items") {
		list = append(list, item.object("subtotal_set"))
	}
	for _, adjusted := range refund.list("order_adjustments") {
		list = append(list, adjusted.object("amount_set"))
	}
	for _, shipping := range refund.list("refund_shipping_lines") {
		list = append(list, shipping.object("subtotal_amount_set"))
	}
	return list
}

func (r shopifyRate) convert(amount commerce.Money, set body) (commerce.Money, bool) {
	shop, shown := set.object("shop_money"), set.object("presentment_money")
	from, to := shown.money("amount", amount.Currency), shop.money("amount", r.currency)
	if shown.text("currency_code") != amount.Currency || shop.text("currency_code") != r.currency || from.Minor == 0 {
		return commerce.Money{}, false
	}
	return commerce.Money{Minor: share(commerce.Money{Minor: to.Minor}, amount.Minor, from.Minor).Minor, Currency: r.currency}, true
}

// shopifyRefundCurrency is the shop's currency of a separate refund: from
// amounts in both currencies, else from the shop's settings.
func shopifyRefundCurrency(d Delivery, b body) string {
	sets := shopifyShown(b)
	for _, transaction := range b.list("transactions") {
		sets = append(sets, transaction.object("amount_set"))
	}
	for _, set := range sets {
		if code := set.object("shop_money").text("currency_code"); code != "" {
			return b.code(code)
		}
	}
	for _, transaction := range b.list("transactions") {
		if code := transaction.text("currency"); code != "" && d.Currency == "" {
			return b.code(code)
		}
	}
	return b.code(d.Currency)
}
