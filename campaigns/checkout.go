package campaigns

import (
	"cmp"

	"comeback/commerce"
)

// checkoutOpen refuses a checkout that nothing is to be sent about any more.
func (d *decider) checkoutOpen() *Reason {
	k := d.f.Checkout
	switch {
	case k == nil:
		return refuse(CheckTrigger, "the checkout is not known")
	case k.Imported:
		return refuse(CheckTrigger, "checkout %s was imported as history", k.ID)
	case !k.CompletedAt.IsZero() || k.BecameOrder() != "" || d.f.Order != nil:
		return refuse(CheckTrigger, "checkout %s became an order", k.ID)
	case k.DeletedNow():
		return refuse(CheckTrigger, "checkout %s was deleted", k.ID)
	}
	return nil
}

// checkoutNewest refuses a checkout after which the customer began another one: a person is reminded
// of one basket.
func (d *decider) checkoutNewest() *Reason {
	k, last := d.f.Checkout, commerce.CheckoutFact{}
	if k == nil {
		return nil
	}
	last.ID, last.At = k.ID, k.StartedAt
	for _, other := range d.profile.Checkouts {
		if cmp.Or(other.At.Compare(last.At), cmp.Compare(other.ID, last.ID)) > 0 {
			last = other
		}
	}
	if last.ID == k.ID {
		return nil
	}
	return refuse(CheckTrigger, "the customer began a newer checkout, %s, at %s", last.ID, stamp(last.At))
}

// checkoutCurrent refuses a checkout that is not open, or not the customer's newest.
func (d *decider) checkoutCurrent() *Reason {
	if r := d.checkoutOpen(); r != nil {
		return r
	}
	return d.checkoutNewest()
}

// leaveCheckout ends an enrolment whose checkout became an order, was deleted, or has a successor,
// whatever the campaign's exits are.
func (d *decider) leaveCheckout(e Enrolment) (Enrolment, []Action) {
	if e.State != Enrolled || e.Checkout == "" {
		return e, nil
	}
	state, r := Exited, d.checkoutOpen()
	if r == nil {
		state, r = Superseded, d.checkoutNewest()
	}
	if r == nil {
		return e, nil
	}
	return d.end(e, state, r.Text), []Action{Cancel{e.ID, e.Entry, r.Text}}
}

// guardCheckout drops a message about a checkout that is not open any more, has a successor, or is
// empty now. Who fills an empty one again gets the next message.
func (d *decider) guardCheckout() check {
	if r := d.checkoutOpen(); r != nil {
		return check{reason: *r, ends: Exited}
	}
	if r := d.checkoutNewest(); r != nil {
		return check{reason: *r, ends: Superseded}
	}
	if d.f.Checkout.Empty() {
		return check{reason: fail(CheckTrigger, "checkout %s is empty now", d.f.Checkout.ID)}
	}
	return check{reason: pass(CheckTrigger, "its checkout is open")}
}
