package store_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// done is a report of a customer with an e-mail.
func done(id, event, address string, properties ...commerce.Property) commerce.Report {
	return commerce.Report{ID: id, Kind: commerce.EventKind(event), Buyer: commerce.Buyer{Email: address}, Properties: properties}
}

// reports stores reports and returns what became of them.
func reports(t testing.TB, s *store.Store, list ...commerce.Report) []commerce.Reported {
	t.Helper()
	answers, err := s.ReportEvents(t.Context(), "s", list)
	if err != nil {
		t.Fatal(err)
	}
	return answers
}

// Reports in any lists, in any order and any number of times leave one event for each
// id. A list is stored as a whole or not at all, and a list that was stored is answered
// alike each time.
func TestReportsAreStoredOnceAsAWhole(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		n := 0
		rapid.Check(t, func(r *rapid.T) {
			n++
			stored := map[string]string{} // content by id
			for range rapid.IntRange(1, 6).Draw(r, "lists") {
				var list []commerce.Report
				good, own := true, map[string]string{}
				for range rapid.IntRange(1, 4).Draw(r, "reports") {
					id := fmt.Sprint(n, rapid.SampledFrom([]string{"a", "b", "c"}).Draw(r, "id"))
					who, score := rapid.IntRange(1, 2).Draw(r, "who"), rapid.IntRange(1, 2).Draw(r, "score")
					n := commerce.Property{Key: "n", Value: fmt.Sprint(score)}
					list = append(list, done(id, "custom.x", fmt.Sprintf("p%d@example.com", who), n))
					content := fmt.Sprint(who, score)
					good = good && (stored[id] == "" || stored[id] == content) && (own[id] == "" || own[id] == content)
					own[id] = content
				}
				first := reports(t, s, list...)
				conflicts := func(a commerce.Reported) bool { return a.State == commerce.ReportConflict }
				if slices.ContainsFunc(first, conflicts) == good {
					r.Fatalf("%+v: got %+v, want a conflict: %v", list, first, !good)
				}
				if !good {
					continue
				}
				for id, content := range own {
					stored[id] = content
				}
				if again := reports(t, s, list...); fmt.Sprint(again) != fmt.Sprint(first) {
					r.Fatalf("again: got %v, want %v", again, first)
				}
			}
			for id, content := range stored {
				list := toldOf(t, docs, id)
				if len(list) != 1 || list[0].Properties[0].Value != content[len(content)-1:] {
					r.Fatalf("%s: got %+v, want one event of %s", id, list, content)
				}
			}
			for _, id := range []string{"a", "b", "c"} {
				if _, ok := stored[fmt.Sprint(n, id)]; !ok && len(toldOf(t, docs, fmt.Sprint(n, id))) > 0 {
					r.Fatalf("%s: an event is stored of a list that was refused", id)
				}
			}
		})
	})
}

// toldOf are the stored events with an id of the shop.
func toldOf(t testing.TB, docs documents.Database, id string) []commerce.Event {
	t.Helper()
	list, err := documents.FindAll[commerce.Event](t.Context(), docs, "events", documents.Query{Filter: bson.D{{Key: "shop", Value: "s"}}})
	must(t, err)
	return slices.DeleteFunc(list, func(e commerce.Event) bool { return e.Cause != id })
}

// A caller that gets no answer reports again. If the process died before it had stored
// the event, it is stored then. Two customers made one meanwhile change nothing.
func TestReportIsStoredAfterAKill(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		report := done("1", "custom.x", "a@example.com", commerce.Property{Key: "n", Value: "7", Type: commerce.NumberProperty})
		first := reports(t, s, report)
		_, _, err := docs.Bulk(t.Context(), "events", []documents.Op{documents.DeleteOp("s", first[0].Event.ID)})
		must(t, err)
		person(t, s, "0@example.com", "", 1)
		_, err = s.SaveRecord(t.Context(), "s", commerce.CustomerRecord{
			Connection: "c", External: "9", Version: noon, Email: "a@example.com", Verified: true,
		})
		must(t, err)
		if again := reports(t, s, report); fmt.Sprint(again) != fmt.Sprint(first) {
			t.Errorf("got %+v, want %+v", again, first)
		}
		if list := toldOf(t, docs, "1"); len(list) != 1 || list[0].Properties[0].Value != "7" {
			t.Errorf("got %+v, want the event", list)
		}
	})
}

// Events that are handled, and the receipts of reports, are removed when they are old.
// An event that old is refused. The same report is answered as long as its receipt is
// there, and brings no removed event back.
func TestOldReportsAreRemovedAndRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, c := shopAt(t, docs)
		s.Keep(commerce.Retention{Events: 100 * 24 * time.Hour})
		old, late := done("1", "custom.x", "a@example.com"), done("2", "custom.x", "a@example.com")
		old.At, late.At = noon.Add(-99*24*time.Hour), noon.Add(-101*24*time.Hour)
		if got := reports(t, s, old); got[0].State != commerce.ReportStored {
			t.Errorf("got %s, want it stored", got[0].State)
		}
		if got := reports(t, s, late); got[0].State != commerce.ReportOld {
			t.Errorf("got %s, want it refused as old", got[0].State)
		}
		list, err := s.ClaimEvents(t.Context(), "s", 9)
		must(t, err)
		must(t, s.HandledEvents(t.Context(), "s", list, noon))
		for _, step := range []struct {
			after                     time.Duration
			event, receipt, remaining int
		}{{0, 0, 0, 1}, {2 * 24 * time.Hour, 1, 0, 0}, {99 * 24 * time.Hour, 0, 1, 0}} {
			c.step(step.after)
			events, err := s.Remove(t.Context(), "s", commerce.OldEvents, 9)
			must(t, err)
			receipts, err := s.Remove(t.Context(), "s", commerce.OldReports, 9)
			must(t, err)
			if events != step.event || receipts != step.receipt {
				t.Errorf("after %s: got %d events and %d receipts removed, want %d and %d", step.after, events, receipts, step.event, step.receipt)
			}
			want := commerce.ReportStored
			if step.receipt > 0 {
				want = commerce.ReportOld
			}
			if got := reports(t, s, old); got[0].State != want {
				t.Errorf("again after %s: got %s, want %s", step.after, got[0].State, want)
			}
			if n := len(toldOf(t, docs, "1")); n != step.remaining {
				t.Errorf("after %s: got %d events, want %d", step.after, n, step.remaining)
			}
		}
	})
}

// tallied counts the calls of a database by collection.
type tallied struct {
	documents.Database
	finds, writes map[string]int
}

func (c *tallied) Find(ctx context.Context, coll string, q documents.Query, each func(bson.Raw) error) error {
	c.finds[coll]++
	return c.Database.Find(ctx, coll, q, each)
}

func (c *tallied) InsertMany(ctx context.Context, coll string, docs []any) ([]bool, error) {
	c.writes[coll]++
	return c.Database.InsertMany(ctx, coll, docs)
}

func (c *tallied) Bulk(ctx context.Context, coll string, ops []documents.Op) (documents.Totals, []documents.Result, error) {
	c.writes[coll]++
	return c.Database.Bulk(ctx, coll, ops)
}

// A list of 500 reports about known customers takes one search and one write of each
// collection, however many customers there are. Customers are searched twice: for what
// they are merged into, and for what is known of them.
func TestManyReportsTakeFewRoundTrips(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		counted := &tallied{Database: docs, finds: map[string]int{}, writes: map[string]int{}}
		s, _ := shopAt(t, counted)
		list := func(round int) (list []commerce.Report) {
			for i := range commerce.MaxReports {
				list = append(list, done(fmt.Sprint(round, ".", i), "custom.x", fmt.Sprintf("p%d@example.com", i)))
			}
			return list
		}
		reports(t, s, list(1)...)
		must(t, recomputeShop(t.Context(), s, "s"))
		counted.finds, counted.writes = map[string]int{}, map[string]int{}
		reports(t, s, list(2)...)
		chunks := map[string]int{"reports": 1, "identities": 1, "customers": 2, "erasures": 2}
		for coll, n := range counted.finds {
			if n > 2*max(chunks[coll], 1) {
				t.Errorf("%s: got %d searches, want a few for all", coll, n)
			}
		}
		if diff := cmp.Diff(counted.writes, map[string]int{"reports": 1, "events": 1}); diff != "" {
			t.Errorf("writes: got, want: %s", diff)
		}
	})
}
