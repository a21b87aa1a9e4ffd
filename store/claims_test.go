package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// claims are all ways to take due work of shop s, a few at a time, except
// messages.
func claims(s *store.Store) map[string]func(context.Context) (int, error) {
	return map[string]func(context.Context) (int, error){
		"deliveries": func(ctx context.Context) (int, error) { l, err := s.ClaimDeliveries(ctx, "s", 7); return len(l), err },
		"events":     func(ctx context.Context) (int, error) { l, err := s.ClaimEvents(ctx, "s", 7); return len(l), err },
		"enrolments": func(ctx context.Context) (int, error) {
			l, err := s.ClaimEnrolments(ctx, "s", nil, 7)
			return len(l), err
		},
		"watches": func(ctx context.Context) (int, error) { l, err := s.ClaimWatches(ctx, "s", nil, 7); return len(l), err },
	}
}

// Eight workers that claim at once get each piece of work once, and none that
// is leased. After the lease, and not before, another worker gets it.
func TestWorkIsClaimedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx, all := t.Context(), 30
		var messages []campaigns.Message
		for n := range all {
			_, err := s.AddDelivery(ctx, "s", delivery(-n))
			must(t, err)
			o := paidOrder(-n-1, commerce.Buyer{})
			o.Payment, o.Times.PaidAt = commerce.Unpaid, time.Time{}
			_, err = s.SaveOrder(ctx, "s", o)
			must(t, err)
			_, err = s.SaveEnrolment(ctx, "s", enrolment(n, noon))
			must(t, err)
			must(t, s.PutWatches(ctx, "s", []campaigns.Watch{watch(n, noon)}))
			messages = append(messages, message(n, noon))
		}
		must(t, s.PlanMessages(ctx, "s", messages))
		takes := claims(s)
		takes["messages"] = func(ctx context.Context) (int, error) {
			l, err := s.ClaimMessages(ctx, "s", nil, nil, 7)
			return len(l), err
		}
		for name, take := range takes {
			if got := raced(t, take); got != all {
				t.Errorf("%s: got %d claimed, want %d", name, got, all)
			}
		}
		clock.step(store.LeaseFor - time.Millisecond)
		for name, take := range takes {
			if got, err := take(ctx); got != 0 || err != nil {
				t.Errorf("%s under their lease: got %d, %v", name, got, err)
			}
		}
		clock.step(2 * time.Millisecond)
		if _, err := s.RecoverMessages(ctx, "s", 100); err != nil {
			t.Fatal(err)
		}
		for name, take := range takes {
			if got := raced(t, take); got != all {
				t.Errorf("%s after their lease: got %d claimed, want %d", name, got, all)
			}
		}
	})
}

// raced is how many pieces of work eight workers get together.
func raced(t *testing.T, take func(context.Context) (int, error)) int {
	t.Helper()
	var group errgroup.Group
	var mu sync.Mutex
	total := 0
	for range 8 {
		group.Go(func() error {
			for empty := 0; empty < 3; {
				n, err := take(t.Context())
				if err != nil {
					return err
				}
				if n == 0 {
					empty++
				}
				mu.Lock()
				total += n
				mu.Unlock()
			}
			return nil
		})
	}
	must(t, group.Wait())
	return total
}

// Nothing is claimed before it is due, and nothing of a paused campaign.
func TestOnlyDueWorkIsClaimed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx := t.Context()
		hour := noon.Add(time.Hour)
		put(t, s, "w", "1m")
		_, err := s.SaveEnrolment(ctx, "s", enrolment(1, hour))
		must(t, err)
		must(t, s.PutWatches(ctx, "s", []campaigns.Watch{watch(1, hour)}))
		must(t, s.PlanMessages(ctx, "s", []campaigns.Message{message(1, hour)}))
		for _, step := range []struct {
			at   time.Duration
			held []string
			want int
		}{{0, nil, 0}, {time.Hour - time.Millisecond, nil, 0}, {time.Millisecond, []string{"v", "w"}, 0}, {0, []string{"v"}, 1}} {
			clock.step(step.at)
			enrolments, err := s.ClaimEnrolments(ctx, "s", step.held, 9)
			must(t, err)
			watches, err := s.ClaimWatches(ctx, "s", step.held, 9)
			must(t, err)
			messages, err := s.ClaimMessages(ctx, "s", step.held, nil, 9)
			must(t, err)
			if got := fmt.Sprint(len(enrolments), len(watches), len(messages)); got != fmt.Sprint(step.want, step.want, step.want) {
				t.Errorf("at %v, paused %v: got %s, want %d each", clock.now(), step.held, got, step.want)
			}
		}
	})
}

// A worker that lost its claim writes nothing: no outcome of a delivery, no
// handled event, no decision, no answered watch.
func TestLostClaimsWriteNothing(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, clock := shopAt(t, docs)
		ctx := t.Context()
		_, err := s.AddDelivery(ctx, "s", delivery(0))
		must(t, err)
		_, err = s.SaveOrder(ctx, "s", paidOrder(-1, commerce.Buyer{}))
		must(t, err)
		_, err = s.SaveEnrolment(ctx, "s", enrolment(1, noon))
		must(t, err)
		must(t, s.PutWatches(ctx, "s", []campaigns.Watch{watch(1, noon)}))
		deliveries, err := s.ClaimDeliveries(ctx, "s", 1)
		must(t, err)
		events, err := s.ClaimEvents(ctx, "s", 9)
		must(t, err)
		enrolments, err := s.ClaimEnrolments(ctx, "s", nil, 1)
		must(t, err)
		watches, err := s.ClaimWatches(ctx, "s", nil, 1)
		must(t, err)
		clock.step(store.LeaseFor + time.Second)
		for name, take := range claims(s) {
			if n, err := take(ctx); n == 0 || err != nil {
				t.Fatalf("%s: claimed %d, %v, want the work that the first lost", name, n, err)
			}
		}
		deliveries[0].State = commerce.Read
		must(t, s.FinishDelivery(ctx, "s", deliveries[0], noon))
		must(t, s.HandledEvents(ctx, "s", events, noon))
		watches[0].DueAt = time.Time{}
		must(t, s.SaveWatches(ctx, "s", []campaigns.Watch{watches[0]}))
		enrolments[0].State = campaigns.Exited
		if saved, err := s.SaveEnrolment(ctx, "s", enrolments[0]); saved || err != nil {
			t.Errorf("a decision: got saved %v, %v", saved, err)
		}
		d, err := s.Delivery(ctx, "s", deliveries[0].ID)
		must(t, err)
		list, err := s.EventsOf(ctx, "s", events[0].Subject)
		must(t, err)
		e, err := s.Enrolment(ctx, "s", enrolments[0].ID)
		must(t, err)
		clock.step(store.LeaseFor + time.Second)
		again, err := s.ClaimWatches(ctx, "s", nil, 1)
		if d.State != commerce.Reading || list[0].State != commerce.Handling || e.State != campaigns.Enrolled || err != nil || len(again) != 1 {
			t.Errorf("got %s, %s, %s, %d watches, %v: want all as the second holder has them", d.State, list[0].State, e.State, len(again), err)
		}
	})
}

// A delivery is stored once, with its outcome; a quarantined one can be read
// again, a read one cannot.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx, id := t.Context(), delivery(1).ID
		for _, want := range []bool{true, false} {
			if first, err := s.AddDelivery(ctx, "s", delivery(1)); first != want || err != nil {
				t.Errorf("got first %v, %v, want %v", first, err, want)
			}
		}
		for _, step := range []struct {
			state  commerce.DeliveryState
			replay commerce.Code
		}{{commerce.Quarantined, ""}, {commerce.Ignored, ""}, {commerce.Read, commerce.Conflict}} {
			list, err := s.ClaimDeliveries(ctx, "s", 9)
			if err != nil || len(list) != 1 || string(list[0].Body) != "{}" {
				t.Fatalf("got %v, %v, want the delivery with its body", list, err)
			}
			d := list[0]
			d.State, d.Reason, d.Subjects = step.state, "why "+string(step.state), []string{"s:c:1"}
			must(t, s.FinishDelivery(ctx, "s", d, noon))
			shown, next, err := s.ListDeliveries(ctx, "s", step.state, "", 5)
			if err != nil || next != "" || len(shown) != 1 || shown[0].Reason != d.Reason || shown[0].Body != nil || len(shown[0].Subjects) != 1 {
				t.Errorf("got %+v, %q, %v, want the one that is %s", shown, next, err, step.state)
			}
			if err := s.ReplayDelivery(ctx, "s", id); commerce.CodeOf(err) != step.replay {
				t.Errorf("replay of one %s: got %v, want %q", step.state, err, step.replay)
			}
		}
		if err := s.ReplayDelivery(ctx, "s", "s:c:no"); commerce.CodeOf(err) != commerce.NotFound {
			t.Errorf("got %v, want not found", err)
		}
	})
}
