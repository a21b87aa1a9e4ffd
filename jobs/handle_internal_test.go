package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/commerce"
)

// What an event of an order or customer changes, the next event of the same one reads: no two
// of them are decided together. All are decided, in the order of their time.
func TestEventsOfOneSubjectAreDecidedOneAfterTheOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var batch []commerce.Event
		for n := range rapid.IntRange(1, 40).Draw(t, "events") {
			batch = append(batch, commerce.Event{
				ID: fmt.Sprint(n), At: time.Unix(rapid.Int64Range(0, 20).Draw(t, "at"), 0),
				Subject:  fmt.Sprint("order ", rapid.IntRange(0, 9).Draw(t, "order")),
				Customer: rapid.SampledFrom([]string{"", "ann", "bob", "cem", "dee"}).Draw(t, "customer"),
			})
		}
		last, seen := map[string]time.Time{}, 0
		for wave := range waves(batch) {
			var keys []string
			for _, e := range wave {
				seen++
				own := []string{e.Subject}
				if e.Customer != "" {
					own = append(own, e.Customer)
				}
				for _, key := range own {
					if slices.Contains(keys, key) {
						t.Fatalf("two events of %s at once", key)
					}
					if e.At.Before(last[key]) {
						t.Fatalf("an event of %s before an earlier one", key)
					}
					last[key] = e.At
				}
				keys = append(keys, own...)
			}
		}
		if seen != len(batch) {
			t.Fatalf("got %d of %d events", seen, len(batch))
		}
	})
}

// One item that fails costs the others nothing, also in a large batch, and few further tries.
// While the database is away nothing is tried again.
func TestOneItemThatFailsStopsNoOther(t *testing.T) {
	t.Parallel()
	items := make([]int, 256)
	for i := range items {
		items[i] = i
	}
	bad := commerce.Errorf(commerce.Internal, "item 99 cannot be read")
	var done []int
	tries := 0
	err := apart(t.Context(), items, func(_ context.Context, some []int) error {
		tries++
		if slices.Contains(some, 99) {
			return bad
		}
		done = append(done, some...)
		return nil
	})
	if !errors.Is(err, bad) || len(done) != 255 || tries > 20 {
		t.Errorf("got %d items done with %d tries, %v, want 255 and the error", len(done), tries, err)
	}
	tries = 0
	err = apart(t.Context(), items, func(context.Context, []int) error {
		tries++
		return commerce.Errorf(commerce.Unavailable, "away")
	})
	if err == nil || tries != 1 {
		t.Errorf("got %d tries of a database that is away, %v, want 1", tries, err)
	}
}
