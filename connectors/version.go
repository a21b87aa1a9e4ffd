package connectors

import (
	"slices"
	"time"

	"comeback/commerce"
)

// version is the time of the platform's last change: the first of keys with a
// time. A time outside the years of commerce.CheckInstant counts as the
// receipt.
func (d Delivery) version(b body, keys ...string) time.Time {
	for _, key := range keys {
		at := b.instant(key)
		if at.IsZero() && b.has(key) && b.fields[key] != "" {
			return d.ReceivedAt
		}
		if !at.IsZero() {
			return at
		}
	}
	b.fail(keys[0], "missing: the time of the last change is required")
	return time.Time{}
}

// tooFarAhead is how far a version may lie after its receipt: clocks differ by
// minutes, and a time without a zone by less than a day.
const tooFarAhead = 24 * time.Hour

// settle limits versions to the time of receipt and stores that time: of two
// records of one version the later received counts. A version in the future
// would block every later record until then. It is noted and counts as the
// receipt.
func (d Delivery) settle(r *Records) {
	for i := range r.Orders {
		d.settleOrder(&r.Orders[i])
	}
	for i := range r.Checkouts {
		c := &r.Checkouts[i]
		d.hold(&c.Quality, &c.Version, &c.DeletedAt)
		if !c.Version.IsZero() {
			c.Received = d.ReceivedAt
		}
		c.Deleted = d.stamp(c.DeletedAt)
	}
	for i := range r.Products {
		p := &r.Products[i]
		d.hold(&p.Quality, &p.Version, &p.DeletedAt)
		p.Received, p.Deleted = d.ReceivedAt, d.stamp(p.DeletedAt)
	}
	for i := range r.LooseRefunds {
		f := &r.LooseRefunds[i]
		d.hold(&f.Quality, &f.Refund.Version, &f.At)
	}
	for i := range r.Customers {
		c, unnoted := &r.Customers[i], []string{}
		d.hold(&unnoted, &c.Version)
		c.Received = d.ReceivedAt
		for k := range c.Consents {
			d.hold(&unnoted, &c.Consents[k].At)
		}
	}
}

func (d Delivery) settleOrder(o *commerce.Order) {
	d.hold(&o.Quality, &o.Version, &o.Times.DeletedAt)
	o.Deleted = d.stamp(o.Times.DeletedAt)
	if !o.Stub() {
		o.Received = d.ReceivedAt
	}
	for i := range o.Parcels {
		p := &o.Parcels[i]
		d.hold(&o.Quality, &p.Version)
		if o.Stub() {
			p.Last = d.stamp(firstTime(d.triggered(), p.Version, d.ReceivedAt))
		}
	}
	for i := range o.Refunds {
		f := &o.Refunds[i]
		d.hold(&o.Quality, &f.Version)
		if o.Stub() {
			f.Last = d.stamp(firstTime(d.triggered(), f.Version, d.ReceivedAt))
		}
	}
}

// stamp is at with the time of receipt; the zero stamp for no time.
func (d Delivery) stamp(at time.Time) commerce.Stamp {
	if at.IsZero() {
		return commerce.Stamp{}
	}
	return commerce.Stamp{At: at, Received: d.ReceivedAt}
}

// hold replaces each time too far ahead by the time of receipt and notes it.
func (d Delivery) hold(quality *[]string, times ...*time.Time) {
	for _, at := range times {
		if d.ReceivedAt.IsZero() || !at.After(d.ReceivedAt.Add(tooFarAhead)) {
			continue
		}
		*at = d.ReceivedAt
		if !slices.Contains(*quality, "version_ahead") {
			*quality = append(slices.Clone(*quality), "version_ahead")
			slices.Sort(*quality)
		}
	}
}
