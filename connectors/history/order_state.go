package history

import (
	"cmp"

	"comeback/commerce"
)

// resolve decides whether the order is open, completed or cancelled, and what
// is paid. Words of its columns decide; then its times; an order of a file
// without both is completed and paid.
func (o *pastOrder) resolve(h *Orders, order *commerce.Order) error {
	order.Status = o.status.status
	if o.payment.status == commerce.Cancelled {
		order.Status = commerce.Cancelled
	}
	order.Payment = cmp.Or(o.payment.meaning.payment, o.status.meaning.payment)
	if order.Status == commerce.Open || order.Status == "" {
		switch {
		case !order.Times.CancelledAt.IsZero():
			order.Status = commerce.Cancelled
		case !order.Times.CompletedAt.IsZero():
			order.Status = commerce.Completed
		}
	}
	if order.Payment == "" {
		payment, err := o.impliedPayment(h, order)
		if err != nil {
			return err
		}
		order.Payment = payment
	}
	paid := order.Payment == commerce.Paid || order.Payment == commerce.PartiallyRefunded || order.Payment == commerce.Refunded
	if order.Status == "" {
		order.Status = commerce.Open // as the platforms' webhooks leave it, where a word says nothing of it
		if o.status.word == "" && paid && (at(h.columns, "fulfillment_status") < 0 || o.fulfillment.shipped || o.fulfillment.delivered) {
			order.Status = commerce.Completed
		}
	}
	o.dates(order, paid)
	return nil
}

// impliedPayment is what is paid where no word says it.
func (o *pastOrder) impliedPayment(h *Orders, order *commerce.Order) (commerce.PaymentStatus, error) {
	switch {
	case !h.states, !order.Times.PaidAt.IsZero(), order.Status == commerce.Completed:
		return commerce.Paid, nil
	case order.Status == commerce.Cancelled:
		return commerce.Voided, nil
	case at(h.columns, "paid_at") >= 0:
		return commerce.Unpaid, nil
	case o.status.word+o.payment.word == "":
		return "", invalid("the order has no state; fill the column, or leave it out with map=status=,payment_status=")
	}
	word := clip(cmp.Or(o.payment.word, o.status.word))
	return "", invalid("%q does not say whether the order is paid; add status=\"%s=paid\" or \"%s=unpaid\"",
		word, word, word)
}

// dates sets the times of states that the file has no times for. What is paid
// was paid when it was placed; what is completed, at its latest time.
func (o *pastOrder) dates(order *commerce.Order, paid bool) {
	t := &order.Times
	if paid && t.PaidAt.IsZero() {
		t.PaidAt = t.PlacedAt
	}
	if !paid && order.Payment != commerce.PartiallyPaid {
		t.PaidAt = commerce.Timeline{}.PaidAt
	}
	if order.Status == commerce.Completed && t.CompletedAt.IsZero() {
		t.CompletedAt = cmp.Or(t.DeliveredAt, t.ShippedAt, t.PlacedAt)
	}
	if order.Status != commerce.Completed {
		t.CompletedAt = commerce.Timeline{}.CompletedAt
	}
	if order.Status != commerce.Cancelled {
		t.CancelledAt = commerce.Timeline{}.CancelledAt
	}
}
