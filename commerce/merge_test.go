package commerce_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"comeback/commerce"
)

var empty = cmpopts.EquateEmpty()

func at(minute int) time.Time {
	if minute == 0 {
		return time.Time{}
	}
	return time.Date(2026, 1, 1, 0, minute, 0, 0, time.UTC)
}

// anyOrder draws one record of order o1, as a full body, a partial one or a deletion.
func anyOrder(t *rapid.T) commerce.Order {
	minute := rapid.IntRange(0, 9)
	o := commerce.Order{ID: "s:c:o1", Shop: "s", Connection: "c", External: "o1"}
	o.Lists.AllRefunds, o.Lists.AllParcels = rapid.Bool().Draw(t, "all refunds"), rapid.Bool().Draw(t, "all parcels")
	for i := range rapid.IntRange(0, 2).Draw(t, "refunds") {
		o.Refunds = append(o.Refunds, commerce.Refund{
			ID: fmt.Sprint("r", i), Version: at(minute.Draw(t, "v")), RefundedAt: at(minute.Draw(t, "at")),
			Amount: commerce.Money{Minor: int64(40 + 20*i), Currency: "EUR"}, // a refund's amount never changes
		})
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "parcels") {
		o.Parcels = append(o.Parcels, commerce.Parcel{
			ID: fmt.Sprint("p", i), Version: at(minute.Draw(t, "v")), ShippedAt: at(minute.Draw(t, "at")), DeliveredAt: at(minute.Draw(t, "at")),
			Carrier: rapid.SampledFrom([]string{"", "sf"}).Draw(t, "carrier"),
			Lines:   []commerce.ParcelLine{{Line: fmt.Sprint(i), Quantity: 1}},
		})
	}
	if rapid.Bool().Draw(t, "partial") {
		o.Lists = commerce.Lists{} // who tells one part lists nothing
		o.Times.DeletedAt = at(minute.Draw(t, "deleted"))
		return o
	}
	o.OrderState = commerce.OrderState{
		Received: at(rapid.IntRange(1, 3).Draw(t, "received")),
		Version:  at(rapid.IntRange(1, 3).Draw(t, "version")), Currency: "EUR", Total: commerce.Money{Minor: 100, Currency: "EUR"},
		Status:  rapid.SampledFrom([]commerce.OrderStatus{commerce.Open, commerce.Completed, commerce.Cancelled}).Draw(t, "status"),
		Payment: rapid.SampledFrom([]commerce.PaymentStatus{commerce.Unpaid, commerce.Paid, commerce.Refunded}).Draw(t, "payment"),
		Number:  rapid.SampledFrom([]string{"", "#1"}).Draw(t, "number"),
		Lines:   []commerce.Line{{ID: "0", Quantity: 1}, {ID: "1", Quantity: 1}},
	}
	o.Times.PlacedAt = at(1)
	o.Times.PaidAt = at(minute.Draw(t, "paid"))
	o.Rating = rapid.IntRange(0, 1).Draw(t, "rating")
	return o
}

// anyWord is anyOrder from a platform or from an import; of some refunds
// only the first version that lists them is known.
func anyWord(t *rapid.T) commerce.Order {
	o := anyOrder(t)
	if o.Imported = rapid.Bool().Draw(t, "imported"); o.Imported {
		o.Received = at(rapid.IntRange(1, 3).Draw(t, "import")) // every record of an import has it
	}
	for i := range o.Refunds {
		if rapid.Bool().Draw(t, "untimed") {
			o.Refunds[i].Shown, o.Refunds[i].RefundedAt = o.Version, time.Time{}
		}
	}
	return o
}

// The result of merging records does not depend on their order of arrival or on
// repetitions.
func TestMergeDoesNotDependOnReceipt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyWord(t), anyWord(t), anyWord(t)
		same := func(rule string, x, y commerce.Order) {
			t.Helper()
			if diff := cmp.Diff(x, y, empty); diff != "" {
				t.Fatalf("%s: %s", rule, diff)
			}
		}
		ab := commerce.Merge(a, b)
		same("commutative", ab, commerce.Merge(b, a))
		same("associative", commerce.Merge(ab, c), commerce.Merge(a, commerce.Merge(b, c)))
		same("idempotent", ab, commerce.Merge(ab, b))
		same("nothing is neutral", commerce.Merge(commerce.Order{}, a), commerce.Merge(a, a))
	})
}

// anyCheckout draws one record of checkout k1: a full body, what its order states, or a deletion.
func anyCheckout(t *rapid.T) commerce.Checkout {
	k := commerce.Checkout{ID: "s:c:k1", Shop: "s", Connection: "c", External: "k1"}
	order := rapid.SampledFrom([]string{"", "1", "2"})
	switch rapid.IntRange(0, 2).Draw(t, "record") {
	case 0:
		k.Order, k.CompletedAt = order.Draw(t, "order"), at(rapid.IntRange(1, 9).Draw(t, "placed"))
	case 1:
		k.DeletedAt = at(rapid.IntRange(1, 9).Draw(t, "deleted"))
	default:
		k.CheckoutState = commerce.CheckoutState{
			Version: at(rapid.IntRange(1, 3).Draw(t, "version")), Received: at(rapid.IntRange(1, 3).Draw(t, "received")),
			Order: order.Draw(t, "order"), Total: commerce.Money{Minor: rapid.Int64Range(0, 2).Draw(t, "total"), Currency: "EUR"},
			Buyer: commerce.Buyer{Email: rapid.SampledFrom([]string{"", "ann@example.com"}).Draw(t, "email")},
		}
		k.StartedAt, k.CompletedAt = at(rapid.IntRange(1, 3).Draw(t, "started")), at(rapid.IntRange(0, 3).Draw(t, "completed"))
	}
	return k
}

// The result of merging records of a checkout does not depend on their order of arrival or on
// repetitions. The order that any of them names stays known.
func TestMergeOfCheckoutsDoesNotDependOnReceipt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyCheckout(t), anyCheckout(t), anyCheckout(t)
		same := func(rule string, x, y commerce.Checkout) {
			t.Helper()
			if diff := cmp.Diff(x, y, empty); diff != "" {
				t.Fatalf("%s: %s", rule, diff)
			}
		}
		ab := commerce.MergeCheckout(a, b)
		same("commutative", ab, commerce.MergeCheckout(b, a))
		same("associative", commerce.MergeCheckout(ab, c), commerce.MergeCheckout(a, commerce.MergeCheckout(b, c)))
		same("idempotent", ab, commerce.MergeCheckout(ab, b))
		if named := max(a.Order, b.Order); ab.BecameOrder() != named {
			t.Fatalf("got order %q, want %q", ab.BecameOrder(), named)
		}
	})
}

// In any order of receipt, the same events have happened at the same times in
// the end. Withdrawals are left out: events of a record that is later withdrawn
// exist if it was known before.
func TestEventsDoNotDependOnReceipt(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		records := rapid.SliceOfN(rapid.Custom(anyOrder), 1, 5).Draw(t, "records")
		for i := range records {
			records[i].Lists.AllParcels = false
		}
		want := replay(records)
		got := replay(rapid.Permutation(records).Draw(t, "shuffled"))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// replay saves records one by one and keeps the last time of each event, as the
// store does.
func replay(records []commerce.Order) map[string]time.Time {
	events := map[string]time.Time{}
	var state commerce.Order
	for _, record := range records {
		next := commerce.Merge(state, record)
		for _, e := range commerce.Events(state, next) {
			if e.Kind != commerce.OrderRefundClosed {
				events[e.ID] = e.At
			}
		}
		state = next
	}
	return events
}

// An older record that comes late never moves an order backwards.
func TestMergeKeepsTheNewestState(t *testing.T) {
	t.Parallel()
	paid := commerce.Order{ID: "s:c:1", OrderState: commerce.OrderState{Version: at(5), Status: commerce.Open, Payment: commerce.Paid}}
	placed := commerce.Order{ID: "s:c:1", OrderState: commerce.OrderState{Version: at(1), Status: commerce.Open, Payment: commerce.Unpaid}}
	got := commerce.Merge(paid, placed)
	if got.Payment != commerce.Paid || !got.PaidNow() {
		t.Errorf("got payment %s, want paid", got.Payment)
	}
	if want := at(5); !got.Times.PaidAt.Equal(want) {
		t.Errorf("got paid at %v, want the version %v", got.Times.PaidAt, want)
	}
}

// WooCommerce cancels and then accepts the payment: the newest record is paid,
// and both events stay.
func TestCancelledThenPaid(t *testing.T) {
	t.Parallel()
	cancelled := commerce.Order{
		ID: "s:c:1", OrderState: commerce.OrderState{Version: at(2), Status: commerce.Cancelled, Payment: commerce.Unpaid},
		Times: commerce.Timeline{PlacedAt: at(1)},
	}
	paid := commerce.Order{
		ID: "s:c:1", OrderState: commerce.OrderState{Version: at(3), Status: commerce.Open, Payment: commerce.Paid},
		Times: commerce.Timeline{PlacedAt: at(1)},
	}
	got := commerce.Merge(cancelled, paid)
	if got.CancelledNow() || !got.PaidNow() {
		t.Errorf("got cancelled %v, paid %v; want the newest record's state", got.CancelledNow(), got.PaidNow())
	}
	if kinds := len(commerce.AllEvents(got)); kinds != 3 {
		t.Errorf("got %d events, want placed, cancelled and paid", kinds)
	}
}

// A deletion applies until a newer record restores the order.
func TestDeletedUntilRestored(t *testing.T) {
	t.Parallel()
	order := commerce.Order{
		ID: "s:c:1", OrderState: commerce.OrderState{Version: at(2), Status: commerce.Open},
		Times: commerce.Timeline{PlacedAt: at(1)},
	}
	deleted := commerce.Merge(order, commerce.Order{ID: "s:c:1", Times: commerce.Timeline{DeletedAt: at(3)}})
	if !deleted.CancelledNow() {
		t.Error("got open, want a deleted order to count as cancelled")
	}
	order.Version = at(4)
	if restored := commerce.Merge(deleted, order); restored.CancelledNow() {
		t.Error("got cancelled, want a newer record to restore it")
	}
}

// An order that is restored and cancelled again is cancelled a second time: its
// event is not earlier than the restoration, whatever the order of receipt.
func TestCancelledAgainIsALaterEvent(t *testing.T) {
	t.Parallel()
	record := func(minute int, status commerce.OrderStatus, cancelled time.Time) commerce.Order {
		return commerce.Order{
			ID: "s:c:1", OrderState: commerce.OrderState{Version: at(minute), Status: status},
			Times: commerce.Timeline{PlacedAt: at(1), CancelledAt: cancelled},
		}
	}
	first, restored := record(2, commerce.Cancelled, at(2)), record(3, commerce.Open, time.Time{})
	again, later := record(4, commerce.Cancelled, at(4)), record(5, commerce.Cancelled, at(4))
	cancelledAt := func(records ...commerce.Order) time.Time {
		o := mergedInTurn(records...)
		when := eventAt(o, commerce.OrderCancelled)
		if fact := commerce.FactOf(o, "EUR"); !fact.CancelledAt.Equal(when) {
			t.Errorf("segments have it cancelled at %s, the event at %s", fact.CancelledAt, when)
		}
		return when
	}
	if got := cancelledAt(first); !got.Equal(at(2)) {
		t.Errorf("cancelled once at %s, want %s", got, at(2))
	}
	if got := cancelledAt(first, restored, again, later); !got.Equal(at(3)) {
		t.Errorf("cancelled again at %s, want %s: no earlier than it was restored", got, at(3))
	}
	if got := cancelledAt(later, first, again, restored); !got.Equal(at(3)) {
		t.Errorf("received in another order: cancelled again at %s, want %s", got, at(3))
	}
}

func mergedInTurn(records ...commerce.Order) (o commerce.Order) {
	for _, r := range records {
		o = commerce.Merge(o, r)
	}
	return o
}

// eventAt is the time of an order's event of this kind; zero without one.
func eventAt(o commerce.Order, kind commerce.EventKind) time.Time {
	for _, ev := range commerce.AllEvents(o) {
		if ev.Kind == kind {
			return ev.At
		}
	}
	return time.Time{}
}

// An order whose refund was withdrawn, and that is then refunded again, is refunded a
// second time: its event is that of the refunds which hold.
func TestRefundedAgainIsALaterEvent(t *testing.T) {
	t.Parallel()
	eur := func(minor int64) commerce.Money { return commerce.Money{Minor: minor, Currency: "EUR"} }
	record := func(minute int, refunds ...commerce.Refund) commerce.Order {
		return commerce.Order{
			ID: "s:c:1", Refunds: refunds, Lists: commerce.Lists{AllRefunds: true}, Times: commerce.Timeline{PlacedAt: at(1), PaidAt: at(1)},
			OrderState: commerce.OrderState{Version: at(minute), Payment: commerce.Paid, Currency: "EUR", Total: eur(1000)},
		}
	}
	refund := func(id string, minute int) commerce.Refund {
		return commerce.Refund{ID: id, Version: at(minute), RefundedAt: at(minute), Amount: eur(1000)}
	}
	first, withdrawn, again := record(2, refund("a", 2)), record(3), record(4, refund("b", 4))
	if got := eventAt(mergedInTurn(first, withdrawn), commerce.OrderRefunded); !got.Equal(at(2)) {
		t.Errorf("refunded once, and withdrawn: at %s, want %s", got, at(2))
	}
	for _, records := range [][]commerce.Order{{first, withdrawn, again}, {again, first, withdrawn}} {
		if got := eventAt(mergedInTurn(records...), commerce.OrderRefunded); !got.Equal(at(4)) {
			t.Errorf("refunded again: at %s, want %s", got, at(4))
		}
	}
}

// An order is delivered when the parcels that arrived cover all its lines, not
// when the first of them arrives.
func TestDeliveredWhenAllLinesAre(t *testing.T) {
	t.Parallel()
	o := commerce.Order{
		ID:         "s:c:1",
		OrderState: commerce.OrderState{Version: at(1), Lines: []commerce.Line{{ID: "a", Quantity: 2}, {ID: "b", Quantity: 1}}},
		Times:      commerce.Timeline{PlacedAt: at(1)},
	}
	o.Parcels = []commerce.Parcel{
		{ID: "1", ShippedAt: at(2), DeliveredAt: at(6), Lines: []commerce.ParcelLine{{Line: "a", Quantity: 2}}},
		{ID: "2", ShippedAt: at(3), Lines: []commerce.ParcelLine{{Line: "b", Quantity: 1}}},
	}
	if got := o.DeliveredAt(); !got.IsZero() {
		t.Errorf("got delivered at %v with a parcel on its way", got)
	}
	o.Parcels[1].DeliveredAt = at(9)
	if got := o.DeliveredAt(); !got.Equal(at(9)) {
		t.Errorf("got delivered at %v, want the last parcel's %v", got, at(9))
	}
	if got := o.ShippedAt(); !got.Equal(at(2)) {
		t.Errorf("got shipped at %v, want the first parcel's %v", got, at(2))
	}
}

// Of two imports of an order the later one counts, whatever their versions: its
// state, its times, and its list of refunds. What the platform reported stays, and
// an import's list withdraws none of it.
func TestLaterImportReplacesAnEarlierOneButNotThePlatform(t *testing.T) {
	t.Parallel()
	record := func(version, received int, imported bool, refunds ...string) commerce.Order {
		o := commerce.Order{ID: "s:c:1", Imported: imported, OrderState: commerce.OrderState{
			Version: at(version), Received: at(received), Payment: commerce.Paid, Number: fmt.Sprint(received),
		}, Times: commerce.Timeline{PlacedAt: at(version), PaidAt: at(version)}}
		o.Lists.AllRefunds = true
		for _, id := range refunds {
			o.Refunds = append(o.Refunds, commerce.Refund{ID: id, Version: at(version), RefundedAt: at(version)})
		}
		return o
	}
	names := func(o commerce.Order) (ids string) {
		for _, r := range o.Refunds {
			ids += r.ID
		}
		return ids
	}
	first, second := record(5, 6, true, "a", "b"), record(3, 7, true, "b")
	both := commerce.Merge(first, second)
	if both.Number != "7" || !both.Times.PaidAt.Equal(at(3)) || names(both) != "b" || !both.Refunds[0].RefundedAt.Equal(at(3)) {
		t.Errorf("got number %s, paid %v, refunds %s; want those of the later import", both.Number, both.Times.PaidAt, names(both))
	}
	later := commerce.Merge(both, record(4, 8, true))
	if later.Number != "8" || !later.Times.PaidAt.Equal(at(4)) || names(later) != "" {
		t.Errorf("got number %s, paid %v, refunds %s; want a later time and no refund", later.Number, later.Times.PaidAt, names(later))
	}
	live := commerce.Merge(later, record(2, 2, false, "c"))
	if live = commerce.Merge(live, record(9, 9, true)); live.Number != "2" || names(live) != "c" {
		t.Errorf("got number %s, refunds %s; want the platform's", live.Number, names(live))
	}
}
