package commerce_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
)

// An id is one URL segment, and its parts come back exactly.
func FuzzKey(f *testing.F) {
	f.Add("shop", "a:b", "")
	f.Add("~", "x/y@z", "订单")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		id := commerce.Key(a, b, c)
		if strings.ContainsAny(id, "/@?#% ") {
			t.Fatalf("id %q is not one URL segment", id)
		}
		got, err := commerce.SplitKey(id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{a, b, c}, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Text that no parts can have made is refused, never read as something else.
func FuzzSplitKey(f *testing.F) {
	f.Add("shop:a~3ab")
	f.Add("shop:~")
	f.Fuzz(func(t *testing.T, id string) {
		parts, err := commerce.SplitKey(id)
		if err == nil && commerce.Key(parts...) != id {
			t.Fatalf("%q was read as %q", id, parts)
		}
	})
}
