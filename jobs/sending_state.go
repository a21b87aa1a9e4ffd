package jobs

import (
	"context"
	"log/slog"
	"reflect"

	"comeback/campaigns"
	"comeback/commerce"
)

// Run gives a sign of life from time to time until ctx ends, so that the relay is known to
// be used while no message is due.
func (s *Sending) Run(ctx context.Context) error {
	beat := func(ctx context.Context) {
		if err := s.Beat(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("sending", "error", err)
		}
	}
	beat(ctx)
	every(ctx, livesFor, beat)
	return nil
}

// Beat gives a sign of life, if it is time. It ends a throttling that is over.
func (s *Sending) Beat(ctx context.Context) error {
	if s.relay.Key == "" {
		return nil
	}
	_, err := s.live(ctx)
	return err
}

// live reads the relay's stream, and gives a sign of life from time to time.
func (s *Sending) live(ctx context.Context) (campaigns.Stream, error) {
	stream, err := s.read(ctx, commerce.Installation)
	s.mu.Lock()
	begun := !s.begun
	s.mu.Unlock()
	now := s.wall()
	if err != nil || !begun && stream.Setup == s.relay.Setup && now.Sub(stream.SeenAt) < livesFor && !stream.Rests(now) {
		return stream, err
	}
	stream, err = s.change(ctx, commerce.Installation, func(x campaigns.Stream) campaigns.Stream {
		return x.Lived(s.relay.Setup, begun, now)
	})
	if err == nil {
		s.mu.Lock()
		s.begun = true
		s.mu.Unlock()
	}
	return stream, err
}

// read is the stream as of at most a second ago.
func (s *Sending) read(ctx context.Context, shop string) (campaigns.Stream, error) {
	now := s.wall()
	s.mu.Lock()
	k, known := s.known[shop]
	s.mu.Unlock()
	if age := now.Sub(k.at); known && age >= 0 && age < streamFor {
		return k.stream, nil
	}
	stream, err := s.fetch(ctx, shop)
	if err == nil {
		s.remember(stream)
	}
	return stream, err
}

func (s *Sending) fetch(ctx context.Context, shop string) (campaigns.Stream, error) {
	id := s.store.StreamID(shop, s.relay.Key)
	list, err := s.store.Streams(ctx, shop)
	for _, stream := range list {
		if stream.ID == id {
			return stream, err
		}
	}
	return campaigns.Stream{ID: id, Shop: shop, Relay: s.relay.Key, Name: s.relay.Name}, err
}

func (s *Sending) remember(stream campaigns.Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.known[stream.Shop]
	k.stream, k.at = stream, s.wall()
	s.known[stream.Shop] = k
}

// change changes a stream by compare-and-set, and logs a change of its state. Of all
// workers only the one that made the change logs it.
func (s *Sending) change(ctx context.Context, shop string, with func(campaigns.Stream) campaigns.Stream) (campaigns.Stream, error) {
	for {
		before, err := s.fetch(ctx, shop)
		if err != nil {
			return before, err
		}
		after := with(before)
		if reflect.DeepEqual(before, after) {
			s.remember(after)
			return after, nil
		}
		saved, err := s.store.SaveStream(ctx, before.Rev, after)
		if err != nil {
			return after, err
		}
		if saved {
			after.Rev = before.Rev + 1
			s.remember(after)
			s.tell(before, after)
			return after, nil
		}
	}
}

func (s *Sending) tell(before, after campaigns.Stream) {
	if before.State == after.State || before.State == "" && after.State == campaigns.StreamUp {
		return
	}
	level, text := slog.LevelError, "mail is held: no message is lost, a probe goes out from time to time"
	switch after.State {
	case campaigns.StreamUp:
		level, text = slog.LevelInfo, "mail goes out again"
	case campaigns.StreamThrottled:
		level, text = slog.LevelWarn, "mail goes out slowly: the relay takes no more"
	}
	args := []any{
		"relay", after.Name, "state", string(after.State), "before", string(before.State), "reason", after.Reason, "since", after.Since,
	}
	if after.Shop != commerce.Installation {
		args = append(args, "shop", after.Shop)
	}
	s.log.Log(context.Background(), level, text, args...)
}
