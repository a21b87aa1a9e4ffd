package commerce

import "time"

// Terms are what a merchant says of all orders of one connection. They are
// asked whenever an order is read or saved, never kept in it: so a change of
// them holds for the orders that are known already.
type Terms struct {
	// ClosesAfter is how long the platform lets an unpaid order stand, from its
	// CloseFrom on; 0: for ever.
	ClosesAfter time.Duration
}

// Under is the order as terms make it: when it is closed unpaid, where the
// platform does not say so itself.
func (o Order) Under(t Terms) Order {
	if o.CancelAt.IsZero() && t.ClosesAfter > 0 && !o.CloseFrom.IsZero() {
		o.CancelAt = o.CloseFrom.Add(t.ClosesAfter)
	}
	return o
}
