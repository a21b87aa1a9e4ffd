package store

import (
	"context"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// AddTouches stores opens and clicks of a shop's messages, each once, and then
// marks their messages for Fold. It fills in the customer and the campaign of touches that
// name none; it leaves out those of unknown messages. Adding again changes
// nothing but the mark, so after an error the caller may try again.
func (s *Store) AddTouches(ctx context.Context, shop string, list []campaigns.Touch) error {
	list, err := s.addressed(ctx, shop, list)
	if err != nil || len(list) == 0 {
		return err
	}
	docs := make([]any, len(list))
	var marks []documents.Op
	marked := map[string]bool{}
	mark := bson.D{{Key: "$inc", Value: bson.D{{Key: "touch_rev", Value: int64(1)}}}, set(bson.E{Key: "touched", Value: true})}
	for i, t := range list {
		t.Shop = shop
		docs[i] = t
		if !marked[t.Message] {
			marked[t.Message] = true
			marks = append(marks, documents.UpdateOp(byID(shop, t.Message), mark))
		}
	}
	if _, err := s.docs.InsertMany(ctx, colTouches, docs); err != nil {
		return err
	}
	return s.bulk(ctx, colMessages, marks)
}

// addressed are the touches of messages of the shop that are stored, with the campaign
// and the customer of each. It reads the messages of all touches that name no campaign at
// once.
func (s *Store) addressed(ctx context.Context, shop string, list []campaigns.Touch) ([]campaigns.Touch, error) {
	sent := map[string]linkedMessage{}
	named := bson.A{}
	for _, t := range list {
		if _, asked := sent[t.Message]; !asked && t.Campaign == "" {
			sent[t.Message] = linkedMessage{}
			named = append(named, t.Message)
		}
	}
	if len(named) > 0 {
		found, err := find[linkedMessage](ctx, s, colMessages, documents.Query{
			Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: named}}}), Fields: []string{"campaign", "customer"},
		})
		if err != nil {
			return nil, err
		}
		for _, m := range found {
			sent[m.ID] = m
		}
	}
	var known []campaigns.Touch
	for _, t := range list {
		if t.Campaign == "" {
			t.Campaign, t.Customer = sent[t.Message].Campaign, sent[t.Message].Customer
		}
		if t.Campaign != "" && strings.HasPrefix(t.Message, commerce.Key(shop)+":") {
			known = append(known, t)
		}
	}
	return known, nil
}

// MessageLinks reads those of the messages that are stored: their links, order,
// campaign and customer. One message is read by its id, which is cheaper.
func (s *Store) MessageLinks(ctx context.Context, shop string, ids []string) (list []campaigns.Message, err error) {
	if len(ids) == 1 {
		m, found, err := get[linkedMessage](ctx, s, colMessages, shop, ids[0])
		if err != nil || !found {
			return nil, err
		}
		return []campaigns.Message{m.message(shop)}, nil
	}
	found, err := find[linkedMessage](ctx, s, colMessages, documents.Query{
		Filter: of(shop, among("_id", ids)), Fields: []string{"links", "order", "campaign", "customer"},
	})
	for _, m := range found {
		list = append(list, m.message(shop))
	}
	return list, err
}

// linkedMessage is what a click needs of a message.
type linkedMessage struct {
	ID       string           `bson:"_id"`
	Campaign string           `bson:"campaign"`
	Customer string           `bson:"customer"`
	Order    string           `bson:"order"`
	Links    []campaigns.Link `bson:"links"`
}

func (m linkedMessage) message(shop string) campaigns.Message {
	return campaigns.Message{ID: m.ID, Shop: shop, Campaign: m.Campaign, Customer: m.Customer, Order: m.Order, Links: m.Links}
}

// CustomerTouches lists a customer's touches after a time, oldest first, at
// most limit.
func (s *Store) CustomerTouches(ctx context.Context, shop, customer string, after time.Time, limit int) ([]campaigns.Touch, error) {
	return find[campaigns.Touch](ctx, s, colTouches, documents.Query{
		Filter: of(shop, bson.E{Key: "customer", Value: customer}, bson.E{Key: "at", Value: bson.D{{Key: "$gt", Value: after}}}),
		Sort:   []string{"at"}, Limit: limit,
	})
}
