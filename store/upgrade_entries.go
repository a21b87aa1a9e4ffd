package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/store/documents"
)

// upgradeEntries requests the count of every enrolment: before, results read
// all stored data each time. An enrolment that had entered again had lost its
// earlier entries; they are made again from their messages.
func (s *Store) upgradeEntries(ctx context.Context, shop string) error {
	return s.rewriteBatches(ctx, shop, colEnrolments, nil, func(batch []bson.Raw) (rewriting, error) {
		again := map[string]campaigns.Enrolment{}
		for _, raw := range batch {
			var e campaigns.Enrolment
			if err := documents.Unmarshal(raw, &e); err != nil {
				return nil, err
			}
			if len(e.Past) < e.Entry-1 {
				again[e.ID] = e
			}
		}
		sent, err := s.sentBefore(ctx, shop, again)
		return func(raw bson.Raw) (bson.D, error) {
			fields := bson.D{{Key: "recount", Value: true}}
			if e, forgotten := again[raw.Lookup("_id").StringValue()]; forgotten {
				fields = append(fields, bson.E{Key: "past", Value: forgottenEntries(e, sent[e.ID])})
			}
			return bson.D{{Key: "$set", Value: fields}}, nil
		}, err
	})
}

// sentBefore are the messages of enrolments, by enrolment.
func (s *Store) sentBefore(ctx context.Context, shop string, of map[string]campaigns.Enrolment) (map[string][]campaigns.Message, error) {
	ids := make([]string, 0, len(of))
	for id := range of {
		ids = append(ids, id)
	}
	list, err := readAmong[campaigns.Message](ctx, newCounter(s, shop), colMessages, "enrolment", ids, "enrolment", "entry",
		"version", "customer", "planned_at")
	messages := map[string][]campaigns.Message{}
	for _, m := range list {
		messages[m.Enrolment] = append(messages[m.Enrolment], m)
	}
	return messages, err
}

// forgottenEntries are the entries before the last, as far as messages show
// them. An entry began when its first message was planned, or with the entry
// after it if it sent nothing. Whether it reached its goal is lost.
func forgottenEntries(e campaigns.Enrolment, messages []campaigns.Message) []campaigns.PastEntry {
	list := make([]campaigns.PastEntry, e.Entry-1)
	next := e.Entries()[len(e.Past)]
	for i := len(list) - 1; i >= 0; i-- {
		one := campaigns.PastEntry{
			Entry: i + 1, Version: next.Version, State: campaigns.Merged, Arm: e.Arm, Customer: next.Customer, Order: e.Order, Checkout: e.Checkout,
			Cause: next.Cause, CauseAt: next.CauseAt, BeganAt: next.BeganAt, EnteredAt: next.EnteredAt, EndedAt: next.EnteredAt,
		}
		for _, m := range messages {
			if m.Entry == one.Entry && m.PlannedAt.Before(one.EnteredAt) {
				one.Version, one.Customer = m.Version, m.Customer
				one.CauseAt, one.BeganAt, one.EnteredAt = m.PlannedAt, m.PlannedAt, m.PlannedAt
			}
		}
		list[i], next = one, one
	}
	return list
}
