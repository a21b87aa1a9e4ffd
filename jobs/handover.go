package jobs

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/failpoint"
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
	pace      *pace
	ledger    *ledger
	meter     Meter
	suppress  suppressor
	now, wall func() time.Time
	log       *slog.Logger
}

// Channel delivers one mail. It calls before as the last step before the server
// may take the mail, and hands nothing over unless before returns proceed. It calls after once
// with the outcome, before another mail gets the connection.
type Channel interface {
	Deliver(
		ctx context.Context, m campaigns.Mail, before func(context.Context) (proceed bool, err error), after func(campaigns.MailOutcome),
	)
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
	// WriteMessages writes that begun are being handed over, and the outcomes of ended.
	WriteMessages(ctx context.Context, begun, ended []campaigns.Message) (ours []bool, err error)
}

type suppressor interface {
	Address(address commerce.Address) commerce.AddressHash
	Suppress(ctx context.Context, shop string, x commerce.Suppression) error
	TakePlaces(ctx context.Context, shop string, list []campaigns.PlaceWanted) (taken []bool, err error)
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
		channels: p.Channels, sending: p.Sending, pace: newPace(),
		ledger: &ledger{store: p.Store, log: p.Log}, meter: p.Meter, now: p.Now, wall: p.Wall, log: p.Log,
	}
}

// Shared lets two workers hand over messages of one shop: while one waits for the relay, the
// other one asks the engine about the next messages.
func (h *HandOver) Shared() int { return 2 }

// Work hands over one batch. It renews the leases of the open messages meanwhile,
// so a slow server never costs a message its claim.
func (h *HandOver) Work(ctx context.Context, shop string) (done int, err error) {
	p, err := h.cache.Of(ctx, shop)
	if err != nil {
		return 0, err
	}
	held, err := h.sending.held(ctx, p)
	if err != nil {
		return 0, err
	}
	due := func() (bool, error) { return h.store.MessageDue(ctx, shop, held) }
	a, err := h.sending.admit(ctx, shop, h.pace.limit(), due)
	if err != nil || a.limit == 0 {
		return h.recover(ctx, shop, 0, err)
	}
	defer h.sending.end(ctx, a)
	failpoint.Hit(failpoint.BeforeClaim)
	batch, err := h.claim(ctx, shop, held, a)
	if err == nil && (len(batch) < a.limit || h.pace.recovers(shop, h.wall())) {
		done, err = h.recover(ctx, shop, 0, nil)
	}
	if err != nil || len(batch) == 0 {
		return done, err
	}
	failpoint.Hit(failpoint.AfterClaim)
	began := h.wall()
	b := &handing{
		HandOver: h, shop: p.holding(held), admission: a, open: newOpenMessages(batch), account: h.ledger.account(ctx),
	}
	// The leases are renewed at shutdown too: what a server has is still written.
	err = underLease(context.WithoutCancel(ctx), b.renew, func(ctx context.Context) error { return b.work(ctx, batch) })
	h.pace.took(len(batch), h.wall().Sub(began))
	return done + len(batch) - int(a.waits.Load()), err
}

// recover frees the messages whose worker died, and adds them to done.
func (h *HandOver) recover(ctx context.Context, shop string, done int, err error) (int, error) {
	if err != nil {
		return done, err
	}
	recovered, err := h.store.RecoverMessages(ctx, shop, batchSize)
	return done + recovered, err
}

// claim claims the messages of an admission: first those that waited for a domain which opens. A
// probe takes a message that was not refused before, if there is one, and one that waited for a
// domain only if there is no other.
func (h *HandOver) claim(ctx context.Context, shop string, held []string, a *admission) (batch []campaigns.Message, err error) {
	claims := h.pace.claims(shop)
	claims.Lock()
	defer claims.Unlock()
	if len(a.probes) == 0 {
		if batch, err = h.sending.claim(ctx, shop, held, a); err != nil || len(batch) >= a.limit {
			return batch, err
		}
		due, err := h.store.ClaimMessages(ctx, shop, held, nil, a.limit-len(batch))
		return append(batch, due...), err
	}
	for _, avoid := range [][]string{a.avoid, nil} {
		if err == nil && len(batch) == 0 {
			batch, err = h.store.ClaimMessages(ctx, shop, held, avoid, a.limit)
		}
	}
	if err == nil && len(batch) == 0 {
		return h.sending.claim(ctx, shop, held, a)
	}
	return batch, err
}

func (h *HandOver) recipient(m campaigns.Message, f campaigns.Facts) commerce.AddressHash {
	return h.suppress.Address(campaigns.Address(m.Class, m.Channel, f.Customer, f.Order, f.Checkout))
}

// handing is one batch on its way.
type handing struct {
	*HandOver
	shop      *ShopCampaigns
	admission *admission
	open      *openMessages
	account   *account

	mu    sync.Mutex
	going []*delivery // that may go
	// untried store the outcomes of messages that were not tried.
	untried []func() error
}

// renew renews the leases of the batch.
func (b *handing) renew(ctx context.Context) (ours bool) {
	b.sending.renew(ctx, b.admission)
	if err := b.store.RenewMessages(ctx, b.shop.Shop.ID, b.open.list()); err != nil {
		b.log.Warn("renew leases", "shop", b.shop.Shop.ID, "error", err)
	}
	return true
}

// work checks the messages of a batch together, and hands over those that may go, some at
// once. It returns when everything that became of them is stored.
func (b *handing) work(ctx context.Context, batch []campaigns.Message) error {
	if !b.sending.open(b.shop.Shop.ID, b.admission) {
		b.release(batch...)
		return b.account.flush()
	}
	checked, err := b.check(ctx, batch)
	sent := b.handOver(ctx, checked)
	return errors.Join(err, sent, b.account.flush())
}

// release gives claimed messages back as they were: they were not tried.
func (b *handing) release(list ...campaigns.Message) {
	for _, m := range list {
		b.admission.waits.Add(1)
		m.State = campaigns.Planned
		b.account.end(m)
	}
}

// check asks the engine about the messages, and composes those that may go. Messages whose
// facts cannot be read are left out: they are tried again when their lease is over.
func (b *handing) check(ctx context.Context, batch []campaigns.Message) (checked []*delivery, err error) {
	err = apart(ctx, batch, func(ctx context.Context, list []campaigns.Message) error {
		some, err := b.judge(ctx, list)
		if err == nil {
			some, err = b.sort(ctx, some)
		}
		if err == nil {
			err = b.composer.composeAll(ctx, some)
		}
		if err == nil {
			checked = append(checked, some...)
		}
		return err
	})
	return checked, err
}

// sort leaves out the messages that may go and whose domain takes no mail now: they wait.
func (b *handing) sort(ctx context.Context, list []*delivery) ([]*delivery, error) {
	going, _ := commerce.Divide(list, func(d *delivery) bool { return d.verdict.Outcome == campaigns.Go })
	for _, d := range going {
		if d.m.Channel != campaigns.Email {
			continue
		}
		d.domain = campaigns.DomainOf(campaigns.Recipient(d.m.Class, d.m.Channel, d.facts.Customer, d.facts.Order, d.facts.Checkout).Email)
	}
	waiting, err := b.sending.sort(ctx, b.shop.Shop.ID, going, b.admission)
	if err != nil {
		return nil, err
	}
	for _, d := range waiting {
		b.wait(d)
	}
	return slices.DeleteFunc(list, func(d *delivery) bool { return slices.Contains(waiting, d) }), nil
}

// wait lets a message wait for the domain of its recipient.
func (b *handing) wait(d *delivery) {
	m := d.claimed.Waiting(d.awaits, b.now())
	b.meter.Result(m.Channel, string(campaigns.MailHeld))
	b.open.done(m)
	b.account.end(m)
}

// handOver hands over the messages that may go, and stores why the others may not.
func (b *handing) handOver(ctx context.Context, list []*delivery) error {
	going, others := commerce.Divide(list, func(d *delivery) bool { return d.verdict.Outcome == campaigns.Go })
	err := b.drop(ctx, others)
	for _, d := range going {
		d.m.Recipient = b.recipient(d.m, d.facts)
	}
	b.going = going
	err = errors.Join(err, eachOf(ctx, handOvers, going, func(ctx context.Context, d *delivery) error {
		defer b.finish(d)
		return b.deliver(ctx, d)
	}))
	for _, store := range b.untried {
		err = errors.Join(err, store())
	}
	for _, d := range going {
		b.open.done(d.m)
	}
	return err
}

// finish ends the work on a message of the batch.
func (b *handing) finish(d *delivery) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d.begun = true; !d.late {
		b.open.done(d.m)
	}
}

// drop stores the verdicts on the messages that do not go.
func (b *handing) drop(ctx context.Context, list []*delivery) error {
	list, err := b.end(ctx, list)
	for _, d := range list {
		b.meter.Result(d.m.Channel, string(d.m.State))
		b.account.end(d.m)
	}
	return err
}

// end ends the enrolments as the verdicts state, unless other workers ended them. It returns
// the deliveries whose verdict may be stored.
func (b *handing) end(ctx context.Context, list []*delivery) (done []*delivery, err error) {
	ending, done := commerce.Divide(list, func(d *delivery) bool { return d.verdict.Ends != "" && d.enrolment.State == campaigns.Enrolled })
	for len(ending) > 0 {
		ended := make([]campaigns.Enrolment, len(ending))
		for i, d := range ending {
			ended[i] = campaigns.End(unclaimed(d.enrolment), d.verdict, d.at)
		}
		if _, err := b.state.SaveEnrolments(ctx, b.shop.Shop.ID, ended); err != nil {
			return done, err
		}
		known, err := b.state.EnrolmentsByID(ctx, b.shop.Shop.ID, idsOf(ended, func(e campaigns.Enrolment) []string { return []string{e.ID} }))
		if err != nil {
			return done, err
		}
		for _, d := range ending {
			d.enrolment = known[d.enrolment.ID]
		}
		open, over := commerce.Divide(ending, func(d *delivery) bool { return d.enrolment.State == campaigns.Enrolled })
		ending, done = open, append(done, over...)
	}
	return done, nil
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
