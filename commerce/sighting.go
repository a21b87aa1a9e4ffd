package commerce

import "time"

// Stamp orders records: by the platform's time of last change, then by receipt.
// The later receipt wins.
type Stamp struct {
	At       time.Time `bson:"at,omitempty"`
	Received time.Time `bson:"received,omitempty"`
}

// IsZero reports whether both times are unknown.
func (s Stamp) IsZero() bool { return s.At.IsZero() && s.Received.IsZero() }

func (s Stamp) compare(t Stamp) int {
	if c := s.At.Compare(t.At); c != 0 {
		return c
	}
	return s.Received.Compare(t.Received)
}

func (s Stamp) millis() Stamp { return Stamp{millis(s.At), millis(s.Received)} }

func laterStamp(a, b Stamp) Stamp {
	if a.compare(b) < 0 {
		return b.millis()
	}
	return a.millis()
}

// Sightings are the observations of an order's states by one kind of source,
// the platform or imports: reported times, and the versions that first showed a
// state. The order's Times are resolved from them.
//
// Of imports the latest decides: a corrected file replaces what the files before
// it reported. Records about a part of an order, such as a parcel, only add.
type Sightings struct {
	First    time.Time `bson:"first,omitempty"`   // version of the first complete record
	Reported Timeline  `bson:"told,omitempty"`    // times that a complete record reported
	Shown    Timeline  `bson:"shown,omitempty"`   // the versions that first showed a state
	Import   time.Time `bson:"import,omitempty"`  // receipt of the latest import with a complete record
	Partial  Timeline  `bson:"partial,omitempty"` // times that an import's records of parts reported
	// Uncancelled is the version of the last complete record that was not cancelled.
	Uncancelled time.Time `bson:"uncancelled,omitempty"`
}

// IsZero reports whether there are no observations.
func (s Sightings) IsZero() bool { return s == Sightings{} }

// IsZero reports whether no time is known.
func (t Timeline) IsZero() bool { return t == Timeline{} }

func mergeSightings(a, b Sightings) Sightings {
	partial := mergeTimes(a.Partial, b.Partial)
	switch {
	case a.Import.After(b.Import):
		b = a
	case b.Import.After(a.Import):
		a = b
	}
	return Sightings{
		First: first(a.First, b.First), Reported: mergeTimes(a.Reported, b.Reported), Shown: mergeTimes(a.Shown, b.Shown),
		Import: millis(a.Import), Partial: partial, Uncancelled: millis(last(a.Uncancelled, b.Uncancelled)),
	}
}

// reported is the time of an entry that a record reported.
func (s *Sightings) reported(e entry) time.Time { return first(*s.Reported.of(e), *s.Partial.of(e)) }

// changed reports whether the start of the state was observed: a complete
// record without it came before the first record with it.
func (s *Sightings) changed(m moment) bool {
	return !s.First.IsZero() && s.First.Before(*s.Shown.of(m.entry))
}

func (s *Sightings) knows(m moment) bool {
	return !s.reported(m.entry).IsZero() || !s.Shown.of(m.entry).IsZero()
}

// sight returns the observations of one record, new or stored by an older
// release. Old records may contain inferred times among the reported ones.
func (o Order) sight() Sightings {
	s := Sightings{Reported: mergeTimes(o.Times, Timeline{})}
	if o.Stub() {
		return s
	}
	s.First = o.Version
	if o.Status != Cancelled {
		s.Uncancelled = millis(o.Version)
	}
	for _, m := range moments {
		if m.showing && o.shows(m.entry) {
			*s.Shown.of(m.entry) = o.Version
		}
	}
	return s
}

// moment is one entry of a timeline. A record can show the state of a showing
// moment without its time. after are the moments that must come before it.
type moment struct {
	name    string
	kind    EventKind
	entry   entry
	showing bool
	after   []entry
}

// entry is the index of a time in a timeline.
type entry int

const (
	placed entry = iota
	depositPaid
	paid
	shipped
	delivered
	completed
	cancelled
	refunded
	rated
	momentCount
)

// moments are in the order of resolution: later ones use earlier ones.
var moments = [momentCount]moment{
	{"placed_at", OrderPlaced, placed, false, nil},
	{"deposit_paid_at", OrderDepositPaid, depositPaid, true, []entry{placed}},
	{"paid_at", OrderPaid, paid, true, []entry{placed, depositPaid}},
	{"shipped_at", OrderShipped, shipped, false, nil},
	{"delivered_at", OrderDelivered, delivered, false, nil},
	{"completed_at", OrderCompleted, completed, true, []entry{placed, paid, shipped, delivered}},
	{"cancelled_at", OrderCancelled, cancelled, true, []entry{placed}},
	{"refunded_at", OrderRefunded, refunded, true, []entry{placed, paid, completed}},
	{"rated_at", OrderRated, rated, true, []entry{placed, paid, delivered, completed}},
}

// shows reports whether the record is in the state of an entry.
func (o *Order) shows(e entry) bool {
	switch e {
	case depositPaid:
		return o.Payment == DepositPaid
	case paid:
		return o.statePaid() || o.Payment == Refunded
	case completed:
		return o.Status == Completed
	case cancelled:
		return o.Status == Cancelled
	case refunded:
		return o.Payment == Refunded && len(o.Refunds) == 0
	case rated:
		return o.Rating > 0
	}
	return false
}

// of returns a pointer to the time of an entry.
func (t *Timeline) of(e entry) *time.Time {
	switch e {
	case placed:
		return &t.PlacedAt
	case depositPaid:
		return &t.DepositPaidAt
	case paid:
		return &t.PaidAt
	case shipped:
		return &t.ShippedAt
	case delivered:
		return &t.DeliveredAt
	case completed:
		return &t.CompletedAt
	case cancelled:
		return &t.CancelledAt
	case refunded:
		return &t.RefundedAt
	}
	return &t.RatedAt
}
