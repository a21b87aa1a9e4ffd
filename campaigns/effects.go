package campaigns

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"comeback/commerce"
)

// Mark asks to add records to a customer. They are statements of commerce.OwnConnection, one of
// each tag and attribute, so that a profile computed again has them. A record that is stored
// already is no news.
type Mark struct {
	Step     string
	Customer string
	Records  []commerce.CustomerRecord
}

// Enter asks to store Event unless its id exists. It lets the customer enter another campaign.
type Enter struct {
	Step  string
	Event commerce.Event
}

func (Mark) action()  {}
func (Enter) action() {}

// effect does what a step does beside sending. One who is held out is left as they are.
func (d *decider) effect(e Enrolment, s Step, m timing) (Enrolment, []Action) {
	decision := Decision{At: d.now, Step: s.ID, Outcome: string(s.Do), Reasons: []Reason{d.dueReason(m)}}
	var actions []Action
	switch {
	case e.Arm != Treated:
		decision.Outcome = "held out"
		decision.Reasons = append(decision.Reasons, fail(CheckArm, "the customer is in the %s", e.Arm))
	case s.Do == DoEnter:
		actions = []Action{d.enterOther(e, s)}
	default:
		records := d.records(s)
		actions = []Action{Mark{s.ID, e.Customer, records}}
		d.know(records)
	}
	e.log(decision)
	return d.goOn(e, m, s.Next), actions
}

// records are what a step says about the customer.
func (d *decider) records(s Step) (list []commerce.CustomerRecord) {
	one := func(aspect string) *commerce.CustomerRecord {
		list = append(list, commerce.CustomerRecord{Connection: commerce.OwnConnection, Aspect: aspect, Version: d.now})
		return &list[len(list)-1]
	}
	for _, tag := range s.Tag.Add {
		one("tag:" + tag).TagsAdded = []string{tag}
	}
	for _, tag := range s.Tag.Remove {
		one("tag:" + tag).TagsRemoved = []string{tag}
	}
	for _, kv := range s.Set {
		one("custom:" + kv.Key).Attributes.Custom = []commerce.KV{kv}
	}
	return list
}

// know lets the steps behind see what a step says of the customer. The profile that has it is
// computed later.
func (d *decider) know(records []commerce.CustomerRecord) {
	profile := *d.profile
	profile.Attributes = profile.Attributes.With(records)
	d.profile = &profile
}

// What the cause of an entry by a step is about.
const (
	aboutOrder    = "order"
	aboutCheckout = "checkout"
	aboutCustomer = "customer"
)

// enterOther is the event by which a customer enters another campaign. Its cause names that
// campaign, what its subject is, and the step.
func (d *decider) enterOther(e Enrolment, s Step) Enter {
	subject, about := e.Customer, aboutCustomer
	switch {
	case e.Order != "":
		subject, about = e.Order, aboutOrder
	case e.Checkout != "":
		subject, about = e.Checkout, aboutCheckout
	}
	cause := commerce.Key(s.Enter, about, e.ID, strconv.Itoa(e.Entry), s.ID)
	ev := commerce.NewEvent(e.Shop, commerce.CampaignEnter, subject, cause, d.now)
	ev.Customer = e.Customer
	return Enter{s.ID, ev}
}

// entering is the campaign that an event of kind campaign.enter names, and what its subject is.
func entering(ev commerce.Event) (campaign, about string) {
	if ev.Kind != commerce.CampaignEnter {
		return "", ""
	}
	parts, err := commerce.SplitKey(ev.Cause)
	if err != nil || len(parts) < 2 {
		return "", ""
	}
	return parts[0], parts[1]
}

// EnterTarget is the campaign that an event lets its subject enter; "" for any other event.
func EnterTarget(ev commerce.Event) string {
	campaign, _ := entering(ev)
	return campaign
}

// Enters reports whether an event may make its subject enter the campaign: by its trigger, or by
// a step of another campaign.
func (c *Campaign) Enters(ev commerce.Event) bool {
	if ev.Kind == commerce.CampaignEnter {
		campaign, about := entering(ev)
		return campaign == c.ID && (c.Key == ByCustomer || about == aboutCheckout == c.onCheckout() && about != aboutCustomer)
	}
	return c.Triggers(ev.Kind) && c.Trigger.Of.has(ev)
}

// byStepOnce is how long a customer does not enter a campaign again by steps of other campaigns.
// Two campaigns that enter each other go round once in this time at most.
const byStepOnce = day

// againByStep refuses an entry by a step soon after the last entry.
func (d *decider) againByStep(next Enrolment, earlier []Enrolment) *Reason {
	if _, about := entering(causeOf(next)); about == "" || len(earlier) == 0 {
		return nil
	}
	last := slices.MaxFunc(earlier, func(a, b Enrolment) int { return cmp.Or(a.EnteredAt.Compare(b.EnteredAt), cmp.Compare(a.ID, b.ID)) })
	if at := last.EnteredAt.Add(byStepOnce); at.After(d.now) {
		return refuse(CheckReentry, "entered on %s, by a step of another campaign again not before %s", stamp(last.EnteredAt), stamp(at))
	}
	return nil
}

// causeOf is the event of an enrolment's cause, without its customer.
func causeOf(e Enrolment) commerce.Event {
	ev, err := commerce.EventOf(e.Cause, e.CauseAt)
	if err != nil {
		return commerce.Event{At: time.Time{}}
	}
	return ev
}
