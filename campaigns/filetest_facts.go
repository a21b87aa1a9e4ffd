package campaigns

import (
	"maps"
	"slices"

	"comeback/commerce"
)

// facts returns the needed facts and no others, so every test proves that Needs is
// complete.
func (w *world) facts(c *Campaign, needs []Fact, e Enrolment) Facts {
	f := Facts{Shop: w.shop}
	if c.WatchesGaps() {
		f.Params.Fitted = exampleGaps()
	}
	p := w.customers[e.Customer]
	for _, need := range needs {
		switch need {
		case FactOrder:
			f.Order = w.orderOf(e)
		case FactCheckout:
			if k, ok := w.checkouts[e.Checkout]; ok {
				f.Checkout = &k
			}
		case FactCustomer:
			if p != nil {
				customer := p.Customer
				f.Customer = &customer
			}
		case FactCustomerEvents:
			f.Events = w.eventsSince(e, c.Listens(SameCustomer))
		case FactCause:
			if i := slices.IndexFunc(w.events, func(ev commerce.Event) bool { return ev.ID == e.Cause }); i >= 0 {
				f.Cause = &w.events[i]
			}
		case FactListings:
			if p != nil {
				f.Listed = maps.Clone(p.listed)
			}
		case FactSiblings:
			f.Siblings = w.siblings(e)
		case FactBefore:
			if m, ok := w.messages[e.Before()]; ok {
				f.Before = &m
			}
		case FactCall:
			f.Call = w.awaitedCall(e)
		case FactSuppression:
			if p != nil && p.suppressed {
				f.Suppressions = map[string][]commerce.Suppression{
					Email: {{Scope: commerce.SuppressAll, Reason: commerce.Unsubscribed, CreatedAt: w.now}},
				}
			}
		case FactPlaces:
			f.Places = map[string][]Place{Email: w.places(e)}
		case FactSends:
			f.Sends = w.sends(e.Customer)
		case FactTroubles:
			f.Troubles = w.troubles(e.Customer)
		}
	}
	return f
}

func (w *world) eventsSince(e Enrolment, kinds []commerce.EventKind) []commerce.Event {
	w.budget.spend(len(w.events))
	var list []commerce.Event
	for _, ev := range w.events {
		if ev.Customer == e.Customer && !ev.At.Before(e.CauseAt) && slices.Contains(kinds, ev.Kind) {
			list = append(list, ev)
		}
	}
	return list
}

func (w *world) siblings(e Enrolment) []Enrolment {
	w.budget.spend(len(w.enrolments))
	var list []Enrolment
	for _, id := range which(w.enrolments, func(x Enrolment) bool { return x.Customer == e.Customer }) {
		list = append(list, w.enrolments[id])
	}
	return list
}

// places lists the places that the address of e has taken.
func (w *world) places(e Enrolment) []Place {
	var list []Place
	for _, id := range w.sent {
		if m := w.messages[id]; m.Class == Service && w.address(m.Customer, m.Order) == w.address(e.Customer, e.Order) {
			list = append(list, Place{Message: m.ID, At: m.SentAt})
		}
	}
	return list
}

func (w *world) address(customer, order string) commerce.Address {
	o := w.orders[order]
	return Address(Service, Email, &w.customers[customer].Customer, &o, nil)
}

func (w *world) sends(customer string) []Send {
	w.budget.spend(len(w.sent))
	var list []Send
	for _, id := range w.sent {
		if m := w.messages[id]; m.Customer == customer && m.SentAt.After(w.now.Add(-CapWindow)) {
			list = append(list, Send{At: m.SentAt, Campaign: m.Campaign, Channel: m.Channel, Class: m.Class, Order: m.Order})
		}
	}
	return list
}

func (w *world) orderOf(e Enrolment) *commerce.Order {
	if o, ok := w.orders[e.Order]; ok {
		return &o
	}
	if k, ok := w.checkouts[e.Checkout]; ok && k.BecameOrder() != "" {
		if o, ok := w.orders[commerce.Key(k.Shop, k.Connection, k.BecameOrder())]; ok {
			return &o
		}
	}
	return nil
}
