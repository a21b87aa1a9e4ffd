package store_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

func stateOf(t *testing.T, s *store.Store, id string) campaigns.MessageState {
	t.Helper()
	m, err := s.Message(t.Context(), "s", id)
	must(t, err)
	return m.State
}

func save(t *testing.T, s *store.Store, m campaigns.Message, state campaigns.MessageState) {
	t.Helper()
	m.State, m.DueAt = state, time.Time{}
	if state == campaigns.Sent {
		m.SentAt = noon
	}
	must(t, s.SaveMessages(t.Context(), "s", []campaigns.Message{m}))
}

func handOver(t *testing.T, s *store.Store, m campaigns.Message) (ours bool) {
	t.Helper()
	m.Rendered, m.MessageID = noon, "id@shop"
	ours, err := begun(t, s, m)
	must(t, err)
	return ours
}

// A message is planned once: planning it again changes nothing of its outcome.
func TestMessageIsPlannedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		m := claimOne(t, s, message(1, noon))
		save(t, s, m, campaigns.Sent)
		must(t, s.PlanMessages(t.Context(), "s", []campaigns.Message{message(1, noon), message(2, noon)}))
		if got := stateOf(t, s, m.ID); got != campaigns.Sent {
			t.Errorf("got %s, want it sent", got)
		}
		if got := stateOf(t, s, message(2, noon).ID); got != campaigns.Planned {
			t.Errorf("the new one: got %s, want it planned", got)
		}
	})
}

// A worker may send only while it has the claim and enough time left to finish.
func TestHandingOverNeedsALiveClaim(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		after  time.Duration
		meddle func(t *testing.T, s *store.Store, m *campaigns.Message)
		want   bool
	}{
		"a fresh claim goes ahead":     {0, nil, true},
		"with 20 s left it still does": {store.LeaseFor - 20*time.Second, nil, true},
		"with less nothing is sent":    {store.LeaseFor - 20*time.Second + time.Millisecond, nil, false},
		"a renewed lease counts from its renewal": {store.LeaseFor - time.Second, func(t *testing.T, s *store.Store, m *campaigns.Message) {
			must(t, s.RenewMessages(t.Context(), "s", []campaigns.Message{*m}))
		}, true},
		"another's claim is not ours": {0, func(_ *testing.T, _ *store.Store, m *campaigns.Message) { m.Claim = "another" }, false},
		"nor is an older fence":       {0, func(_ *testing.T, _ *store.Store, m *campaigns.Message) { m.Fence-- }, false},
		"nor one that was recovered and claimed again": {store.LeaseFor + time.Second, func(t *testing.T, s *store.Store, _ *campaigns.Message) {
			recoverOne(t, s)
			if list, err := s.ClaimMessages(t.Context(), "s", nil, nil, 1); err != nil || len(list) != 1 {
				t.Fatalf("claimed %d, %v", len(list), err)
			}
		}, false},
		"nor one handed over already": {0, func(t *testing.T, s *store.Store, m *campaigns.Message) {
			if !handOver(t, s, *m) {
				t.Fatal("the first hand-over: not ours")
			}
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
				s, clock := shopAt(t, docs)
				m := claimOne(t, s, message(1, noon))
				clock.step(c.after)
				if c.meddle != nil {
					c.meddle(t, s, &m)
				}
				if got := handOver(t, s, m); got != c.want {
					t.Errorf("got %v, want %v", got, c.want)
				}
			})
		})
	}
}

func recoverOne(t *testing.T, s *store.Store) {
	t.Helper()
	if n, err := s.RecoverMessages(t.Context(), "s", 10); err != nil || n != 1 {
		t.Fatalf("recovered %d, %v, want one", n, err)
	}
}

// If a worker died before DATA, nothing was sent, and the message is planned
// again. If it died during DATA, the outcome is unknown. Without resending the
// message stays uncertain; with it the message is due again, up to a limit of
// tries.
func TestRecovery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy   campaigns.OnUncertain
		handed   bool
		attempts int
		want     campaigns.MessageState
		due      bool
	}{
		"claimed only: planned again":       {campaigns.Hold, false, 1, campaigns.Planned, true},
		"handed over, on hold: uncertain":   {campaigns.Hold, true, 1, campaigns.Uncertain, false},
		"handed over and resent: due again": {campaigns.Resend, true, 1, campaigns.Deferred, true},
		"the seventh time as well":          {campaigns.Resend, true, 7, campaigns.Deferred, true},
		"but not for ever: uncertain then":  {campaigns.Resend, true, 8, campaigns.Uncertain, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
				s, clock := shopAt(t, docs)
				m := message(1, noon)
				m.OnUncertain = c.policy
				must(t, s.PlanMessages(t.Context(), "s", []campaigns.Message{m}))
				for range c.attempts {
					list, err := s.ClaimMessages(t.Context(), "s", nil, nil, 1)
					if err != nil || len(list) != 1 || c.handed && !handOver(t, s, list[0]) {
						t.Fatalf("claimed %d, %v", len(list), err)
					}
					if n, err := s.RecoverMessages(t.Context(), "s", 10); err != nil || n != 0 {
						t.Fatalf("under its lease: recovered %d, %v, want none", n, err)
					}
					clock.step(store.LeaseFor + time.Millisecond)
					recoverOne(t, s)
				}
				m, err := s.Message(t.Context(), "s", m.ID)
				must(t, err)
				if m.State != c.want || m.DueAt.IsZero() == c.due || m.Claim != "" || !m.LeaseUntil.IsZero() || m.Reason == "" || len(m.Record) == 0 {
					t.Errorf("got %+v, want it %s", m, c.want)
				}
			})
		})
	}
}

// A late result still decides the outcome of an uncertain message, but not of
// one that was claimed again since.
func TestLateResults(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		for n, c := range []struct {
			policy campaigns.OnUncertain
			handed bool
			late   campaigns.MessageState
			want   campaigns.MessageState
		}{
			{campaigns.Hold, true, campaigns.Sent, campaigns.Sent},
			{campaigns.Hold, true, campaigns.Failed, campaigns.Failed},
			{campaigns.Resend, true, campaigns.Sent, campaigns.Deferred},
			{campaigns.Hold, false, campaigns.Failed, campaigns.Planned},
		} {
			clock := newClock()
			s := storeAt(docs, clock)
			m := message(n, noon)
			m.OnUncertain = c.policy
			m = claimOne(t, s, m)
			if c.handed && !handOver(t, s, m) {
				t.Fatal("not ours")
			}
			clock.step(store.LeaseFor + time.Second)
			recoverOne(t, s)
			save(t, s, m, c.late)
			got, err := s.Message(t.Context(), "s", m.ID)
			must(t, err)
			if got.State != c.want || got.EndedAt.IsZero() == (c.want == campaigns.Uncertain) {
				t.Errorf("%s after %v, late %s: got %+v, want %s", c.policy, c.handed, c.late, got, c.want)
			}
			must(t, finishFor(t, s, m.ID))
		}
	})
}

// finishFor ends a message, so that the next case's is the only open one.
func finishFor(t *testing.T, s *store.Store, id string) error {
	t.Helper()
	m, err := s.Message(t.Context(), "s", id)
	if err == nil {
		m.State, m.DueAt = campaigns.Cancelled, time.Time{}
		err = s.SaveMessages(t.Context(), "s", []campaigns.Message{m})
	}
	return err
}

// Cancelling ends the unclaimed messages of one entry only.
func TestCancellation(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		claimed := claimOne(t, s, message(1, noon))
		deferred, other := message(1, noon), message(1, noon)
		deferred.ID, deferred.Step, deferred.State = commerce.Key("s", "w", "1", "1", "two"), "two", campaigns.Deferred
		other.ID, other.Entry = commerce.Key("s", "w", "1", "2", "one"), 2
		must(t, s.PlanMessages(t.Context(), "s", []campaigns.Message{deferred, other}))
		must(t, s.CancelMessages(t.Context(), "s", []campaigns.Cancel{campaigns.Cancel{Enrolment: claimed.Enrolment, Entry: 1, Reason: "paid"}}))
		got := map[string]campaigns.MessageState{}
		for _, m := range []campaigns.Message{claimed, deferred, other} {
			got[m.ID] = stateOf(t, s, m.ID)
		}
		want := map[string]campaigns.MessageState{claimed.ID: campaigns.Claimed, deferred.ID: campaigns.Cancelled, other.ID: campaigns.Planned}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
	})
}

// Of two messages to one person that two workers hand over at once, the one
// claimed first counts for the other, and not the other way round, whatever
// their ids.
func TestOfTwoClaimedMessagesOneCounts(t *testing.T) {
	t.Parallel()
	for _, first := range []int{1, 2} {
		storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
			s, clock := shopAt(t, docs)
			sent := message(3, noon)
			sent.Customer = "s:1"
			save(t, s, claimOne(t, s, sent), campaigns.Sent)
			var held []campaigns.Message
			for _, n := range []int{first, 3 - first} {
				m := message(n, noon)
				m.Customer = "s:1"
				held = append(held, claimOne(t, s, m))
				clock.step(time.Second)
			}
			var got []int
			for _, m := range held {
				list, err := sends(t, s, clock, noon.Add(-time.Hour), m.ID)
				must(t, err)
				got = append(got, len(list))
			}
			if diff := cmp.Diff(got, []int{1, 2}); diff != "" {
				t.Errorf("sends seen by the first and the second: got, want: %s", diff)
			}
			list, err := sends(t, s, clock, noon.Add(time.Millisecond), held[0].ID)
			if err != nil || len(list) != 0 {
				t.Errorf("since then: got %v, %v, want none", list, err)
			}
		})
	}
}

// sends are what counts for a message to s:1.
func sends(t *testing.T, s *store.Store, clock *clock, since time.Time, message string) ([]campaigns.Send, error) {
	t.Helper()
	list, err := s.Sendings(t.Context(), "s", []string{"s:1"})
	return campaigns.SendsBefore(list, message, since, clock.now()), err
}

// A message that took another channel is stored with it, whether it is handed over or put off, and counts
// on it. One that did not keeps what is stored.
func TestAMessageIsStoredOnTheChannelThatItTook(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		for n, moved := range []bool{true, true, false} {
			planned := message(n+1, noon)
			planned.Channel, planned.Template = campaigns.SMS, "short"
			m := claimOne(t, s, planned)
			m.Take(campaigns.Verdict{Route: campaigns.Route{Channel: campaigns.Email, Template: "long"}})
			m.Rerouted = moved
			if n == 0 {
				ours, err := begun(t, s, m)
				if must(t, err); !ours {
					t.Fatal("the claim is lost")
				}
			} else {
				save(t, s, m, campaigns.Deferred)
			}
			stored, err := s.Message(t.Context(), "s", m.ID)
			must(t, err)
			want := map[bool]string{true: "email long", false: "sms short"}[moved]
			if got := stored.Channel + " " + stored.Template; got != want {
				t.Errorf("message %d: got %s, want %s", n+1, got, want)
			}
		}
	})
}

// begun writes that m is being handed over.
func begun(tb testing.TB, s *store.Store, m campaigns.Message) (ours bool, err error) {
	tb.Helper()
	list, err := s.WriteMessages(tb.Context(), []campaigns.Message{m}, nil)
	return err == nil && list[0], err
}

// The only process knows at once that all earlier holders are dead: their claimed
// work is free, and the messages they were handing over are uncertain.
func TestOnlyProcessEndsAllLeases(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		ctx := t.Context()
		messages := takeAll(t, s)
		must(t, s.EndLeases(ctx, "s"))
		if next, err := s.NextDue(ctx, "s"); err != nil || next.IsZero() || next.After(noon) {
			t.Errorf("got the next work at %v, %v, want it now", next, err)
		}
		if n, err := s.RecoverMessages(ctx, "s", 9); err != nil || n != 2 {
			t.Errorf("recovered %d, %v, want both", n, err)
		}
		states := []campaigns.MessageState{stateOf(t, s, messages[0].ID), stateOf(t, s, messages[1].ID)}
		if diff := cmp.Diff(states, []campaigns.MessageState{campaigns.Uncertain, campaigns.Planned}); diff != "" {
			t.Errorf("messages: got, want: %s", diff)
		}
		for name, take := range claims(s) {
			if n, err := take(ctx); err != nil || n != 2 {
				t.Errorf("%s: claimed %d, %v, want 2", name, n, err)
			}
		}
		if _, _, ok, err := s.TakeSlot(ctx, "s"); !ok || err != nil {
			t.Errorf("got no slot, %v", err)
		}
	})
}

// takeAll stores two documents of every claimable kind, claims them all, hands the
// first message over and takes every slot. It returns the claimed messages.
func takeAll(t *testing.T, s *store.Store) []campaigns.Message {
	t.Helper()
	ctx := t.Context()
	for n := range 2 {
		_, err := s.AddDelivery(ctx, "s", delivery(n))
		must(t, err)
		_, err = s.SaveEnrolment(ctx, "s", enrolment(n, noon))
		must(t, err)
		must(t, s.PutWatches(ctx, "s", []campaigns.Watch{watch(n, noon)}))
	}
	_, err := s.SaveOrder(ctx, "s", paidOrder(-5, commerce.Buyer{}))
	must(t, err)
	must(t, s.PlanMessages(ctx, "s", []campaigns.Message{message(1, noon), message(2, noon)}))
	must(t, s.MarkDue(ctx, "s", noon))
	messages, err := s.ClaimMessages(ctx, "s", nil, nil, 9)
	must(t, err)
	handOver(t, s, messages[0])
	for _, take := range claims(s) {
		if n, err := take(ctx); err != nil || n != 2 {
			t.Fatalf("claimed %d, %v, want 2", n, err)
		}
		if n, err := take(ctx); err != nil || n != 0 {
			t.Fatalf("claimed again: got %d, %v, want none", n, err)
		}
	}
	for range store.Slots {
		if _, _, ok, err := s.TakeSlot(ctx, "s"); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	return messages
}

// A stored message has its whole history.
func TestMessageStoresItsHistory(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		m := claimOne(t, s, message(1, noon))
		m.Rendered, m.MessageID, m.Subject, m.Recipient = noon, "id@shop", "Your order", s.Address(commerce.EmailAddress("ann@example.com"))
		m.Links = []campaigns.Link{{N: 1, URL: "https://shop.example/pay"}}
		if ours, err := begun(t, s, m); !ours || err != nil {
			t.Fatal(ours, err)
		}
		m.State, m.SentAt, m.Code, m.DueAt, m.Attempts = campaigns.Sent, noon.Add(time.Second), 250, time.Time{}, 1
		m.Note(campaigns.Decision{At: noon, Outcome: "sent"})
		must(t, s.SaveMessages(t.Context(), "s", []campaigns.Message{m}))
		got, err := s.Message(t.Context(), "s", m.ID)
		must(t, err)
		m.Claim, m.LeaseUntil, m.Touched, m.TouchRev, m.Rev = "", time.Time{}, true, 1, got.Rev
		if diff := cmp.Diff(got, m, cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
	})
}
