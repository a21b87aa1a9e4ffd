package jobs

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// Sending decides how many messages a worker may hand over now. It keeps the streams of
// the worker's relay, which all workers share. While the relay refuses mails, one worker
// at a time tries one mail, after growing pauses. A throttled relay gets as many mails as
// it takes. A worker without a relay hands nothing over.
type Sending struct {
	store streams
	relay campaigns.Relay
	wall  func() time.Time
	log   *slog.Logger

	mu    sync.Mutex
	known map[string]knownStream // by shop
	rules rules
	begun bool // the relay's stream was read since this worker began
}

type streams interface {
	StreamID(shop, relay string) string
	Streams(ctx context.Context, shop string) ([]campaigns.Stream, error)
	SaveStream(ctx context.Context, before int64, s campaigns.Stream) (saved bool, err error)
	permits
}

// knownStream is a stream as read a moment ago, and what was accepted since it was last
// written.
type knownStream struct {
	stream   campaigns.Stream
	at       time.Time
	accepted int
}

const (
	// streamFor is how long a stream that was read is used.
	streamFor = time.Second
	// livesFor is how long a worker's sign of life lasts. It is shorter than the store
	// believes it.
	livesFor = 30 * time.Second
	// shared is how long a relay without room for a connection counts as busy with ours.
	shared = 5 * time.Second
	// probeFor is the lease of a probe. It is renewed with the message's.
	probeFor = time.Minute
)

// NewSending makes it for a worker's relay; the zero Relay is none.
func NewSending(store streams, relay campaigns.Relay, wall func() time.Time, log *slog.Logger) *Sending {
	return &Sending{
		store: store, relay: relay, wall: wall, log: log, known: map[string]knownStream{}, rules: rules{known: map[string]rule{}},
	}
}

// admission is what a worker may do now for one shop.
type admission struct {
	shop   string
	holder string
	limit  int          // messages
	probes []string     // the shops of the streams whose probe this is
	avoid  []string     // messages that a probe leaves alone
	paced  bool         // limit was taken as tokens
	tried  atomic.Int64 // messages that met the relay
	waits  atomic.Int64 // messages that were planned again
	judged judged
}

// admit reports how many of a shop's messages may be handed over now; due reports whether
// there is one. Its caller ends the admission.
func (s *Sending) admit(ctx context.Context, shop string, most int, due func() (bool, error)) (*admission, error) {
	a := &admission{shop: shop, holder: rand.Text()}
	if s.relay.Key == "" {
		return a, nil
	}
	if now, err := s.rule(ctx, shop, rule.open); err != nil || now.stopped {
		return a, err
	}
	relay, err := s.live(ctx)
	if err != nil {
		return a, err
	}
	sender, err := s.read(ctx, shop)
	if err != nil {
		return a, err
	}
	if relay.Held() || sender.Held() || relay.Pace.Rate > 0 {
		if any, err := due(); err != nil || !any {
			return a, err
		}
	}
	a.limit = most
	for own, stream := range map[string]campaigns.Stream{shop: sender, commerce.Installation: relay} {
		if !stream.Held() || a.limit == 0 {
			continue
		}
		if err := s.probe(ctx, own, shop, a); err != nil {
			return a, err
		}
	}
	if a.limit > 0 && relay.Pace.Rate > 0 {
		return a, s.take(ctx, a)
	}
	return a, nil
}

// probe takes the probe of a held stream for a mail of the shop. Without it, the admission has no message.
func (s *Sending) probe(ctx context.Context, of, shop string, a *admission) error {
	now, ours := s.wall(), false
	stream, err := s.change(ctx, of, func(x campaigns.Stream) campaigns.Stream {
		if ours = !x.Held(); ours {
			return x
		}
		x, ours = x.Probing(a.holder, shop, now, now.Add(probeFor))
		return x
	})
	switch {
	case err != nil:
		return err
	case !ours:
		a.limit = 0
		s.giveUp(ctx, a)
	case stream.Held():
		a.limit, a.probes, a.avoid = 1, append(a.probes, of), append(a.avoid, stream.Refused...)
	}
	return nil
}

// take takes tokens of a throttled relay.
func (s *Sending) take(ctx context.Context, a *admission) error {
	want := a.limit
	_, err := s.change(ctx, commerce.Installation, func(x campaigns.Stream) campaigns.Stream {
		x.Pace, a.limit = x.Pace.Take(want, s.wall())
		return x
	})
	if a.paced = true; a.limit == 0 {
		s.giveUp(ctx, a)
	}
	return err
}

// end gives back what the admission did not use.
func (s *Sending) end(ctx context.Context, a *admission) {
	ctx = context.WithoutCancel(ctx)
	s.giveUp(ctx, a)
	s.count(ctx, a)
	left := a.limit - int(a.tried.Load())
	if !a.paced || left <= 0 {
		return
	}
	if _, err := s.change(ctx, commerce.Installation, func(x campaigns.Stream) campaigns.Stream {
		x.Pace = x.Pace.Return(left)
		return x
	}); err != nil {
		s.log.Warn("sending", "error", err)
	}
}

// giveUp gives probes back that met no relay.
func (s *Sending) giveUp(ctx context.Context, a *admission) {
	for _, shop := range a.probes {
		if _, err := s.change(ctx, shop, func(x campaigns.Stream) campaigns.Stream { return x.Unprobed(a.holder) }); err != nil {
			s.log.Warn("sending", "shop", shop, "error", err)
		}
	}
	a.probes = nil
}

// renew renews the leases of the admission's probes.
func (s *Sending) renew(ctx context.Context, a *admission) {
	for _, shop := range a.probes {
		until := s.wall().Add(probeFor)
		if _, err := s.change(ctx, shop, func(x campaigns.Stream) campaigns.Stream { return x.Prolonged(a.holder, until) }); err != nil {
			s.log.Warn("sending", "shop", shop, "error", err)
		}
	}
}

// open reports whether a claimed message may still be tried. A stream that was held or
// slowed down since its claim stops it, except for a probe.
func (s *Sending) open(shop string, a *admission) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	relay := s.known[commerce.Installation].stream
	slowed := relay.Pace.Rate > 0 && !a.paced
	return len(a.probes) > 0 || !s.known[shop].stream.Held() && !relay.Held() && !slowed
}

// answered notes what a conversation with the relay says about the relay. It returns the
// outcome for the message, which is about the message if other mails get through.
func (s *Sending) answered(
	ctx context.Context, m *campaigns.Message, o campaigns.MailOutcome, a *admission,
) (campaigns.MailOutcome, error) {
	a.judged.add(o)
	switch {
	case o.State == campaigns.MailDropped || o.State == campaigns.MailHeld && o.Fault.State == "":
		return o, nil // it did not meet the relay
	case o.Fault.State == "":
		a.tried.Add(1)
		return o, s.took(ctx, m.Shop, o, a)
	}
	if o.Fault.Full && len(a.probes) == 0 {
		relay, err := s.fetch(ctx, commerce.Installation)
		if err != nil || s.wall().Sub(relay.AcceptedAt) < shared {
			return o, err // other workers use all connections that the relay takes
		}
	}
	a.tried.Add(1)
	sender, err := s.refused(ctx, m, o, a)
	if err != nil {
		return o, err
	}
	return m.Judge(o, sender.AcceptedAt, s.wall()), nil
}

// took notes that the relay has judged a mail on its merits. It writes at most once a
// second, but at once what others wait for.
func (s *Sending) took(ctx context.Context, shop string, o campaigns.MailOutcome, a *admission) error {
	for _, own := range []string{commerce.Installation, shop} {
		probe := slices.Contains(a.probes, own)
		mails, due := s.counting(own, o.State == campaigns.MailSent, probe)
		if !due {
			continue
		}
		if _, err := s.change(ctx, own, func(x campaigns.Stream) campaigns.Stream { return x.Accepted(mails, probe, s.wall()) }); err != nil {
			return err
		}
	}
	return nil
}

// counting counts an accepted mail. due means that the stream must be written now, with so
// many mails. The stream of a shop's sender that was never refused is not written.
func (s *Sending) counting(shop string, sent, probe bool) (mails int, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.known[shop]
	if k.stream.State == "" || !sent && !probe {
		return 0, false
	}
	if sent {
		k.accepted++
	}
	now := s.wall()
	if due = probe || k.stream.Doubts > 0 || now.Sub(k.stream.AcceptedAt) >= time.Second; due {
		mails, k.accepted, k.stream.AcceptedAt = k.accepted, 0, now
	}
	s.known[shop] = k
	return mails, due
}

// counted are the mails accepted since the stream was last written.
func (s *Sending) counted(shop string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.known[shop]
	mails := k.accepted
	k.accepted = 0
	s.known[shop] = k
	return mails
}

// refused notes a fault: of the sender in the shop's stream, else of the relay. A fault
// that may be about a mail counts in both, and holds the shop's sender only where the relay
// takes mails of others. It returns the stream of the shop's sender.
func (s *Sending) refused(ctx context.Context, m *campaigns.Message, o campaigns.MailOutcome, a *admission) (campaigns.Stream, error) {
	relayHeld := false
	mark := func(shop string, f campaigns.Fault) (campaigns.Stream, error) {
		probe, mails := slices.Contains(a.probes, shop), s.counted(shop)
		return s.change(ctx, shop, func(x campaigns.Stream) campaigns.Stream {
			if mails > 0 {
				x = x.Accepted(mails, false, s.wall())
			}
			if f.State == "" {
				return x.Accepted(0, probe, s.wall())
			}
			return x.Refuse(f, o.Reason, m.Shop, m.ID, probe, s.wall())
		})
	}
	whole, own := o.Fault, o.Fault
	switch {
	case o.Fault.Sender:
		whole = campaigns.Fault{} // the relay talks to us
	case o.Fault.Otherwise == "" && !o.Fault.Doubt:
		own = campaigns.Fault{}
	default:
		own.Doubt = true
	}
	if !o.Fault.Sender || slices.Contains(a.probes, commerce.Installation) {
		relay, err := mark(commerce.Installation, whole)
		if err != nil {
			return relay, err
		}
		relayHeld = relay.Held() || relay.State == campaigns.StreamThrottled
	}
	if own.State == "" && !slices.Contains(a.probes, m.Shop) {
		return s.read(ctx, m.Shop)
	}
	if relayHeld {
		return s.change(ctx, m.Shop, func(x campaigns.Stream) campaigns.Stream { return x.Doubted(m.ID).Unprobed(a.holder) })
	}
	return mark(m.Shop, own)
}
