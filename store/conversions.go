package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
)

// SaveConversion stores what an order was credited to, over what was stored of
// it before: a conversion is computed from the order and the touches alone.
func (s *Store) SaveConversion(ctx context.Context, shop string, c campaigns.Conversion) error {
	c.Shop = shop
	update, err := replacing(c)
	if err != nil {
		return err
	}
	_, err = s.docs.Upsert(ctx, colConversions, shop, c.ID, update)
	return err
}

// DropConversion forgets the credit of an order that earns none any more.
func (s *Store) DropConversion(ctx context.Context, shop, order string) error {
	_, err := s.docs.Delete(ctx, colConversions, shop, order)
	return err
}

// Conversions lists a campaign's conversions, the latest payment first.
func (s *Store) Conversions(ctx context.Context, shop, campaign string, after *Cursor, limit int) ([]campaigns.Conversion, error) {
	return find[campaigns.Conversion](ctx, s, colConversions, Query{Filter: of(shop, bson.E{Key: "campaign", Value: campaign}), Sort: []string{"-paid_at"}, After: after, Limit: limit})
}

// SentTo lists the messages sent, or perhaps sent, to any of the customers.
func (s *Store) SentTo(ctx context.Context, shop string, customers []string) ([]campaigns.Message, error) {
	gone := bson.A{string(campaigns.Sent), string(campaigns.Uncertain)}
	return find[campaigns.Message](ctx, s, colMessages, Query{
		Filter: of(shop, bson.E{Key: "customer", Value: bson.D{{Key: "$in", Value: stringsOf(customers)}}}, bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: gone}}}),
		Fields: []string{"shop", "campaign", "version", "step", "channel", "customer", "state", "sent_at", "rendered", "links"},
	})
}

// TouchesOf lists the touches of one message, oldest first.
func (s *Store) TouchesOf(ctx context.Context, shop, message string) ([]campaigns.Touch, error) {
	return find[campaigns.Touch](ctx, s, colTouches, Query{Filter: of(shop, bson.E{Key: "message", Value: message}), Sort: []string{"at"}})
}
