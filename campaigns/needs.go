package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// Occasion is why Decide is asked.
type Occasion struct {
	Kind  OccasionKind
	Event commerce.Event // of OnTrigger and OnEvent
	Heard time.Time      // of OnTrigger: when Event was first told of; zero: now
}

// OccasionKind tells occasions apart.
type OccasionKind string

// OnTrigger: Event may make its subject enter; asked of the active version, with
// the enrolment found under EnrolmentID, or the zero value. OnEvent: a running
// enrolment (Hears) is told of Event; asked of the enrolment's own version.
// OnDue: an enrolment's DueAt has come; asked of its own version.
const (
	OnTrigger OccasionKind = "trigger"
	OnEvent   OccasionKind = "event"
	OnDue     OccasionKind = "due"
	onWatch   OccasionKind = "watch"
	onSend    OccasionKind = "send"
)

// Fact names something Decide and HandOver read, for the caller to fetch into
// Facts. The shop and Params are always read and not named.
type Fact string

// FactOrder: the order as it is now; for a checkout, the order it became, nil
// while there is none. FactCustomer: merges followed to their end.
// FactCustomerEvents: events of all orders of the customer and their aliases at
// or after the enrolment's CauseAt, of the kinds of Campaign.Listens. (Events of
// the enrolment's own order are read from FactOrder.) FactSiblings: the
// campaign's enrolments under the customer and all their aliases. FactBefore: the
// message Enrolment.Before names. FactSuppression, FactSends and
// FactPlaces as Facts describes.
const (
	FactOrder          Fact = "order"
	FactCheckout       Fact = "checkout"
	FactCustomer       Fact = "customer"
	FactCustomerEvents Fact = "customer events"
	FactSiblings       Fact = "siblings"
	FactBefore         Fact = "message before"
	FactSuppression    Fact = "suppression"
	FactSends          Fact = "sends"
	FactPlaces         Fact = "places"
)

// Facts is what is known at the moment of deciding: plain data. What Needs did
// not ask for may stay zero.
type Facts struct {
	Shop     commerce.Shop
	Order    *commerce.Order
	Checkout *commerce.Checkout
	Customer *commerce.Customer
	Events   []commerce.Event
	Siblings []Enrolment
	Before   *Message

	Suppressions []commerce.Suppression // of Address
	Sends        []Send                 // to the customer in the last CapWindow: sent, uncertain or handing over, this message not among them

	Places []Place // of Address

	Params segments.Params // zone and currency are taken from Shop where unset
}

// Send is one earlier message to the customer, of any campaign.
type Send struct {
	At      time.Time
	Channel string
	Class   Class
	Order   string
}

// Needs lists what to fetch before Decide is asked on this occasion. The list
// depends on nothing but the campaign and the occasion's kind.
func Needs(c *Campaign, o Occasion) []Fact {
	switch o.Kind {
	case OnTrigger, onWatch:
		return c.siblingNeeds(c.Key == ByCustomer || c.Holdout > 0)
	case onSend:
		list := append(c.siblingNeeds(c.Key == ByCustomer), FactSuppression, FactSends)
		if c.Class == Service {
			list = append(list, FactPlaces)
		}
		return list
	case OnEvent, OnDue:
		if len(c.Steps) > 1 {
			return append(c.runningNeeds(), FactBefore)
		}
	}
	return c.runningNeeds()
}

// HandOverNeeds lists what to fetch before HandOver is asked.
func HandOverNeeds(c *Campaign) []Fact { return Needs(c, Occasion{Kind: onSend}) }

// WatchNeeds lists what to fetch before DecideWatch is asked: FactOrder is the
// order that Watch.Cause is about.
func WatchNeeds(c *Campaign) []Fact { return Needs(c, Occasion{Kind: onWatch}) }

func (c *Campaign) siblingNeeds(wanted bool) []Fact {
	list := c.runningNeeds()
	if wanted {
		list = append(list, FactSiblings)
	}
	return list
}

func (c *Campaign) runningNeeds() []Fact {
	list := []Fact{FactCustomer, FactOrder}
	if c.onCheckout() {
		list = append(list, FactCheckout)
	}
	if len(c.Listens(SameCustomer)) > 0 {
		list = append(list, FactCustomerEvents)
	}
	return list
}

// Triggers tells whether an event of this kind may make somebody enter. Load
// the enrolment and ask Decide only then.
func (c *Campaign) Triggers(kind commerce.EventKind) bool {
	return slices.Contains(c.Trigger.Events, kind)
}

// Listens lists the kinds of events that can end or convert an enrolment.
func (c *Campaign) Listens(same Same) []commerce.EventKind {
	var list []commerce.EventKind
	for _, x := range c.Exits {
		if x.Same == same {
			list = append(list, x.Events...)
		}
	}
	if c.Goal != nil && c.Goal.Same == same {
		list = append(list, c.Goal.Events...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// onCheckout tells whether the campaign is about checkouts.
func (c *Campaign) onCheckout() bool { return c.Triggers(commerce.CheckoutStarted) }
