package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// Occasion is the reason for which Decide is asked.
type Occasion struct {
	Kind       OccasionKind
	Event      commerce.Event // of OnTrigger and OnEvent
	ReceivedAt time.Time      // of OnTrigger: when Event was first received; zero: now
	Run        Run            // of OnRun; Event then only names the customer whom the run passes
}

// OccasionKind distinguishes occasions.
type OccasionKind string

// The occasions on which the engine is asked.
const (
	// OnTrigger: Event may make its subject enter. Ask it of the active version, with the
	// enrolment found under EnrolmentID, or the zero value.
	OnTrigger OccasionKind = "trigger"
	// OnEvent: an enrolment that ReceivesEvents receives Event. Ask it of its own version.
	OnEvent OccasionKind = "event"
	// OnRun: Run passes the customer that Event names. Ask it of the active version, with the
	// enrolment found under EnrolmentID, or the zero value.
	OnRun OccasionKind = "run"
	// OnDue: an enrolment is due. Ask it of its own version.
	OnDue   OccasionKind = "due"
	onWatch OccasionKind = "watch"
	onSend  OccasionKind = "send"
)

// Fact names a part of Facts that the caller fetches for Decide and HandOver. The
// shop and Params are always needed and have no name.
type Fact string

// The facts that the engine can need.
const (
	// FactOrder is the order as it is now; for a checkout, the order it became, nil while there
	// is none.
	FactOrder Fact = "order"
	// FactProducts is Facts.Products.
	FactProducts Fact = "products"
	// FactCheckout is the checkout as it is now.
	FactCheckout Fact = "checkout"
	// FactCustomer is the customer at the end of all merges.
	FactCustomer Fact = "customer"
	// FactCustomerEvents are events of the customer, their aliases and all their orders, at or
	// after the enrolment's CauseAt, of the kinds of Campaign.Listens. Events of the enrolment's own
	// order are read from FactOrder.
	FactCustomerEvents Fact = "customer events"
	// FactCause is the event that Enrolment.Cause names, if the shop reported it. Where
	// Occasion.Event is that event, it may stay nil.
	FactCause Fact = "cause"
	// FactListings is Facts.Listed.
	FactListings Fact = "listings"
	// FactSiblings are the campaign's enrolments of the customer and all their aliases.
	FactSiblings Fact = "siblings"
	// FactBefore is the message that Enrolment.Before names.
	FactBefore Fact = "message before"
	// FactCall is the call that Enrolment.Awaited names.
	FactCall Fact = "call"
	// FactSuppression is Facts.Suppressions, for the channels of Campaign.Channels.
	FactSuppression Fact = "suppression"
	// FactSends is Facts.Sends and Facts.Wants.
	FactSends Fact = "sends"
	// FactTroubles is Facts.Troubles.
	FactTroubles Fact = "troubles"
	// FactPlaces is Facts.Places, likewise.
	FactPlaces Fact = "places"
)

// Facts is the data known at the moment of a decision. Fields that Needs does not
// list may stay zero.
type Facts struct {
	Shop     commerce.Shop
	Order    *commerce.Order
	Products map[string]commerce.Product // of the lines of Order, by id; those that are not known are left out
	Checkout *commerce.Checkout
	Customer *commerce.Customer
	Events   []commerce.Event
	Cause    *commerce.Event
	Siblings []Enrolment
	Before   *Message
	Call     *Call
	Listed   map[string]segments.Listing // by segment: how people or imports listed the customer

	Suppressions map[string][]commerce.Suppression // by channel: of Address
	Wants        []Want                            // other messages to the customer that wait or were sent
	Troubles     []commerce.Event                  // of TroubleKinds, of the customer in the last TroubleWindow
	Sends        []Send                            // other messages to the customer in the last CapWindow: sent, uncertain or handing over

	Places map[string][]Place // likewise

	Senders []string // channels that messages can be sent on; nil: those of Senders

	Params segments.Params // zone and currency are taken from Shop where unset
}

// Send is one earlier message to the customer, of any campaign.
type Send struct {
	At       time.Time
	Campaign string
	Channel  string
	Class    Class
	Order    string
}

// Needs lists the facts to fetch before Decide is asked on this occasion. The list
// depends only on the campaign and the occasion's kind.
func Needs(c *Campaign, o Occasion) []Fact {
	switch o.Kind {
	case OnRun:
		return c.runNeeds()
	case OnTrigger, onWatch:
		return c.siblingNeeds(c.Key == ByCustomer || c.Holdout > 0 || c.Class == Marketing)
	case onSend:
		list := append(c.siblingNeeds(c.Key == ByCustomer), FactSuppression, FactSends, FactTroubles)
		if c.Class == Service {
			list = append(list, FactPlaces)
		}
		return list
	case OnEvent, OnDue:
		list := c.runningNeeds()
		if len(c.routed) > 1 {
			list = append(list, FactSuppression)
		}
		if len(c.Steps) > 1 {
			list = append(list, FactBefore)
		}
		if c.awaitsCalls() {
			list = append(list, FactCall)
		}
		if slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Do == DoSplit }) {
			list = append(list, FactSiblings)
		}
		return list
	}
	return c.runningNeeds()
}

// HandOverNeeds lists the facts to fetch before HandOver is asked.
func HandOverNeeds(c *Campaign) []Fact { return Needs(c, Occasion{Kind: onSend}) }

// WatchNeeds lists the facts to fetch before DecideWatch is asked. FactOrder is the
// order of Watch.Cause.
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
	if c.stock {
		list = append(list, FactProducts)
	}
	if c.onCheckout() {
		list = append(list, FactCheckout)
	}
	if len(c.Listens(SameCustomer)) > 0 {
		list = append(list, FactCustomerEvents)
	}
	if c.onReported() {
		list = append(list, FactCause)
	}
	if len(c.segments) > 0 {
		list = append(list, FactListings)
	}
	return list
}

// Triggers reports whether some event of this kind may make a customer enter.
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
	for _, s := range c.Steps {
		if s.Do == DoWaitFor && (s.For.Same == same || s.For.Same == "") {
			list = append(list, s.For.Events...)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// onCheckout reports whether the campaign is about checkouts.
func (c *Campaign) onCheckout() bool { return c.Triggers(commerce.CheckoutStarted) }

// CallNeeds lists the facts to fetch before a call of a step is made.
func CallNeeds(c *Campaign, s Step) []Fact {
	list := []Fact{FactCustomer, FactOrder}
	if c.onCheckout() {
		list = append(list, FactCheckout)
	}
	if s.Do == DoNotify && c.onReported() {
		list = append(list, FactCause)
	}
	return list
}
