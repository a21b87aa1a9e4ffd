package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
)

// createdWithin is how long a customer may have been known before the event that reports it:
// records of one registration may differ in their times.
const createdWithin = day

// ofMessage reports whether events of the kind are about a message.
func ofMessage(kind commerce.EventKind) bool {
	return kind == commerce.MessageOpened || kind == commerce.MessageClicked
}

// ofSegment reports whether events of the kind are about a segment.
func ofSegment(kind commerce.EventKind) bool {
	return kind == commerce.SegmentEntered || kind == commerce.SegmentLeft
}

// OnCustomer reports whether the campaign's trigger is an event of a customer.
func (c *Campaign) OnCustomer() bool {
	return slices.ContainsFunc(c.Trigger.Events, commerce.EventKind.OfCustomer)
}

// customerReal refuses an event of a customer that is not true any more.
func (d *decider) customerReal(ev commerce.Event) *Reason {
	switch {
	case ev.Historic:
		return refuse(CheckTrigger, "%s was imported as history", ev.Kind)
	case ev.Kind == commerce.CustomerCreated && d.knownBefore(ev.At):
		return refuse(CheckTrigger, "the customer is known since %s, more than a day before", stamp(d.profile.KnownSince))
	case !d.stillTrue(ev):
		return refuse(CheckTrigger, "%s is not true any more", ev.Kind)
	}
	return nil
}

func (d *decider) knownBefore(at time.Time) bool {
	return !d.profile.KnownSince.IsZero() && d.profile.KnownSince.Before(at.Add(-createdWithin))
}

// createdBefore refuses to let a person enter twice by customer.created, after two customers
// turned out to be one.
func (d *decider) createdBefore(ev commerce.Event, before Enrolment) *Reason {
	if ev.Kind != commerce.CustomerCreated {
		return nil
	}
	for _, e := range d.earlier(before) {
		for _, p := range e.Entries() {
			if by, err := commerce.EventOf(p.Cause, p.CauseAt); err == nil && by.Kind == ev.Kind && by.ID != ev.ID {
				return refuse(CheckReentry, "the same person entered as a new customer on %s", stamp(p.EnteredAt))
			}
		}
	}
	return nil
}

// customerTrue reports whether an event of a customer is still true: the customer is still in the
// segment entered, the consent is still granted, the click still counts as a human's.
func (d *decider) customerTrue(ev commerce.Event) bool {
	switch ev.Kind {
	case commerce.SegmentEntered, commerce.SegmentLeft:
		return !d.movedBack(ev)
	case commerce.ConsentGranted:
		return d.consents(ev)
	case commerce.MessageOpened, commerce.MessageClicked:
		return d.reacted(ev)
	}
	return true
}

// consents reports whether the channel of a consent is still granted, for any address.
func (d *decider) consents(ev commerce.Event) bool {
	parts, err := commerce.SplitKey(ev.Cause)
	if err != nil || d.f.Customer == nil {
		return true
	}
	granted := func(c commerce.Consent) bool { return c.Channel == parts[0] && c.Granted }
	return slices.ContainsFunc(d.profile.Consents, granted) || slices.ContainsFunc(d.profile.OtherConsents, granted)
}

// reacted reports whether an open or click still counts as a human's. Of a message that the
// profile does not remember it does.
func (d *decider) reacted(ev commerce.Event) bool {
	list := d.profile.Engagement
	i := slices.IndexFunc(list, func(f commerce.MessageFact) bool { return f.ID == ev.Cause })
	if i < 0 {
		return true
	}
	if ev.Kind == commerce.MessageOpened {
		return !list[i].OpenedAt.IsZero()
	}
	return !list[i].ClickedAt.IsZero()
}
