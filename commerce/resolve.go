package commerce

import "time"

// fresh is how soon after an order was placed a state that is simply there
// still counts as seen to begin: by then nothing else can have been missed.
const fresh = 6 * time.Hour

// resolved is when a moment was, and how that is known.
type resolved struct {
	at       time.Time
	inferred bool // neither told nor seen to begin: the earliest time it can have been
	live     bool // the platform showed it when it happened: campaigns may enter by it
}

// resolve says when m was, of all that was seen. earlier holds the moments
// before it. The platform's word goes first; what imports say counts where the
// platform did not show the contrary later.
//
//   - told: the time told, or the version that showed it where that is earlier
//   - seen to begin: the version that first showed it
//   - else inferred: the latest of the moments it must come after
func (o *Order) resolve(m moment, earlier Timeline) resolved {
	told, shown := *o.Live.Told.of(m.entry), *o.Live.Shown.of(m.entry)
	past, floor := *o.Past.Told.of(m.entry), o.contrary(m)
	if !past.After(floor) {
		past = time.Time{}
	}
	seen := o.Live.changed(m) || !o.Past.knows(m) && o.Past.First.Before(shown) && !o.Past.First.IsZero()
	r := resolved{live: seen || !o.Past.knows(m) && (!told.IsZero() || !shown.IsZero() && shown.Sub(earlier.PlacedAt) <= fresh)}
	switch {
	case !told.IsZero() || !past.IsZero():
		r.at = first(first(told, past), shown)
	case seen:
		r.at = shown
	default:
		r.at, r.inferred = o.infer(m, earlier, floor), true
	}
	r.inferred = r.inferred && !r.at.IsZero()
	r.live = r.live && !r.at.IsZero()
	return r
}

// infer dates a state that was there when we first looked. What imports show
// without a time counts only after floor.
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
	if past.IsZero() || !o.Past.Told.of(m.entry).IsZero() { // told: and found wrong, or it would count
		return at
	}
	said := between(past)
	if o.Past.changed(m) || !said.After(floor) {
		said = past // it began after floor and not later than this
	}
	if said.After(floor) {
		at = first(at, said)
	}
	return at
}

// contrary is the platform's latest known word that the state did not hold yet:
// what imports say of earlier times is a guess and does not count.
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

// timeline resolves all moments. Money that went back was paid before: where
// the time of payment was not told, it is never after the first refund.
func (o *Order) timeline() (t Timeline, how [momentCount]resolved) {
	for i, m := range moments {
		r := o.resolve(m, t)
		if m.kind == OrderPaid && o.Live.Told.PaidAt.IsZero() && o.Past.Told.PaidAt.IsZero() {
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

// beforeRefunds is the time of payment at, or that of the first refund where
// it is earlier; never before the order was placed.
func (o *Order) beforeRefunds(at, placed time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	for _, r := range o.Refunds {
		if back := first(r.Told, o.Live.Told.RefundedAt); !back.IsZero() && back.Before(at) {
			at = back
		}
	}
	if at.Before(placed) {
		return placed
	}
	return at
}

// Inferred names the times of the order that nobody told and nobody saw, by
// their names in the API: the earliest time at which they can have been.
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
