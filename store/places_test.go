package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// take takes a place for one message.
func take(t *testing.T, s *store.Store, shop string, address commerce.AddressHash, message string) (bool, error) {
	t.Helper()
	taken, err := s.TakePlaces(t.Context(), shop, []campaigns.PlaceWanted{{Address: address, Message: message}})
	return err == nil && taken[0], err
}

// However many messages request an address's places at once, as many get one as
// there are, in any day. A message with a place gets it again, and another shop has
// places of its own.
func TestPlacesOfAnAddressGoToOneMessageEach(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		address := s.Address(commerce.EmailAddress("stranger@example.com"))
		rush := func(day int) int64 {
			var got atomic.Int64
			var group errgroup.Group
			for n := range 16 {
				group.Go(func() error {
					taken, err := take(t, s, "s", address, fmt.Sprint("m", day, "-", n))
					if taken {
						got.Add(1)
					}
					return err
				})
			}
			must(t, group.Wait())
			return got.Load()
		}
		for day := range 3 {
			if got := rush(day); got != campaigns.AddressLimit {
				t.Errorf("day %d: got %d places, want %d", day, got, campaigns.AddressLimit)
			}
			all, err := s.Places(t.Context(), "s", []commerce.AddressHash{address})
			held := all[address]
			if err != nil || len(held) != campaigns.AddressLimit {
				t.Fatalf("got %d places, %v", len(held), err)
			}
			for _, p := range held {
				if again, err := take(t, s, "s", address, p.Message); err != nil || !again {
					t.Errorf("%s: got %v, %v, want its own place again", p.Message, again, err)
				}
			}
			clock.step(campaigns.AddressPeriod - time.Second)
			if got := rush(100 + day); got != 0 {
				t.Errorf("day %d, a second too early: got %d places", day, got)
			}
			clock.step(time.Second)
		}
		if taken, err := take(t, s, "other", address, "m"); err != nil || !taken {
			t.Errorf("another shop: got %v, %v, want a place", taken, err)
		}
	})
}
