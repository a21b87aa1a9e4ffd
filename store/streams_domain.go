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
	return append(of(shop, bson.E{Key: "awaits", Value: which}, whileOpen()), running...), err
}

// Awaited lists the streams of domains that messages of the shop wait for, except those of the
// paused campaigns: up to limit, in the order of their ids after one of them.
func (s *Store) Awaited(ctx context.Context, shop string, paused []string, after string, limit int) (ids []string, err error) {
	type row struct {
		Awaits string `bson:"awaits"`
	}
	running, err := s.running(ctx, shop, paused)
	if err != nil {
		return nil, err
	}
	for len(ids) < limit {
		later := bson.E{Key: "awaits", Value: bson.D{{Key: "$gt", Value: after}}}
		next, err := find[row](ctx, s, colMessages, documents.Query{
			Filter: append(of(shop, later, whileOpen()), running...), Fields: []string{"awaits"}, Sort: []string{"awaits"}, Limit: 1,
		})
		if err != nil || len(next) == 0 {
			return ids, err
		}
		after = next[0].Awaits
		ids = append(ids, after)
	}
	return ids, nil
}

// ClaimWaiting takes up to limit messages that wait for a domain, the longest due first, except
// those of the paused campaigns and those with the ids to avoid. Where the worker dies, they wait
// as before.
func (s *Store) ClaimWaiting(
	ctx context.Context, shop, stream string, paused, avoid []string, limit int,
) ([]campaigns.Message, error) {
	filter, err := s.waits(ctx, shop, paused, stream)
	if err != nil {
		return nil, err
	}
	if len(avoid) > 0 {
		filter = append(filter, bson.E{Key: "_id", Value: bson.D{{Key: "$nin", Value: stringsOf(avoid)}}})
	}
	found, err := s.findRaw(ctx, colMessages, documents.Query{Filter: filter, Sort: []string{"awaits_from"}, Limit: limit})
	if err != nil {
		return nil, err
	}
	list, err := take[campaigns.Message](ctx, s, shop, colMessages, found, claimedAs(), s.claimed())
	for i := range list {
		list[i].DueAt, list[i].Awaits = list[i].AwaitsFrom, ""
	}
	return list, err
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

// domainsFor is how long the state of a domain is stored after its last answer. While messages
// wait for it, there are answers.
const domainsFor = 24 * time.Hour

// removeDomains deletes up to limit states of domains to which no mail went lately.
func (s *Store) removeDomains(ctx context.Context, shop string, limit int) (int, error) {
	type row struct {
		ID  string `bson:"_id"`
		Rev int64  `bson:"rev"`
	}
	list, err := find[row](ctx, s, colStreams, documents.Query{
		Filter: of(shop, bson.E{Key: "domain", Value: bson.D{{Key: "$exists", Value: true}}},
			bson.E{Key: "seen_at", Value: bson.D{{Key: "$lt", Value: s.wall().Add(-domainsFor)}}}),
		Fields: []string{"rev"}, Sort: []string{"seen_at"}, Limit: limit,
	})
	ops := make([]documents.Op, len(list))
	for i, x := range list {
		ops[i] = documents.DeleteIfOp(byID(shop, x.ID, bson.E{Key: "rev", Value: x.Rev}))
	}
	if err != nil || len(ops) == 0 {
		return 0, err
	}
	totals, err := s.bulkTotals(ctx, colStreams, ops)
	return totals.Deleted, err
}

// mostRestricted bounds a list of domains.
const mostRestricted = 1000

// RestrictedDomains lists the streams of domains that are held or slowed down, up to 1,000: of
// all shops (commerce.Installation), or of one shop's sender.
func (s *Store) RestrictedDomains(ctx context.Context, shop string) ([]campaigns.Stream, error) {
	states := bson.A{string(campaigns.StreamRefusing), string(campaigns.StreamUnreachable), string(campaigns.StreamThrottled)}
	return find[campaigns.Stream](ctx, s, colStreams, documents.Query{
		Filter: of(shop, bson.E{Key: "domain", Value: bson.D{{Key: "$exists", Value: true}}},
			bson.E{Key: "state", Value: bson.D{{Key: "$in", Value: states}}}),
		Limit: mostRestricted,
	})
}

// WaitingByDomain counts the messages of a shop that wait for domains, by the streams of these.
func (s *Store) WaitingByDomain(ctx context.Context, shop string) (map[string]int64, error) {
	any := bson.E{Key: "awaits", Value: bson.D{{Key: "$gt", Value: ""}}}
	groups, err := s.docs.Tally(ctx, colMessages, of(shop, any, whileOpen()), []string{"awaits"}, nil)
	counts := map[string]int64{}
	for _, g := range groups {
		if id, ok := g.Keys[0].(string); ok {
			counts[id] = g.Count
		}
	}
	return counts, err
}

// ShopsWaiting lists the shops with messages that wait for domains.
func (s *Store) ShopsWaiting(ctx context.Context) ([]string, error) {
	return s.docs.ShopsWith(ctx, colMessages, awaiting)
}
