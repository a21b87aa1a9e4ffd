package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// AddTouches stores opens and clicks of a shop's messages, each once, and then
// marks their messages for Fold. It fills in the customer and the campaign; it leaves out
// those of unknown messages, and those that are more than campaigns.TouchesADay. Adding
// again changes nothing but the mark, so after an error the caller may try again.
func (s *Store) AddTouches(ctx context.Context, shop string, list []campaigns.Touch) error {
	_, err := s.addTouches(ctx, shop, list)
	return err
}

func (s *Store) addTouches(ctx context.Context, shop string, list []campaigns.Touch) (over int, err error) {
	found, err := s.reacted(ctx, shop, list)
	if err != nil {
		return 0, err
	}
	var docs []any
	var of []*reacted // of each of docs
	for _, t := range list {
		m, known := found[t.Message]
		if !known {
			continue
		}
		if !m.takes(t) {
			over++
			continue
		}
		t.Shop, t.Campaign, t.Customer = shop, m.Campaign, m.Customer
		docs, of = append(docs, t), append(of, m)
	}
	fresh, err := s.insertMany(ctx, colTouches, docs)
	if err != nil {
		return 0, err
	}
	for i, m := range of {
		m.added(docs[i].(campaigns.Touch).Kind, fresh[i])
	}
	ops := make([]documents.Op, 0, len(found))
	for _, m := range found {
		ops = append(ops, documents.UpdateOp(byID(shop, m.ID), m.mark()))
	}
	return over, s.bulk(ctx, colMessages, ops)
}

// reacted is a message, and how many touches are stored of it and of which day.
type reacted struct {
	ID       string                `bson:"_id"`
	Campaign string                `bson:"campaign"`
	Customer string                `bson:"customer"`
	Budget   campaigns.TouchBudget `bson:"touch_budget"`

	taken   campaigns.TouchBudget // with the touches of this call, of which some may be stored already
	touched bool                  // has touches of this call
}

// reacted reads the messages of touches at once: those of the shop that are stored.
func (s *Store) reacted(ctx context.Context, shop string, list []campaigns.Touch) (map[string]*reacted, error) {
	var ids []string
	for _, t := range list {
		if strings.HasPrefix(t.Message, commerce.Key(shop)+":") {
			ids = append(ids, t.Message)
		}
	}
	found := map[string]*reacted{}
	for chunk := range slices.Chunk(distinct(ids), inChunk) {
		messages, err := find[reacted](ctx, s, colMessages, documents.Query{
			Filter: of(shop, among("_id", chunk)), Fields: []string{"campaign", "customer", "touch_budget"},
		})
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			m.taken = m.Budget
			found[m.ID] = &m
		}
	}
	return found, nil
}

// takes reports whether a touch is one of those that are stored, and counts it.
func (m *reacted) takes(t campaigns.Touch) bool {
	m.taken, m.Budget = m.taken.On(t.At), m.Budget.On(t.At)
	if m.taken.Full(t.Kind) {
		m.Budget.Over++
		return false
	}
	m.taken.Add(t.Kind)
	return true
}

// added counts a touch that is stored now, or was before.
func (m *reacted) added(kind campaigns.TouchKind, fresh bool) {
	m.touched = true
	if fresh {
		m.Budget.Add(kind)
	}
}

// mark is the update of the message. Fold reads it again where it has touches.
func (m *reacted) mark() bson.D {
	if !m.touched {
		return bson.D{set(bson.E{Key: "touch_budget", Value: m.Budget})}
	}
	return bson.D{
		{Key: "$inc", Value: bson.D{{Key: "touch_rev", Value: int64(1)}}},
		set(bson.E{Key: "touched", Value: true}, bson.E{Key: "touch_budget", Value: m.Budget}),
	}
}

// CustomerTouches lists a customer's touches after a time, oldest first, at
// most limit.
func (s *Store) CustomerTouches(ctx context.Context, shop, customer string, after time.Time, limit int) ([]campaigns.Touch, error) {
	return find[campaigns.Touch](ctx, s, colTouches, documents.Query{
		Filter: of(shop, bson.E{Key: "customer", Value: customer}, bson.E{Key: "at", Value: bson.D{{Key: "$gt", Value: after}}}),
		Sort:   []string{"at"}, Limit: limit,
	})
}
