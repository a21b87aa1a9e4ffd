package store_test

import (
	"fmt"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

func enrolment(n int, due time.Time) campaigns.Enrolment {
	return campaigns.Enrolment{
		ID: commerce.Key("s", "w", fmt.Sprint(n)), Campaign: "w", Version: 1, Entry: 1, State: campaigns.Enrolled, Arm: campaigns.Treated,
		Customer: commerce.Key("s", fmt.Sprint(n)), EnteredAt: noon, DueAt: due,
	}
}

func message(n int, due time.Time) campaigns.Message {
	return campaigns.Message{
		ID: commerce.Key("s", "w", fmt.Sprint(n), "1", "one"), Shop: "s", Campaign: "w", Version: 1,
		Enrolment: commerce.Key("s", "w", fmt.Sprint(n)), Entry: 1, Step: "one",
		Customer: commerce.Key("s", fmt.Sprint(n)), Channel: campaigns.Email, Class: campaigns.Service, State: campaigns.Planned,
		DueAt: due, PlannedAt: noon,
	}
}

func watch(n int, due time.Time) campaigns.Watch {
	return campaigns.Watch{ID: commerce.Key("s", "w", fmt.Sprint(n)), Campaign: "w", Customer: commerce.Key("s", fmt.Sprint(n)),
		DueAt: due, Cause: fmt.Sprint("paid", n), CauseAt: noon}
}

func delivery(n int) commerce.Delivery {
	return commerce.Delivery{ID: commerce.Key("s", "c", fmt.Sprint("d", n)), Connection: "c", Platform: "generic",
		Body: []byte("{}"), ReceivedAt: noon.Add(time.Duration(n) * time.Second)}
}

// dueCases are the kinds of due work, each with the time at which it makes the
// shop due.
func dueCases(t *testing.T) map[string]func(s *store.Store, c *clock) time.Time {
	hour := noon.Add(time.Hour)
	claimed := func(n int, err error) {
		t.Helper()
		if err != nil || n != 1 {
			t.Fatalf("claimed %d, %v, want one", n, err)
		}
	}
	return map[string]func(*store.Store, *clock) time.Time{
		"nothing": func(*store.Store, *clock) time.Time { return time.Time{} },
		"an unread delivery since it came": func(s *store.Store, _ *clock) time.Time {
			_, err := s.AddDelivery(t.Context(), "s", delivery(-60))
			must(t, err)
			return noon.Add(-time.Minute)
		},
		"a delivery being read when its lease is over": func(s *store.Store, _ *clock) time.Time {
			_, err := s.AddDelivery(t.Context(), "s", delivery(0))
			must(t, err)
			list, err := s.ClaimDeliveries(t.Context(), "s", 9)
			claimed(len(list), err)
			return noon.Add(store.LeaseFor)
		},
		"a profile to compute at once": func(s *store.Store, _ *clock) time.Time {
			_, err := s.SaveRecord(t.Context(), "s", commerce.CustomerRecord{Connection: "c", External: "7", Version: noon})
			must(t, err)
			return noon
		},
		"an event of 1970 all the same": func(s *store.Store, _ *clock) time.Time {
			o := paidOrder(1, commerce.Buyer{})
			o.Times = commerce.Timeline{PlacedAt: time.Unix(0, 0)}
			o.Payment, o.Version = commerce.Unpaid, time.Unix(0, 0)
			_, err := s.SaveOrder(t.Context(), "s", o)
			must(t, err)
			return time.Unix(0, 0)
		},
		"an enrolment at its due time": func(s *store.Store, _ *clock) time.Time {
			_, err := s.SaveEnrolment(t.Context(), "s", enrolment(1, hour))
			must(t, err)
			return hour
		},
		"a claimed enrolment when its lease is over": func(s *store.Store, _ *clock) time.Time {
			_, err := s.SaveEnrolment(t.Context(), "s", enrolment(1, noon))
			must(t, err)
			list, err := s.ClaimEnrolments(t.Context(), "s", nil, 9)
			claimed(len(list), err)
			return noon.Add(store.LeaseFor)
		},
		"an enrolment due before the lease of an earlier one is over": func(s *store.Store, _ *clock) time.Time {
			for n, due := range []time.Time{noon, noon.Add(30 * time.Second), noon.Add(40 * time.Second)} {
				_, err := s.SaveEnrolment(t.Context(), "s", enrolment(n, due))
				must(t, err)
			}
			list, err := s.ClaimEnrolments(t.Context(), "s", nil, 9)
			claimed(len(list), err)
			return noon.Add(30 * time.Second)
		},
		"a watch at its due time": func(s *store.Store, _ *clock) time.Time {
			must(t, s.PutWatches(t.Context(), "s", []campaigns.Watch{watch(1, hour)}))
			return hour
		},
		"an answered watch never": func(s *store.Store, _ *clock) time.Time {
			must(t, s.PutWatches(t.Context(), "s", []campaigns.Watch{watch(1, noon)}))
			list, err := s.ClaimWatches(t.Context(), "s", nil, 9)
			claimed(len(list), err)
			list[0].DueAt = time.Time{}
			must(t, s.SaveWatches(t.Context(), "s", []campaigns.Watch{list[0]}))
			return time.Time{}
		},
		"a planned message": func(s *store.Store, _ *clock) time.Time {
			must(t, s.PlanMessages(t.Context(), "s", []campaigns.Message{message(1, hour), message(2, hour.Add(time.Hour))}))
			return hour
		},
		"a deferred message": func(s *store.Store, _ *clock) time.Time {
			m := claimOne(t, s, message(1, noon))
			m.State, m.DueAt = campaigns.Deferred, hour
			must(t, s.SaveMessages(t.Context(), "s", []campaigns.Message{m}))
			return hour
		},
		"a message being handed over when its lease is over": func(s *store.Store, c *clock) time.Time {
			m := claimOne(t, s, message(1, noon))
			c.step(10 * time.Second)
			if ours, err := begun(t, s, m); !ours || err != nil {
				t.Fatalf("got %v, %v", ours, err)
			}
			return noon.Add(store.LeaseFor)
		},
		"a sent message, to count it": func(s *store.Store, _ *clock) time.Time {
			m := claimOne(t, s, message(1, noon))
			m.State, m.SentAt, m.DueAt = campaigns.Sent, noon, time.Time{}
			must(t, s.SaveMessages(t.Context(), "s", []campaigns.Message{m}))
			return noon
		},
		"nothing of a campaign that is paused": func(s *store.Store, _ *clock) time.Time {
			put(t, s, "w", "1m")
			must(t, s.ActivateCampaign(t.Context(), "s", "w", 1))
			must(t, s.PauseCampaign(t.Context(), "s", "w"))
			_, err := s.SaveEnrolment(t.Context(), "s", enrolment(1, noon))
			must(t, err)
			must(t, s.PlanMessages(t.Context(), "s", []campaigns.Message{message(1, noon)}))
			must(t, s.PutWatches(t.Context(), "s", []campaigns.Watch{watch(1, noon)}))
			return time.Time{}
		},
	}
}

// claimOne plans and claims one message.
func claimOne(t *testing.T, s *store.Store, m campaigns.Message) campaigns.Message {
	t.Helper()
	must(t, s.PlanMessages(t.Context(), "s", []campaigns.Message{m}))
	list, err := s.ClaimMessages(t.Context(), "s", nil, nil, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("claimed %d, %v, want one", len(list), err)
	}
	return list[0]
}

// A shop's next work is due at the earliest of all kinds. Leased work is due
// when its lease ends, paused work never.
func TestNextDue(t *testing.T) {
	t.Parallel()
	for name := range dueCases(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
				s, c := shopAt(t, docs)
				want := dueCases(t)[name](s, c)
				got, err := s.NextDue(t.Context(), "s")
				if want.Equal(noon) {
					want = c.now()
				}
				if err != nil || !got.Equal(want) || got.IsZero() != want.IsZero() {
					t.Errorf("got %v, %v, want %v", got, err, want)
				}
				if other, err := s.NextDue(t.Context(), "other"); err != nil || !other.IsZero() {
					t.Errorf("another shop: got %v, %v, want nothing due", other, err)
				}
			})
		})
	}
}
