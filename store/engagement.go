package store

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// engagementDays is how long a message stays in a customer's profile.
const engagementDays = 400

// Touched lists up to limit messages that were sent, opened or clicked since
// they were counted last.
func (s *Store) Touched(ctx context.Context, shop string, limit int) ([]string, error) {
	return s.findIDs(ctx, colMessages, of(shop, bson.E{Key: "touched", Value: true}), limit)
}

// Fold counts the touches of messages again, and writes them to the messages and to their
// customers' profiles. The messages stay touched; Folded ends that. One that was deleted is
// left out.
func (s *Store) Fold(ctx context.Context, shop string, ids []string) (list []campaigns.Folded, err error) {
	known, err := s.MessagesByID(ctx, shop, ids)
	if err != nil {
		return nil, err
	}
	touches, err := s.TouchesAmong(ctx, shop, ids)
	if err != nil {
		return nil, err
	}
	var ops []documents.Op
	var facts []engaged
	var events []commerce.Event
	for _, id := range ids {
		m, stored := known[id]
		if !stored {
			continue
		}
		human := m.Opens > 0 || m.Clicks > 0
		judged := m.Past.Since(touches[id])
		campaigns.Judge(judged, m.SentAt, len(m.Links))
		counted := m.Past.Count(judged)
		before := m
		counted.Fold(&m)
		if !m.SentAt.IsZero() {
			facts = append(facts, engaged{m.Customer, factOf(m, counted)})
		}
		events = append(events, reactions(shop, before, m)...)
		if op, changed := foldOp(shop, before, m); changed {
			ops = append(ops, op)
		}
		list = append(list, campaigns.Folded{Message: m, Human: human || m.Opens > 0 || m.Clicks > 0})
	}
	if err := s.engage(ctx, shop, facts); err != nil {
		return nil, err
	}
	// Before the counts, which are what shows that the events are new.
	if err := s.addEvents(ctx, shop, events, nil, 0); err != nil {
		return nil, err
	}
	return list, s.bulk(ctx, colMessages, ops)
}

// reactions are the first open and the first click by a human that a count has found.
func reactions(shop string, before, now campaigns.Message) (list []commerce.Event) {
	for _, x := range []struct {
		kind commerce.EventKind
		was  time.Time
		at   time.Time
	}{{commerce.MessageOpened, before.OpenedAt, now.OpenedAt}, {commerce.MessageClicked, before.ClickedAt, now.ClickedAt}} {
		if x.was.IsZero() && !x.at.IsZero() && now.Customer != "" {
			e := commerce.NewEvent(shop, x.kind, now.Customer, now.ID, x.at)
			e.Customer = now.Customer
			list = append(list, e)
		}
	}
	return list
}

// foldOp writes the counts of a message, where they have changed.
func foldOp(shop string, before, m campaigns.Message) (op documents.Op, changed bool) {
	fields := bson.D{
		{Key: "opens", Value: m.Opens}, {Key: "clicks", Value: m.Clicks}, {Key: "machine_opens", Value: m.MachineOpens},
		{Key: "machine_clicks", Value: m.MachineClicks},
	}
	changed = before.Opens != m.Opens || before.Clicks != m.Clicks || before.MachineOpens != m.MachineOpens ||
		before.MachineClicks != m.MachineClicks
	gone := bson.D{}
	for _, x := range []struct {
		name     string
		was, now time.Time
	}{
		{"opened_at", before.OpenedAt, m.OpenedAt}, {"clicked_at", before.ClickedAt, m.ClickedAt},
		{"last_clicked_at", before.LastClickedAt, m.LastClickedAt}, {"unsubscribed_at", before.UnsubscribedAt, m.UnsubscribedAt},
	} {
		changed = changed || !x.was.Equal(x.now)
		if x.now.IsZero() {
			gone = append(gone, bson.E{Key: x.name, Value: ""})
		} else {
			fields = append(fields, bson.E{Key: x.name, Value: x.now})
		}
	}
	update := bson.D{{Key: "$set", Value: fields}}
	if len(gone) > 0 {
		update = append(update, bson.E{Key: "$unset", Value: gone})
	}
	return documents.UpdateOp(byID(shop, m.ID, bson.E{Key: "touch_rev", Value: m.TouchRev}), update), changed
}

// Folded ends the work of Fold, for the messages that were not touched
// meanwhile.
func (s *Store) Folded(ctx context.Context, shop string, list []campaigns.Message) error {
	ops, folded := make([]documents.Op, len(list)), bson.D{set(bson.E{Key: "touched", Value: false})}
	for i, m := range list {
		ops[i] = documents.UpdateOp(byID(shop, m.ID, bson.E{Key: "touch_rev", Value: m.TouchRev}), folded)
	}
	return s.bulk(ctx, colMessages, ops)
}

// engaged is a reaction to a message, and the customer it was sent to.
type engaged struct {
	customer string
	fact     commerce.MessageFact
}

func factOf(m campaigns.Message, counted campaigns.Counters) commerce.MessageFact {
	return commerce.MessageFact{
		ID: m.ID, Campaign: m.Campaign, Step: m.Step, Channel: m.Channel, SentAt: m.SentAt, DeliveredAt: m.DeliveredAt,
		OpenedAt: counted.OpenedAt, LastOpenedAt: counted.LastOpenedAt, ClickedAt: counted.ClickedAt, LastClickedAt: counted.LastClickedAt,
		UnsubscribedAt: counted.UnsubscribedAt,
	}
}

// engage writes reactions into the customers' profiles, by compare-and-set. Where one of
// them changed meanwhile, all are read and written again. An erased customer is left out.
func (s *Store) engage(ctx context.Context, shop string, list []engaged) error {
	for len(list) > 0 {
		found, err := s.CustomersByID(ctx, shop, customersOf(list))
		if err != nil {
			return err
		}
		changed := map[string]commerce.Customer{}
		for _, x := range list {
			c, known := found[x.customer]
			if !known {
				continue
			}
			if now, begun := changed[c.ID]; begun {
				c = now
			}
			c.Engagement = withFact(c.Engagement, x.fact, s.now().AddDate(0, 0, -engagementDays))
			changed[c.ID] = c
		}
		ops := make([]documents.Op, 0, len(changed))
		for _, c := range changed {
			ops = append(ops, documents.UpdateOp(byID(shop, c.ID, bson.E{Key: "rev", Value: c.Rev}), bson.D{
				set(bson.E{Key: "engagement", Value: c.Engagement}, bson.E{Key: "changed_at", Value: s.wall()}),
				{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
			}))
		}
		totals, err := s.bulkTotals(ctx, colCustomers, ops)
		if err != nil || totals.Matched == len(ops) {
			return err
		}
	}
	return nil
}

func customersOf(list []engaged) []string {
	ids := make([]string, len(list))
	for i, x := range list {
		ids[i] = x.customer
	}
	return distinct(ids)
}

// withFact puts fact in its place, oldest sending first, and drops facts older
// than since.
func withFact(facts []commerce.MessageFact, fact commerce.MessageFact, since time.Time) []commerce.MessageFact {
	facts = slices.DeleteFunc(slices.Clone(facts), func(f commerce.MessageFact) bool { return f.ID == fact.ID || f.SentAt.Before(since) })
	facts = append(facts, fact)
	slices.SortStableFunc(facts, func(a, b commerce.MessageFact) int { return a.SentAt.Compare(b.SentAt) })
	return facts
}
