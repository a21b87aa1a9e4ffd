package commerce

import "time"

// fresh is the time after placing an order within which a first record dates a
// state: so soon after, nothing can have been missed.
const fresh = 6 * time.Hour

// resolved is the time of a moment and its evidence.
type resolved struct {
	at       time.Time
	inferred bool // neither reported nor observed: the earliest possible time
	live     bool // the platform reported it when it happened: campaigns may start with it
}

// resolve finds the time of m from all records. earlier contains the moments
// before it. The platform's records go first. Imports count unless a later
// record of the platform contradicts them.
//
//   - reported: the time reported, or the version that showed it, if earlier
//   - observed: the version that first showed it, after one that did not
//   - else inferred: the latest of the moments it must come after
func (o *Order) resolve(m moment, earlier Timeline) resolved {
	reported, shown := o.Live.reported(m.entry), *o.Live.Shown.of(m.entry)
	past, floor := o.Past.reported(m.entry), o.contrary(m)
	if !past.After(floor) {
		past = time.Time{}
	}
	seen := o.Live.changed(m) || !o.Past.knows(m) && o.Past.First.Before(shown) && !o.Past.First.IsZero()
	r := resolved{live: seen || !o.Past.knows(m) && (!reported.IsZero() || !shown.IsZero() && shown.Sub(earlier.PlacedAt) <= fresh)}
	switch {
	case !reported.IsZero() || !past.IsZero():
		r.at = first(first(reported, past), shown)
	case seen:
		r.at = shown
	default:
		r.at, r.inferred = o.infer(m, earlier, floor), true
	}
	r.inferred = r.inferred && !r.at.IsZero()
	r.live = r.live && !r.at.IsZero()
	return r
}

// infer dates a state that the first record already showed. A state in an
// import without a time counts only after floor.
func (o *Order) infer(m moment, earlier Timeline, floor time.Time) time.Time {
	least := time.Time{}
	for _, e := range m.after {
		if t := *earlier.of(e); t.After(least) {
			least = t
		}
	}
	between := func(shown time.Time) time.Time {
		if shown.IsZero() || least.IsZero() || least.After(shown) {
			return shown
		}
		return least
	}
	at, past := between(*o.Live.Shown.of(m.entry)), *o.Past.Shown.of(m.entry)
	if past.IsZero() || !o.Past.reported(m.entry).IsZero() { // reported but contradicted, else it would count
		return at
	}
	known := between(past)
	if o.Past.changed(m) || !known.After(floor) {
		known = past // it began between floor and this time
	}
	if known.After(floor) {
		at = first(at, known)
	}
	return at
}

// contrary is the time of the platform's latest record without the state.
// Import records are guesses about earlier times and do not count.
func (o *Order) contrary(m moment) time.Time {
	if !m.showing || o.Stub() || o.History {
		return time.Time{}
	}
	if !o.shows(m.entry) {
		return o.Version
	}
	if o.Live.changed(m) {
		return o.Live.First
	}
	return time.Time{}
}

// timeline resolves all moments. Refunded money was paid before: without a
// reported time, payment is never after the first refund.
func (o *Order) timeline() (t Timeline, how [momentCount]resolved) {
	for i, m := range moments {
		r := o.resolve(m, t)
		if m.kind == OrderPaid && o.Live.reported(paid).IsZero() && o.Past.reported(paid).IsZero() {
			r.at = o.beforeRefunds(r.at, t.PlacedAt)
		}
		*t.of(m.entry) = r.at
		how[i] = r
	}
	if o.DeletedNow() {
		t.DeletedAt = o.Deleted.At
	}
	return t, how
}

// beforeRefunds returns the time of payment at, or that of the first refund if
// earlier, but never a time before the order was placed.
func (o *Order) beforeRefunds(at, placed time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	for _, r := range o.Refunds {
		if back := first(r.Reported, o.Live.Reported.RefundedAt); !back.IsZero() && back.Before(at) {
			at = back
		}
	}
	if at.Before(placed) {
		return placed
	}
	return at
}

// Inferred returns the names, as in the API, of the order's times that no
// record reported or dates. They are the earliest possible times.
func (o Order) Inferred() []string {
	_, how := o.timeline()
	names := []string{}
	for i, r := range how {
		if r.inferred {
			names = append(names, moments[i].name)
		}
	}
	return names
}
