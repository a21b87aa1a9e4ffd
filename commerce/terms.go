package commerce

import "time"

// Terms are what a merchant says of all orders of one connection. They are
// asked whenever an order is read or saved, never kept in it: so a change of
// them holds for the orders that are known already.
type Terms struct {
	// ClosesAfter is how long the platform lets an unpaid order stand, from its
	// CloseFrom on; 0: for ever.
	ClosesAfter time.Duration
	// Methods is the merchant's own table of payment methods, by PlainMethod.
	Methods map[string]PaymentKind
}

// Under is the order as terms make it: what its payment method means, and when
// it is closed unpaid, where the platform does not say so itself.
func (o Order) Under(t Terms) Order {
	o.Kind = t.kind(o.OrderState)
	if o.CancelAt.IsZero() && t.ClosesAfter > 0 && !o.CloseFrom.IsZero() {
		o.CancelAt = o.CloseFrom.Add(t.ClosesAfter)
	}
	return o
}

// kind is what the payment method means, also of an order under no terms yet.
func (o Order) kind() PaymentKind {
	if o.Kind != "" {
		return o.Kind
	}
	return Terms{}.kind(o.OrderState)
}
