package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/store/documents"
)

// AddTouches stores opens and clicks of a shop's messages, each once, and then
// marks their messages for Fold. It fills in each message's customer and
// campaign; it leaves out touches of unknown messages. Adding again changes
// nothing but the mark, so after an error the caller may try again.
func (s *Store) AddTouches(ctx context.Context, shop string, list []campaigns.Touch) error {
	sent, err := s.addressees(ctx, shop, list)
	if err != nil {
		return err
	}
	var docs []any
	var marks []documents.Op
	marked := map[string]bool{}
	for _, t := range list {
		m, known := sent[t.Message]
		if !known {
			continue
		}
		t.Shop, t.Campaign, t.Customer = shop, m.Campaign, m.Customer
		docs = append(docs, t)
		if !marked[m.ID] {
			marked[m.ID] = true
			marks = append(marks, documents.UpdateOp(byID(shop, m.ID),
				bson.D{{Key: "$inc", Value: bson.D{{Key: "touch_rev", Value: int64(1)}}}, set(bson.E{Key: "touched", Value: true})}))
		}
	}
	if len(docs) == 0 {
		return nil
	}
	if _, err := s.docs.InsertMany(ctx, colTouches, docs); err != nil {
		return err
	}
	return s.bulk(ctx, colMessages, marks)
}

// addressees reads the campaign and the customer of the touched messages.
func (s *Store) addressees(ctx context.Context, shop string, list []campaigns.Touch) (map[string]campaigns.Message, error) {
	ids := map[string]bool{}
	named := bson.A{}
	for _, t := range list {
		if !ids[t.Message] {
			ids[t.Message] = true
			named = append(named, t.Message)
		}
	}
	found, err := find[campaigns.Message](ctx, s, colMessages, documents.Query{
		Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: named}}}), Fields: []string{"campaign", "customer"},
	})
	sent := map[string]campaigns.Message{}
	for _, m := range found {
		sent[m.ID] = m
	}
	return sent, err
}

// CustomerTouches lists a customer's touches after a time, oldest first, at
// most limit.
func (s *Store) CustomerTouches(ctx context.Context, shop, customer string, after time.Time, limit int) ([]campaigns.Touch, error) {
	return find[campaigns.Touch](ctx, s, colTouches, documents.Query{
		Filter: of(shop, bson.E{Key: "customer", Value: customer}, bson.E{Key: "at", Value: bson.D{{Key: "$gt", Value: after}}}),
		Sort:   []string{"at"}, Limit: limit,
	})
}
