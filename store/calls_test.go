package store_test

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// call is the call of an enrolment by mail, due at noon.
func call(i int) campaigns.Call {
	return campaigns.Call{
		ID: fmt.Sprintf("s:w:%d:1:tell", i), Shop: "s", Campaign: "w", Version: 1, Enrolment: fmt.Sprintf("s:w:%d", i), Entry: 1, Step: "tell",
		Kind: campaigns.CallMail, Customer: fmt.Sprintf("s:c%d", i), State: campaigns.CallPlanned, PlannedAt: noon, DueAt: noon,
		Until: noon.Add(time.Hour),
	}
}

// mailed are the calls that are due, claimed and done.
func mailed(t *testing.T, s *store.Store) []campaigns.Call {
	t.Helper()
	list, err := s.ClaimCalls(t.Context(), "s", nil, 9)
	must(t, err)
	for i := range list {
		list[i] = list[i].After(campaigns.CallAnswer{Done: true, Status: 250}, noon)
		list[i].DueAt = time.Time{}
	}
	return list
}

// A call is claimed by one worker at a time, and those of a paused campaign by none. A result counts under its
// claim only: a worker that was too slow changes nothing.
func TestCallsAreClaimedOnce(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, c := shopAt(t, docs)
		ctx := t.Context()
		put(t, s, "w", "1h")
		for i := range 20 {
			must(t, s.PlanCalls(ctx, "s", []campaigns.Call{call(i)}))
			must(t, s.PlanCalls(ctx, "s", []campaigns.Call{call(i)})) // planned again, by a worker that began once more
		}
		if list, err := s.ClaimCalls(ctx, "s", []string{"w"}, 9); err != nil || len(list) != 0 {
			t.Fatalf("got %d, %v of a paused campaign, want none", len(list), err)
		}
		var mu sync.Mutex
		var claimed []campaigns.Call
		var working sync.WaitGroup
		for range 4 {
			working.Go(func() {
				for range 5 {
					list, err := s.ClaimCalls(ctx, "s", nil, 4)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					claimed = append(claimed, list...)
					mu.Unlock()
				}
			})
		}
		working.Wait()
		var ids []string
		for _, k := range claimed {
			ids = append(ids, k.ID)
		}
		slices.Sort(ids)
		if all := slices.Compact(slices.Clone(ids)); len(all) != 20 || len(ids) != 20 {
			t.Fatalf("got %d claims of %d calls, want 20 of each", len(ids), len(all))
		}
		slow := claimed[0]
		c.step(2 * store.LeaseFor)
		again, err := s.ClaimCalls(ctx, "s", nil, 20)
		if err != nil || len(again) != 20 {
			t.Fatalf("got %d, %v after the leases, want all", len(again), err)
		}
		must(t, s.NoteCalls(ctx, "s", []campaigns.Call{slow.End(campaigns.CallFailed, "late", noon)}))
		known, err := s.CallsByID(ctx, "s", []string{slow.ID})
		if err != nil || known[slow.ID].State != campaigns.CallPlanned {
			t.Errorf("got %+v, %v, want the late result to change nothing", known[slow.ID], err)
		}
	})
}

// An enrolment is woken only while it waits at that step of that entry.
func TestOnlyWaitingEnrolmentsAreWoken(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		later := noon.Add(time.Hour)
		for i, tt := range []struct {
			name   string
			change func(*campaigns.Enrolment)
			woken  bool
		}{
			{"it waits", func(*campaigns.Enrolment) {}, true},
			{"it waits at another step", func(e *campaigns.Enrolment) { e.Called = "other" }, false},
			{"it waits for nothing", func(e *campaigns.Enrolment) { e.Called = "" }, false},
			{"it has entered again", func(e *campaigns.Enrolment) { e.Entry = 2 }, false},
			{"it has ended", func(e *campaigns.Enrolment) { e.State = campaigns.Exited }, false},
		} {
			e := enrolment(i, later)
			e.Entry, e.State, e.Called, e.DueAt = 1, campaigns.Enrolled, "hook", later
			tt.change(&e)
			_, err := s.SaveEnrolments(t.Context(), "s", []campaigns.Enrolment{e})
			must(t, err)
			must(t, s.WakeEnrolments(t.Context(), "s", []campaigns.Wake{{Enrolment: e.ID, Entry: 1, Step: "hook"}}))
			got, err := s.Enrolment(t.Context(), "s", e.ID)
			if must(t, err); !got.DueAt.Equal(later) != tt.woken {
				t.Errorf("%s: got it due at %s, want it woken: %v", tt.name, got.DueAt, tt.woken)
			}
		}
	})
}

// A secret is stored sealed, and opens for its own shop only.
func TestCallSecretIsSealed(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, c := shopAt(t, docs)
		first, err := s.CallSecret(t.Context(), "s")
		must(t, err)
		next, err := s.RotateCallSecret(t.Context(), "s")
		if must(t, err); len(next.Keys()) != 2 || string(next.Previous) != string(first.Key) || string(next.Key) == string(first.Key) {
			t.Errorf("got %d keys, want the new and the old one", len(next.Keys()))
		}
		must(t, docs.Find(t.Context(), "call_secrets", documents.Query{Filter: bson.D{{Key: "shop", Value: "s"}}}, func(raw bson.Raw) error {
			if bytes.Contains(raw, first.Key) || bytes.Contains(raw, next.Key) {
				t.Error("got a secret in clear in the database")
			}
			return nil
		}))
		c.step(25 * time.Hour)
		if last, err := s.CallSecret(t.Context(), "s"); err != nil || len(last.Keys()) != 1 {
			t.Errorf("got %d keys, %v a day later, want the new one alone", len(last.Keys()), err)
		}
	})
}
