package campaigns

import (
	"slices"
	"time"
)

// PastEntry is the part of an entry that stays stored when its key enters again:
// the fields that results count and that events are matched with.
type PastEntry struct {
	Entry   int            `bson:"entry"`
	Version int            `bson:"version"`
	State   EnrolmentState `bson:"state"`
	Arm     Arm            `bson:"arm"`
	ByShop  bool           `bson:"by_shop,omitempty"`

	Customer string `bson:"customer"`
	Order    string `bson:"order,omitempty"`
	Checkout string `bson:"checkout,omitempty"`

	Cause   string    `bson:"cause"`
	CauseAt time.Time `bson:"cause_at"`
	BeganAt time.Time `bson:"began_at"`

	EnteredAt   time.Time `bson:"entered_at"`
	EndedAt     time.Time `bson:"ended_at,omitempty"`
	ConvertedAt time.Time `bson:"converted_at,omitempty"`
}

// Entries are all entries of the enrolment, oldest first. The last is the current
// entry, or the last one that ended.
func (e Enrolment) Entries() []PastEntry {
	last := PastEntry{
		Entry: e.Entry, Version: e.Version, State: e.State, Arm: e.Arm, ByShop: e.ByShop,
		Customer: e.Customer, Order: e.Order, Checkout: e.Checkout, Cause: e.Cause, CauseAt: e.CauseAt, BeganAt: e.BeganAt,
		EnteredAt: e.EnteredAt, EndedAt: e.EndedAt, ConvertedAt: e.ConvertedAt,
	}
	return append(slices.Clone(e.Past), last)
}

// of is the enrolment as it was at a past entry, with the fields that events are
// matched with.
func (p PastEntry) of(e Enrolment) Enrolment {
	return Enrolment{
		ID: e.ID, Shop: e.Shop, Campaign: e.Campaign, Version: p.Version, Entry: p.Entry, State: p.State, Arm: p.Arm,
		Customer: p.Customer, Order: p.Order, Checkout: p.Checkout, Cause: p.Cause, CauseAt: p.CauseAt, BeganAt: p.BeganAt,
	}
}

// open reports whether the entry may still reach its goal.
func (p PastEntry) open() bool {
	return p.ConvertedAt.IsZero() && (Enrolment{State: p.State}).ReceivesEvents()
}

func anyOpen(list []PastEntry) bool { return slices.ContainsFunc(list, PastEntry.open) }

// receivePast records the goal of past entries. Results decide later whether it was
// reached in the window of the entry's own version.
func (d *decider) receivePast(e Enrolment) Enrolment {
	if !e.PastOpen || d.c.Goal == nil {
		return e
	}
	e.Past = slices.Clone(e.Past)
	for i, p := range e.Past {
		if !p.open() || p.Checkout != e.Checkout {
			continue
		}
		by, ok := d.first(p.of(e), d.c.Goal.test(), d.c.Goal.Same, time.Time{})
		if ok && d.converts(by) {
			e.Past[i].ConvertedAt, e.Recount = by.At, true
		}
	}
	e.PastOpen = anyOpen(e.Past)
	return e
}

// converted counts the entries that reached the goal.
func (e Enrolment) converted() (n int) {
	for _, p := range e.Entries() {
		if !p.ConvertedAt.IsZero() {
			n++
		}
	}
	return n
}
