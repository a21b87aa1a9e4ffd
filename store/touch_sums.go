package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/store/documents"
)

// sumTouches replaces old touches by sums in their messages: those of up to limit
// touches. First it stores the sums, then it deletes the touches. If it dies in
// between, the sums state what they contain, so that nothing is counted twice.
func (s *Store) sumTouches(ctx context.Context, shop string, limit int) (removed int, err error) {
	before, ok := s.over(s.retention.Touches)
	if !ok {
		return 0, nil
	}
	before = before.UTC().Truncate(24 * time.Hour) // whole days
	old, err := find[campaigns.Touch](ctx, s, colTouches, documents.Query{
		Filter: of(shop, bson.E{Key: "at", Value: bson.D{{Key: "$lt", Value: before}}}), Fields: []string{"message", "at"},
		Sort: []string{"at"}, Limit: limit,
	})
	if err != nil || len(old) == 0 {
		return 0, err
	}
	var ids []string
	seen := map[string]bool{}
	for _, t := range old {
		if !seen[t.Message] {
			seen[t.Message] = true
			ids = append(ids, t.Message)
		}
	}
	touches, err := find[campaigns.Touch](ctx, s, colTouches, documents.Query{Filter: of(shop, among("message", ids))})
	if err != nil {
		return 0, err
	}
	of := map[string][]campaigns.Touch{}
	for _, t := range touches {
		of[t.Message] = append(of[t.Message], t)
	}
	if err := s.storeSums(ctx, shop, ids, of, before); err != nil {
		return 0, err
	}
	return s.removeSummed(ctx, shop, ids, touches, before)
}

// storeSums adds the old touches of messages to their sums. Raising touch_rev makes
// a count that is under way begin again. The sums are not new to anybody else.
func (s *Store) storeSums(ctx context.Context, shop string, ids []string, touches map[string][]campaigns.Touch, before time.Time) error {
	messages, err := s.summed(ctx, shop, ids, "sent_at", "links")
	if err != nil {
		return err
	}
	var ops []documents.Op
	for _, m := range messages {
		judged := m.Past.Since(touches[m.ID])
		campaigns.Judge(judged, m.SentAt, len(m.Links))
		same := absent("past")
		if m.Past != nil {
			same = bson.E{Key: "past.until", Value: m.Past.Until}
		}
		ops = append(ops, documents.UpdateOp(byID(shop, m.ID, same), bson.D{
			set(bson.E{Key: "past", Value: campaigns.SumTouches(m.Past, judged, before)}),
			{Key: "$inc", Value: bson.D{{Key: "touch_rev", Value: int64(1)}}},
		}))
	}
	return s.bulk(ctx, colMessages, ops)
}

// removeSummed deletes the touches that the sums contain, and old ones whose
// message is not stored.
func (s *Store) removeSummed(ctx context.Context, shop string, ids []string, touches []campaigns.Touch, before time.Time) (int, error) {
	messages, err := s.summed(ctx, shop, ids)
	if err != nil {
		return 0, err
	}
	known := map[string]campaigns.Message{}
	for _, m := range messages {
		known[m.ID] = m
	}
	var ops []documents.Op
	for _, t := range touches {
		m, stored := known[t.Message]
		if stored && m.Past.Covers(t.At) || !stored && t.At.Before(before) {
			ops = append(ops, documents.DeleteOp(shop, t.ID))
		}
	}
	return len(ops), s.bulk(ctx, colTouches, ops)
}

func (s *Store) summed(ctx context.Context, shop string, ids []string, more ...string) ([]campaigns.Message, error) {
	return find[campaigns.Message](ctx, s, colMessages, documents.Query{
		Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: stringsOf(ids)}}}), Fields: append(more, "past"),
	})
}
