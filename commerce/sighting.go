package commerce

import "time"

// Stamp places a record in time: by the platform's time of last change, and
// among records of one such time by when they came. The later received wins.
type Stamp struct {
	At       time.Time `bson:"at,omitempty"`
	Received time.Time `bson:"received,omitempty"`
}

// IsZero tells whether nothing was ever stamped.
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

// Sightings are what one kind of source, the platform or the imports, showed of
// an order's states: what was told with its time, and from which version on a
// state showed. From them the order's Times are resolved.
type Sightings struct {
	First time.Time `bson:"first,omitempty"` // version of the first whole record
	Told  Timeline  `bson:"told,omitempty"`  // times that a record told
	Shown Timeline  `bson:"shown,omitempty"` // the versions that first showed a state
}

// IsZero tells whether nothing was seen.
func (s Sightings) IsZero() bool { return s == Sightings{} }

// IsZero tells whether no time is known.
func (t Timeline) IsZero() bool { return t == Timeline{} }

func mergeSightings(a, b Sightings) Sightings {
	return Sightings{First: first(a.First, b.First), Told: mergeTimes(a.Told, b.Told), Shown: mergeTimes(a.Shown, b.Shown)}
}

// changed tells whether the state was seen to begin: a whole record before the
// first that shows it did not.
func (s *Sightings) changed(m moment) bool {
	return !s.First.IsZero() && s.First.Before(*s.Shown.of(m.entry))
}

func (s *Sightings) knows(m moment) bool {
	return !s.Told.of(m.entry).IsZero() || !s.Shown.of(m.entry).IsZero()
}

// sight is what one record shows, as it came or as an older release stored it.
// That one kept the times of states without their own among those told.
func (o Order) sight() Sightings {
	s := Sightings{Told: mergeTimes(o.Times, Timeline{})}
	if o.Stub() {
		return s
	}
	s.First = o.Version
	for _, m := range moments {
		if m.showing && o.shows(m.entry) {
			*s.Shown.of(m.entry) = o.Version
		}
	}
	return s
}

// moment is one entry of a timeline. The state of a showing moment can be shown
// by records that do not say since when; after are the moments it comes after.
type moment struct {
	name    string
	kind    EventKind
	entry   entry
	showing bool
	after   []entry
}

// entry names one time of a timeline.
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

// moments are in the order in which they are resolved: later ones look at
// earlier ones.
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

// shows tells whether the record is in the state of an entry.
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

// of is the time of an entry.
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
