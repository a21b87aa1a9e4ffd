package commerce

import (
	"cmp"
	"slices"
	"time"
)

// Merge joins the stored order with another record of it. It is pure,
// commutative, associative and idempotent, so the order of receipt decides
// nothing but ties.
//
// The state is that of the newest record: records of a platform before those of
// an import, then by version, receipt, number of facts and hash. Of imports the
// later one counts, whatever its versions. Times are resolved from all records
// (see Sightings). Parcels and refunds are joined by
// their ids, without those that a newer complete list lacks. The latest
// deletion applies until a newer record. The store's own fields (Customer,
// Fact, Outbox, Rev) are those of before. Imported stays true only while every
// record was imported.
func Merge(before, in Order) Order {
	before, in = before.weighed(), in.weighed()
	out := before
	if out.ID == "" {
		out.ID, out.Shop, out.Connection, out.External = in.ID, in.Shop, in.Connection, in.External
		out.Imported = in.Imported
	}
	out.Imported = out.Imported && in.Imported
	out.RedactedAt = first(before.RedactedAt, in.RedactedAt)
	if newer(before.OrderState, in.OrderState, before.rank(), in.rank()) {
		out.OrderState = in.OrderState
	}
	out.Live, out.Past = mergeSightings(before.Live, in.Live), mergeSightings(before.Past, in.Past)
	out.Deleted = laterStamp(before.Deleted, in.Deleted)
	out = out.withParts(before, in)
	out.Times, _ = out.timeline()
	out.Refunds, out.Withdrawn.Refunds = out.dated(out.Refunds), out.dated(out.Withdrawn.Refunds)
	return out
}

func (o Order) rank() rank {
	return rankOf(o.Stub(), o.History, Stamp{o.Version, o.Received}, o.OrderState.Facts)
}

// weighed counts the record's facts and notes the states it shows, once. Both
// belong to the record and stay with it through every merge. An order stored by
// an older release is read as one record.
func (o Order) weighed() Order {
	o.OrderState = utcState(o.OrderState)
	o.Deleted = o.Deleted.millis()
	if o.Live.IsZero() && o.Past.IsZero() {
		o = o.sighted()
	}
	if o.OrderState.Facts == 0 && !o.Stub() {
		o.OrderState.Facts = o.facts()
	}
	return o.withMentions()
}

// facts counts the facts of the record. It is a function of its own because
// reflection moves its argument to the heap, and weighed is called far more often.
func (o Order) facts() int {
	return factsOf(&o.OrderState) + factsOf(&o.Times) + factsOf(o.Parcels) + factsOf(o.Refunds)
}

// sighted notes the states of the record, under its kind of source.
func (o Order) sighted() Order {
	o.History = o.Imported && !o.Stub()
	if o.Imported {
		o.Past = o.sightPast()
	} else {
		o.Live = o.sight()
	}
	if o.Deleted.IsZero() && !o.Times.DeletedAt.IsZero() {
		o.Deleted = Stamp{o.Times.DeletedAt, o.Received}.millis()
	}
	return o
}

// sightPast is sight for a record of an import.
func (o Order) sightPast() Sightings {
	s := o.sight()
	if o.Stub() {
		return Sightings{Partial: s.Reported}
	}
	s.Import = millis(o.Received)
	return s
}

// withMentions completes the fields that Merge needs of each part.
func (o Order) withMentions() Order {
	whole := Stamp{o.Version, o.Received}
	o.Lists = o.Lists.stamped(whole, o.Imported)
	o.Refunds, o.Parcels = slices.Clone(o.Refunds), slices.Clone(o.Parcels)
	for i, r := range o.Refunds {
		if r.Reported.IsZero() && r.Shown.IsZero() {
			r.Reported = millis(r.RefundedAt)
		}
		if !r.Noted {
			r.RecordReceived = millis(o.Received)
		}
		r.History = r.History || o.fromImport(r.Mention)
		r.Mention = o.mentioned(r.Mention, r.Version)
		o.Refunds[i] = r
	}
	for i, p := range o.Parcels {
		if !p.Noted {
			o.Parcels[i].RecordReceived = millis(o.Received)
		}
		o.Parcels[i].History = p.History || o.fromImport(p.Mention)
		o.Parcels[i].Mention = o.mentioned(p.Mention, p.Version)
	}
	return o
}

func utcState(s OrderState) OrderState {
	s.Version, s.Received = millis(s.Version), millis(s.Received)
	s.CancelAt, s.CloseFrom, s.DueAt = millis(s.CancelAt), millis(s.CloseFrom), millis(s.DueAt)
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
	if newer(a.own(), b.own(), a.rank(), b.rank()) {
		out = b
	}
	out.Version, out.Mention = millis(out.Version), mergeMentions(a.Mention, b.Mention)
	if replaces(a.rank(), b.rank()) {
		a, b = out, out
	}
	out.ShippedAt, out.DeliveredAt = first(a.ShippedAt, b.ShippedAt), first(a.DeliveredAt, b.DeliveredAt)
	return out
}

func mergeRefund(a, b Refund) Refund {
	out := a
	if newer(a.own(), b.own(), a.rank(), b.rank()) {
		out = b
	}
	out.Version, out.Mention = millis(out.Version), mergeMentions(a.Mention, b.Mention)
	if replaces(a.rank(), b.rank()) {
		a, b = out, out
	}
	out.RequestedAt, out.ClosedAt = first(a.RequestedAt, b.RequestedAt), first(a.ClosedAt, b.ClosedAt)
	out.Reported, out.Shown = first(a.Reported, b.Reported), first(a.Shown, b.Shown)
	out.RefundedAt = out.Reported // without it, dated by the order
	return out
}

func (p Parcel) rank() rank { return rankOf(false, p.History, Stamp{p.Version, p.RecordReceived}, 0) }

func (r Refund) rank() rank { return rankOf(false, r.History, Stamp{r.Version, r.RecordReceived}, 0) }

// own returns the part of one record only: without the times, which are
// merged.
func (p Parcel) own() Parcel {
	p.ShippedAt, p.DeliveredAt, p.RecordReceived, p.Mention = time.Time{}, time.Time{}, time.Time{}, Mention{}
	return p
}

func (r Refund) own() Refund {
	r.RequestedAt, r.RefundedAt, r.ClosedAt = time.Time{}, time.Time{}, time.Time{}
	r.Reported, r.Shown, r.RecordReceived, r.Mention = time.Time{}, time.Time{}, time.Time{}, Mention{}
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
	if newer(before.CheckoutState, in.CheckoutState, before.rank(), in.rank()) {
		out.CheckoutState = in.CheckoutState
	}
	out.StartedAt = first(before.StartedAt, in.StartedAt)
	out.CompletedAt = first(before.CompletedAt, in.CompletedAt)
	out.Deleted = laterStamp(before.Deleted, in.Deleted)
	out.DeletedAt = out.Deleted.At
	out.Became = max(before.Became, in.Became, before.Order, in.Order)
	return out
}

func (c Checkout) rank() rank {
	return rankOf(c.Version.IsZero(), c.History, Stamp{c.Version, c.Received}, c.CheckoutState.Facts)
}

func (c Checkout) weighed() Checkout {
	c.Version, c.Received = millis(c.Version), millis(c.Received)
	if c.CheckoutState.Facts == 0 && !c.Version.IsZero() {
		c.CheckoutState.Facts = c.facts()
		c.History = c.Imported
	}
	if c.Deleted.IsZero() && !c.DeletedAt.IsZero() {
		c.Deleted = Stamp{c.DeletedAt, c.Received}
	}
	c.Deleted = c.Deleted.millis()
	return c
}

func (c Checkout) facts() int { return factsOf(&c.CheckoutState) }

// MergeProduct returns the newest record of a product. The latest deletion
// applies until a newer record.
//
// What an import contains is stored beside the platform's record, and the later
// import counts; see Product.Whole.
func MergeProduct(before, in Product) Product {
	live, past := before, before.past()
	switch {
	case before.Imported && !in.Imported:
		live = Product{Rev: before.Rev}
		live = mergeProduct(live, in)
	case in.Imported:
		past = laterProduct(past, in)
	default:
		live = mergeProduct(live, in)
	}
	if past.ID == "" {
		return live
	}
	if live.ID == "" || live.Imported {
		past.Rev = before.Rev
		return past
	}
	past.Rev, past.Past = 0, nil
	live.Past = &past
	return live
}

// past is what the latest import contained of the product.
func (p Product) past() Product {
	switch {
	case p.Imported:
		return p
	case p.Past != nil:
		return *p.Past
	}
	return Product{}
}

func laterProduct(a, b Product) Product {
	a, b = a.stamped(), b.stamped()
	rank := func(p Product) rank { return rankOf(false, true, Stamp{p.Version, p.Received}, 0) }
	if a.ID == "" || newer(a.own(), b.own(), rank(a), rank(b)) {
		return b
	}
	return a
}

func mergeProduct(before, in Product) Product {
	before, in = before.stamped(), in.stamped()
	out := before
	if before.ID == "" || newer(before.own(), in.own(), before.rank(), in.rank()) {
		out = in
	}
	out.Past = before.Past
	out.Rev, out.Deleted, out.DeletedAt = before.Rev, laterStamp(before.Deleted, in.Deleted), time.Time{}
	if out.DeletedNow() {
		out.DeletedAt = out.Deleted.At
	}
	return out
}

func (p Product) rank() rank { return rankOf(false, false, Stamp{p.Version, p.Received}, 0) }

func (p Product) stamped() Product {
	p.Version, p.Received = millis(p.Version), millis(p.Received)
	if p.Deleted.IsZero() && !p.DeletedAt.IsZero() {
		p.Deleted = Stamp{p.DeletedAt, p.Received}
	}
	p.Deleted = p.Deleted.millis()
	return p
}

func (p Product) own() Product {
	p.Rev, p.DeletedAt, p.Deleted, p.Past = 0, time.Time{}, Stamp{}, nil
	return p
}

// MergeRecords adds records to those of a person and keeps the newest of each
// key (connection, external, aspect). The result is sorted by that key.
func MergeRecords(records []CustomerRecord, in ...CustomerRecord) []CustomerRecord {
	key := func(r CustomerRecord) string { return Key(r.Connection, r.External, r.Aspect) }
	return union(records, in, key, func(a, b CustomerRecord) CustomerRecord {
		a, b = a.weighed(), b.weighed()
		consents := joinConsents(a.Consents, b.Consents)
		a.Consents, b.Consents = nil, nil
		if newer(a, b, a.rank(), b.rank()) {
			a = b
		}
		a.Consents = consents
		return a
	})
}

func (r CustomerRecord) rank() rank {
	return rankOf(false, r.Imported, Stamp{r.Version, r.Received}, r.Facts)
}

func (r CustomerRecord) weighed() CustomerRecord {
	r.Version, r.Received = millis(r.Version), millis(r.Received)
	if r.Facts == 0 {
		r.Facts = r.facts()
	}
	return r
}

func (r CustomerRecord) facts() int { return factsOf(&r) }

// union merges two lists by id. Every element passes through merge, also a
// single one, so that it takes its canonical form. The result is sorted by id;
// it is nil when empty.
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

// millis returns t in the precision of the store: UTC, whole milliseconds.
func millis(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Millisecond)
}
