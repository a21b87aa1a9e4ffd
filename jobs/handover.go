package jobs

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// HandOver hands due messages to their channel. It checks a message, renders it
// and marks it handing_over, in this order. The mark is the last step before the
// mail server may have the message. A message is therefore sent at most once, and
// its state is uncertain where that cannot be known.
type HandOver struct {
	store     outbound
	state     enrolments
	cache     *CampaignCache
	facts     *Facts
	composer  *Composer
	channels  map[string]Channel
	sending   *Sending
	meter     Meter
	suppress  suppressor
	now, wall func() time.Time
	log       *slog.Logger
}

// Channel delivers one mail. It calls before as the last step before the server
// may take the mail, and hands nothing over unless before returns proceed.
type Channel interface {
	Deliver(ctx context.Context, m campaigns.Mail, before func(context.Context) (proceed bool, err error)) campaigns.MailOutcome
}

// Meter counts what becomes of messages. result is a state of a message, or held.
type Meter interface {
	Result(channel, result string)
	Sent(channel string, late time.Duration)
}

type outbound interface {
	RecoverMessages(ctx context.Context, shop string, limit int) (recovered int, err error)
	MessageDue(ctx context.Context, shop string, paused []string) (bool, error)
	ClaimMessages(ctx context.Context, shop string, paused, avoid []string, limit int) ([]campaigns.Message, error)
	RenewMessages(ctx context.Context, shop string, list []campaigns.Message) error
	HandingOver(ctx context.Context, m campaigns.Message) (ours bool, err error)
	SaveMessages(ctx context.Context, shop string, list []campaigns.Message) error
}

type suppressor interface {
	Address(address commerce.Address) commerce.AddressHash
	Suppress(ctx context.Context, shop string, x commerce.Suppression) error
	TakePlace(ctx context.Context, shop string, address commerce.AddressHash, message string) (taken bool, err error)
}

// HandOverParts are the parts of the stage. The keys of Channels are the channels
// of campaign steps. Now is the clock of due times, Wall the clock of leases.
type HandOverParts struct {
	Store    outbound
	State    enrolments
	Suppress suppressor
	Cache    *CampaignCache
	Facts    *Facts
	Composer *Composer
	Channels map[string]Channel
	Sending  *Sending
	Meter    Meter
	Now      func() time.Time
	Wall     func() time.Time
	Log      *slog.Logger
}

// NewHandOver makes the stage.
func NewHandOver(p HandOverParts) *HandOver {
	return &HandOver{
		store: p.Store, state: p.State, suppress: p.Suppress, cache: p.Cache, facts: p.Facts, composer: p.Composer,
		channels: p.Channels, sending: p.Sending, meter: p.Meter, now: p.Now, wall: p.Wall, log: p.Log,
	}
}

// Work hands over one batch. It renews the leases of the open messages meanwhile,
// so a slow server never costs a message its claim.
func (h *HandOver) Work(ctx context.Context, shop string) (done int, err error) {
	recovered, err := h.store.RecoverMessages(ctx, shop, 256)
	if err != nil {
		return 0, err
	}
	p, err := h.cache.Of(ctx, shop)
	if err != nil {
		return recovered, err
	}
	due := func() (bool, error) { return h.store.MessageDue(ctx, shop, p.Held) }
	a, err := h.sending.admit(ctx, shop, 4*parallel, due)
	if err != nil || a.limit == 0 {
		return recovered, err
	}
	defer h.sending.end(ctx, a)
	batch, err := h.claim(ctx, p, a)
	if err != nil || len(batch) == 0 {
		return recovered, err
	}
	open := newOpenMessages(batch)
	renew := func(ctx context.Context) (ours bool) {
		h.sending.renew(ctx, a)
		if err := h.store.RenewMessages(ctx, shop, open.list()); err != nil {
			h.log.Warn("renew leases", "shop", shop, "error", err)
		}
		return true
	}
	// The leases are renewed at shutdown too: what a server has is still written.
	err = underLease(context.WithoutCancel(ctx), renew, func(context.Context) error {
		return each(ctx, batch, func(ctx context.Context, m campaigns.Message) error {
			defer open.done(m)
			return h.handOver(ctx, p, m, a)
		})
	})
	return recovered + len(batch) - int(a.waits.Load()), err
}

// claim claims the messages of an admission. A probe takes a message that was not refused
// before, if there is one.
func (h *HandOver) claim(ctx context.Context, p *ShopCampaigns, a *admission) ([]campaigns.Message, error) {
	batch, err := h.store.ClaimMessages(ctx, p.Shop.ID, p.Held, a.avoid, a.limit)
	if err == nil && len(batch) == 0 && len(a.avoid) > 0 {
		return h.store.ClaimMessages(ctx, p.Shop.ID, p.Held, nil, a.limit)
	}
	return batch, err
}

func (h *HandOver) handOver(ctx context.Context, p *ShopCampaigns, m campaigns.Message, a *admission) error {
	if !h.sending.open(m.Shop, a) {
		return h.release(ctx, m, a)
	}
	c, err := p.Version(m.Campaign, m.Version)
	if err != nil {
		return err
	}
	e, err := h.state.Enrolment(ctx, m.Shop, m.Enrolment)
	if err != nil {
		return err
	}
	verdict, facts, now, err := h.verdict(ctx, p, c, m, e)
	if err != nil {
		return err
	}
	m.Apply(verdict, now)
	if verdict.Outcome != campaigns.Go {
		if verdict.Ends != "" {
			if err := h.end(ctx, e, verdict, now); err != nil {
				return err
			}
		}
		h.meter.Result(m.Channel, string(m.State))
		return h.save(ctx, m)
	}
	return h.deliver(ctx, m, facts, a)
}

// release gives a claimed message back as it was: it was not tried.
func (h *HandOver) release(ctx context.Context, m campaigns.Message, a *admission) error {
	a.waits.Add(1)
	m.State = campaigns.Planned
	return h.save(context.WithoutCancel(ctx), m)
}

// verdict calls the engine. A message of class service that may go takes one of the
// places of its address first. Where other messages took the last place, the
// engine decides again.
func (h *HandOver) verdict(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, m campaigns.Message, e campaigns.Enrolment,
) (campaigns.Verdict, campaigns.Facts, time.Time, error) {
	about := aboutEnrolment(e)
	about.Message, about.Channel = m.ID, m.Channel
	for {
		facts, err := h.facts.gather(ctx, p, c, campaigns.HandOverNeeds(c), about)
		if err != nil {
			return campaigns.Verdict{}, facts, time.Time{}, err
		}
		now := h.now()
		v := campaigns.HandOver(c, m, e, facts, now)
		if v.Outcome != campaigns.Go || m.Class != campaigns.Service {
			return v, facts, now, nil
		}
		taken, err := h.suppress.TakePlace(ctx, m.Shop, h.recipient(m, facts), m.ID)
		if err != nil || taken {
			return v, facts, now, err
		}
	}
}

func (h *HandOver) recipient(m campaigns.Message, f campaigns.Facts) commerce.AddressHash {
	return h.suppress.Address(campaigns.Address(m.Class, m.Channel, f.Customer, f.Order, f.Checkout))
}

// end ends the enrolment as the verdict states, unless another worker ended it.
func (h *HandOver) end(ctx context.Context, e campaigns.Enrolment, v campaigns.Verdict, now time.Time) error {
	for e.State == campaigns.Enrolled {
		ended := campaigns.End(unclaimed(e), v, now)
		saved, err := h.state.SaveEnrolment(ctx, e.Shop, ended)
		if err != nil || saved {
			return err
		}
		if e, err = h.state.Enrolment(ctx, e.Shop, e.ID); err != nil {
			return err
		}
	}
	return nil
}

// deliver renders the message and sends it. A message that cannot be rendered fails
// with the reason, and nothing is handed over. Where the database does not answer,
// the message is tried again when its lease is over.
func (h *HandOver) deliver(ctx context.Context, m campaigns.Message, facts campaigns.Facts, a *admission) error {
	if m.Rendered.IsZero() {
		m.Rendered = h.now()
	}
	mail, m, err := h.composer.compose(ctx, m, facts)
	channel := h.channels[m.Channel]
	switch {
	case errors.Is(err, errNoSender):
		return h.hold(ctx, m, a)
	case commerce.CodeOf(err) == commerce.Unavailable || err != nil && ctx.Err() != nil:
		return err
	case err != nil:
		h.meter.Result(m.Channel, string(campaigns.Failed))
		m.State, m.Reason, m.DueAt, m.EndedAt = campaigns.Failed, err.Error(), time.Time{}, h.now()
		h.log.Error("message cannot be composed", "shop", m.Shop, "message", m.ID, "error", err)
		return h.save(ctx, m)
	case channel == nil:
		m.State, m.Reason, m.DueAt, m.EndedAt = campaigns.Failed, "channel "+m.Channel+" is not set up", time.Time{}, h.now()
		return h.save(ctx, m)
	case !h.sending.open(m.Shop, a):
		return h.release(ctx, m, a)
	}
	m.Recipient = h.recipient(m, facts)
	tries := m.Attempts
	outcome := channel.Deliver(ctx, mail, func(ctx context.Context) (bool, error) { return h.begin(ctx, &m, a) })
	if outcome.State == campaigns.MailDropped {
		return nil // another worker has it
	}
	ctx = context.WithoutCancel(ctx) // the outcome is written even at shutdown
	outcome, err = h.sending.answered(ctx, &m, outcome, a)
	if outcome.State == campaigns.MailHeld {
		m.Attempts = tries
	}
	due := m.DueAt
	m = applyOutcome(m, outcome, h.now())
	if outcome.State == campaigns.MailHeld {
		a.waits.Add(1)
		h.meter.Result(m.Channel, string(outcome.State))
	} else {
		h.meter.Result(m.Channel, string(m.State))
	}
	if m.State == campaigns.Sent {
		h.meter.Sent(m.Channel, m.SentAt.Sub(due))
	}
	if outcome.Suppress {
		bounced := commerce.Suppression{
			Address: m.Recipient, Scope: commerce.SuppressAll, Reason: commerce.Bounced, Message: m.ID, CreatedAt: h.now(),
		}
		err = errors.Join(err, h.suppress.Suppress(ctx, m.Shop, bounced))
	}
	return errors.Join(err, h.save(ctx, m)) // the outcome is stored even where the rest is not
}

// begin notes that the mail itself follows. It does not, where another worker has the
// message, or the relay has refused other mails since.
func (h *HandOver) begin(ctx context.Context, m *campaigns.Message, a *admission) (ours bool, err error) {
	if !h.sending.open(m.Shop, a) {
		return false, errHeldMeanwhile
	}
	if ours, err = h.store.HandingOver(ctx, *m); err == nil && ours {
		m.Attempts++
	}
	return ours, err
}

// errHeldMeanwhile: other mails were refused while this one waited for a connection. It is
// not handed over: the relay could take it and give no answer.
var errHeldMeanwhile = commerce.Errorf(commerce.Unavailable, "the relay has refused other mails meanwhile")

// hold holds the shop's stream because its sender cannot be used.
func (h *HandOver) hold(ctx context.Context, m campaigns.Message, a *admission) error {
	outcome, err := h.sending.answered(ctx, &m, campaigns.MailOutcome{
		State: campaigns.MailHeld, Reason: errNoSender.Error(), Fault: campaigns.Fault{State: campaigns.StreamRefusing, Sender: true},
	}, a)
	return errors.Join(err, h.save(ctx, applyOutcome(m, outcome, h.now())))
}

func (h *HandOver) save(ctx context.Context, m campaigns.Message) error {
	return h.store.SaveMessages(ctx, m.Shop, []campaigns.Message{m})
}

// openMessages are the messages of a batch that are not finished.
type openMessages struct {
	mu   sync.Mutex
	open map[string]campaigns.Message
}

func newOpenMessages(batch []campaigns.Message) *openMessages {
	u := &openMessages{open: map[string]campaigns.Message{}}
	for _, m := range batch {
		u.open[m.ID] = m
	}
	return u
}

func (u *openMessages) done(m campaigns.Message) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.open, m.ID)
}

func (u *openMessages) list() []campaigns.Message {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := make([]campaigns.Message, 0, len(u.open))
	for _, m := range u.open {
		list = append(list, m)
	}
	return list
}
