package connectors_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/connectors"
)

// What the sample of vendure.md posted from a real Vendure (.ci/vendure/run): an order
// that was authorised and then cancelled is not paid, one that was paid has its
// refund, and one placed while nobody listened arrives later. The order of arrival
// decides nothing.
func TestTheVendureSamplePostsWhatHappened(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/vendure/sample/*.json")
	if err != nil || len(files) < 10 {
		t.Fatalf("got %d bodies, %v", len(files), err)
	}
	want := map[string]string{"1": "cancelled authorized 0", "2": "open paid 2280", "3": "open authorized 0"}
	for _, backwards := range []bool{false, true} {
		if backwards {
			slices.Reverse(files)
		}
		orders := map[string]commerce.Order{}
		for i, file := range files {
			for _, o := range vendureSample(t, file, time.Unix(int64(2e9)+int64(i), 0)) {
				known, found := orders[o.External]
				if orders[o.External] = o; found {
					orders[o.External] = commerce.Merge(known, o)
				}
			}
		}
		got := map[string]string{}
		for id, o := range orders {
			var refunded int64
			for _, r := range o.Refunds {
				refunded += r.Amount.Minor
			}
			got[id] = fmt.Sprint(o.Status, " ", o.Payment, " ", refunded)
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("backwards %t: got, want:\n%s", backwards, diff)
		}
	}
}

// vendureSample reads the orders of one recorded body.
func vendureSample(t *testing.T, file string, at time.Time) []commerce.Order {
	t.Helper()
	body, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := connectors.Read("generic", connectors.Delivery{
		Platform: "generic", Shop: "s", Connection: "c", Currency: "USD", Header: http.Header{}, Body: body, ReceivedAt: at,
	})
	if err != nil {
		t.Errorf("%s: %v", file, err)
	}
	return r.Orders
}
