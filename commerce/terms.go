package commerce

import "time"

// Terms are a merchant's rules for all orders of one connection. They are
// applied whenever an order is read or saved, and never stored in it. So a
// change of the terms also applies to orders that are stored already.
type Terms struct {
	// ClosesAfter is how long the platform leaves an unpaid order open, from
	// its CloseFrom on. 0: forever.
	ClosesAfter time.Duration
	// Methods is the merchant's own table of payment methods, by PlainMethod.
	Methods map[string]PaymentKind
}

// Under applies terms to the order: the kind of its payment method, and the
// time it is closed unpaid, unless the platform reports that time.
func (o Order) Under(t Terms) Order {
	o.Kind = t.kind(o.OrderState)
	if o.CancelAt.IsZero() && t.ClosesAfter > 0 && !o.CloseFrom.IsZero() {
		o.CancelAt = o.CloseFrom.Add(t.ClosesAfter)
	}
	return o
}

// kind is the kind of the payment method, also of an order without terms yet.
func (o Order) kind() PaymentKind {
	if o.Kind != "" {
		return o.Kind
	}
	return Terms{}.kind(o.OrderState)
}
