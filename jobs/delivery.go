package jobs

import (
	"cmp"
	"context"
	"errors"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/failpoint"
)

// handOvers is how many messages of a batch are handed over at once. The channel's
// connections limit it further.
const handOvers = 128

// factsFor is how long the facts of a verdict are believed. When a message's turn comes
// later, the engine decides again: the order may have been paid meanwhile.
const factsFor = time.Second

// delivery is one message on its way to the relay.
type delivery struct {
	m         campaigns.Message
	claimed   campaigns.Message // as it was claimed
	enrolment campaigns.Enrolment
	facts     campaigns.Facts
	verdict   campaigns.Verdict
	at        time.Time // of the verdict
	readAt    time.Time // before the facts were read, on the wall clock
	mail      campaigns.Mail
	domain    string           // of the recipient
	paced     bool             // it has a token of its domain
	probe     bool             // it is the probe of its domain
	awaits    campaigns.Stream // where it has neither: what it waits for
	late      bool             // its outcome is stored at the end of the batch
	failed    error            // it cannot be composed
	begun     bool             // the verdict is final; until then refresh changes it, and only under the lock of the batch
}

// judge asks the engine about messages, with facts as they are now. A message of class
// service that may go takes one of the places of its address first. Where other messages
// took the last place, the engine decides again.
func (b *handing) judge(ctx context.Context, list []campaigns.Message) ([]*delivery, error) {
	known, err := b.state.EnrolmentsByID(ctx, b.shop.Shop.ID, idsOf(list, func(m campaigns.Message) []string { return []string{m.Enrolment} }))
	if err != nil {
		return nil, err
	}
	all := make([]*delivery, len(list))
	for i, m := range list {
		all[i] = &delivery{m: m, claimed: m, enrolment: known[m.Enrolment]}
	}
	for open := all; len(open) > 0; {
		if err := b.ask(ctx, open); err != nil {
			return nil, err
		}
		if open, err = b.takePlaces(ctx, open); err != nil {
			return nil, err
		}
	}
	for _, d := range all {
		d.m.Apply(d.verdict, d.at)
	}
	return all, nil
}

func (b *handing) ask(ctx context.Context, list []*delivery) error {
	questions, readAt := make([]question, len(list)), b.wall()
	for i, d := range list {
		c, err := b.shop.Version(d.m.Campaign, d.m.Version)
		if err != nil {
			return err
		}
		about := aboutEnrolment(d.enrolment)
		about.Message = d.m.ID
		questions[i] = question{c, campaigns.HandOverNeeds(c), about}
	}
	facts, err := b.facts.gather(ctx, b.shop, questions)
	if err != nil {
		return err
	}
	failpoint.Hit(failpoint.AfterFacts)
	for i, d := range list {
		d.facts, d.at, d.readAt = facts[i], b.now(), readAt
		d.verdict = campaigns.HandOver(questions[i].campaign, d.m, d.enrolment, d.facts, d.at)
		d.m.Take(d.verdict)
	}
	return nil
}

// takePlaces takes the places of the service messages that may go, and returns those that
// found none.
func (b *handing) takePlaces(ctx context.Context, list []*delivery) (without []*delivery, err error) {
	var wanting []*delivery
	var wants []campaigns.PlaceWanted
	for _, d := range list {
		if d.verdict.Outcome == campaigns.Go && d.m.Class == campaigns.Service {
			wanting = append(wanting, d)
			wants = append(wants, campaigns.PlaceWanted{Address: b.recipient(d.m, d.facts), Message: d.m.ID})
		}
	}
	taken, err := b.suppress.TakePlaces(ctx, b.shop.Shop.ID, wants)
	for i, d := range wanting {
		if err == nil && !taken[i] {
			without = append(without, d)
		}
	}
	return without, err
}

// deliver sends the message. One that cannot be composed fails with the reason, and nothing
// is handed over.
func (b *handing) deliver(ctx context.Context, d *delivery) (err error) {
	channel := b.channels[d.m.Channel]
	switch {
	case errors.Is(d.failed, errNoSender):
		return b.hold(ctx, d.m)
	case d.failed != nil:
		b.log.Error("message cannot be composed", "shop", d.m.Shop, "message", d.m.ID, "error", d.failed)
		b.fail(d.m, d.failed.Error())
		return nil
	case channel == nil:
		b.fail(d.m, "channel "+d.m.Channel+" is not set up")
		return nil
	case !b.sending.open(d.m.Shop, b.admission):
		b.release(d.m)
		return nil
	}
	if x, is := b.sending.closed(d); is {
		d.awaits = x
		b.wait(d)
		return nil
	}
	tries := d.m.Attempts
	channel.Deliver(ctx, d.mail, func(ctx context.Context) (bool, error) { return b.begin(ctx, d) }, func(outcome campaigns.MailOutcome) {
		switch {
		case outcome.State != campaigns.MailDropped:
			err = b.answered(context.WithoutCancel(ctx), d, tries, outcome) // written even at shutdown
		case d.verdict.Outcome != campaigns.Go:
			err = b.drop(ctx, []*delivery{d})
		} // else another worker has it
	})
	return err
}

func (b *handing) fail(m campaigns.Message, why string) {
	b.meter.Result(m.Channel, string(campaigns.Failed))
	m.State, m.Reason, m.DueAt, m.EndedAt = campaigns.Failed, why, time.Time{}, b.now()
	b.account.end(m)
}

// answered stores what became of a message. Of one that was not tried, because others were
// refused, it stores that at the end of the batch: what the others were refused for is known then.
func (b *handing) answered(ctx context.Context, d *delivery, tries int, outcome campaigns.MailOutcome) error {
	if untried := outcome.State == campaigns.MailHeld && outcome.Fault.State == "" && d.m.Attempts == tries; untried && !d.late {
		b.mu.Lock()
		defer b.mu.Unlock()
		d.late = true
		b.untried = append(b.untried, func() error { return b.answered(ctx, d, tries, outcome) })
		return nil
	}
	m := d.m
	outcome, err := b.sending.answered(ctx, &m, d.domain, outcome, b.admission)
	if outcome.State == campaigns.MailHeld {
		m.Attempts = tries
	}
	due := m.DueAt
	m = applyOutcome(m, outcome, b.now())
	if outcome.State == campaigns.MailHeld {
		if x, is := b.sending.awaits(d); is {
			m = m.Waiting(x, b.now())
		} else {
			b.admission.waits.Add(1)
		}
		b.meter.Result(m.Channel, string(outcome.State))
	} else {
		b.meter.Result(m.Channel, string(m.State))
	}
	if m.State == campaigns.Sent {
		b.meter.Sent(m.Channel, m.SentAt.Sub(due))
	}
	failpoint.Hit(failpoint.BeforeResult)
	b.account.end(m) // the outcome is stored even where the rest is not
	if outcome.Suppress {
		bounced := commerce.Suppression{
			Address: m.Recipient, Scope: commerce.SuppressAll, Reason: commerce.Bounced, Message: m.ID, CreatedAt: b.now(),
		}
		err = errors.Join(err, b.suppress.Suppress(ctx, m.Shop, bounced))
	}
	return err
}

// begin notes that the mail itself follows. It does not, where another worker has the
// message, the relay has refused other mails since, a person has stopped them, or the engine
// says no by now.
func (b *handing) begin(ctx context.Context, d *delivery) (ours bool, err error) {
	if !b.sending.open(d.m.Shop, b.admission) {
		return false, errHeldMeanwhile
	}
	if _, is := b.sending.closed(d); is {
		return false, errHeldMeanwhile
	}
	if allowed, err := b.sending.allows(ctx, d.m); err != nil || !allowed {
		return false, cmp.Or(err, errStoppedMeanwhile)
	}
	if err := b.fresh(ctx, d); err != nil || d.verdict.Outcome != campaigns.Go {
		return false, err
	}
	failpoint.Hit(failpoint.BeforeHandingOver)
	if ours, err = b.account.begin(d.m); err == nil && ours {
		failpoint.Hit(failpoint.AfterHandingOver)
		d.m.Attempts++
	}
	return ours, err
}

// fresh makes sure that the verdict on d is fresh, and final. If it is not fresh, the message has
// waited for a connection: the engine is asked again, about all messages of the batch that wait.
func (b *handing) fresh(ctx context.Context, d *delivery) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.wall().Sub(d.readAt) > factsFor {
		if err := b.refresh(ctx); err != nil {
			return err
		}
	}
	d.begun = true
	if d.verdict.Outcome != campaigns.Go {
		d.m = d.claimed
		d.m.Apply(d.verdict, d.at)
	}
	return nil
}

func (b *handing) refresh(ctx context.Context) error {
	waiting, _ := commerce.Divide(b.going, func(d *delivery) bool { return !d.begun })
	list := make([]campaigns.Message, len(waiting))
	for i, d := range waiting {
		list[i] = d.claimed
	}
	again, err := b.judge(ctx, list)
	if err != nil {
		return err
	}
	for i, d := range waiting {
		if v := &again[i].verdict; v.Outcome == campaigns.Go && again[i].m.Channel != d.m.Channel {
			*v = v.Elsewhere(again[i].at)
		}
		d.enrolment, d.facts, d.verdict, d.at, d.readAt = again[i].enrolment, again[i].facts, again[i].verdict, again[i].at, again[i].readAt
	}
	return nil
}

// errHeldMeanwhile: other mails were refused while this one waited for a connection. It is
// not handed over: the relay could take it and give no answer.
var errHeldMeanwhile = commerce.Errorf(commerce.Unavailable, "the relay has refused other mails meanwhile")

// errStoppedMeanwhile: a person has stopped the mail while it waited for a connection.
var errStoppedMeanwhile = commerce.Errorf(commerce.Unavailable, "mails of the shop, or of the campaign, were stopped meanwhile")

// hold holds the shop's stream because its sender cannot be used.
func (b *handing) hold(ctx context.Context, m campaigns.Message) error {
	outcome, err := b.sending.answered(ctx, &m, "", campaigns.MailOutcome{
		State: campaigns.MailHeld, Reason: errNoSender.Error(), Fault: campaigns.Fault{State: campaigns.StreamRefusing, Sender: true},
	}, b.admission)
	b.account.end(applyOutcome(m, outcome, b.now()))
	return err
}
