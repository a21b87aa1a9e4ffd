package demo

import (
	"fmt"
	"time"
)

// sale is an order of the simulated shop. It knows what happened so far;
// a webhook body is rendered from it whenever something does.
type sale struct {
	number   int
	woo      bool // placed in the WooCommerce store, else in the app that speaks the generic schema
	buyer    *shopper
	lines    []saleLine
	method   string
	landing  string // where the buyer came in; holds our click token after a click
	placedAt time.Time

	paidAt, shippedAt, endedAt, cancelledAt time.Time // ended: delivered, at WooCommerce completed
}

type saleLine struct {
	ware     ware
	quantity int64
}

func (l saleLine) net() int64 { return l.ware.price * l.quantity }

const (
	Currency     = "EUR"
	demoShipping = 490
	freeShipping = 6000
	demoSite     = "https://shop.harbourtea.example"
	demoApp      = "https://app.harbourtea.example"
)

// newSale fills a basket, drawn by name. It has no number yet.
func newSale(c chances, name string, buyer *shopper, woo bool, at time.Time) *sale {
	r := c.source("basket", name)
	o := &sale{woo: woo, buyer: buyer, method: "stripe", placedAt: at, landing: demoSite + "/"}
	first := r.IntN(len(wares))
	for i := range 1 + r.IntN(3) {
		o.lines = append(o.lines, saleLine{wares[(first+3*i)%len(wares)], 1 + int64(r.IntN(2))})
	}
	if !woo {
		o.landing = demoApp + "/"
	}
	return o
}

func (o *sale) goods() (sum int64) {
	for _, l := range o.lines {
		sum += l.net()
	}
	return sum
}

func (o *sale) shipping() int64 {
	if o.goods() >= freeShipping {
		return 0
	}
	return demoShipping
}

func (o *sale) total() int64 { return o.goods() + o.shipping() }

// payURL is where the buyer can pay later.
func (o *sale) payURL() string {
	if o.woo {
		return fmt.Sprintf("%s/checkout/order-pay/%d/?pay_for_order=true&key=wc_order_demo%d", demoSite, o.number, o.number)
	}
	return fmt.Sprintf("%s/pay/%d", demoApp, o.number)
}

// open tells whether it is neither paid nor cancelled.
func (o *sale) open() bool { return o.paidAt.IsZero() && o.cancelledAt.IsZero() }

// amount writes cents as decimal text.
func amount(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
