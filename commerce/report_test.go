package commerce_test

import (
	"strings"
	"testing"

	"comeback/commerce"
)

// A shop names its own events: custom. and a short name, and the two events of
// tickets. All other names belong to the product.
func TestNamesOfReportedEvents(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{
		"custom.quiz_done": true, "custom.7": true, "custom.a-b": true, "custom." + strings.Repeat("a", 60): true, "ticket.opened": true,
		"ticket.closed": true, "": false, "custom.": false, "custom.A": false, "custom.-a": false, "custom._a": false, "custom.a b": false,
		"custom.a.b": false, "custom." + strings.Repeat("a", 61): false, "ticket.lost": false, "order.paid": false, "xcustom.a": false,
		"custom.a\n": false,
	} {
		if got := commerce.EventKind(name).Reported(); got != want {
			t.Errorf("%q: got %v, want %v", name, got, want)
		}
	}
	for kind, want := range map[commerce.EventKind]bool{
		commerce.OrderPaid: false, commerce.CheckoutStarted: false, commerce.SegmentEntered: true, commerce.TicketOpened: true,
		"custom.a": true, "": false,
	} {
		if got := kind.OfCustomer(); got != want {
			t.Errorf("%s is about a customer: got %v, want %v", kind, got, want)
		}
	}
}

// A property has a short name and a value within the limits.
func TestPropertiesAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", commerce.MaxPropertyText)
	for _, c := range []struct {
		of   commerce.Property
		want string
	}{
		{commerce.Property{Key: "größe_1-b", Value: long}, ""},
		{commerce.Property{Key: "n", Value: "-7.50", Type: commerce.NumberProperty}, ""},
		{commerce.Property{Key: "n", Value: "7 m", Type: commerce.NumberProperty}, "number"},
		{commerce.Property{Key: "", Value: "x"}, "the name of a property"},
		{commerce.Property{Key: "a.b", Value: "x"}, "the name of a property"},
		{commerce.Property{Key: strings.Repeat("k", commerce.MaxPropertyKey+1)}, "the name of a property"},
		{commerce.Property{Key: "a", Value: long + "x"}, "at most 1000 bytes"},
		{commerce.Property{Key: "a", Value: "\x00"}, "without a zero"},
		{commerce.Property{Key: "a", Value: "\xff"}, "UTF-8"},
		{commerce.Property{Key: "a", List: []string{"x", long + "x"}}, "at most 1000 bytes"},
		{commerce.Property{Key: "a", List: make([]string, commerce.MaxPropertyList+1)}, "at most 50 texts"},
	} {
		err := c.of.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40v: got %v, want %q", c.of, err, c.want)
		}
	}
}
