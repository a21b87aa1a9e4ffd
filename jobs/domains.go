package jobs

import (
	"context"
	"slices"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// A domain of recipients may refuse mails, or take fewer than there are, while the relay takes
// those to others. Then messages to this domain wait: claims leave them alone. When the domain
// opens, the next of them is a probe, or as many are released as the domain has tokens.

type domainStreams interface {
	AnyDomain(ctx context.Context, shop, relay string) (bool, error)
	StreamsByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Stream, error)
	Awaited(ctx context.Context, shop string, paused []string, after string, limit int) (ids []string, err error)
	ClaimWaiting(ctx context.Context, shop, stream string, paused, avoid []string, limit int) ([]campaigns.Message, error)
}

// anyDomain is whether there is a stream of a domain, as read a moment ago.
type anyDomain struct {
	is bool
	at time.Time
}

// mostAwaited is how many domains are asked at once whether they open.
const mostAwaited = 64

// anyDomain reports whether the relay has refused mails to a domain. Usually it has not, and then
// no domain is asked for.
func (s *Sending) anyDomain(ctx context.Context, shop string) (bool, error) {
	now := s.wall()
	s.mu.Lock()
	known, read := s.any[shop]
	s.mu.Unlock()
	if age := now.Sub(known.at); read && age >= 0 && age < streamFor {
		return known.is, nil
	}
	is, err := s.store.AnyDomain(ctx, shop, s.relay.Key)
	if err == nil {
		s.mu.Lock()
		s.any[shop] = anyDomain{is, now}
		s.mu.Unlock()
	}
	return is, err
}

// noteDomain notes that there is a stream of a domain.
func (s *Sending) noteDomain(shop string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.any[shop] = anyDomain{true, s.wall()}
}

// streamsTo reads the streams to domains.
func (s *Sending) streamsTo(ctx context.Context, shop string, domains []string) (map[place]campaigns.Stream, error) {
	known := map[place]campaigns.Stream{}
	for _, own := range []string{commerce.Installation, shop} {
		any, err := s.anyDomain(ctx, own)
		if err != nil {
			return nil, err
		}
		if !any {
			continue
		}
		ids := make([]string, len(domains))
		for i, domain := range domains {
			ids[i] = s.id(place{own, domain})
		}
		found, err := s.store.StreamsByID(ctx, own, ids)
		if err != nil {
			return nil, err
		}
		for _, x := range found {
			known[place{own, x.Domain}] = x
			s.remember(place{own, x.Domain}, x)
		}
	}
	return known, nil
}

// sort returns the deliveries whose domain takes no mail now, each with the stream that it waits
// for. Of the others, those to a domain that is held or slowed down have its probe or a token.
func (s *Sending) sort(ctx context.Context, shop string, list []*delivery, a *admission) (waiting []*delivery, err error) {
	byDomain, domains := map[string][]*delivery{}, []string{}
	for _, d := range list {
		if d.domain == "" {
			continue // it cannot be composed
		}
		if byDomain[d.domain] == nil {
			domains = append(domains, d.domain)
		}
		byDomain[d.domain] = append(byDomain[d.domain], d)
	}
	known, err := s.streamsTo(ctx, shop, domains)
	if err != nil {
		return nil, err
	}
	for domain, some := range byDomain {
		for _, of := range []place{{commerce.Installation, domain}, {shop, domain}} {
			if !known[of].Restricted(s.wall()) && s.allowed(of, known[of], len(some)) {
				continue
			}
			passing, err := s.pass(ctx, of, some, a)
			if err != nil {
				return nil, err
			}
			for _, d := range some {
				if !slices.Contains(passing, d) {
					waiting = append(waiting, d)
				}
			}
			some = passing
		}
	}
	return waiting, nil
}

// pass gives deliveries the probe of a domain, or tokens, and returns those that got it.
func (s *Sending) pass(ctx context.Context, of place, list []*delivery, a *admission) (passing []*delivery, err error) {
	x, probe, tokens, err := s.reserve(ctx, of, len(list), a)
	switch {
	case err != nil:
		return nil, err
	case probe:
		first := max(0, slices.IndexFunc(list, func(d *delivery) bool { return !slices.Contains(x.Refused, d.m.ID) }))
		passing = list[first : first+1]
	default:
		passing = list[:min(tokens, len(list))]
	}
	for _, d := range list {
		d.awaits = x
	}
	a.of.grant(of, passing, probe)
	return passing, nil
}

// reserve takes the probe of a domain, or tokens for some mails, where the admission has not
// enough of them. It returns what no message has yet.
func (s *Sending) reserve(ctx context.Context, of place, mails int, a *admission) (x campaigns.Stream, probe bool, tokens int, err error) {
	now := s.wall()
	if probe, tokens = a.of.has(of); probe || tokens >= mails {
		x, err = s.read(ctx, of)
		return x, probe, tokens, err
	}
	taken := 0
	x, err = s.change(ctx, of, func(x campaigns.Stream) campaigns.Stream {
		if probe, taken = false, 0; x.Held() {
			x, probe = x.Probing(a.holder, a.shop, now, now.Add(probeFor))
			return x
		}
		x, taken = x.Limited(s.rateTo(of), now).Take(mails-tokens, s.rateTo(of), now)
		return x
	})
	if err == nil {
		s.noteDomain(of.shop)
		a.of.add(of, probe, taken)
	}
	return x, probe, tokens + taken, err
}

// closed reports whether mails to the delivery's domain wait since it passed, and for which stream.
func (s *Sending) closed(d *delivery) (x campaigns.Stream, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range placesOf(d.m.Shop, d.domain)[2:] {
		x := s.known[of].stream
		if x.Held() && !d.probe || !x.Held() && x.Restricted(s.wall()) && !d.paced && !d.probe {
			return x, true
		}
	}
	return x, false
}

// awaits is the stream of a domain that a message waits for which was not tried, or was refused.
func (s *Sending) awaits(d *delivery) (x campaigns.Stream, is bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, of := range placesOf(d.m.Shop, d.domain)[2:] {
		if x := s.known[of].stream; x.Restricted(s.wall()) {
			return x, true
		}
	}
	return x, false
}

// scope finds out whether a fault is about the domain of the recipient where the worker's own
// mails do not show it. It is where the domain refuses mails already, or where the relay takes
// mails of other workers to other domains.
func (s *Sending) scope(ctx context.Context, m *campaigns.Message, domain string, f *campaigns.Fault, a *admission) error {
	whole := place{shop: commerce.Installation}
	if f.Domain = f.Domain && domain != ""; f.Domain || !f.Unsure || domain == "" || a.isProbe(whole, m.ID) {
		return nil
	}
	own := place{commerce.Installation, domain}
	if f.Sender {
		own.shop = m.Shop
	}
	s.mu.Lock()
	f.Domain = s.known[own].stream.Restricted(s.wall())
	s.mu.Unlock()
	if f.Domain {
		return nil
	}
	relay, err := s.fetch(ctx, whole)
	f.Domain = relay.TakesOthers(s.id(place{commerce.Installation, domain}), s.wall())
	return err
}

// refusedTo notes a fault of the recipient's domain, or of the shop's sender at this domain. It
// returns when it last accepted a mail; where only this message was refused, when the relay did.
func (s *Sending) refusedTo(
	ctx context.Context, m *campaigns.Message, domain string, o campaigns.MailOutcome, a *admission,
) (accepted time.Time, err error) {
	own := commerce.Installation
	if o.Fault.Sender {
		own = m.Shop
	}
	of := place{own, domain}
	x, err := s.mark(ctx, of, m, o.Fault, o.Reason, a)
	if err != nil {
		return accepted, err
	}
	s.noteDomain(own)
	for _, other := range placesOf(m.Shop, domain) {
		if other == of || !a.isProbe(other, m.ID) {
			continue
		}
		if _, err := s.mark(ctx, other, m, campaigns.Fault{}, "", a); err != nil {
			return accepted, err
		}
	}
	if x.Several() {
		return x.AcceptedAt, nil
	}
	relay, err := s.read(ctx, place{shop: commerce.Installation})
	return relay.AcceptedAt, err
}

// claim claims messages of the shop that wait for domains which open now: one for a probe, else
// as many as there are tokens, and together no more than the admission has.
func (s *Sending) claim(ctx context.Context, shop string, paused []string, a *admission) (batch []campaigns.Message, err error) {
	any := false
	for _, own := range []string{commerce.Installation, shop} {
		is, err := s.anyDomain(ctx, own)
		if err != nil {
			return nil, err
		}
		any = any || is
	}
	if !any {
		return nil, nil
	}
	ids, err := s.awaited(ctx, shop, paused)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	known := map[string]campaigns.Stream{}
	for _, own := range []string{commerce.Installation, shop} {
		some, err := s.store.StreamsByID(ctx, own, ids)
		if err != nil {
			return nil, err
		}
		for id, x := range some {
			known[id] = x
		}
	}
	for left, now := a.limit, s.wall(); left > 0 && len(ids) > 0; ids = ids[1:] {
		x, mails, avoid := known[ids[0]], left, []string(nil)
		if x.OpensAt(shop, now).After(now) {
			continue
		}
		if x.Restricted(now) || x.Limit.Rate > 0 {
			var probe bool
			if x, probe, mails, err = s.reserve(ctx, place{x.Shop, x.Domain}, left, a); err != nil {
				return batch, err
			}
			if probe {
				mails, avoid = 1, x.Refused
			}
		}
		if mails == 0 {
			continue // another worker has it
		}
		some, err := s.store.ClaimWaiting(ctx, shop, ids[0], paused, avoid, mails)
		if err == nil && len(some) == 0 && len(avoid) > 0 {
			some, err = s.store.ClaimWaiting(ctx, shop, ids[0], paused, nil, mails)
		}
		batch, left = append(batch, some...), left-len(some)
		if err != nil {
			return batch, err
		}
	}
	return batch, nil
}

// awaited lists the streams that messages of the shop wait for. Where there are many, each call
// lists the next ones.
func (s *Sending) awaited(ctx context.Context, shop string, paused []string) ([]string, error) {
	s.mu.Lock()
	after := s.after[shop]
	s.mu.Unlock()
	ids, err := s.store.Awaited(ctx, shop, paused, after, mostAwaited)
	if err == nil && len(ids) < mostAwaited && after != "" {
		var first []string
		first, err = s.store.Awaited(ctx, shop, paused, "", mostAwaited-len(ids))
		for _, id := range first {
			if !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
	}
	next := ""
	if len(ids) == mostAwaited {
		next = ids[len(ids)-1]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.after, shop); next != "" {
		s.after[shop] = next
	}
	return ids, err
}
