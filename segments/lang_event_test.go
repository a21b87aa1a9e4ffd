package segments_test

import (
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// regular is a customer with three paid orders, one unpaid, and some that
// purchase conditions never see.
func regular(t *testing.T) commerce.Profile {
	shoe := commerce.LineFact{Product: "s1:c:shoe", Category: "Clothing > Shoes", Brand: "Acme", Price: 10000, Net: 9000, Quantity: 1}
	hat := commerce.LineFact{Product: "s1:c:hat", Category: "Clothing > Hats", Brand: "Bolt", Price: 3000, Net: 3000, Quantity: 2}
	o1 := paid(t, "o1", "2025-12-01T12:00:00+08:00", 9000, shoe)
	o2 := paid(t, "o2", "2026-02-01T12:00:00+08:00", 12000, shoe, hat)
	o2.Coupons, o2.Channel = []string{"SPRING5"}, "app"
	o3 := paid(t, "o3", "2026-03-01T12:00:00+08:00", 3001, hat)
	open := paid(t, "o4", "2026-03-14T12:01:00+08:00", 5000, hat)
	open.PaidAt, open.Payment = time.Time{}, commerce.Unpaid
	test, fake, cancelled, refunded := paid(t, "x1", now, 1), paid(t, "x2", now, 1), paid(t, "x3", now, 1), paid(t, "x4", now, 1)
	test.Test, fake.Fake = true, true
	cancelled.CancelledAt, cancelled.Status = instant(t, now), commerce.Cancelled
	refunded.RefundedAt, refunded.Payment = instant(t, now), commerce.Refunded
	return customer(o1, o2, o3, open, test, fake, cancelled, refunded)
}

// Each key of an event does what the language defines.
func TestEvents(t *testing.T) {
	t.Parallel()
	p := regular(t)
	for text, want := range map[string]bool{
		`{"event": "order.paid"}`:                                                                        true,
		`{"event": "order.paid", "count": {"is": 3}}`:                                                    true,
		`{"event": "order.paid", "count": {"gt": 2, "lt": 3}}`:                                           false,
		`{"event": "order.paid", "count": {"gte": 2}, "last": {"days": 60}}`:                             true,
		`{"event": "order.paid", "count": {"gte": 3}, "last": {"days": 60}}`:                             false,
		`{"event": "order.paid", "count": {"is": 1}, "ago": {"from": {"days": 60}, "to": {"days": 30}}}`: true,
		`{"event": "order.paid", "count": {"is": 2}, "before": "2026-03-01"}`:                            true,
		`{"event": "order.paid", "count": {"is": 1}, "after": "2026-02-01"}`:                             true,
		`{"event": "order.paid", "count": {"is": 1}, "between": ["2026-02-01", "2026-03-01"]}`:           true,
		`{"event": "order.paid", "count": {"is": 1}, "after": "2025-12-01", "before": "2026-03-01"}`:     true,
		`{"event": "order.paid", "sum": "order.net", "is": "240.01"}`:                                    true,
		`{"event": "order.paid", "sum": "order.net", "gt": "240.01"}`:                                    false,
		`{"event": "order.paid", "avg": "order.net", "gt": "80.003"}`:                                    true,
		`{"event": "order.paid", "avg": "order.net", "gte": "80.0034"}`:                                  false,
		`{"event": "order.paid", "min": "order.net", "is": "30.01"}`:                                     true,
		`{"event": "order.paid", "max": "order.net", "is": 120}`:                                         true,
		`{"event": "order.paid", "distinct": "line.category", "is": 2}`:                                  true,
		`{"event": "order.paid", "distinct": "line.product", "is": 2}`:                                   true,
		`{"event": "order.paid", "distinct": "order.coupon", "is": 1}`:                                   true,
		`{"event": "order.paid", "where": {"field": "line.category", "op": "is", "value": "Shoes"}, ` +
			`"count": {"is": 2}}`: true,
		`{"event": "order.paid", "where": {"field": "line.category", "op": "in", "value": ["Clothing"]}, ` +
			`"count": {"is": 3}}`: true,
		`{"event": "order.paid", "where": {"field": "line.category", "op": "is", "value": "Shoes"}, ` +
			`"sum": "line.net", "is": 180}`: true,
		`{"event": "order.paid", "where": {"field": "line.category", "op": "is", "value": "Shoes"}, ` +
			`"sum": "order.net", "is": 210}`: true,
		`{"event": "order.paid", "where": {"field": "line.category", "op": "not_in", "value": ["Shoes"]}, ` +
			`"sum": "line.quantity", "is": 4}`: true,
		`{"event": "order.paid", "where": {"not": {"field": "line.category", "op": "is", "value": "Shoes"}}, ` +
			`"count": {"is": 1}}`: true,
		`{"event": "order.paid", "where": {"field": "order.channel", "op": "is", "value": "app"}, ` +
			`"sum": "line.quantity", "is": 3}`: true,
		`{"event": "order.paid", "pick": "last", "where": {"field": "line.category", "op": "is", "value": "Shoes"}, ` +
			`"sum": "order.net", "is": 120}`: true,
		`{"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}}`: true,
		`{"event": "order.placed", "pick": "last", "not_followed_by": {"event": "order.paid"}}`:                true,
		`{"event": "order.placed", "pick": "last", "followed_by": {"event": "order.paid"}}`:                    false,
		`{"event": "order.placed", "count": {"is": 3}, "followed_by": {"event": "order.paid"}}`:                true,
		`{"event": "order.placed", "count": {"is": 1}, "not_followed_by": {"event": "order.paid"}}`:            true,
		`{"event": "order.placed", "count": {"is": 4}, "not_followed_by": {"event": "order.shipped"}}`:         true,
		`{"event": ["order.paid", "order.placed"], "count": {"is": 4}}`:                                        true,
		`{"share": {"event": "order.paid", "where": {"field": "order.coupon", "op": "set"}}, ` +
			`"of": {"event": "order.paid"}, "lt": 0.3334}`: true,
		`{"share": {"event": "order.paid", "where": {"field": "order.coupon", "op": "set"}}, ` +
			`"of": {"event": "order.paid"}, "lte": 0.3333}`: false,
		`{"share": {"event": "order.paid", "where": {"field": "order.coupon", "op": "set"}}, ` +
			`"of": {"event": "order.paid"}, "last": {"days": 60}, "is": 0.5}`: true,
		`{"ratio": [{"event": "order.paid", "sum": "order.net", "last": {"days": 30}}, ` +
			`{"event": "order.paid", "sum": "order.net", "ago": {"from": {"days": 60}, "to": {"days": 30}}}], "gt": 0.25}`: true,
		`{"ratio": [{"event": "order.paid", "sum": "order.net"}, {"event": "order.paid"}], "gt": 80}`: true,
	} {
		if got := matches(t, text, p); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// Message events count what people did with messages, by campaign, step and
// channel.
func TestMessageEvents(t *testing.T) {
	t.Parallel()
	p := commerce.Profile{Engagement: []commerce.MessageFact{
		{ID: "m1", Campaign: "winback", Step: "w1", Channel: "email", SentAt: instant(t, "2026-01-01T09:00:00+08:00"),
			DeliveredAt: instant(t, "2026-01-01T09:00:01+08:00"),
			OpenedAt:    instant(t, "2026-01-02T09:00:00+08:00"), LastOpenedAt: instant(t, "2026-03-10T09:00:00+08:00")},
		{ID: "m2", Campaign: "unpaid", Step: "r1", Channel: "sms", SentAt: instant(t, "2026-03-01T09:00:00+08:00"),
			ClickedAt: instant(t, "2026-03-02T09:00:00+08:00"), LastClickedAt: instant(t, "2026-03-02T09:00:00+08:00")},
	}}
	for text, want := range map[string]bool{
		`{"event": "message.sent", "count": {"is": 2}}`:                                                           true,
		`{"event": "message.delivered", "count": {"is": 1}}`:                                                      true,
		`{"event": "message.opened", "last": {"days": 10}}`:                                                       true,
		`{"event": "message.opened", "last": {"days": 4}}`:                                                        false,
		`{"event": "message.opened", "between": ["2026-01-02", "2026-01-03"]}`:                                    true,
		`{"event": "message.clicked", "where": {"field": "message.campaign", "op": "is", "value": "unpaid"}}`:     true,
		`{"event": "message.clicked", "where": {"field": "message.channel", "op": "is", "value": "email"}}`:       false,
		`{"event": "message.sent", "where": {"field": "message.step", "op": "is", "value": "w1"}, "last": "30d"}`: false,
		`{"event": "message.unsubscribed"}`:                                                                       false,
		`{"event": "message.sent", "distinct": "message.campaign", "is": 2}`:                                      true,
		`{"event": "message.sent", "pick": "last", "not_followed_by": {"event": "message.opened"}}`:               false,
		`{"event": "message.sent", "pick": "last", "not_followed_by": {"event": "order.paid"}}`:                   true,
		`{"event": ["message.opened", "message.clicked"], "count": {"is": 2}}`:                                    true,
		`{"share": {"event": "message.opened"}, "of": {"event": "message.sent"}, "is": 0.5}`:                      true,
	} {
		if got := matches(t, text, p); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// Deposits, ratings, and refunds that are requested, refused or withdrawn are
// events of orders in force. Each of several refunds of one order counts.
func TestEventsOfDepositsRatingsAndRefunds(t *testing.T) {
	t.Parallel()
	o := paid(t, "o1", "2026-02-01T12:00:00+08:00", 100)
	o.DepositPaidAt, o.RatedAt = instant(t, "2026-01-20T12:00:00+08:00"), instant(t, "2026-02-10T12:00:00+08:00")
	o.Requested = []time.Time{instant(t, "2026-02-02T12:00:00+08:00"), instant(t, "2026-02-20T12:00:00+08:00"),
		instant(t, "2026-03-10T12:00:00+08:00")}
	o.Closed = []time.Time{instant(t, "2026-02-21T12:00:00+08:00")}
	back := o
	back.ID, back.RefundedAt, back.Payment = "o2", instant(t, now), commerce.Refunded
	p := customer(o, back)
	for text, want := range map[string]bool{
		`{"event": "order.deposit_paid", "count": {"is": 1}}`:                                                 true,
		`{"event": "order.deposit_paid", "followed_by": {"event": "order.paid"}}`:                             true,
		`{"event": "order.rated", "between": ["2026-02-10", "2026-02-11"]}`:                                   true,
		`{"event": "order.rated", "last": {"days": 30}}`:                                                      false,
		`{"event": "order.refund_requested", "count": {"is": 1}}`:                                             true,
		`{"event": "order.refund_requested", "between": ["2026-02-20", "2026-02-21"]}`:                        true,
		`{"event": "order.refund_requested", "between": ["2026-02-21", "2026-03-01"]}`:                        false,
		`{"event": "order.refund_requested", "not_followed_by": {"event": "order.refund_closed"}}`:            true,
		`{"event": "order.refund_closed", "followed_by": {"event": "order.refund_requested"}}`:                true,
		`{"event": "order.refund_closed", "last": {"days": 10}}`:                                              false,
		`{"event": "order.paid", "where": {"field": "order.rated_at", "op": "after", "value": "2026-02-09"}}`: true,
		`{"event": "order.paid", "where": {"field": "order.deposit_paid_at", "op": "unset"}}`:                 false,
	} {
		if got := matches(t, text, p); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// The creation of a customer, consents in force and stored checkouts are events
// too.
func TestEventsOfCustomersConsentsAndCheckouts(t *testing.T) {
	t.Parallel()
	p := customer(paid(t, "o1", "2026-03-05T12:00:00+08:00", 100))
	p.KnownSince = instant(t, "2026-03-01T09:00:00+08:00")
	p.Consents = []commerce.Consent{{Channel: "email", Granted: true, At: instant(t, "2026-03-02T09:00:00+08:00")},
		{Channel: "sms", At: instant(t, "2026-03-14T09:00:00+08:00")}}
	p.Checkouts = []commerce.CheckoutFact{
		{ID: "k1", At: instant(t, "2026-03-05T11:00:00+08:00"), CompletedAt: instant(t, "2026-03-05T12:00:00+08:00"), Currency: "CNY",
			Total: 100},
		{ID: "k2", At: instant(t, "2026-03-13T11:00:00+08:00"), Currency: "CNY", Total: 4000},
		{ID: "k3", At: instant(t, "2026-03-13T12:00:00+08:00"), Currency: "EUR", Total: 9000},
	}
	for text, want := range map[string]bool{
		`{"event": "customer.created"}`:                                                                   true,
		`{"event": "customer.created", "last": {"days": 14}}`:                                             true,
		`{"event": "customer.created", "last": {"days": 13}}`:                                             false,
		`{"event": "customer.created", "not_followed_by": {"event": "order.paid"}}`:                       false,
		`{"event": "customer.created", "followed_by": {"event": "consent.granted"}}`:                      true,
		`{"event": "consent.granted", "count": {"is": 1}}`:                                                true,
		`{"event": "consent.granted", "where": {"field": "consent.channel", "op": "is", "value": "sms"}}`: false,
		`{"event": "consent.granted", "where": {"field": "consent.channel", ` +
			`"op": "is", "value": "email"}, "last": "13d"}`: true,
		`{"event": "consent.granted", "last": {"days": 12}}`:                                             false,
		`{"event": "checkout.started", "count": {"is": 3}}`:                                              true,
		`{"event": "checkout.started", "last": {"days": 2}, "not_followed_by": {"event": "order.paid"}}`: true,
		`{"event": "checkout.started", "where": {"field": "checkout.completed_at", "op": "set"}, ` +
			`"last": {"days": 2}}`: false,
		`{"event": "checkout.started", "where": {"field": "checkout.total", "op": "gte", "value": 40}, ` +
			`"count": {"is": 1}}`: true,
		`{"event": "checkout.started", "where": {"field": "checkout.currency", "op": "is", "value": "EUR"}}`: true,
		`{"event": "checkout.started", "sum": "checkout.total", "is": 41}`:                                   true,
		`{"share": {"event": "checkout.started", "where": {"field": "checkout.completed_at", "op": "set"}}, ` +
			`"of": {"event": "checkout.started"}, "lt": 0.5}`: true,
	} {
		if got := matches(t, text, p); got != want {
			t.Errorf("%s: got %v, want %v", text, got, want)
		}
	}
}

// A wrong event is refused with its place and the remedy.
func TestParseEventRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, want string }{
		{`{"event": "order.payed"}`,
			`line 1, column 11 (/event): unknown event "order.payed"; did you mean "order.paid"?`},
		{`{"event": []}`, `line 1, column 11 (/event): an empty list of events: name at least one`},
		{`{"event": ["order.paid", "message.sent"]}`,
			`line 1, column 26 (/event/1): order.paid and message.sent cannot be counted together: one is about orders, one about messages`},
		{`{"event": ["checkout.started", "consent.granted"]}`,
			`line 1, column 32 (/event/1): checkout.started and consent.granted cannot be counted together: one is about checkouts, ` +
				`one about consents`},
		{`{"event": "customer.created", "where": {"field": "consent.channel", "op": "set"}}`,
			`line 1, column 50 (/where/field): consent.channel is about a consent: put the test into the where of consent.granted`},
		{`{"event": "customer.created", "where": {"field": "order.net", "op": "set"}}`,
			`line 1, column 50 (/where/field): order.net is about an order, and these events are customers`},
		{`{"event": "order.paid", "where": {"field": "checkout.total", "op": "set"}}`,
			`line 1, column 44 (/where/field): checkout.total is about a checkout: put the test into the where of checkout.started`},
		{`{"event": "order.paid", "since_entry": true}`,
			`line 1, column 40 (/since_entry): not supported yet: since_entry`},
		{`{"event": "order.paid", "lst": "7d"}`, `line 1, column 25 (/lst): unknown key "lst"; did you mean "last"?`},
		{`{"event": "order.paid", "count": 2}`, `line 1, column 34 (/count): count takes comparisons: write {"gte": 2}`},
		{`{"event": "order.paid", "gte": 2}`,
			`line 1, column 32 (/gte): gte needs a figure: write "count": {"gte": ...}, or sum, avg, min, max or distinct beside it`},
		{`{"event": "order.paid", "sum": "order.net"}`,
			`line 1, column 1: sum of order.net needs a comparison: give gt, gte, lt, lte or is`},
		{`{"event": "order.paid", "sum": "order.channel", "gt": 1}`,
			`line 1, column 32 (/sum): sum of order.channel: it is text`},
		{`{"event": "order.paid", "sum": "orders.net", "gt": 1}`,
			`line 1, column 32 (/sum): orders.net is about the customer: put the test beside the event, not into its where`},
		{`{"event": "order.paid", "distinct": "order.net", "gt": 1}`,
			`line 1, column 37 (/distinct): distinct of order.net: it is money`},
		{`{"event": "order.paid", "sum": "order.net", "avg": "order.net", "gt": 1}`,
			`line 1, column 52 (/avg): one figure at a time: sum or avg`},
		{`{"event": "order.paid", "pick": "first"}`, `line 1, column 33 (/pick): pick is "any" or "last"`},
		{`{"event": "order.paid", "ago": {"from": "90d", "to": "180d"}}`,
			`line 1, column 32 (/ago): from 90 days ago to 180 days ago is empty: the longer time comes first`},
		{`{"event": "order.paid", "where": {"event": "order.paid"}}`,
			`line 1, column 44 (/where/event): event is about the customer: put it beside the event, not into its where`},
		{`{"event": "message.sent", "where": {"field": "order.net", "op": "set"}}`,
			`line 1, column 46 (/where/field): order.net is about an order, and these events are messages`},
		{`{"event": "order.paid", "where": {"field": "message.step", "op": "set"}}`,
			`line 1, column 44 (/where/field): message.step is about a message: put the test into the where of a message event`},
		{`{"event": "order.paid", "not_followed_by": "order.paid"}`,
			`line 1, column 44 (/not_followed_by): name the events: {"event": "order.paid"}`},
		{`{"share": {"event": "order.paid"}, "gt": 0.5}`, `line 1, column 1: a share needs "of": what it is a share of`},
		{`{"share": {"event": "order.paid"}, "of": {"event": "order.paid"}}`,
			`line 1, column 1: share needs a comparison: give gt, gte, lt, lte or is`},
		{`{"ratio": [{"event": "order.paid"}], "gt": 1}`,
			`line 1, column 11 (/ratio): a ratio is a list of two figures: [a, b] is a divided by b`},
		{`{"sample": {"percent": 0, "seed": "a"}}`,
			`line 1, column 24 (/sample/percent): percent is above 0 and at most 100`},
		{`{"sample": {"percent": 5}}`,
			`line 1, column 12 (/sample): write {"percent": 10, "seed": "2026-q4"}; another seed draws other customers`},
	} {
		condition, problems := tryParse(c.in, segments.Scope{})
		if condition != nil || len(problems) != 1 || problems[0].String() != c.want {
			t.Errorf("%s:\ngot  %v\nwant %s", c.in, problems, c.want)
		}
	}
}
