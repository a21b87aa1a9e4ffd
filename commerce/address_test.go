package commerce_test

import (
	"fmt"
	"strings"
	"testing"

	"comeback/commerce"
)

// Two spellings of one address have one hash. A text that is no address has
// none. An address that is printed by mistake is hidden.
func TestAddresses(t *testing.T) {
	t.Parallel()
	hash := func(a commerce.Address) commerce.AddressHash { return commerce.HashAddress([]byte("key"), a) }
	one := commerce.EmailAddress(" Ann@Example.com")
	if two := commerce.EmailAddress("ann@example.COM"); one != two || hash(one) != hash(two) || hash(one).IsZero() {
		t.Errorf("got %q and %q, want one address", one.Clear(), two.Clear())
	}
	if hash(one) == commerce.HashAddress([]byte("other"), one) || hash(one) == hash(commerce.EmailAddress("eve@example.com")) {
		t.Error("another key, or another address, has the same hash")
	}
	for _, none := range []commerce.Address{{}, commerce.EmailAddress("ann"), commerce.PhoneAddress("12", "DE")} {
		if !none.IsZero() || !hash(none).IsZero() {
			t.Errorf("got %q, want no address and no hash", none.Clear())
		}
	}
	if printed := fmt.Sprintf("%v %+v %s", one, one, one); strings.Contains(printed, "ann") {
		t.Errorf("got %s, want the address hidden", printed)
	}
}
