package campaigns

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// happen carries out one line of a test: a record of the order or checkout arrives,
// and its events wait to be delivered.
func (w *world) happen(g Given) {
	if g.Event == webhookAnswered {
		w.answer(g)
		return
	}
	at := w.now
	if text, ok := commerce.Lookup(g.Fields, "at"); ok {
		at = w.offset(text)
	}
	customer := commerce.Key(w.shop.ID, "platform", w.field(g, "customer", "c1"))
	w.meet(customer, g)
	switch g.Event {
	case customerUpdated, commerce.CustomerCreated, commerce.ConsentGranted:
		w.recompute(customer)
	case commerce.MessageOpened, commerce.MessageClicked:
		w.recompute(customer)
		w.announce([]commerce.Event{w.reaction(customer, g, at)})
	case commerce.SegmentEntered, commerce.SegmentLeft:
		w.recompute(customer)
		w.announce([]commerce.Event{w.segmentEvent(customer, g, at)})
	case commerce.CheckoutStarted:
		w.checkout(customer, g, at)
	default:
		if g.Event.Reported() {
			w.reported(customer, g, at)
			return
		}
		w.order(customer, g, at)
	}
}

func (w *world) field(g Given, key, fallback string) string {
	if value, ok := commerce.Lookup(g.Fields, key); ok {
		return value
	}
	return fallback
}

func (w *world) offset(text string) time.Time {
	offset, ok := parseOffset(text)
	if !ok {
		return time.Time{} // none
	}
	return w.start.Add(offset)
}

// meet adds the customer if needed and sets the fields of the line. A customer
// without such fields has an address and consents.
func (w *world) meet(id string, g Given) {
	p := w.customers[id]
	if p == nil {
		name := w.field(g, "customer", "c1")
		p = &person{listed: map[string]segments.Listing{}}
		p.Customer = commerce.Customer{ID: id, Shop: w.shop.ID, Records: []commerce.CustomerRecord{{
			Connection: "test", External: name, Version: w.now, Verified: true, Email: name + "@example.com",
			Consents: []commerce.Consent{{Channel: Email, Granted: true, Explicit: true, Confirmed: true, At: w.now, Source: "test"}},
		}}}
		w.customers[id] = p
	}
	r := &p.Records[0]
	if g.Event == commerce.ConsentGranted {
		g.Fields = append([]commerce.KV{{Key: "consent", Value: "true"}}, g.Fields...)
	}
	for _, kv := range g.Fields {
		switch kv.Key {
		case "consent":
			r.Consents = nil
			if kv.Value != "unknown" {
				granted := kv.Value == "true"
				r.Consents = []commerce.Consent{
					{Channel: Email, Granted: granted, Explicit: true, Confirmed: true, At: w.now, Source: "test"},
				}
			}
		case "email":
			r.Email = kv.Value
			if kv.Value == "none" {
				r.Email = ""
			}
		case "zone":
			r.Attributes.Zone = kv.Value
		case "country":
			r.Attributes.Country = kv.Value
		case "language":
			r.Attributes.Language = kv.Value
		case "gender":
			r.Attributes.Gender = kv.Value
		case "tag":
			r.TagsKnown, r.Attributes.Tags = true, append(slices.Clone(r.Attributes.Tags), kv.Value)
		case "segment":
			p.listed[kv.Value] = segments.Included
			if g.Event == commerce.SegmentLeft {
				p.listed[kv.Value] = segments.Excluded
			}
		case "birthday":
			r.Attributes.Birthday = unlessNone(kv.Value)
		case "suppressed":
			p.suppressed = kv.Value == "true"
		case "holdout":
			p.heldOut = kv.Value == "true"
		default:
			if key, custom := strings.CutPrefix(kv.Key, attributePrefix); custom {
				others := slices.DeleteFunc(slices.Clone(r.Attributes.Custom), func(old commerce.KV) bool { return old.Key == key })
				r.Attributes.Custom = append(others, commerce.KV{Key: key, Value: unlessNone(kv.Value)})
			}
		}
	}
}

// reaction is the customer's first open or click of a message: by default of a step "one" of
// another campaign.
func (w *world) reaction(customer string, g Given, at time.Time) commerce.Event {
	who := w.field(g, "customer", "c1")
	message := commerce.Key(w.shop.ID, w.field(g, "campaign", "other"), "platform", who, "1", w.field(g, "step", "one"))
	ev := commerce.NewEvent(w.shop.ID, g.Event, customer, message, at)
	ev.Customer = customer
	return ev
}

// segmentEvent is the customer's entering or leaving of a segment.
func (w *world) segmentEvent(customer string, g Given, at time.Time) commerce.Event {
	cause := commerce.Key(w.field(g, "segment", ""), strconv.Itoa(len(w.events)+1))
	ev := commerce.NewEvent(w.shop.ID, g.Event, customer, cause, at)
	ev.Customer = customer
	return ev
}

// unlessNone is a value of a line; none unsets the field.
func unlessNone(value string) string {
	if value == "none" {
		return ""
	}
	return value
}

// recompute writes the profile and the watch of a time campaign.
func (w *world) recompute(id string) {
	p := w.customers[id]
	var purchases []commerce.Purchase
	for _, o := range w.orders {
		if o.Customer == id {
			purchases = append(purchases, commerce.Purchase{Fact: commerce.FactOf(o, w.shop.Currency), Buyer: o.Buyer, Imported: o.Imported})
		}
	}
	var checkouts []commerce.StartedCheckout
	for _, c := range w.checkouts {
		if fact, ok := commerce.CheckoutFactOf(c); ok && c.Customer == id {
			checkouts = append(checkouts, commerce.StartedCheckout{Fact: fact, Buyer: c.Buyer, Imported: c.Imported})
		}
	}
	before := p.Profile
	p.Profile = commerce.Recompute(p.Records, purchases, nil, checkouts)
	reports := commerce.Reports{Records: p.Records, Purchases: purchases, Checkouts: checkouts}
	w.announce(commerce.CustomerEvents(before, p.Customer, reports, commerce.Address.Clear, w.now))
	p.StoredGeneration++
	watch, ok := WatchOf(w.c, w.facts(w.c, []Fact{FactCustomer}, Enrolment{Customer: id}), w.now)
	if ok {
		w.putWatch(watch)
	}
}

func (w *world) checkout(customer string, g Given, at time.Time) {
	external := w.field(g, "checkout", "k1")
	id := commerce.Key(w.shop.ID, "test", external)
	before := w.checkouts[id]
	in := commerce.Checkout{ID: id, Shop: w.shop.ID, Connection: "test", External: external, StartedAt: at, Customer: customer}
	in.CheckoutState = before.CheckoutState
	in.CheckoutState.Facts, in.Version, in.Buyer = 0, at, commerce.Buyer{Platform: w.field(g, "customer", "c1")}
	in.Currency = w.field(g, "currency", cmp.Or(in.Currency, w.shop.Currency))
	in.Imported = w.field(g, "imported", "false") == "true"
	state := commerce.OrderState{Currency: in.Currency, Total: in.Total, Lines: in.Lines}
	w.fill(&state, g)
	in.Total, in.Lines, in.Coupons = state.Total, state.Lines, state.Coupons
	after := commerce.MergeCheckout(before, in)
	after.Customer = customer
	w.checkouts[id] = after
	w.recompute(customer)
	w.announce(commerce.CheckoutEvents(before, after))
}

// order receives a record of an order. The newest record decides; an older one adds
// only its times.
func (w *world) order(customer string, g Given, at time.Time) {
	external := w.field(g, "order", "o1")
	id := commerce.Key(w.shop.ID, "test", external)
	before, known := w.orders[id]
	in := commerce.Order{ID: id, Shop: w.shop.ID, Connection: "test", External: external, OrderState: before.OrderState}
	if !known {
		in.Status, in.Payment, in.Times.PlacedAt = commerce.Open, commerce.Unpaid, at
		in.Imported = w.field(g, "imported", "false") == "true"
		in.Currency = w.shop.Currency
	}
	in.OrderState.Facts, in.Version = 0, at
	in.Buyer.Platform = w.field(g, "customer", "c1")
	w.fill(&in.OrderState, g)
	w.occur(&in, g, at)
	after := commerce.Merge(before, in)
	after.Customer = cmp.Or(before.Customer, customer)
	w.orders[id] = after
	w.became(g, external, at)
	w.recompute(after.Customer)
	events := commerce.Events(before, after)
	for i := range events {
		events[i].Customer = after.Customer
	}
	w.announce(events)
}

// became records on the checkout which order it became.
func (w *world) became(g Given, order string, at time.Time) {
	external, ok := commerce.Lookup(g.Fields, "checkout")
	id := commerce.Key(w.shop.ID, "test", external)
	if k, known := w.checkouts[id]; ok && known {
		k.Became, k.CompletedAt = order, at
		w.checkouts[id] = k
	}
}

// announce stores events, to be delivered in order of time.
func (w *world) announce(events []commerce.Event) {
	slices.SortStableFunc(events, compareEvents)
	w.events = slices.DeleteFunc(w.events, func(old commerce.Event) bool {
		return slices.ContainsFunc(events, func(ev commerce.Event) bool { return ev.ID == old.ID })
	})
	w.events, w.undelivered = append(w.events, events...), append(w.undelivered, events...)
}

// occur puts the line's event on the record.
func (w *world) occur(o *commerce.Order, g Given, at time.Time) {
	switch g.Event {
	case commerce.OrderPlaced:
		o.Times.PlacedAt = at
	case commerce.OrderDepositPaid:
		o.Payment, o.Times.DepositPaidAt = commerce.DepositPaid, at
	case commerce.OrderPaid:
		o.Status, o.Payment, o.Times.PaidAt = commerce.Open, commerce.Paid, at
	case commerce.OrderShipped:
		o.Parcels = []commerce.Parcel{{ID: w.field(g, "parcel", "p1"), Version: at, ShippedAt: at}}
	case commerce.OrderDelivered:
		o.Times.DeliveredAt = at
	case commerce.OrderCompleted:
		o.Status, o.Times.CompletedAt = commerce.Completed, at
	case commerce.OrderRated:
		o.Rating, o.Times.RatedAt = max(o.Rating, 1), at
	case commerce.OrderCancelled:
		o.Status, o.Times.CancelledAt = commerce.Cancelled, at
	case commerce.OrderRefunded:
		o.Payment, o.Times.RefundedAt = commerce.Refunded, at
	case commerce.OrderRefundRequested, commerce.OrderRefundClosed, commerce.OrderPartiallyRefunded:
		w.refund(o, g, at)
	}
}

func (w *world) refund(o *commerce.Order, g Given, at time.Time) {
	amount, _ := commerce.ParseMoney(w.field(g, "refund", "1.00"), o.Currency)
	r := commerce.Refund{ID: "r1", Version: at, Amount: amount}
	switch g.Event {
	case commerce.OrderRefundRequested:
		r.RequestedAt = at
	case commerce.OrderRefundClosed:
		r.ClosedAt = at
	default:
		r.RefundedAt, o.Payment = at, commerce.PartiallyRefunded
	}
	o.Refunds = []commerce.Refund{r}
}

// fill puts the line's fields on the record of an order.
func (w *world) fill(o *commerce.OrderState, g Given) {
	o.Currency = w.field(g, "currency", o.Currency)
	if o.Total.Currency == "" {
		o.Total, _ = commerce.ParseMoney("100", o.Currency)
	}
	for _, kv := range g.Fields {
		switch kv.Key {
		case "total":
			if d, err := commerce.ParseDecimal(kv.Value); err == nil {
				exponent, _ := commerce.Exponent(o.Currency)
				minor, _ := d.Minor(exponent)
				o.Total = commerce.Money{Minor: minor, Currency: o.Currency}
			}
		case "payment_method":
			o.Method = kv.Value
		case "payment_status":
			o.Payment = commerce.PaymentStatus(kv.Value)
		case "status":
			o.Status = commerce.OrderStatus(kv.Value)
		case "channel":
			o.Channel = kv.Value
		case "store":
			o.Store = kv.Value
		case "cancel_at":
			o.CancelAt = w.offset(kv.Value)
		case "due_at":
			o.DueAt = w.offset(kv.Value)
		case "balance_from":
			o.BalanceFrom = w.offset(kv.Value)
		case "balance_to":
			o.BalanceTo = w.offset(kv.Value)
		case "in_stock":
			yes := kv.Value == "true"
			o.InStock = &yes
		case "test":
			o.Test = kv.Value == "true"
		case "fake":
			o.Fake = kv.Value == "true"
		case "coupon":
			o.Coupons = []string{kv.Value}
		case "tags":
			o.Tags = commerce.EachOnce(strings.Split(kv.Value, ","))
		}
	}
	w.lines(o, g)
}

// lines sets one order line to the product fields of the test's line.
func (w *world) lines(o *commerce.OrderState, g Given) {
	if len(o.Lines) == 0 {
		o.Lines = []commerce.Line{{ID: "1", Product: "p1", Quantity: 1}}
	}
	line := &o.Lines[0]
	line.Product = w.field(g, "product", line.Product)
	line.Category = w.field(g, "category", line.Category)
	line.Brand = w.field(g, "brand", line.Brand)
	line.Net = o.Total
}
