package campaigns

import (
	"slices"

	"comeback/commerce"
)

// send plans the message of a step that is due.
func (d *decider) send(e Enrolment, s Step, m timing) Plan {
	route, why := d.routeOf(s)
	message := Message{
		ID: NewMessageID(e, s.ID), Shop: e.Shop, Campaign: d.c.ID, Version: d.c.Version, Hash: d.c.Hash,
		Enrolment: e.ID, Entry: e.Entry, Step: s.ID, Template: route.Template, Channel: route.Channel, Class: d.c.Class,
		Arm: e.Arm, Customer: e.Customer, Order: e.Order, Checkout: e.Checkout,
		State: Planned, DueAt: m.early, FirstDue: m.early, ExpiresAt: m.expires, OnUncertain: s.OnUncertain, PlannedAt: d.now,
	}
	reasons := []Reason{
		pass(CheckTrigger, "%s at %s", e.Cause, stamp(e.CauseAt)),
		pass(CheckCampaign, "version %d, %.12s", d.c.Version, d.c.Hash),
		pass(CheckArm, "%s", e.Arm), d.dueReason(m),
	}
	if s.several() {
		reasons = append(reasons, why)
	}
	message.Note(Decision{At: d.now, Step: s.ID, Outcome: "planned", Reasons: reasons})
	return Plan{Message: message}
}

func (d *decider) dueReason(m timing) Reason {
	if m.delay != "" {
		return pass(CheckTime, "due %s: %s", stamp(m.due), m.delay)
	}
	if m.early.Before(m.due) {
		return pass(CheckTime, "due %s, before quiet hours begin; its own time, %s, lies in them", stamp(m.early), stamp(m.due))
	}
	return pass(CheckTime, "due %s", stamp(m.due))
}

// Address is the address of a message of this class and channel; zero: there is none.
func Address(
	class Class, channel string, customer *commerce.Customer, order *commerce.Order, checkout *commerce.Checkout,
) commerce.Address {
	return addressOn(channel, Recipient(class, channel, customer, order, checkout))
}

// Recipient is the recipient of a message of this class and channel. A service
// message goes to the buyer of its order or checkout, else to the customer's own
// address. The zero value means nobody. order and checkout may be nil.
func Recipient(
	class Class, channel string, customer *commerce.Customer, order *commerce.Order, checkout *commerce.Checkout,
) commerce.Buyer {
	var buyers []commerce.Buyer
	if order != nil {
		buyers = append(buyers, order.Buyer)
	}
	if checkout != nil {
		buyers = append(buyers, checkout.Buyer)
	}
	if customer != nil {
		own := commerce.Buyer{Email: customer.Attributes.Email, Phone: customer.Attributes.Phone, Country: customer.Attributes.Country}
		at := len(buyers)
		if class == Marketing {
			at = 0
		}
		buyers = slices.Insert(buyers, at, own)
	}
	for _, b := range buyers {
		if !addressOn(channel, b).IsZero() {
			return b
		}
	}
	return commerce.Buyer{}
}

// addressOn is a buyer's address on a channel.
func addressOn(channel string, b commerce.Buyer) commerce.Address {
	switch channel {
	case Email:
		return commerce.EmailAddress(b.Email)
	case SMS:
		return commerce.PhoneAddress(b.Phone, b.Country)
	}
	return commerce.Address{}
}
