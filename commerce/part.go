package commerce

import (
	"slices"
	"time"
)

// Lists contains, for each kind of part, the newest record that listed all of
// the kind. A part missing there is withdrawn. Merge sets Refunds and Parcels.
// A connector sets AllRefunds and AllParcels on records with complete lists.
//
// An import's list withdraws only what imports reported. Its stamps begin with the
// receipt: the later import counts.
type Lists struct {
	Refunds     Stamp `bson:"refunds,omitempty"`
	Parcels     Stamp `bson:"parcels,omitempty"`
	PastRefunds Stamp `bson:"past_refunds,omitempty"`
	PastParcels Stamp `bson:"past_parcels,omitempty"`

	AllRefunds bool `bson:"-"`
	AllParcels bool `bson:"-"`
}

// IsZero reports whether no complete list was received.
func (l Lists) IsZero() bool { return l == Lists{} }

// stamped sets the stamps of the lists of one record.
func (l Lists) stamped(record Stamp, imported bool) Lists {
	refunds, parcels := &l.Refunds, &l.Parcels
	if imported {
		refunds, parcels, record = &l.PastRefunds, &l.PastParcels, Stamp{record.Received, record.At}
	}
	if l.AllRefunds {
		*refunds = record.millis()
	}
	if l.AllParcels {
		*parcels = record.millis()
	}
	l.AllRefunds, l.AllParcels = false, false
	return l
}

func mergeLists(a, b Lists) Lists {
	return Lists{
		Refunds: laterStamp(a.Refunds, b.Refunds), Parcels: laterStamp(a.Parcels, b.Parcels),
		PastRefunds: laterStamp(a.PastRefunds, b.PastRefunds), PastParcels: laterStamp(a.PastParcels, b.PastParcels),
	}
}

// Withdrawn contains the parts that a newer complete list lacks. They are
// stored so that an older record that arrives late does not bring them back.
type Withdrawn struct {
	Refunds []Refund `bson:"refunds,omitempty"`
	Parcels []Parcel `bson:"parcels,omitempty"`
}

// IsZero reports whether nothing was withdrawn.
func (w Withdrawn) IsZero() bool { return len(w.Refunds)+len(w.Parcels) == 0 }

// Mention describes the records that contain a part.
type Mention struct {
	Last  Stamp     `bson:"last,omitempty"` // newest record that contains it
	Seen  time.Time `bson:"seen,omitempty"` // first of the platform's records that contains it
	Past  bool      `bson:"past,omitempty"` // an import contained it too
	Noted bool      `bson:"noted"`          // the other fields are set
	// Import is the latest import that contains it: receipt, then version.
	Import Stamp `bson:"import,omitempty"`
}

func mergeMentions(a, b Mention) Mention {
	return Mention{
		Last: laterStamp(a.Last, b.Last), Seen: first(a.Seen, b.Seen), Past: a.Past || b.Past, Noted: a.Noted || b.Noted,
		Import: laterStamp(a.Import, b.Import),
	}
}

// fromImport reports whether a part of o, with this mention so far, is known from
// imports only.
func (o Order) fromImport(m Mention) bool {
	if !m.Noted {
		return o.Imported
	}
	return m.Past && m.Seen.IsZero() && m.Import.IsZero() // stored by an older release
}

// dropped reports whether the newest complete list of the part's sources lacks it.
func (m Mention) dropped(history bool, list, past Stamp) bool {
	return m.Last.compare(list) < 0 || history && m.Import.compare(past) < 0
}

// mentioned completes the mention of a part of o with a version of its own.
func (o Order) mentioned(m Mention, version time.Time) Mention {
	if m.Noted {
		return m
	}
	if m.Last.IsZero() {
		m.Last = laterStamp(Stamp{o.Version, o.Received}, Stamp{version, o.Received})
	}
	m.Last, m.Past, m.Noted = m.Last.millis(), o.Imported, true
	if m.Past {
		m.Import = Stamp{o.Received, m.Last.At}.millis()
	} else {
		m.Seen = m.Last.At
	}
	return m
}

// reportedLive reports whether the platform reported the part when it happened: then
// campaigns may start with it. A part that an import reported first counts only
// if a record of the platform without it came before.
func (o Order) reportedLive(m Mention, inferred bool) bool {
	return !inferred && !m.Seen.IsZero() && (!m.Past || !o.Live.First.IsZero() && o.Live.First.Before(m.Seen))
}

// withParts merges the parts of both orders and separates those that the newest
// complete list lacks.
func (o Order) withParts(a, b Order) Order {
	o.Lists = mergeLists(a.Lists, b.Lists)
	refunds := union(
		join(a.Refunds, a.Withdrawn.Refunds), join(b.Refunds, b.Withdrawn.Refunds), func(r Refund) string { return r.ID },
		mergeRefund,
	)
	o.Withdrawn.Refunds, o.Refunds = Divide(refunds, func(r Refund) bool {
		return !r.Unlisted && r.dropped(r.History, o.Lists.Refunds, o.Lists.PastRefunds)
	})
	parcels := union(
		join(a.Parcels, a.Withdrawn.Parcels), join(b.Parcels, b.Withdrawn.Parcels), func(p Parcel) string { return p.ID },
		mergeParcel,
	)
	o.Withdrawn.Parcels, o.Parcels = Divide(parcels, func(p Parcel) bool { return p.dropped(p.History, o.Lists.Parcels, o.Lists.PastParcels) })
	return o
}

// join returns both lists together; neither is changed.
func join[T any](a, b []T) []T {
	if len(b) == 0 {
		return a
	}
	return append(a[:len(a):len(a)], b...)
}

// Divide returns the items for which first is true, and the others, both in their order.
func Divide[T any](list []T, first func(T) bool) (those, others []T) {
	for _, item := range list {
		if first(item) {
			those = append(those, item)
		} else {
			others = append(others, item)
		}
	}
	return those, others
}

// dated sets the time of refunds that are listed without one. It is the version
// that first lists the refund, if an earlier version lacks it. Else it is the
// earliest possible time.
func (o Order) dated(refunds []Refund) []Refund {
	for i, r := range refunds {
		switch {
		case !r.Reported.IsZero():
			refunds[i].RefundedAt = r.Reported
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

// Unreceived returns o without the times of receipt. Two equal results contain
// the same data.
func (o Order) Unreceived() Order {
	o.Received, o.Deleted.Received = time.Time{}, time.Time{}
	o.Lists.Refunds.Received, o.Lists.Parcels.Received = time.Time{}, time.Time{}
	o.Lists.PastRefunds, o.Lists.PastParcels, o.Past.Import = Stamp{}, Stamp{}, time.Time{}
	o.Refunds, o.Parcels = slices.Clone(o.Refunds), slices.Clone(o.Parcels)
	for i := range o.Refunds {
		o.Refunds[i].Mention, o.Refunds[i].RecordReceived = o.Refunds[i].unreceived(), time.Time{}
	}
	for i := range o.Parcels {
		o.Parcels[i].Mention, o.Parcels[i].RecordReceived = o.Parcels[i].unreceived(), time.Time{}
	}
	return o
}

func (m Mention) unreceived() Mention {
	m.Last.Received, m.Import = time.Time{}, Stamp{}
	return m
}
