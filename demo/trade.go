package demo

import (
	"context"
	"fmt"
	"time"
)

// What the shop and its buyers do on the demo's days, apart from mails.

// Days are the days a demo steps through. Fewer days are the first ones of
// the same story.
const Days = 56

// Plan is how large a demo is.
type Plan struct {
	Seed            uint64
	Start           time.Time // midnight UTC, which is the shop's zone
	Days, Customers int
	lapse           int           // days after which the win-back campaign is due
	Patience        time.Duration // from its start; then it ends with the day it is at, so that the table comes within a minute
}

// Opens is where the demo's clock begins: an hour before the shop opens.
func (p Plan) Opens() time.Time { return p.Start.Add((openingHour - 1) * time.Hour) }

// ordersADay keeps the shop's trade in proportion to its history.
func (p Plan) ordersADay() int { return max(2, p.Customers/100) }

// schedule writes the days' orders and what lapsed customers do anyway.
func (w *world) schedule(p Plan) {
	regulars := w.regulars()
	lapsing := w.people
	for day := range p.Days {
		at := p.Start.AddDate(0, 0, day).Add(openingHour * time.Hour)
		for i := range p.ordersADay() {
			name := fmt.Sprintf("order %03d-%02d", day, i)
			buyer := w.buyer(&regulars, name)
			w.agenda.add(at, trading, name, func(n int) (func(context.Context) error, error) { return w.visit(n, name, buyer) })
		}
	}
	for _, s := range lapsing {
		if s.lapses && w.chance.happens(comeBack, "comes back", s.id()) {
			at := evening(s.lastPaid.AddDate(0, 0, p.lapse), w.chance.pick(30, "comes back when", s.id()))
			w.buyAt(at, "comes back "+s.id(), s, s.lastPaid, "")
		}
	}
}

// regulars are known customers who did not lapse, in random order.
func (w *world) regulars() []*shopper {
	var list []*shopper
	for _, i := range w.chance.source("regulars").Perm(len(w.people)) {
		if s := w.people[i]; !s.lapses {
			list = append(list, s)
		}
	}
	return list
}

// buyer is a regular, each only once, or somebody new.
func (w *world) buyer(regulars *[]*shopper, name string) *shopper {
	if len(*regulars) > 0 && w.chance.happens(0.7, "regular", name) {
		next := (*regulars)[0]
		*regulars = (*regulars)[1:]
		return next
	}
	s := newShopper(w.chance, len(w.people)+1, false)
	w.people = append(w.people, s)
	w.byEmail[s.email()] = s
	return s
}

// visit ends with an order, paid or not.
func (w *world) visit(n int, name string, buyer *shopper) (func(context.Context) error, error) {
	o := w.newOrder(n, name, buyer)
	if !w.chance.happens(leaveUnpaid, "unpaid", name) {
		return w.pay(o, "order.created")
	}
	if w.chance.happens(0.1, "transfer", name) {
		o.method = "bacs"
	}
	w.unpaid[pathOf(o.payURL())] = o
	if w.chance.happens(payLater, "pays later", name) {
		at := evening(o.placedAt, w.chance.pick(3, "pays when", name))
		w.agenda.add(at, trading, "pay "+name, func(int) (func(context.Context) error, error) { return w.payOpen(o) })
	}
	w.agenda.add(cancelAt(o), trading, "cancel "+name, func(int) (func(context.Context) error, error) { return w.cancel(o) })
	return w.deliver(o, "order.created")
}

func (w *world) newOrder(n int, name string, buyer *shopper) *sale {
	o := newSale(w.chance, name, buyer, w.chance.happens(0.65, "store", name), w.clock.Now())
	o.number = 100_000 + n // those of the history are below
	w.sold++
	return o
}

// cancelAt is when the shop gives an unpaid order up: a transfer takes longer.
func cancelAt(o *sale) time.Time {
	if o.method == "bacs" {
		return o.placedAt.AddDate(0, 0, 9)
	}
	return o.placedAt.AddDate(0, 0, 4)
}

func (w *world) payOpen(o *sale) (func(context.Context) error, error) {
	if !o.open() {
		return nil, nil
	}
	return w.pay(o, "order.updated")
}

func (w *world) cancel(o *sale) (func(context.Context) error, error) {
	if !o.open() {
		return nil, nil
	}
	o.cancelledAt = w.clock.Now()
	return w.deliver(o, "order.updated")
}

// pay pays an order and puts what follows on the agenda: the app tells of
// shipping and delivery, WooCommerce only that all is done.
func (w *world) pay(o *sale, topic string) (func(context.Context) error, error) {
	o.paidAt = w.clock.Now()
	o.buyer.lastPaid = o.paidAt
	morning := o.paidAt.Truncate(24 * time.Hour).Add(openingHour * time.Hour)
	if o.woo {
		w.fulfil(o, "complete", morning.AddDate(0, 0, 2), &o.endedAt)
	} else {
		w.fulfil(o, "ship", morning.AddDate(0, 0, 1), &o.shippedAt)
		w.fulfil(o, "deliver", morning.AddDate(0, 0, 3), &o.endedAt)
	}
	return w.deliver(o, topic)
}

func (w *world) fulfil(o *sale, what string, at time.Time, when *time.Time) {
	w.agenda.add(at, trading, fmt.Sprintf("%s %d", what, o.number), func(int) (func(context.Context) error, error) {
		*when = w.clock.Now()
		name := fmt.Sprintf("buys again after %d", o.number)
		if what != "ship" && w.chance.happens(buyAgain, name) {
			w.buyAt(evening(*when, w.chance.pick(30, name, "when")), name, o.buyer, *when, "")
		}
		return w.deliver(o, "order.updated")
	})
}

// buyAt lets a shopper buy and pay at a time, unless they paid for anything
// since. landing is where they came in, empty for the shop's front page.
func (w *world) buyAt(at time.Time, name string, s *shopper, since time.Time, landing string) {
	w.agenda.add(at, trading, name, func(n int) (func(context.Context) error, error) {
		if s.lastPaid.After(since) {
			return nil, nil
		}
		o := w.newOrder(n, name, s)
		if landing != "" {
			o.landing = landing
		}
		return w.pay(o, "order.created")
	})
}
