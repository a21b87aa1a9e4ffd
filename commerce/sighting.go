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
func (s Sightings) changed(m moment) bool {
	shown := *m.at(&s.Shown)
	return !s.First.IsZero() && s.First.Before(shown)
}

func (s Sightings) knows(m moment) bool {
	return !m.at(&s.Told).IsZero() || !m.at(&s.Shown).IsZero()
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
		if m.shows != nil && m.shows(o) {
			*m.at(&s.Shown) = o.Version
		}
	}
	return s
}

// moment is one entry of a timeline. Where shows is not nil, records can show
// its state without saying since when; after are the moments it comes after.
type moment struct {
	name  string
	kind  EventKind
	at    func(*Timeline) *time.Time
	shows func(Order) bool
	after moving
}

// moving are entries of a timeline.
type moving []func(*Timeline) *time.Time

const momentCount = 9

// moments are in the order in which they are resolved: later ones look at
// earlier ones.
var moments = [momentCount]moment{
	{"placed_at", OrderPlaced, placedAt, nil, nil},
	{"deposit_paid_at", OrderDepositPaid, depositAt, Order.showsDeposit, moving{placedAt}},
	{"paid_at", OrderPaid, paidAt, Order.showsPaid, moving{placedAt, depositAt}},
	{"shipped_at", OrderShipped, shippedAt, nil, nil},
	{"delivered_at", OrderDelivered, deliveredAt, nil, nil},
	{"completed_at", OrderCompleted, completedAt, Order.showsCompleted, moving{placedAt, paidAt, shippedAt, deliveredAt}},
	{"cancelled_at", OrderCancelled, cancelledAt, Order.showsCancelled, moving{placedAt}},
	{"refunded_at", OrderRefunded, refundedAt, Order.showsRefunded, moving{placedAt, paidAt, completedAt}},
	{"rated_at", OrderRated, ratedAt, Order.showsRated, moving{placedAt, paidAt, deliveredAt, completedAt}},
}

func (o Order) showsDeposit() bool   { return o.Payment == DepositPaid }
func (o Order) showsPaid() bool      { return o.statePaid() || o.Payment == Refunded }
func (o Order) showsCompleted() bool { return o.Status == Completed }
func (o Order) showsCancelled() bool { return o.Status == Cancelled }
func (o Order) showsRefunded() bool  { return o.Payment == Refunded && len(o.Refunds) == 0 }
func (o Order) showsRated() bool     { return o.Rating > 0 }

func placedAt(t *Timeline) *time.Time    { return &t.PlacedAt }
func depositAt(t *Timeline) *time.Time   { return &t.DepositPaidAt }
func paidAt(t *Timeline) *time.Time      { return &t.PaidAt }
func shippedAt(t *Timeline) *time.Time   { return &t.ShippedAt }
func deliveredAt(t *Timeline) *time.Time { return &t.DeliveredAt }
func completedAt(t *Timeline) *time.Time { return &t.CompletedAt }
func cancelledAt(t *Timeline) *time.Time { return &t.CancelledAt }
func refundedAt(t *Timeline) *time.Time  { return &t.RefundedAt }
func ratedAt(t *Timeline) *time.Time     { return &t.RatedAt }
