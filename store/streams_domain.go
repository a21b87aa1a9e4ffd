package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

const (
	// mostAwaited is how many domains are asked when they open; the others are asked after lookAgain.
	mostAwaited = 64
	lookAgain   = 30 * time.Second
)

// domain is the keyed hash by which ids name a domain: one of a single person is personal data.
func (k Keys) domain(domain string) string {
	mac := hmac.New(sha256.New, k.Identity)
	mac.Write([]byte("domain:" + domain))
	return hex.EncodeToString(mac.Sum(nil)[:12])
}

// AnyDomain reports whether a relay has refused mails to a domain, of all shops
// (commerce.Installation) or of one shop's sender.
func (s *Store) AnyDomain(ctx context.Context, shop, relay string) (bool, error) {
	list, err := s.findIDs(ctx, colStreams, of(shop, keyedBelow(shop, "domain", relay)), 1)
	return len(list) > 0, err
}

// StreamsByID reads streams of a shop, or of commerce.Installation; those that do not exist are left out.
func (s *Store) StreamsByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Stream, error) {
	return byIDs(ctx, s, colStreams, shop, ids, func(x campaigns.Stream) string { return x.ID })
}

// waits selects the messages that wait for a domain, except those of the paused campaigns.
func (s *Store) waits(ctx context.Context, shop string, paused []string, which any) (bson.D, error) {
	running, err := s.running(ctx, shop, paused)
	return append(of(shop, bson.E{Key: "awaits", Value: which}), running...), err
}

// Awaited lists the streams of domains that messages of the shop wait for, except those of the
// paused campaigns: up to limit, in the order of their ids after one of them.
func (s *Store) Awaited(ctx context.Context, shop string, paused []string, after string, limit int) (ids []string, err error) {
	type row struct {
		Awaits string `bson:"awaits"`
	}
	for len(ids) < limit {
		filter, err := s.waits(ctx, shop, paused, bson.D{{Key: "$gt", Value: after}})
		if err != nil {
			return nil, err
		}
		next, err := find[row](ctx, s, colMessages, documents.Query{
			Filter: filter, Fields: []string{"awaits"}, Sort: []string{"awaits"}, Limit: 1,
		})
		if err != nil || len(next) == 0 {
			return ids, err
		}
		after = next[0].Awaits
		ids = append(ids, after)
	}
	return ids, nil
}

// ReleaseMessages lets up to limit messages that wait for a domain be due again, the longest due
// first, except those of the paused campaigns and those with the ids to avoid.
func (s *Store) ReleaseMessages(ctx context.Context, shop, stream string, paused, avoid []string, limit int) (released int, err error) {
	filter, err := s.waits(ctx, shop, paused, stream)
	if err != nil {
		return 0, err
	}
	if len(avoid) > 0 {
		filter = append(filter, bson.E{Key: "_id", Value: bson.D{{Key: "$nin", Value: stringsOf(avoid)}}})
	}
	type row struct {
		ID   string    `bson:"_id"`
		From time.Time `bson:"awaits_from"`
	}
	list, err := find[row](ctx, s, colMessages, documents.Query{
		Filter: filter, Fields: []string{"awaits_from"}, Sort: []string{"awaits_from"}, Limit: limit,
	})
	ops := make([]documents.Op, len(list))
	for i, m := range list {
		open := bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: bson.A{string(campaigns.Planned), string(campaigns.Deferred)}}}}
		ops[i] = documents.UpdateOp(byID(shop, m.ID, open, bson.E{Key: "awaits", Value: stream}), bson.D{
			set(bson.E{Key: "due_at", Value: m.From}),
			{Key: "$unset", Value: bson.D{{Key: "awaits", Value: ""}, {Key: "awaits_from", Value: ""}}},
			{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
		})
	}
	if err == nil {
		err = s.bulk(ctx, colMessages, ops)
	}
	return len(list), err
}

// awaiting counts the messages that wait for a domain, up to limit, and finds the oldest due time
// among the first of them.
func (s *Store) awaiting(ctx context.Context, shop string, paused []string, limit int) (waiting int, oldest time.Time, err error) {
	if limit <= 0 {
		return 0, oldest, nil
	}
	filter, err := s.waits(ctx, shop, paused, bson.D{{Key: "$gt", Value: ""}})
	if err != nil {
		return 0, oldest, err
	}
	type row struct {
		From time.Time `bson:"awaits_from"`
	}
	list, err := find[row](ctx, s, colMessages, documents.Query{
		Filter: filter, Fields: []string{"awaits_from"}, Sort: []string{"awaits", "awaits_from"}, Limit: limit,
	})
	for _, m := range list {
		if oldest.IsZero() || m.From.Before(oldest) {
			oldest = m.From
		}
	}
	return len(list), oldest, err
}

// awaitedOpensAt is when the first domain opens that messages of the shop wait for, on the clock
// of due times; zero if none does.
func (s *Store) awaitedOpensAt(ctx context.Context, shop string, held []string) (at time.Time, err error) {
	ids, err := s.Awaited(ctx, shop, held, "", mostAwaited)
	if err != nil || len(ids) == 0 {
		return at, err
	}
	wall, now := s.wall(), s.now()
	if len(ids) == mostAwaited {
		at = now.Add(lookAgain)
	}
	known := map[string]campaigns.Stream{}
	for _, own := range []string{commerce.Installation, shop} {
		some, err := s.StreamsByID(ctx, own, ids)
		if err != nil {
			return at, err
		}
		for id, stream := range some {
			known[id] = stream
		}
	}
	for _, id := range ids {
		if opens := now.Add(max(0, known[id].OpensAt(shop, wall).Sub(wall))); at.IsZero() || opens.Before(at) {
			at = opens
		}
	}
	relay, err := s.sendingOpensAt(ctx, shop)
	if relay.After(at) {
		at = relay
	}
	return at, err
}
