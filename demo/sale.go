package demo

import (
	"fmt"
	"time"
)

// sale is an order of the simulated shop with its events so far. Each event sends a
// webhook whose body is rendered from it.
type sale struct {
	number   int
	woo      bool // placed in the WooCommerce store, else in the app with the generic schema
	buyer    *shopper
	lines    []saleLine
	method   string
	landing  string // the buyer's landing page; contains our click token after a click
	placedAt time.Time

	paidAt, shippedAt, endedAt, cancelledAt time.Time // ended: delivered, at WooCommerce completed
}

type saleLine struct {
	ware     ware
	quantity int64
}

func (l saleLine) net() int64 { return l.ware.price * l.quantity }

// Currency is the currency of the demo's shop.
const Currency = "EUR"

const (
	demoShipping = 490
	freeShipping = 6000
	demoSite     = "https://shop.harbourtea.example"
	demoApp      = "https://app.harbourtea.example"
)

// newSale fills a basket by a draw with this name. The sale has no number yet.
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

// payURL is the page on which the buyer can pay later.
func (o *sale) payURL() string {
	if o.woo {
		return fmt.Sprintf("%s/checkout/order-pay/%d/?pay_for_order=true&key=wc_order_demo%d", demoSite, o.number, o.number)
	}
	return fmt.Sprintf("%s/pay/%d", demoApp, o.number)
}

// open reports whether the sale is neither paid nor cancelled.
func (o *sale) open() bool { return o.paidAt.IsZero() && o.cancelledAt.IsZero() }

// amount writes cents as decimal text.
func amount(cents int64) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }
