package store_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// people is a history in which one person first buys as two: the third order
// proves them one. Another person buys alone, and one order names nobody.
func people() []commerce.Order {
	return []commerce.Order{
		paidOrder(1, commerce.Buyer{Platform: "7"}),
		paidOrder(2, commerce.Buyer{Email: "a@example.com"}),
		paidOrder(3, commerce.Buyer{Platform: "7", Email: "A@example.com"}),
		paidOrder(4, commerce.Buyer{Email: "b@example.com", Phone: "+4915112345678"}),
		paidOrder(5, commerce.Buyer{Phone: "+4915112345678"}),
		paidOrder(6, commerce.Buyer{}),
	}
}

func refundOf(n int, b commerce.Buyer) commerce.LooseRefund {
	o := paidOrder(n, b)
	return commerce.LooseRefund{
		ID: commerce.Key("s", "c", "r"+o.External), Shop: "s", Connection: "c", External: "r" + o.External, Buyer: b, At: o.Version,
		Refund: commerce.Refund{ID: "r", RefundedAt: o.Version, Amount: commerce.Money{Minor: 50, Currency: "EUR"}},
	}
}

// A bulk import ends with the same customers, profiles and orders as saving its
// records one by one.
func TestHistoryInBulkIsTheSameHistory(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		ctx := t.Context()
		bulk := setup(t, docs)
		records := connectors.Records{Orders: people(), LooseRefunds: []commerce.LooseRefund{refundOf(9, commerce.Buyer{Platform: "7"})}}
		saved, err := bulk.SaveHistory(ctx, "s", "s:c:file", records)
		if got := outcome(saved); err != nil || got != (outcomes{fresh: 6, refunds: 1}) {
			t.Fatalf("got %+v (%v), want 6 orders, 1 refund", got, err)
		}
		if _, err := bulk.RecomputeAll(ctx, "s"); err != nil {
			t.Fatal(err)
		}
		single := alone(t)
		for i := range records.Orders {
			records.Orders[i].Imported = true
		}
		if _, err := single.SaveRecords(ctx, "s", records); err != nil {
			t.Fatal(err)
		}
		if err := recomputeAll(ctx, single); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(historyOf(t, bulk), historyOf(t, single), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("got, want:\n%s", diff)
		}
	})
}

// outcomes counts the orders of a batch by outcome, and its new refunds.
type outcomes struct{ fresh, changed, same, refunds int }

func outcome(saved commerce.HistorySaved) (n outcomes) {
	for _, o := range saved.Orders {
		switch {
		case o.Before.ID == "":
			n.fresh++
		case len(o.Changed) > 0:
			n.changed++
		default:
			n.same++
		}
	}
	for _, r := range saved.Refunds {
		if r.Before.ID == "" {
			n.refunds++
		}
	}
	return n
}

// historyOf is the data of a shop: profiles by customer, and the customers of
// the orders.
func historyOf(t *testing.T, s *store.Store) map[string]any {
	t.Helper()
	ends := map[string]any{}
	customers, err := s.Customers(t.Context(), "s", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range customers {
		if c.Dirty {
			t.Errorf("customer %s: profile still to be computed", c.ID)
		}
		ends[c.ID] = c.Profile
	}
	orders, _, err := s.ListOrders(t.Context(), "s", commerce.OrderFilter{}, "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range orders {
		ends[o.ID] = []any{o.Customer, o.Imported, o.Fact, o.Outbox}
	}
	return ends
}

// alone is a store of its own on the embedded driver.
func alone(t *testing.T) *store.Store {
	t.Helper()
	return setup(t, storetest.Embedded(t, store.Collections()))
}

// imported is a batch of an import that was received at a time.
func imported(at time.Time, orders ...commerce.Order) connectors.Records {
	for i := range orders {
		orders[i].Received = at
	}
	return connectors.Records{Orders: orders}
}

// Importing the same orders again changes nothing. Of a corrected file the later
// import wins, also with an earlier date, and the changed fields are named.
func TestLaterImportOfAnOrderWins(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := setup(t, docs)
		for again, want := range []outcomes{{fresh: 6}, {same: 6}} {
			saved, err := s.SaveHistory(t.Context(), "s", "s:c:file", imported(noon.Add(time.Duration(again)*time.Hour), people()...))
			if got := outcome(saved); err != nil || got != want {
				t.Errorf("import %d: got %+v (%v), want %+v", again, got, err, want)
			}
		}
		before := computed(t, s)
		corrected := people()[3]
		corrected.Total.Minor += 500
		corrected.Version, corrected.Times.PlacedAt = corrected.Version.Add(-time.Hour), corrected.Times.PlacedAt.Add(-time.Hour)
		corrected.Times.PaidAt = corrected.Times.PlacedAt.Add(2 * time.Hour) // later than before
		saved, err := s.SaveHistory(t.Context(), "s", "s:c:file", imported(noon.Add(2*time.Hour), people()[0], corrected))
		if got := outcome(saved); err != nil || got != (outcomes{same: 1, changed: 1}) {
			t.Fatalf("corrected: got %+v (%v), want 1 changed", got, err)
		}
		if diff := cmp.Diff(saved.Orders[1].Changed, []string{"times", "total"}); diff != "" {
			t.Errorf("changed: got, want:\n%s", diff)
		}
		stored, err := s.Order(t.Context(), "s", corrected.ID)
		if diff := cmp.Diff(stored.Times, corrected.Times); err != nil || diff != "" || stored.Total != corrected.Total {
			t.Errorf("got %v (%v), and times, want:\n%s", stored.Total, err, diff)
		}
		if after := computed(t, s); cmp.Equal(after, before) {
			t.Error("the profile does not follow the corrected order")
		}
	})
}

func computed(t *testing.T, s *store.Store) map[string]any {
	t.Helper()
	if _, err := s.RecomputeAll(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	return historyOf(t, s)
}

// dying is a database that goes away once an import's batch has its orders: the
// write that requests profiles fails.
type dying struct {
	documents.Database
	gone bool
}

var errGone = errors.New("gone")

func (d *dying) Bulk(ctx context.Context, coll string, ops []documents.Op) (documents.Totals, []documents.Result, error) {
	if d.gone && coll == "customers" {
		return documents.Totals{}, nil, errGone
	}
	return d.Database.Bulk(ctx, coll, ops)
}

// If an import dies between storing orders and requesting profiles, the sweeper
// finishes it later.
func TestDeadImportIsFinished(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		ctx := t.Context()
		d := &dying{Database: docs, gone: true}
		s := setup(t, d)
		if _, err := s.SaveHistory(ctx, "s", "s:c:file", connectors.Records{Orders: people()[:1]}); !errors.Is(err, errGone) {
			t.Fatalf("got %v, want the database's death", err)
		}
		d.gone = false
		if finished, err := s.FinishImports(ctx, "s"); err != nil || finished != 0 {
			t.Errorf("at once: got %d (%v), want 0: it may still be running", finished, err)
		}
		later := at(docs, noon.Add(11*time.Minute))
		if finished, err := later.FinishImports(ctx, "s"); err != nil || finished != 1 {
			t.Fatalf("later: got %d (%v), want 1", finished, err)
		}
		if n, err := later.RecomputeAll(ctx, "s"); err != nil || n != 1 {
			t.Errorf("got %d profiles (%v), want 1", n, err)
		}
		if finished, err := later.FinishImports(ctx, "s"); err != nil || finished != 0 {
			t.Errorf("again: got %d (%v), want 0", finished, err)
		}
	})
}

func at(docs documents.Database, wall time.Time) *store.Store {
	clock := func() time.Time { return wall }
	key := []byte(strings.Repeat("k", 32))
	return store.New(docs, store.Keys{Identity: key, Secrets: key}, clock, clock, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// A database belongs to the key that it was made with.
func TestFingerprintOfTheKey(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := at(docs, noon)
		for _, fingerprint := range []string{"abcd", "abcd"} {
			if err := s.CheckFingerprint(t.Context(), fingerprint); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.CheckFingerprint(t.Context(), "other"); commerce.CodeOf(err) != commerce.Invalid {
			t.Errorf("got %v, want it invalid", err)
		}
	})
}

// The progress and the counts of an import are stored.
func TestImportProgressIsStored(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := at(docs, noon)
		first, err := s.BeginImport(t.Context(), "s", commerce.Import{Connection: "c", Name: "orders.csv", Kind: commerce.ImportOrders})
		if err != nil {
			t.Fatal(err)
		}
		second, err := s.BeginImport(t.Context(), "s", commerce.Import{Connection: "c", Name: "orders.csv"})
		if err != nil || first.ID == second.ID || !second.StartedAt.After(first.StartedAt) {
			t.Fatalf("got %s and %s (%v), want two imports one after the other", first.ID, second.ID, err)
		}
		first.State, first.Bytes, first.Lines, first.Result, first.Open = commerce.ImportDone, 1<<40, 7, []byte("{}"), []string{}
		first.EndedAt, first.At = noon, noon
		if err := s.SaveImport(t.Context(), "s", first); err != nil {
			t.Fatal(err)
		}
		got, err := s.Import(t.Context(), "s", first.ID)
		if diff := cmp.Diff(got, first); diff != "" || err != nil {
			t.Errorf("got, want: %v\n%s", err, diff)
		}
		list, _, err := s.ListImports(t.Context(), "s", "", 10)
		if err != nil || len(list) != 2 || list[0].ID != second.ID {
			t.Errorf("got %v (%v), want the newest first", list, err)
		}
	})
}
