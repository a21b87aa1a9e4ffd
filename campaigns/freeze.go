package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
)

// TroubleWindow is how long an open refund or ticket holds marketing: some are never closed.
const TroubleWindow = 180 * day

// troubleAgain is when a message that waits for the end of a trouble is asked about again.
const troubleAgain = time.Hour

// TroubleKinds are the events that begin and end troubles of a customer. The caller owns the
// result.
func TroubleKinds() []commerce.EventKind {
	return []commerce.EventKind{
		commerce.OrderRefundRequested, commerce.OrderRefundClosed, commerce.OrderPartiallyRefunded, commerce.OrderRefunded,
		commerce.TicketOpened, commerce.TicketClosed,
	}
}

// TroublesMatter reports whether Facts.Troubles can change a decision about a campaign's message:
// it is marketing, or marketing that wants the customer goes before it.
func TroublesMatter(c *Campaign, shop commerce.Shop, wants []Want) bool {
	if shop.Contact.NoFreeze || c.Class == Marketing {
		return !shop.Contact.NoFreeze
	}
	return slices.ContainsFunc(wants, func(w Want) bool { return w.Class == Marketing && !w.Sent && w.Priority > c.Priority })
}

// guardFreeze lets marketing wait while a refund or a ticket of the customer is open.
func (d *decider) guardFreeze(m Message) check {
	switch ev, open := d.trouble(); {
	case m.Class != Marketing:
		return check{reason: pass(CheckFreeze, "class service goes out during a refund or a ticket")}
	case d.f.Shop.Contact.NoFreeze:
		return check{reason: pass(CheckFreeze, "the shop lets marketing go out during a refund or a ticket")}
	case open:
		return d.waits(m, fail(CheckFreeze, "%s of %s: marketing waits until it is closed", ev.Kind, stamp(ev.At)), d.now.Add(troubleAgain))
	}
	return check{reason: pass(CheckFreeze, "no refund or ticket is open")}
}

// frozen reports whether marketing to the customer waits.
func (d *decider) frozen() bool {
	_, open := d.trouble()
	return open && !d.f.Shop.Contact.NoFreeze
}

// trouble is the earliest refund or ticket of the customer that is open.
func (d *decider) trouble() (began commerce.Event, open bool) {
	var begun []commerce.Event
	for _, ev := range d.f.Troubles {
		if (ev.Kind == commerce.OrderRefundRequested || ev.Kind == commerce.TicketOpened) && ev.At.After(d.now.Add(-TroubleWindow)) &&
			!slices.ContainsFunc(d.f.Troubles, func(end commerce.Event) bool { return ends(end, ev) }) {
			begun = append(begun, ev)
		}
	}
	if len(begun) == 0 {
		return commerce.Event{}, false
	}
	return slices.MinFunc(begun, compareEvents), true
}

// ends reports whether an event ends the trouble that another began. The cause of events of a
// refund is the refund.
func ends(end, began commerce.Event) bool {
	if end.At.Before(began.At) {
		return false
	}
	if end.Kind == commerce.TicketClosed {
		return began.Kind == commerce.TicketOpened && sameTicket(end, began)
	}
	if end.Subject != began.Subject {
		return false
	}
	switch end.Kind {
	case commerce.OrderRefunded:
		return began.Kind == commerce.OrderRefundRequested
	case commerce.OrderRefundClosed, commerce.OrderPartiallyRefunded:
		return began.Kind == commerce.OrderRefundRequested && end.Cause == began.Cause
	}
	return false
}

// sameTicket reports whether two events may be of one ticket. One without the name of a ticket
// may be of any.
func sameTicket(a, b commerce.Event) bool {
	x, known := commerce.PropertyOf(a.Properties, commerce.TicketProperty)
	y, alsoKnown := commerce.PropertyOf(b.Properties, commerce.TicketProperty)
	return !known || !alsoKnown || x.String() == y.String()
}
