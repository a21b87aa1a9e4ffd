package jobs

import (
	"context"
	"log/slog"
	"maps"
	"reflect"
	"time"

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

// place names a stream of the worker's relay: that of all shops (commerce.Installation), or of
// one shop's sender; with a domain, that to its recipients.
type place struct{ shop, domain string }

// live reads the relay's stream, and gives a sign of life from time to time.
func (s *Sending) live(ctx context.Context) (campaigns.Stream, error) {
	whole := place{shop: commerce.Installation}
	stream, err := s.read(ctx, whole)
	s.mu.Lock()
	begun := !s.begun
	s.mu.Unlock()
	now := s.wall()
	if err != nil || !begun && stream.Setup == s.relay.Setup && now.Sub(stream.SeenAt) < livesFor && !stream.Rests(now) {
		return stream, err
	}
	stream, err = s.change(ctx, whole, func(x campaigns.Stream) campaigns.Stream {
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
func (s *Sending) read(ctx context.Context, of place) (campaigns.Stream, error) {
	now := s.wall()
	s.mu.Lock()
	k, known := s.known[of]
	s.mu.Unlock()
	if age := now.Sub(k.at); known && age >= 0 && age < streamFor {
		return k.stream, nil
	}
	stream, err := s.fetch(ctx, of)
	if err == nil {
		s.remember(of, stream)
	}
	return stream, err
}

// id is that of a stream.
func (s *Sending) id(of place) string { return s.store.StreamID(of.shop, s.relay.Key, of.domain) }

func (s *Sending) fetch(ctx context.Context, of place) (campaigns.Stream, error) {
	id := s.id(of)
	stream, err := s.store.Stream(ctx, of.shop, id)
	if stream.ID == "" {
		stream = campaigns.Stream{ID: id, Shop: of.shop, Relay: s.relay.Key, Name: s.relay.Name, Domain: of.domain}
	}
	return stream, err
}

// mostKnown bounds the streams of domains in memory. Those that were not read lately go first.
const mostKnown = 4096

func (s *Sending) remember(of place, stream campaigns.Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.known) > mostKnown {
		maps.DeleteFunc(s.known, func(of place, k knownStream) bool { return of.domain != "" && s.wall().Sub(k.at) >= streamFor })
	}
	k := s.known[of]
	k.stream, k.at = stream, s.wall()
	s.known[of] = k
}

// change changes a stream by compare-and-set, and logs a change of its state. Of all
// workers only the one that made the change logs it.
func (s *Sending) change(ctx context.Context, of place, with func(campaigns.Stream) campaigns.Stream) (campaigns.Stream, error) {
	for {
		before, err := s.fetch(ctx, of)
		if err != nil {
			return before, err
		}
		after := with(before)
		if reflect.DeepEqual(before, after) {
			s.remember(of, after)
			return after, nil
		}
		saved, err := s.store.SaveStream(ctx, before.Rev, after)
		if err != nil {
			return after, err
		}
		if saved {
			after.Rev = before.Rev + 1
			s.remember(of, after)
			s.tell(before, after)
			return after, nil
		}
	}
}

// justFull reports whether the relay takes no connection of ours since a moment ago. Workers that
// begin together meet it full before the first mail of another one is stored as accepted.
func (s *Sending) justFull() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.wall()
	if age := now.Sub(s.full); age < 0 || age > shared {
		s.full = now
	}
	return now.Sub(s.full) < time.Second
}

// judge waits for the refusal that is being noted, and keeps others waiting until done is called.
func (s *Sending) judge() (done func()) {
	s.judging <- struct{}{}
	return func() { <-s.judging }
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
	if after.Domain != "" {
		args, level = append(args, "domain", after.Domain), min(level, slog.LevelWarn)
	}
	if after.Shop != commerce.Installation {
		args = append(args, "shop", after.Shop)
	}
	s.log.Log(context.Background(), level, text, args...)
}
