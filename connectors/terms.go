package connectors

import (
	"time"

	"comeback/commerce"
)

// closesAfter is how long a platform lets an unpaid order stand unless its
// merchant changes it: WooCommerce's "hold stock" is 60 minutes.
var closesAfter = map[string]time.Duration{"woocommerce": time.Hour}

// Terms are those of a connection's orders: what its merchant said, else what
// its platform does by itself.
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
