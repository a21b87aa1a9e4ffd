package campaigns

import (
	"slices"

	"comeback/commerce"
)

// send plans the step's message, due at once: the step is due.
func (d *decider) send(e Enrolment, s Step, m turn) Plan {
	message := Message{
		ID: NewMessageID(e, s.ID), Shop: e.Shop, Campaign: d.c.ID, Version: d.c.Version, Hash: d.c.Hash,
		Enrolment: e.ID, Entry: e.Entry, Step: s.ID, Template: s.Template, Channel: s.Channel, Class: d.c.Class,
		Arm: e.Arm, Customer: e.Customer, Order: e.Order, Checkout: e.Checkout,
		State: Planned, DueAt: m.early, ExpiresAt: m.expires, OnUncertain: s.OnUncertain, PlannedAt: d.now,
	}
	message.Note(Decision{At: d.now, Step: s.ID, Outcome: "planned", Reasons: []Reason{
		pass(CheckTrigger, "%s at %s", e.Cause, stamp(e.CauseAt)),
		pass(CheckCampaign, "version %d, %.12s", d.c.Version, d.c.Hash),
		pass(CheckArm, "%s", e.Arm), d.dueReason(m),
	}})
	return Plan{Message: message}
}

func (d *decider) dueReason(m turn) Reason {
	if m.early.Before(m.due) {
		return pass(CheckTime, "due %s, before quiet hours begin; they hold its own time, %s", stamp(m.early), stamp(m.due))
	}
	return pass(CheckTime, "due %s", stamp(m.due))
}

// Address is where a message of this class and channel goes: a service message
// to the buyer of its order or checkout, else to the customer's own address.
// Empty: nowhere. order and checkout may be nil.
func Address(class Class, channel string, customer *commerce.Customer, order *commerce.Order, checkout *commerce.Checkout) string {
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
		switch {
		case channel == Email && commerce.NormalEmail(b.Email) != "":
			return b.Email
		case channel == SMS && commerce.NormalPhone(b.Phone, b.Country) != "":
			return commerce.NormalPhone(b.Phone, b.Country)
		}
	}
	return ""
}
