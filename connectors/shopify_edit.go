package connectors

import "comeback/commerce"

// One list contains an order's edits, exchanges and refunds. An entry with money is
// a refund: its lines stay bought, and its money goes back. An entry without money
// is an edit: its lines were never bought.

// shopifyTotal is the order's price now, before refunds. The current total is
// after refunds, so their money is added. For a refund without lines it is
// unknown whether the current total includes it: it is added only up to the
// order's earlier total.
func shopifyTotal(b body, currency string, refunds shopifyEntries) commerce.Money {
	total := b.shopMoney("total_price", currency)
	if !b.hasAmount("current_total_price") {
		return total
	}
	current := b.shopMoney("current_total_price", currency)
	loose := commerce.Money{}
	for _, entry := range refunds {
		switch {
		case !entry.moved || entry.failed:
		case entry.goods:
			current = b.plus("current_total_price", current, entry.Amount)
		default:
			loose = b.plus("refunds", loose, entry.Amount)
		}
	}
	if gap := total.Minor - current.Minor; gap > 0 && total.Currency == current.Currency {
		current.Minor += min(gap, loose.Minor)
	}
	return current
}

// shopifyCurrent is a part of the total after edits. Once goods were returned
// for money, only the first amount covers all goods bought.
func shopifyCurrent(b body, key, currency string, refunds shopifyEntries) commerce.Money {
	if current := "current_" + key; b.hasAmount(current) && len(refunds) > 0 && len(refunds.made()) == 0 {
		return b.shopMoney(current, currency)
	}
	return b.shopMoney(key, currency)
}

// hasAmount reports whether an amount is given, by itself or as a set of currencies.
func (b body) hasAmount(key string) bool { return b.has(key) || b.has(key+"_set") }

// shopifyDue corrects an open payment of an order with nothing left to pay: an
// edit may remove everything, or lower the total to the amount paid.
func shopifyDue(b body, payment commerce.PaymentStatus, currency string) commerce.PaymentStatus {
	left, total := "total_outstanding", "current_total_price"
	nothing := func(key string) bool { return b.hasAmount(key) && b.shopMoney(key, currency).Minor <= 0 }
	switch payment {
	case commerce.Unpaid, commerce.PartiallyPaid, commerce.Authorized:
	default:
		return payment
	}
	switch {
	case payment == commerce.PartiallyPaid && nothing(left):
		return commerce.Paid
	case payment != commerce.PartiallyPaid && nothing(total):
		return commerce.Voided
	case payment == commerce.Unpaid && nothing(left):
		return commerce.Authorized // promised: the buyer has nothing to do
	}
	return payment
}

// shopifyLines are the order's lines after edits.
func shopifyLines(b body, currency string, refunds shopifyEntries) []commerce.Line {
	var list []commerce.Line
	for _, item := range b.list("line_items") {
		line := shopifyLine(item, currency, b.flag("taxes_included"))
		if ordered := line.Quantity; item.has("current_quantity") {
			line.Quantity = min(ordered, item.countable("current_quantity")+refunds.returned(item.ref("id")))
			line.Net = share(line.Net, line.Quantity, ordered)
			if line.Quantity == 0 && ordered != 0 {
				continue
			}
		}
		list = append(list, line)
	}
	return list
}

// shopifyEntry is one entry of an order's list of refunds.
type shopifyEntry struct {
	commerce.Refund
	moved  bool             // it has a transaction
	failed bool             // and every transaction failed
	goods  bool             // it names lines or shipping
	lines  map[string]int64 // units by line
}

type shopifyEntries []shopifyEntry

// made are the refunds among the entries.
func (list shopifyEntries) made() []commerce.Refund {
	var refunds []commerce.Refund
	for _, entry := range list {
		if entry.moved {
			refunds = append(refunds, entry.Refund)
		}
	}
	return refunds
}

// returned counts the units of a line that were returned for money.
func (list shopifyEntries) returned(line string) (units int64) {
	for _, entry := range list {
		if entry.moved && !entry.failed {
			units += entry.lines[line]
		}
	}
	return units
}

func shopifyRefunds(b body, currency string) shopifyEntries {
	var list shopifyEntries
	rate := shopifyRate{paid: b.object("total_price_set"), currency: currency}
	for _, item := range b.list("refunds") {
		list = append(list, shopifyRefund(item, rate))
	}
	return list
}
