package store

import (
	"cmp"
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/store/documents"
)

// ConversionsByID reads the credits of orders; those never credited are left out.
func (s *Store) ConversionsByID(ctx context.Context, shop string, orders []string) (map[string]campaigns.Conversion, error) {
	return byIDs(ctx, s, colConversions, shop, orders, func(c campaigns.Conversion) string { return c.ID })
}

// SaveConversion stores the credit of an order, if it is unchanged since before
// was read: otherwise another process may have seen later clicks. The entries
// credited now and before are marked for counting. Until they are, the
// conversion names the messages that lost the credit, so that saving it again
// marks them.
func (s *Store) SaveConversion(ctx context.Context, shop string, before, c campaigns.Conversion) (saved bool, err error) {
	if before.ID == "" && c.Message == "" {
		return true, nil
	}
	c.Shop, c.Rev, c.Former = shop, before.Rev+1, slices.Clone(before.Former)
	if before.Message != "" && before.Message != c.Message && !slices.Contains(c.Former, before.Message) {
		c.Former = append(c.Former, before.Message)
	}
	if before.ID == "" {
		saved, err = s.docs.Insert(ctx, colConversions, c)
	} else {
		var update bson.D
		if update, err = s.replacing(c, "former"); err == nil {
			saved, err = s.docs.Update(ctx, colConversions, byID(shop, c.ID, bson.E{Key: "rev", Value: before.Rev}), update)
		}
	}
	if err != nil || !saved {
		return false, err
	}
	return true, s.markCredited(ctx, c)
}

// markCredited marks the entries that a conversion credits and credited before.
func (s *Store) markCredited(ctx context.Context, c campaigns.Conversion) error {
	var ids []string
	for _, message := range append([]string{c.Message}, c.Former...) {
		if message == "" {
			continue
		}
		enrolment, _, err := campaigns.MessageEntry(message)
		if err != nil {
			return err
		}
		if !slices.Contains(ids, enrolment) {
			ids = append(ids, enrolment)
		}
	}
	if err := s.MarkEnrolments(ctx, c.Shop, ids); err != nil || len(c.Former) == 0 {
		return err
	}
	_, err := s.docs.Update(ctx, colConversions, byID(c.Shop, c.ID, bson.E{Key: "rev", Value: c.Rev}),
		bson.D{{Key: "$unset", Value: bson.D{{Key: "former", Value: ""}}}})
	return err
}

// Conversions lists a campaign's conversions, the latest payment first.
func (s *Store) Conversions(
	ctx context.Context, shop, campaign string, after *documents.Cursor, limit int,
) ([]campaigns.Conversion, error) {
	return find[campaigns.Conversion](ctx, s, colConversions,
		documents.Query{Filter: of(shop, bson.E{Key: "campaign", Value: campaign}), Sort: []string{"-paid_at"}, After: after, Limit: limit})
}

// SentTo lists the messages sent, or perhaps sent, to any of the customers.
func (s *Store) SentTo(ctx context.Context, shop string, customers []string) (all []campaigns.Message, err error) {
	gone := bson.A{string(campaigns.Sent), string(campaigns.Uncertain)}
	for chunk := range slices.Chunk(customers, inChunk) {
		list, err := find[campaigns.Message](ctx, s, colMessages, documents.Query{
			Filter: of(shop, among("customer", chunk), bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: gone}}}),
			Fields: []string{"shop", "campaign", "version", "step", "channel", "customer", "state", "sent_at", "rendered", "links", "past"},
		})
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}

// TouchesOf lists the touches of one message, oldest first.
func (s *Store) TouchesOf(ctx context.Context, shop, message string) ([]campaigns.Touch, error) {
	of, err := s.TouchesAmong(ctx, shop, []string{message})
	return of[message], err
}

// TouchesAmong are the touches of each message, oldest first.
func (s *Store) TouchesAmong(ctx context.Context, shop string, messages []string) (map[string][]campaigns.Touch, error) {
	list, err := amongAll[campaigns.Touch](ctx, s, colTouches, shop, "message", distinct(messages))
	slices.SortFunc(list, func(a, b campaigns.Touch) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	of := map[string][]campaigns.Touch{}
	for _, t := range list {
		of[t.Message] = append(of[t.Message], t)
	}
	return of, err
}
