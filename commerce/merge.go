package commerce

import (
	"cmp"
	"slices"
	"time"
)

// Merge joins what is known of an order with another record of it. It is pure,
// commutative, associative and idempotent, so the order of receipt never
// decides: times by minimum, parcels and refunds by union of their ids, the
// rest from the greater of (version, number of facts set, hash). What the store
// keeps beside the record (Customer, Fact, Outbox, Rev) stays before's; Imported
// holds only while every record was imported.
func Merge(before, in Order) Order {
	before, in = before.weighed(), in.weighed()
	out := before
	if out.ID == "" {
		out.ID, out.Shop, out.Connection, out.External = in.ID, in.Shop, in.Connection, in.External
		out.Imported = in.Imported
	}
	out.Imported = out.Imported && in.Imported
	out.RedactedAt = first(before.RedactedAt, in.RedactedAt)
	if newer(before.OrderState, in.OrderState, before.Version, in.Version, before.OrderState.Facts, in.OrderState.Facts) {
		out.OrderState = in.OrderState
	}
	out.Times = mergeTimes(before.Times, in.Times)
	out.Parcels = union(before.Parcels, in.Parcels, func(p Parcel) string { return p.ID }, mergeParcel)
	out.Refunds = union(before.Refunds, in.Refunds, func(r Refund) string { return r.ID }, mergeRefund)
	return out
}

// weighed counts the record's facts, once: the count belongs to the record as
// it came, and travels with its state through every merge.
func (o Order) weighed() Order {
	o.OrderState = utcState(o.OrderState)
	o.Times = mergeTimes(o.Times, Timeline{})
	if o.OrderState.Facts > 0 || o.Stub() {
		return o
	}
	o.Times = mergeTimes(o.Times, o.impliedTimes())
	state, _ := weigh(o.OrderState)
	times, _ := weigh(o.Times)
	parcels, _ := weigh(o.Parcels)
	refunds, _ := weigh(o.Refunds)
	o.OrderState.Facts = state + times + parcels + refunds
	return o
}

// impliedTimes dates the states a record shows without a time of their own.
func (o Order) impliedTimes() Timeline {
	var t Timeline
	imply := func(holds bool, said time.Time, at *time.Time) {
		if holds && said.IsZero() {
			*at = o.Version
		}
	}
	imply(o.PaidNow() || o.Payment == Refunded, o.Times.PaidAt, &t.PaidAt)
	imply(o.Payment == DepositPaid, o.Times.DepositPaidAt, &t.DepositPaidAt)
	imply(o.Payment == Refunded && len(o.Refunds) == 0, o.Times.RefundedAt, &t.RefundedAt)
	imply(o.Status == Cancelled, o.Times.CancelledAt, &t.CancelledAt)
	imply(o.Status == Completed, o.Times.CompletedAt, &t.CompletedAt)
	imply(o.Rating > 0, o.Times.RatedAt, &t.RatedAt)
	return t
}

func utcState(s OrderState) OrderState {
	s.Version, s.CancelAt, s.CloseFrom = millis(s.Version), millis(s.CancelAt), millis(s.CloseFrom)
	s.BalanceFrom, s.BalanceTo = millis(s.BalanceFrom), millis(s.BalanceTo)
	return s
}

func mergeTimes(a, b Timeline) Timeline {
	return Timeline{
		PlacedAt: first(a.PlacedAt, b.PlacedAt), DepositPaidAt: first(a.DepositPaidAt, b.DepositPaidAt),
		PaidAt: first(a.PaidAt, b.PaidAt), ShippedAt: first(a.ShippedAt, b.ShippedAt),
		DeliveredAt: first(a.DeliveredAt, b.DeliveredAt), CompletedAt: first(a.CompletedAt, b.CompletedAt),
		CancelledAt: first(a.CancelledAt, b.CancelledAt), RefundedAt: first(a.RefundedAt, b.RefundedAt),
		RatedAt: first(a.RatedAt, b.RatedAt), DeletedAt: first(a.DeletedAt, b.DeletedAt),
	}
}

func mergeParcel(a, b Parcel) Parcel {
	out := a
	if newer(a.told(), b.told(), a.Version, b.Version, 0, 0) {
		out = b
	}
	out.Version = millis(out.Version)
	out.ShippedAt, out.DeliveredAt = first(a.ShippedAt, b.ShippedAt), first(a.DeliveredAt, b.DeliveredAt)
	return out
}

func mergeRefund(a, b Refund) Refund {
	out := a
	if newer(a.told(), b.told(), a.Version, b.Version, 0, 0) {
		out = b
	}
	out.Version = millis(out.Version)
	out.RequestedAt, out.RefundedAt = first(a.RequestedAt, b.RequestedAt), first(a.RefundedAt, b.RefundedAt)
	out.ClosedAt = first(a.ClosedAt, b.ClosedAt)
	return out
}

// told is what one record alone said: without the times, which are merged.
func (p Parcel) told() Parcel {
	p.ShippedAt, p.DeliveredAt = time.Time{}, time.Time{}
	return p
}

func (r Refund) told() Refund {
	r.RequestedAt, r.RefundedAt, r.ClosedAt = time.Time{}, time.Time{}, time.Time{}
	return r
}

// MergeCheckout is Merge for checkouts, with the same four properties.
func MergeCheckout(before, in Checkout) Checkout {
	before, in = before.weighed(), in.weighed()
	out := before
	if out.ID == "" {
		out.ID, out.Shop, out.Connection, out.External = in.ID, in.Shop, in.Connection, in.External
		out.Imported = in.Imported
	}
	out.Imported = out.Imported && in.Imported
	if newer(before.CheckoutState, in.CheckoutState, before.Version, in.Version, before.CheckoutState.Facts, in.CheckoutState.Facts) {
		out.CheckoutState = in.CheckoutState
	}
	out.StartedAt = first(before.StartedAt, in.StartedAt)
	out.CompletedAt = first(before.CompletedAt, in.CompletedAt)
	out.DeletedAt = first(before.DeletedAt, in.DeletedAt)
	return out
}

func (c Checkout) weighed() Checkout {
	c.Version = millis(c.Version)
	if c.CheckoutState.Facts == 0 && !c.Version.IsZero() {
		c.CheckoutState.Facts, _ = weigh(c.CheckoutState)
	}
	return c
}

// MergeProduct keeps the newest record of a product; a deletion is kept beside it.
func MergeProduct(before, in Product) Product {
	rev, deleted := before.Rev, first(before.DeletedAt, in.DeletedAt)
	out := before
	if before.ID == "" || newer(before.told(), in.told(), before.Version, in.Version, 0, 0) {
		out = in
	}
	out.Rev, out.DeletedAt, out.Version = rev, deleted, millis(out.Version)
	return out
}

func (p Product) told() Product {
	p.Rev, p.DeletedAt = 0, time.Time{}
	return p
}

// MergeRecords adds in to what was told of a person: by (connection, external,
// aspect), the newest of each. The result is sorted by that key.
func MergeRecords(records []CustomerRecord, in ...CustomerRecord) []CustomerRecord {
	key := func(r CustomerRecord) string { return Key(r.Connection, r.External, r.Aspect) }
	return union(records, in, key, func(a, b CustomerRecord) CustomerRecord {
		a, b = a.weighed(), b.weighed()
		consents := joinConsents(a.Consents, b.Consents)
		a.Consents, b.Consents = nil, nil
		if newer(a, b, a.Version, b.Version, a.Facts, b.Facts) {
			a = b
		}
		a.Consents = consents
		return a
	})
}

func (r CustomerRecord) weighed() CustomerRecord {
	r.Version = millis(r.Version)
	if r.Facts == 0 {
		r.Facts, _ = weigh(r)
	}
	return r
}

// union merges two lists by id. Every element passes through merge, also alone,
// so that it takes its canonical form; the result is sorted by id, nil when empty.
func union[T any](a, b []T, id func(T) string, merge func(T, T) T) []T {
	var out []T
	place := map[string]int{}
	for _, list := range [][]T{a, b} {
		for _, item := range list {
			if i, seen := place[id(item)]; seen {
				out[i] = merge(out[i], item)
				continue
			}
			place[id(item)] = len(out)
			out = append(out, merge(item, item))
		}
	}
	slices.SortFunc(out, func(x, y T) int { return cmp.Compare(id(x), id(y)) })
	return out
}

func first(a, b time.Time) time.Time { return millis(earlier(a, b)) }

// millis is t as the store keeps it: UTC, whole milliseconds.
func millis(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}
