package connectors

import (
	"time"

	"comeback/commerce"
)

// closesAfter is how long a platform leaves an unpaid order open by default:
// WooCommerce's "hold stock" is 60 minutes.
var closesAfter = map[string]time.Duration{"woocommerce": time.Hour}

// Terms returns the terms of a connection's orders: the merchant's, else the
// platform's defaults.
func Terms(c commerce.Connection) commerce.Terms {
	t := commerce.Terms{ClosesAfter: closesAfter[c.Platform]}
	if c.UnpaidClosesAfter != nil {
		t.ClosesAfter = *c.UnpaidClosesAfter
	}
	if len(c.PaymentMethods) > 0 {
		t.Methods = map[string]commerce.PaymentKind{}
	}
	for _, m := range c.PaymentMethods {
		t.Methods[commerce.PlainMethod(m.Name)] = m.Kind
	}
	return t
}
