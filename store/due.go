package store

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// Settle ends a worker's run on a shop. It finds when the shop's next work is
// due, and writes that as the next due time if rev is unchanged. settled is
// false when work was written meanwhile, or is due already.
func (s *Store) Settle(ctx context.Context, shop string, rev int64) (settled bool, err error) {
	next, err := s.NextDue(ctx, shop)
	if err != nil {
		return false, err
	}
	settled, err = s.SettleDue(ctx, shop, rev, next)
	return settled && (next.IsZero() || next.After(s.now())), err
}

// LowerDue lowers the shop's next due time to its earliest due work. The
// sweeper calls it, so that a lost next due time is found.
func (s *Store) LowerDue(ctx context.Context, shop string) error {
	next, err := s.NextDue(ctx, shop)
	if err != nil || next.IsZero() {
		return err
	}
	wake, err := s.DueOf(ctx, shop)
	if err != nil || !wake.NextDue.IsZero() && !next.Before(wake.NextDue) {
		return err
	}
	return s.MarkDue(ctx, shop, next)
}

// dueWork is one kind of due work: documents in one of states (nil: in any) are
// due at field; on the wall clock where leased.
type dueWork struct {
	coll, field      string
	states           []string
	leased, pausable bool // pausable: documents of paused campaigns are not due
	sent             bool // they wait for a relay that takes mails
}

var dueWorks = []dueWork{
	{coll: colDeliveries, states: []string{string(commerce.Unread)}, field: "received_at"},
	{coll: colDeliveries, states: []string{string(commerce.Reading)}, field: "lease_until", leased: true},
	{coll: colEvents, states: []string{string(commerce.Unhandled)}, field: "at"},
	{coll: colEvents, states: []string{string(commerce.Handling)}, field: "lease_until", leased: true},
	{coll: colRedactions, field: "due_at"},
	{coll: colWatches, field: "due_at", pausable: true},
	{coll: colRuns, field: "due_at", pausable: true, sent: true},
	{coll: colEnrolments, field: "due_at", pausable: true},
	{coll: colCalls, field: "due_at", pausable: true},
	{coll: colMessages, states: []string{string(campaigns.Planned), string(campaigns.Deferred)}, field: "due_at", pausable: true, sent: true},
	{coll: colMessages, states: []string{string(campaigns.Claimed), string(campaigns.HandingOver)}, field: "lease_until", leased: true},
}

// NextDue is when the shop's next work is due, on the clock of due times; zero
// without any. Leased work is due when its lease ends.
func (s *Store) NextDue(ctx context.Context, shop string) (time.Time, error) {
	if dirty, err := s.Dirty(ctx, shop, 1); err != nil || len(dirty) > 0 {
		return s.now(), err
	}
	if packed, err := s.packedTouches(ctx, shop); err != nil || packed {
		return s.now(), err
	}
	if touched, err := s.Touched(ctx, shop, 1); err != nil || len(touched) > 0 {
		return s.now(), err
	}
	if waiting, err := s.uncounted(ctx, shop); err != nil || waiting {
		return s.now(), err
	}
	known, err := s.standings(ctx, shop)
	if err != nil {
		return time.Time{}, err
	}
	running, err := s.running(ctx, shop, known.paused)
	if err != nil {
		return time.Time{}, err
	}
	held, err := s.heldCampaigns(ctx, shop, known.paused)
	if err != nil {
		return time.Time{}, err
	}
	mailing, err := s.running(ctx, shop, held)
	if err != nil {
		return time.Time{}, err
	}
	next := known.migrates
	for _, w := range dueWorks {
		if (w.coll == colRuns || w.coll == colCalls) && !known.activated {
			continue // a run or a call is of a campaign that was activated
		}
		selected := running
		if w.sent {
			selected = mailing
		}
		at, err := s.earliestDue(ctx, shop, w, selected)
		if err != nil {
			return time.Time{}, err
		}
		if w.sent && !at.IsZero() && !at.After(s.now()) {
			if at, err = s.sendingOpensAt(ctx, shop); err != nil {
				return time.Time{}, err
			}
		}
		next = earlier(next, at)
	}
	waiting, err := s.awaitedOpensAt(ctx, shop, held)
	return earlier(next, waiting), err
}

// earlier is the earlier of two times, of which a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// errFound ends a search that needs no more rows.
var errFound = errors.New("found")

// earliestDue also reads behind leased work: something later may be due before
// the first lease ends.
func (s *Store) earliestDue(ctx context.Context, shop string, w dueWork, running bson.D) (at time.Time, err error) {
	filter := of(shop)
	switch len(w.states) {
	case 0:
	case 1:
		filter = append(filter, bson.E{Key: "state", Value: w.states[0]})
	default:
		filter = append(filter, bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: stringsOf(w.states)}}})
	}
	filter = append(filter, bson.E{Key: w.field, Value: bson.D{{Key: "$gt", Value: time.Time{}}}})
	if w.pausable {
		filter = append(filter, running...)
	}
	type row struct {
		Lease time.Time `bson:"lease_until"`
	}
	q := documents.Query{Filter: filter, Fields: []string{"lease_until"}, Sort: []string{w.field}, Limit: 1}
	if !w.leased {
		q.Fields = append(q.Fields, w.field)
	}
	if w.states == nil {
		q.Limit = 0 // claimed ones keep their due time
	}
	err = s.docs.Find(ctx, w.coll, q, func(raw bson.Raw) error {
		var r row
		if err := s.docs.Codec().Unmarshal(raw, &r); err != nil {
			return err
		}
		due, leased := raw.Lookup(w.field).Time(), false
		if end := s.now().Add(r.Lease.Sub(s.wall())); w.leased || r.Lease.After(s.wall()) && end.After(due) {
			due, leased = end, !w.leased
		}
		if at.IsZero() || due.Before(at) {
			at = due
		}
		if leased {
			return nil
		}
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return at, err
}
