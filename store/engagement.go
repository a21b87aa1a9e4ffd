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

// Fold counts a message's touches again and writes them to the message and to
// its customer's profile. The message stays touched; Folded ends that. human
// reports whether a human opened or clicked it, by this count or by the one
// before: orders may then be credited otherwise.
func (s *Store) Fold(ctx context.Context, shop, id string) (m campaigns.Message, human bool, err error) {
	if m, err = s.Message(ctx, shop, id); err != nil {
		return m, false, err
	}
	human = m.Opens > 0 || m.Clicks > 0
	touches, err := s.TouchesOf(ctx, shop, id)
	if err != nil {
		return m, false, err
	}
	touches = m.Past.Since(touches)
	campaigns.Judge(touches, m.SentAt, len(m.Links))
	counted := m.Past.Count(touches)
	counted.Fold(&m)
	if err := s.engage(ctx, m, counted); err != nil {
		return m, false, err
	}
	fields := bson.D{
		{Key: "opens", Value: m.Opens}, {Key: "clicks", Value: m.Clicks}, {Key: "machine_opens", Value: m.MachineOpens},
		{Key: "machine_clicks", Value: m.MachineClicks},
	}
	gone := bson.D{}
	for name, at := range map[string]time.Time{"opened_at": m.OpenedAt, "clicked_at": m.ClickedAt,
		"last_clicked_at": m.LastClickedAt, "unsubscribed_at": m.UnsubscribedAt} {
		if at.IsZero() {
			gone = append(gone, bson.E{Key: name, Value: ""})
		} else {
			fields = append(fields, bson.E{Key: name, Value: at})
		}
	}
	update := bson.D{{Key: "$set", Value: fields}}
	if len(gone) > 0 {
		update = append(update, bson.E{Key: "$unset", Value: gone})
	}
	_, err = s.docs.Update(ctx, colMessages, byID(shop, id, bson.E{Key: "touch_rev", Value: m.TouchRev}), update)
	return m, human || m.Opens > 0 || m.Clicks > 0, err
}

// Folded ends the work of Fold, for the messages that were not touched
// meanwhile.
func (s *Store) Folded(ctx context.Context, shop string, list []campaigns.Message) error {
	ops := make([]documents.Op, len(list))
	for i, m := range list {
		ops[i] = documents.UpdateOp(byID(shop, m.ID, bson.E{Key: "touch_rev", Value: m.TouchRev}),
			bson.D{set(bson.E{Key: "touched", Value: false})})
	}
	return s.bulk(ctx, colMessages, ops)
}

// engage writes a customer's reaction to a message into the profile.
func (s *Store) engage(ctx context.Context, m campaigns.Message, counted campaigns.Counters) error {
	if m.SentAt.IsZero() {
		return nil
	}
	fact := commerce.MessageFact{
		ID: m.ID, Campaign: m.Campaign, Step: m.Step, Channel: m.Channel, SentAt: m.SentAt, DeliveredAt: m.DeliveredAt,
		OpenedAt: counted.OpenedAt, LastOpenedAt: counted.LastOpenedAt, ClickedAt: counted.ClickedAt, LastClickedAt: counted.LastClickedAt,
		UnsubscribedAt: counted.UnsubscribedAt,
	}
	for {
		c, err := s.Customer(ctx, m.Shop, m.Customer)
		if err != nil {
			if commerce.CodeOf(err) == commerce.NotFound {
				return nil // erased
			}
			return err
		}
		facts := withFact(c.Engagement, fact, s.now().AddDate(0, 0, -engagementDays))
		saved, err := s.docs.Update(ctx, colCustomers, byID(c.Shop, c.ID, bson.E{Key: "rev", Value: c.Rev}), bson.D{
			set(bson.E{Key: "engagement", Value: facts}, bson.E{Key: "changed_at", Value: s.wall()}),
			{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
		})
		if err != nil || saved {
			return err
		}
	}
}

// withFact puts fact in its place, oldest sending first, and drops facts older
// than since.
func withFact(facts []commerce.MessageFact, fact commerce.MessageFact, since time.Time) []commerce.MessageFact {
	facts = slices.DeleteFunc(slices.Clone(facts), func(f commerce.MessageFact) bool { return f.ID == fact.ID || f.SentAt.Before(since) })
	facts = append(facts, fact)
	slices.SortStableFunc(facts, func(a, b commerce.MessageFact) int { return a.SentAt.Compare(b.SentAt) })
	return facts
}
