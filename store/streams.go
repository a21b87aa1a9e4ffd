package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// relayless is how long messages wait before the next look while no worker has a relay, or a person has stopped them.
const relayless = 30 * time.Second

// StreamID is the id of a relay's stream: of all shops (commerce.Installation), or of one
// shop's sender; with a domain, that to its recipients.
func (s *Store) StreamID(shop, relay, domain string) string {
	if domain == "" {
		return commerce.Key(shop, "stream", relay)
	}
	return commerce.Key(shop, "domain", relay, s.keys.domain(domain))
}

// Stream reads a stream; the zero Stream if there is none.
func (s *Store) Stream(ctx context.Context, shop, id string) (campaigns.Stream, error) {
	stream, _, err := get[campaigns.Stream](ctx, s, colStreams, shop, id)
	return stream, err
}

// Streams lists the streams of the relays (commerce.Installation), or those of one shop's
// sender, without those of domains.
func (s *Store) Streams(ctx context.Context, shop string) ([]campaigns.Stream, error) {
	return find[campaigns.Stream](ctx, s, colStreams, documents.Query{Filter: of(shop, keyedBelow(shop, "stream")), Sort: []string{"_id"}})
}

// keyedBelow selects the ids whose parts after the shop begin so.
func keyedBelow(shop string, parts ...string) bson.E {
	key := commerce.Key(append([]string{shop}, parts...)...)
	return bson.E{Key: "_id", Value: bson.D{{Key: "$gt", Value: key + ":"}, {Key: "$lt", Value: key + ";"}}} // ; follows : in ASCII
}

// SaveStream stores a stream if it still has the rev before; saved is false if another
// process has changed it. Rev 0 means that there was none.
func (s *Store) SaveStream(ctx context.Context, before int64, stream campaigns.Stream) (saved bool, err error) {
	stream.Rev = before + 1
	filter := byID(stream.Shop, stream.ID, bson.E{Key: "rev", Value: before})
	return s.swap(ctx, colStreams, filter, before == 0, stream, nil)
}

// sendingOpensAt is when the shop's next mail may go out, on the clock of due times. The
// relays of living workers decide: the first that is open, and its stream for the shop's
// sender.
func (s *Store) sendingOpensAt(ctx context.Context, shop string) (time.Time, error) {
	wall, now := s.wall(), s.now()
	if stopped, err := s.stopped(ctx, shop); err != nil || stopped {
		return now.Add(relayless), err
	}
	relays, err := s.Streams(ctx, commerce.Installation)
	if err != nil {
		return now, err
	}
	senders, err := s.Streams(ctx, shop)
	if err != nil {
		return now, err
	}
	deciding, ok := campaigns.InForce(shop, relays, senders, wall)
	if !ok {
		return now.Add(relayless), nil
	}
	return now.Add(max(0, campaigns.OpensAt(shop, deciding, senders, wall).Sub(wall))), nil
}

// DueMessages counts the shop's due messages, up to limit, and finds the oldest due time.
// Those that wait for the domain of their recipient are due too, those of paused campaigns are not.
func (s *Store) DueMessages(ctx context.Context, shop string, limit int) (due int, oldest time.Time, err error) {
	paused, err := s.Paused(ctx, shop)
	if err != nil {
		return 0, oldest, err
	}
	filter, err := s.dueMessages(ctx, shop, paused)
	if err != nil {
		return 0, oldest, err
	}
	type row struct {
		DueAt time.Time `bson:"due_at"`
	}
	list, err := find[row](ctx, s, colMessages, documents.Query{
		Filter: filter, Fields: []string{"due_at"}, Sort: []string{"due_at"}, Limit: limit,
	})
	if err != nil {
		return 0, oldest, err
	}
	if len(list) > 0 {
		oldest = list[0].DueAt
	}
	waiting, first, err := s.awaiting(ctx, shop, paused, limit-len(list))
	if waiting > 0 && (oldest.IsZero() || first.Before(oldest)) {
		oldest = first
	}
	return len(list) + waiting, oldest, err
}

// retrySender lets the streams of the shop's sender be tried at once, because its address
// has changed.
func (s *Store) retrySender(ctx context.Context, shop string) error {
	senders, err := s.Streams(ctx, shop)
	if err != nil || len(senders) == 0 {
		return err
	}
	for _, stream := range senders {
		before := stream.Rev
		stream.NextAt, stream.Pauses = s.wall(), 0
		if _, err := s.SaveStream(ctx, before, stream); err != nil {
			return err
		}
	}
	return s.MarkDue(ctx, shop, s.now())
}

// endProbes ends the probes of all workers: see EndLeases.
func (s *Store) endProbes(ctx context.Context, shop string) error {
	streams, err := s.Streams(ctx, shop)
	for _, stream := range streams {
		before := stream.Rev
		stream.Probe, stream.ProbeTo = "", time.Time{}
		if _, err := s.SaveStream(ctx, before, stream); err != nil {
			return err
		}
	}
	return err
}
