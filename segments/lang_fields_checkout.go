package segments

import "comeback/commerce"

// checkoutFields are the fields of one checkout, for the where of
// checkout.started.
var checkoutFields = []field{
	{name: "checkout.total", kind: ofMoney, doc: "what the buyer would have paid", unset: "not reported, or in another currency",
		read: func(v *evaluation, _ string) value {
			return ofCheckout(v, func(c *commerce.CheckoutFact) value { return moneyOf(c.Total, c.Currency == v.params.Currency) })
		}},
	{name: "checkout.currency", kind: ofText, doc: "currency of the checkout itself, ISO 4217", unset: "not reported",
		read: func(v *evaluation, _ string) value {
			return ofCheckout(v, func(c *commerce.CheckoutFact) value { return textOf(c.Currency) })
		}},
	{name: "checkout.completed_at", kind: ofDate, doc: "when it became an order", unset: "it became no order so far",
		read: func(v *evaluation, _ string) value {
			return ofCheckout(v, func(c *commerce.CheckoutFact) value { return dateOf(c.CompletedAt) })
		}},
}

func ofCheckout(v *evaluation, of func(*commerce.CheckoutFact) value) value {
	if v.checkout == nil {
		return value{}
	}
	return of(v.checkout)
}
