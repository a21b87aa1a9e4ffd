package demo

import (
	"context"
	"fmt"
	"time"
)

// Actions of the shop and its buyers on the demo's days, without mails.

// Days is the number of days of a full demo. A demo of fewer days is the same up to
// its last day.
const Days = 56

// Options are the size and the seed of a demo.
type Options struct {
	Seed            uint64
	Start           time.Time // midnight UTC, which is the shop's zone
	Days, Customers int
	lapse           int           // days after which the win-back campaign is due
	TimeLimit       time.Duration // from the demo's start; then it ends after the current day, so the results come within a minute
}

// Opens is the start of the demo's clock: an hour before the shop opens.
func (o Options) Opens() time.Time { return o.Start.Add((openingHour - 1) * time.Hour) }

// ordersADay keeps the shop's trade in proportion to its history.
func (o Options) ordersADay() int { return max(2, o.Customers/100) }

// schedule adds the orders of all days, and the orders of lapsed customers who come
// back without a mail.
func (w *world) schedule(options Options) {
	regulars := w.regulars()
	lapsing := w.people
	for day := range options.Days {
		at := options.Start.AddDate(0, 0, day).Add(openingHour * time.Hour)
		for i := range options.ordersADay() {
			name := fmt.Sprintf("order %03d-%02d", day, i)
			buyer := w.buyer(&regulars, name)
			w.agenda.add(at, trading, name, func(n int) (func(context.Context) error, error) { return w.visit(n, name, buyer) })
		}
	}
	for _, s := range lapsing {
		if s.lapses && w.chance.happens(comeBack, "comes back", s.id()) {
			at := evening(s.lastPaid.AddDate(0, 0, options.lapse), w.chance.pick(30, "comes back when", s.id()))
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

// buyer is a regular customer, each only once, or a new customer.
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

// cancelAt is when the shop cancels an unpaid order; later for a bank transfer.
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

// pay pays an order and adds the next actions: the app reports shipping and delivery,
// WooCommerce only completion.
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

// buyAt lets a shopper buy and pay at a time, unless they have paid for an order
// since. landing is their landing page; empty: the shop's front page.
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
