package commerce_test

import (
	"testing"

	"comeback/commerce"
)

// One thing has a singular, every other number a plural.
func TestOneThingIsSingular(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"1 day": commerce.Count(1, "day"), "0 days": commerce.Count(0, "day"), "2 entries": commerce.Count(int64(2), "entry"),
		"1 person": commerce.Count(1, "person"), "3 people": commerce.Count(3, "person"), "5 addresses": commerce.Count(5, "address"),
		"2 branches": commerce.Count(2, "branch"), "1 customer record": commerce.Count(1, "customer record"),
		"-1 lines": commerce.Count(-1, "line"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
