package commerce

import (
	"testing"
	"time"
)

// A record has as many facts as values set in it. Zero values, empty lists and
// fields of transport are none; a time in another zone is one.
func TestFactsAreTheValuesSet(t *testing.T) {
	t.Parallel()
	points := int64(0)
	at := time.Date(2011, 5, 6, 7, 8, 9, 0, time.FixedZone("", 3600))
	for want, record := range map[int]any{
		0: &OrderState{Facts: 7, Received: at, History: true, Lines: []Line{}, Coupons: []string{""}, Version: time.Time{}.In(at.Location())},
		1: &OrderState{Version: at},
		5: &OrderState{Lines: []Line{{ID: "1", Quantity: 2}, {}, {Title: "x"}}, Total: Money{Minor: 1, Currency: "EUR"}},
		2: []Parcel{{ID: "p", ShippedAt: at}, {}},
		3: &CustomerRecord{External: "7", Attributes: Attributes{Points: &points, Custom: []KV{{Key: "a"}}}},
	} {
		if got := factsOf(record); got != want {
			t.Errorf("%+v: got %d facts, want %d", record, got, want)
		}
	}
}
