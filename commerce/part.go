package commerce

import (
	"slices"
	"time"
)

// Lists say which part of an order's records listed all of a kind, and when
// last: what that list lacks is withdrawn. Refunds and Parcels are set by Merge;
// a connector sets AllRefunds and AllParcels on records that list them all.
type Lists struct {
	Refunds Stamp `bson:"refunds,omitempty"`
	Parcels Stamp `bson:"parcels,omitempty"`

	AllRefunds bool `bson:"-"`
	AllParcels bool `bson:"-"`
}

// IsZero tells whether no whole list was seen.
func (l Lists) IsZero() bool { return l == Lists{} }

// Withdrawn are the parts that a newer whole list lacks. They are kept so that
// an older record that comes late does not bring them back.
type Withdrawn struct {
	Refunds []Refund `bson:"refunds,omitempty"`
	Parcels []Parcel `bson:"parcels,omitempty"`
}

// IsZero tells whether nothing was withdrawn.
func (w Withdrawn) IsZero() bool { return len(w.Refunds)+len(w.Parcels) == 0 }

// Mention says when a part was told.
type Mention struct {
	Last  Stamp     `bson:"last,omitempty"` // the newest record that holds it
	Seen  time.Time `bson:"seen,omitempty"` // the first of the platform's records that holds it
	Past  bool      `bson:"past,omitempty"` // an import told it too
	Noted bool      `bson:"noted"`          // all this is set
}

func mergeMentions(a, b Mention) Mention {
	return Mention{Last: laterStamp(a.Last, b.Last), Seen: first(a.Seen, b.Seen), Past: a.Past || b.Past, Noted: a.Noted || b.Noted}
}

// mentioned completes the mention of a part of o that told its own version.
func (o Order) mentioned(m Mention, version time.Time) Mention {
	if m.Noted {
		return m
	}
	if m.Last.IsZero() {
		m.Last = laterStamp(Stamp{o.Version, o.Received}, Stamp{version, o.Received})
	}
	m.Last, m.Past, m.Noted = m.Last.millis(), o.Imported, true
	if !m.Past {
		m.Seen = m.Last.At
	}
	return m
}

// news tells whether the platform showed the part when it happened: campaigns
// may enter by it. What an import told before is news only where the platform
// was seen without it.
func (o Order) news(m Mention, inferred bool) bool {
	return !inferred && !m.Seen.IsZero() && (!m.Past || !o.Live.First.IsZero() && o.Live.First.Before(m.Seen))
}

// withParts puts both orders' parts together and sets apart what the newest
// whole list lacks.
func (o Order) withParts(a, b Order) Order {
	o.Lists = Lists{Refunds: laterStamp(a.Lists.Refunds, b.Lists.Refunds), Parcels: laterStamp(a.Lists.Parcels, b.Lists.Parcels)}
	refunds := union(
		join(a.Refunds, a.Withdrawn.Refunds), join(b.Refunds, b.Withdrawn.Refunds), func(r Refund) string { return r.ID },
		mergeRefund,
	)
	o.Refunds, o.Withdrawn.Refunds = apart(refunds, func(r Refund) bool { return !r.Unlisted && r.Last.compare(o.Lists.Refunds) < 0 })
	parcels := union(
		join(a.Parcels, a.Withdrawn.Parcels), join(b.Parcels, b.Withdrawn.Parcels), func(p Parcel) string { return p.ID },
		mergeParcel,
	)
	o.Parcels, o.Withdrawn.Parcels = apart(parcels, func(p Parcel) bool { return p.Last.compare(o.Lists.Parcels) < 0 })
	return o
}

// join is both lists; neither is changed.
func join[T any](a, b []T) []T {
	if len(b) == 0 {
		return a
	}
	return append(a[:len(a):len(a)], b...)
}

func apart[T any](all []T, gone func(T) bool) (kept, withdrawn []T) {
	for _, item := range all {
		if gone(item) {
			withdrawn = append(withdrawn, item)
		} else {
			kept = append(kept, item)
		}
	}
	return kept, withdrawn
}

// dated resolves when the refunds were made that are listed without a time:
// with the first version that lists them where one before it did not, else as
// early as it can have been.
func (o Order) dated(refunds []Refund) []Refund {
	for i, r := range refunds {
		switch {
		case !r.Told.IsZero():
			refunds[i].RefundedAt = r.Told
		case !r.Shown.IsZero():
			refunds[i].RefundedAt, _ = o.refundShown(r)
		}
	}
	return refunds
}

func (o Order) refundShown(r Refund) (at time.Time, inferred bool) {
	since := o.Live.First
	if since.IsZero() {
		since = o.Past.First
	}
	if !since.IsZero() && since.Before(r.Shown) {
		return r.Shown, false
	}
	for _, t := range []time.Time{o.Times.PlacedAt, o.Times.PaidAt, o.Times.CompletedAt} {
		if t.After(at) && !t.After(r.Shown) {
			at = t
		}
	}
	return firstSet(at, r.Shown), r.Shown.Sub(o.Times.PlacedAt) > fresh
}

// Unreceived is o without the times of receipt: two that are equal so say the
// same.
func (o Order) Unreceived() Order {
	o.Received, o.Deleted.Received = time.Time{}, time.Time{}
	o.Lists.Refunds.Received, o.Lists.Parcels.Received = time.Time{}, time.Time{}
	o.Refunds, o.Parcels = slices.Clone(o.Refunds), slices.Clone(o.Parcels)
	for i := range o.Refunds {
		o.Refunds[i].Last.Received = time.Time{}
	}
	for i := range o.Parcels {
		o.Parcels[i].Last.Received = time.Time{}
	}
	return o
}
