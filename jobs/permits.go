package jobs

import (
	"context"
	"slices"
	"sync"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

type permits interface {
	Permit(ctx context.Context, shop string) (campaigns.Permit, error)
	ChangePermit(ctx context.Context, shop string, with func(campaigns.Permit) campaigns.Permit) (before, after campaigns.Permit, err error)
	Paused(ctx context.Context, shop string) ([]string, error)
}

// ruleFor is how long what people decided is believed. A mail that waits longer for its
// connection is checked again: after a stop no mail goes out that is not on its way.
const ruleFor = time.Second

// rule is what people and the breaker decided about a shop's mails.
type rule struct {
	stopped bool     // no mail goes out
	breaker bool     // no marketing mail does
	paused  []string // campaigns
	at      time.Time
}

// rules are the rules of the shops, as read a moment ago. One caller at a time reads one.
type rules struct {
	mu    sync.Mutex
	known map[string]rule
}

// rule is a shop's rule, as of a moment ago if good accepts that one. A rule that stops mails
// is read again: they may go as soon as people say so.
func (s *Sending) rule(ctx context.Context, shop string, good func(rule) bool) (rule, error) {
	s.rules.mu.Lock()
	defer s.rules.mu.Unlock()
	now := s.wall()
	known, read := s.rules.known[shop]
	if age := now.Sub(known.at); read && age >= 0 && age < ruleFor && good(known) {
		return known, nil
	}
	whole, err := s.store.Permit(ctx, commerce.Installation)
	if err != nil {
		return rule{}, err
	}
	own, err := s.store.Permit(ctx, shop)
	if err != nil {
		return rule{}, err
	}
	r := rule{stopped: whole.Stopped || own.Stopped, breaker: own.Breaker.Open, at: now}
	if r.paused, err = s.store.Paused(ctx, shop); err == nil {
		s.rules.known[shop] = r
	}
	return r, err
}

// allows reports whether people let the message go, as of a moment ago.
func (s *Sending) allows(ctx context.Context, m campaigns.Message) (bool, error) {
	allowed := func(r rule) bool {
		return !r.stopped && !(r.breaker && m.Class == campaigns.Marketing) && !slices.Contains(r.paused, m.Campaign)
	}
	r, err := s.rule(ctx, m.Shop, allowed)
	return allowed(r), err
}

// open reports whether a rule holds no mails but those of paused campaigns.
func (r rule) open() bool { return !r.stopped && !r.breaker }

// held are the campaigns whose messages may not go: the paused ones, and those of class
// marketing while the breaker is open.
func (s *Sending) held(ctx context.Context, p *ShopCampaigns) ([]string, error) {
	r, err := s.rule(ctx, p.Shop.ID, rule.open)
	if err != nil || !r.breaker {
		return p.Held, err
	}
	held := slices.Clone(p.Held)
	for slug, versions := range p.versions {
		for _, c := range versions {
			if c.Class == campaigns.Marketing {
				held = append(held, slug)
				break
			}
		}
	}
	return held, nil
}

// judged are the mails of an admission that the relay has judged, in the order of its answers.
type judged struct {
	mu      sync.Mutex
	mails   int
	bounced []int
}

func (j *judged) add(o campaigns.MailOutcome) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if o.Suppress {
		j.bounced = append(j.bounced, j.mails)
	}
	if o.Suppress || o.State == campaigns.MailSent {
		j.mails++
	}
}

// count adds the judged mails of an admission to the shop's breaker, in one write.
func (s *Sending) count(ctx context.Context, a *admission) {
	a.judged.mu.Lock()
	defer a.judged.mu.Unlock()
	if a.judged.mails == 0 {
		return
	}
	before, after, err := s.store.ChangePermit(ctx, a.shop, func(p campaigns.Permit) campaigns.Permit {
		return p.With(p.Breaker.Counted(a.judged.mails, a.judged.bounced, s.wall()))
	})
	switch {
	case err != nil:
		s.log.Warn("count bounces", "shop", a.shop, "error", err)
	case after.Breaker.Open && !before.Breaker.Open:
		s.log.Error("marketing mails are held: too many mails bounced", "shop", a.shop, "reason", after.Breaker.Reason,
			"remedy", "clean the list of addresses, then POST /v1/sending/breaker/reset")
	}
}

// stops reports whether people have stopped the shop's mails, and which campaigns are held.
func (s *Sending) stops(ctx context.Context, p *ShopCampaigns) (stopped bool, held []string, err error) {
	if held, err = s.held(ctx, p); err != nil {
		return false, nil, err
	}
	r, err := s.rule(ctx, p.Shop.ID, func(r rule) bool { return !r.stopped })
	return r.stopped, held, err
}

// takesNotices reports whether notifications of colleagues may be mailed now: no person has stopped the mails,
// and the relay takes them.
func (s *Sending) takesNotices(ctx context.Context, shop string) (bool, error) {
	if s.relay.Key == "" {
		return false, nil
	}
	now, err := s.rule(ctx, shop, func(r rule) bool { return !r.stopped })
	if err != nil || now.stopped {
		return false, err
	}
	relay, err := s.live(ctx)
	return err == nil && !relay.Held(), err
}
