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
	rates Rates
	wall  func() time.Time
	log   *slog.Logger

	// judging has the one answer that is being noted. No mail goes meanwhile: it may be the answer
	// that holds the others.
	judging chan struct{}

	mu    sync.Mutex
	known map[place]knownStream
	rules rules
	begun bool      // the relay's stream was read since this worker began
	full  time.Time // since when the relay takes no connection of ours
	any   map[string]anyDomain
	after map[string]string // by shop: the last domain that was asked whether it opens
	// allowances are this worker's parts of the limits of domains that have no stream.
	allowances map[string]campaigns.Limit
}

type streams interface {
	StreamID(shop, relay, domain string) string
	Stream(ctx context.Context, shop, id string) (campaigns.Stream, error)
	SaveStream(ctx context.Context, before int64, s campaigns.Stream) (saved bool, err error)
	permits
	domainStreams
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
func NewSending(store streams, relay campaigns.Relay, rates Rates, wall func() time.Time, log *slog.Logger) *Sending {
	return &Sending{
		store: store, relay: relay, rates: rates, wall: wall, log: log,
		judging: make(chan struct{}, 1), known: map[place]knownStream{},
		rules: rules{known: map[string]rule{}}, any: map[string]anyDomain{}, after: map[string]string{},
		allowances: map[string]campaigns.Limit{},
	}
}

// admission is what a worker may do now for one shop.
type admission struct {
	shop   string
	holder string
	limit  int          // messages
	probes []place      // the streams whose probe this is
	avoid  []string     // messages that a probe leaves alone
	paced  bool         // limit was taken as tokens of the relay
	taken  []taking     // tokens of the relay and of the shop
	tried  atomic.Int64 // messages that met the relay
	waits  atomic.Int64 // messages that were planned again
	judged judged
	of     domainGrants
}

// taking are tokens that were taken of a stream.
type taking struct {
	of    place
	mails int
}

// admit reports how many of a shop's messages may be handed over now; due reports whether
// there is one. Its caller ends the admission.
func (s *Sending) admit(ctx context.Context, shop string, most int, due func() (bool, error)) (*admission, error) {
	a := &admission{shop: shop, holder: rand.Text(), of: newDomainGrants()}
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
	sender, err := s.read(ctx, place{shop: shop})
	if err != nil {
		return a, err
	}
	if relay.Held() || sender.Held() || relay.Pace.Rate > 0 || s.rates.Shop > 0 {
		if any, err := due(); err != nil || !any {
			return a, err
		}
	}
	a.limit = most
	for own, stream := range map[string]campaigns.Stream{shop: sender, commerce.Installation: relay} {
		if !stream.Held() || a.limit == 0 {
			continue
		}
		if err := s.probe(ctx, place{shop: own}, shop, a); err != nil {
			return a, err
		}
	}
	if s.rates.Shop > 0 {
		if err := s.take(ctx, a, place{shop: shop}, s.rates.Shop); err != nil {
			return a, err
		}
	}
	if a.limit > 0 && relay.Pace.Rate > 0 {
		a.paced = true
		return a, s.take(ctx, a, place{shop: commerce.Installation}, 0)
	}
	return a, nil
}

// probe takes the probe of a held stream for a mail of the shop. Without it, the admission has no message.
func (s *Sending) probe(ctx context.Context, of place, shop string, a *admission) error {
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

// take takes tokens of a throttled relay, or of a shop whose rate is limited.
func (s *Sending) take(ctx context.Context, a *admission, of place, rate float64) error {
	want := a.limit
	if want == 0 {
		return nil
	}
	_, err := s.change(ctx, of, func(x campaigns.Stream) campaigns.Stream {
		x, a.limit = x.Take(want, rate, s.wall())
		return x
	})
	if err == nil {
		a.taken = append(a.taken, taking{of, a.limit})
	}
	if a.limit == 0 {
		s.giveUp(ctx, a)
	}
	return err
}

// end gives back what the admission did not use.
func (s *Sending) end(ctx context.Context, a *admission) {
	ctx = context.WithoutCancel(ctx)
	s.giveUp(ctx, a)
	s.count(ctx, a)
	left := a.of.left()
	for _, t := range a.taken {
		left = append(left, taking{t.of, t.mails - int(a.tried.Load())})
	}
	for _, t := range left {
		if t.mails <= 0 {
			continue
		}
		if _, err := s.change(ctx, t.of, func(x campaigns.Stream) campaigns.Stream { return x.Return(t.mails) }); err != nil {
			s.log.Warn("sending", "error", err)
		}
	}
}

// giveUp gives probes back that met no relay.
func (s *Sending) giveUp(ctx context.Context, a *admission) {
	for _, of := range append(a.of.probed(), a.probes...) {
		if _, err := s.change(ctx, of, func(x campaigns.Stream) campaigns.Stream { return x.Unprobed(a.holder) }); err != nil {
			s.log.Warn("sending", "shop", of.shop, "error", err)
		}
	}
	a.probes = nil
}

// renew renews the leases of the admission's probes.
func (s *Sending) renew(ctx context.Context, a *admission) {
	for _, of := range append(a.of.probed(), a.probes...) {
		until := s.wall().Add(probeFor)
		if _, err := s.change(ctx, of, func(x campaigns.Stream) campaigns.Stream { return x.Prolonged(a.holder, until) }); err != nil {
			s.log.Warn("sending", "shop", of.shop, "error", err)
		}
	}
}

// open reports whether a claimed message may still be tried. A stream that was held or
// slowed down since its claim stops it, except for a probe. It waits for a refusal that is just
// being noted.
func (s *Sending) open(shop string, a *admission) bool {
	s.judge()()
	s.mu.Lock()
	defer s.mu.Unlock()
	relay := s.known[place{shop: commerce.Installation}].stream
	slowed := relay.Pace.Rate > 0 && !a.paced
	return len(a.probes) > 0 || !s.known[place{shop: shop}].stream.Held() && !relay.Held() && !slowed
}

// answered notes what a conversation with the relay says about the relay. It returns the
// outcome for the message, which is about the message if other mails get through.
func (s *Sending) answered(
	ctx context.Context, m *campaigns.Message, domain string, o campaigns.MailOutcome, a *admission,
) (campaigns.MailOutcome, error) {
	a.judged.add(o)
	switch {
	case o.State == campaigns.MailDropped || o.State == campaigns.MailHeld && o.Fault.State == "":
		return o, nil // it did not meet the relay
	case o.Fault.State == "":
		a.met(domain)
		return o, s.took(ctx, m, domain, o, a)
	}
	if !o.Fault.Doubt && !o.Fault.Full {
		defer s.judge()()
	}
	if o.Fault.Full && len(a.probes) == 0 {
		relay, err := s.fetch(ctx, place{shop: commerce.Installation})
		if err != nil || s.wall().Sub(relay.AcceptedAt) < shared || s.justFull() {
			return o, err // other workers use all connections that the relay takes
		}
	}
	a.met(domain)
	err := s.scope(ctx, m, domain, &o.Fault, a)
	if err != nil {
		return o, err
	}
	refused := s.refused
	if o.Fault.Domain {
		refused = s.refusedTo
	}
	accepted, err := refused(ctx, m, domain, o, a)
	if err != nil {
		return o, err
	}
	return m.Judge(o, accepted, s.wall()), nil
}

// met notes that a message met the relay.
func (a *admission) met(domain string) {
	a.tried.Add(1)
	a.of.met(domain)
}

// isProbe reports whether the message is the probe of a stream.
func (a *admission) isProbe(of place, message string) bool {
	return of.domain == "" && slices.Contains(a.probes, of) || a.of.isProbe(of, message)
}

// took notes that the relay has judged a mail on its merits. It writes at most once a
// second, but at once what others wait for.
func (s *Sending) took(ctx context.Context, m *campaigns.Message, domain string, o campaigns.MailOutcome, a *admission) error {
	for _, of := range placesOf(m.Shop, domain) {
		probe := a.isProbe(of, m.ID)
		mails, due := s.counting(of, o.State == campaigns.MailSent, probe)
		if !due {
			continue
		}
		if _, err := s.change(ctx, of, func(x campaigns.Stream) campaigns.Stream {
			if x = x.Accepted(mails, probe, s.wall()); of == (place{shop: commerce.Installation}) && o.State == campaigns.MailSent {
				x = x.Took(s.id(place{of.shop, domain}), s.wall())
			}
			return x
		}); err != nil {
			return err
		}
	}
	return nil
}

// placesOf are the streams by which a mail of a shop goes to a domain.
func placesOf(shop, domain string) []place {
	if domain == "" {
		return []place{{shop: commerce.Installation}, {shop: shop}}
	}
	return []place{{shop: commerce.Installation}, {shop: shop}, {commerce.Installation, domain}, {shop, domain}}
}

// counting counts an accepted mail. due means that the stream must be written now, with so
// many mails. A stream that was never refused is not written, except that of the relay.
func (s *Sending) counting(of place, sent, probe bool) (mails int, due bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.known[of]
	if !known || k.stream.State == "" || !sent && !probe || of.domain != "" && k.stream.Calm() {
		return 0, false
	}
	if sent {
		k.accepted++
	}
	now := s.wall()
	if due = probe || k.stream.Doubts > 0 || now.Sub(k.stream.AcceptedAt) >= time.Second; due {
		mails, k.accepted, k.stream.AcceptedAt = k.accepted, 0, now
	}
	s.known[of] = k
	return mails, due
}

// counted are the mails accepted since the stream was last written.
func (s *Sending) counted(of place) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	k, known := s.known[of]
	if !known {
		return 0
	}
	mails := k.accepted
	k.accepted = 0
	s.known[of] = k
	return mails
}

// mark notes a fault of a message in a stream; the zero Fault means that the relay talks to us.
func (s *Sending) mark(
	ctx context.Context, of place, m *campaigns.Message, f campaigns.Fault, reason string, a *admission,
) (campaigns.Stream, error) {
	probe, mails := a.isProbe(of, m.ID), s.counted(of)
	return s.change(ctx, of, func(x campaigns.Stream) campaigns.Stream {
		if mails > 0 {
			x = x.Accepted(mails, false, s.wall())
		}
		if f.State == "" {
			return x.Accepted(0, probe, s.wall())
		}
		return x.Refuse(f, reason, m.Shop, m.ID, probe, s.wall())
	})
}

// refused notes a fault: of the sender in the shop's stream, else of the relay. A fault
// that may be about a mail counts in both, and holds the shop's sender only where the relay
// takes mails of others. It returns when the last mail of the shop's sender was accepted.
func (s *Sending) refused(
	ctx context.Context, m *campaigns.Message, domain string, o campaigns.MailOutcome, a *admission,
) (accepted time.Time, err error) {
	whole, own, sender := o.Fault, o.Fault, place{shop: m.Shop}
	switch {
	case o.Fault.Sender:
		whole = campaigns.Fault{} // the relay talks to us
	case o.Fault.Otherwise == "" && !o.Fault.Doubt:
		own = campaigns.Fault{}
	default:
		own.Doubt = true
	}
	relay, relayHeld := place{shop: commerce.Installation}, false
	if !o.Fault.Sender || a.isProbe(relay, m.ID) {
		x, err := s.mark(ctx, relay, m, whole, o.Reason, a)
		if err != nil {
			return time.Time{}, err
		}
		relayHeld = x.Held() || x.State == campaigns.StreamThrottled
	}
	var x campaigns.Stream
	switch {
	case own.State == "" && !a.isProbe(sender, m.ID):
		x, err = s.read(ctx, sender)
	case relayHeld:
		x, err = s.change(ctx, sender, func(x campaigns.Stream) campaigns.Stream { return x.Doubted(m.ID).Unprobed(a.holder) })
	default:
		x, err = s.mark(ctx, sender, m, own, o.Reason, a)
	}
	return x.AcceptedAt, err
}
