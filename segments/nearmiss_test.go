package segments

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/strictjson"

	"pgregory.net/rapid"
)

// A condition matches after the changes that a near miss names, for any customer
// and any condition with a known change. Orders are only added. Waiting changes
// nothing but the time.
func TestConditionMatchesAfterTheChangesOfANearMiss(t *testing.T) {
	t.Parallel()
	p, now := aShop(t)
	missed, helped := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		d := dice{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))}
		row := d.customer(1, 1)
		set := someSegments(t)
		c, text, ok := someCondition(t, set)
		if !ok {
			t.Skip("refused")
		}
		lists := d.lists(set.IDs(), 3)
		p := p
		p.Customer = row.ID
		p.Listed = func(segment string) Listing { return lists[segment].of(1) }
		lacks, after := nearMiss(c, &row.Profile, nil, p, now)
		if Match(c, &row.Profile, nil, p, now) {
			if len(lacks) > 0 {
				t.Fatalf("%s matches, and lacks %v", text, lacks)
			}
			return
		}
		if missed++; len(lacks) == 0 {
			return
		}
		helped++
		if !Match(c, &after.profile, nil, after.params, after.now) {
			t.Fatalf("%s does not match after %v", text, lacks)
		}
		if len(after.profile.History.Orders) < len(row.History.Orders) || after.now.Before(now) {
			t.Fatalf("%s: %v remove orders or go back in time", text, lacks)
		}
		waits, until := true, now
		for _, l := range lacks {
			if l.Text == "" || l.Kind == "" || (l.Kind == Wait) != l.Until.After(now) {
				t.Fatalf("%s: got %+v", text, l)
			}
			if waits = waits && l.Kind == Wait; l.Until.After(until) {
				until = l.Until
			}
		}
		if waits && !Match(c, &row.Profile, nil, p, until) {
			t.Fatalf("%s does not match at %v", text, until)
		}
	})
	t.Logf("%d of %d near misses have changes", helped, missed)
}

// The smallest possible change is described in words.
func TestNearMissWords(t *testing.T) {
	t.Parallel()
	p, now := aShop(t)
	at := func(days int) time.Time { return now.AddDate(0, 0, -days) }
	order := func(id string, days int, net int64, change func(*commerce.OrderFact)) commerce.OrderFact {
		o := commerce.OrderFact{ID: id, PlacedAt: at(days), PaidAt: at(days), Status: commerce.Open, Payment: commerce.Paid,
			Currency: "CNY", Total: net, Net: net}
		if change != nil {
			change(&o)
		}
		return o
	}
	points := int64(80)
	profile := commerce.Profile{KnownSince: at(100), Consents: []commerce.Consent{{Channel: "sms", Granted: true}}}
	profile.Attributes = commerce.Attributes{Birthday: "1990-03-20", City: "Ningbo", Points: &points, Tags: []string{"new"}}
	profile.History = commerce.NewHistory([]commerce.OrderFact{order("o1", 100, 20000, nil), order("o2", 10, 26000, nil)},
		[]commerce.RefundFact{{ID: "r1", At: at(5), Amount: 1000}})
	set := NewSet([][]byte{[]byte(`{"schema": 1, "id": "fair", "name": "Fair", "static": true}`)})
	for _, c := range []struct{ rule, condition, want string }{
		{"an order is missing", `{"event": "order.paid", "count": {"gte": 2}, "last": {"days": 90}}`, "1 more paid order in the last 90 days"},
		{"several are missing", `{"event": "order.paid", "count": {"gt": 4}, "last": {"days": 90}}`, "4 more paid orders in the last 90 days"},
		{"money is missing", `{"event": "order.paid", "sum": "order.net", "gte": 500, "last": {"days": 365}}`,
			"40.00 CNY more order.net of a paid order in the last 365 days"},
		{"an order of something is missing", `{"event": "order.paid", "where": {"field": "line.brand", "op": "is", "value": "Acme"}}`,
			"1 more paid order with line.brand is Acme"},
		{"a figure is short", `{"field": "orders.count", "op": "gte", "value": 3}`, "1 more paid order"},
		{"money was returned that names no order", `{"field": "orders.net", "op": "gte", "value": 500}`,
			"50.00 CNY more order.net of a paid order"},
		{"an average is short", `{"field": "orders.average", "op": "gte", "value": 240}`, "1 more paid order of order.total 260.00 CNY"},
		{"time passes", `{"not": {"event": "order.paid", "last": {"days": 30}}}`, "to wait until 2026-04-05"},
		{"a lapse comes with time", `{"field": "orders.last_at", "op": "more_than_ago", "value": {"days": 60}}`, "to wait until 2026-05-05"},
		{"days go by", `{"field": "orders.days_since_last", "op": "gte", "value": 12}`, "to wait until 2026-03-17"},
		{"a birthday comes", `{"field": "customer.birthday", "op": "anniversary_within_next", "value": {"days": 3}}`, "to wait until 2026-03-18"},
		{"age comes", `{"field": "customer.age", "op": "gte", "value": 40}`, "to wait until 2030-03-20"},
		{"age never falls", `{"field": "customer.age", "op": "lt", "value": 30}`, ""},
		{"the past does not change", `{"field": "customer.source", "op": "is", "value": "ads"}`, "customer.source is ads"},
		{"consent", `{"field": "customer.consent.email", "op": "is", "value": true}`, "consent for email"},
		{"withdrawal", `{"not": {"field": "customer.consent.sms", "op": "is", "value": true}}`, "consent for sms withdrawn"},
		{"an attribute", `{"field": "customer.city", "op": "is", "value": "Hangzhou"}`, "customer.city is Hangzhou"},
		{"a tag", `{"field": "customer.tags", "op": "has", "value": "vip"}`, "customer.tags has vip"},
		{"points", `{"field": "customer.points", "op": "gte", "value": 100}`, "customer.points gte 100"},
		{"a list", `{"segment": "fair"}`, "to be put in segment fair"},
		{"the cheapest of several", `{"any": [{"field": "customer.city", "op": "is", "value": "Hangzhou"}, ` +
			`{"event": "order.paid", "count": {"gte": 3}}]}`, "1 more paid order"},
		{"all of several", `{"all": [{"field": "customer.consent.email", "op": "is", "value": true}, ` +
			`{"event": "order.paid", "count": {"gte": 3}}, {"field": "orders.count", "op": "gte", "value": 3}]}`,
			"consent for email; 1 more paid order"},
		{"an answer", `{"event": "message.clicked", "last": {"days": 30}}`, "1 more clicked message in the last 30 days"},
		{"what follows", `{"event": "order.paid", "followed_by": {"event": "message.opened"}}`, "1 more opened message"},
		{"a share", `{"share": {"event": "order.paid", "where": {"field": "order.coupon", "op": "set"}}, "of": {"event": "order.paid"}, ` +
			`"gte": 0.25}`, "1 more paid order with order.coupon set"},
		{"chance does not change", `{"all": [{"sample": {"percent": 0.0001, "seed": "a"}}]}`, ""},
	} {
		node, _ := strictjson.Read([]byte(c.condition))
		condition, problems := Parse(node, Scope{Segments: set})
		if condition == nil {
			t.Fatalf("%s: %v", c.condition, problems)
		}
		var words []string
		for _, l := range NearMiss(condition, &profile, nil, p, now) {
			words = append(words, l.Text)
		}
		if got := strings.Join(words, "; "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.rule, got, c.want)
		}
	}
}

// The largest conditions on the largest histories get an answer within seconds,
// which may be empty.
func TestNearMissIsBounded(t *testing.T) {
	t.Parallel()
	p, now := aShop(t)
	var orders []commerce.OrderFact
	for i := range commerce.MaxHistory {
		orders = append(orders, commerce.OrderFact{ID: "o", PlacedAt: now.Add(-time.Duration(i) * time.Hour), PaidAt: now,
			Payment: commerce.Paid, Total: 5, Net: 5})
	}
	profile := commerce.Profile{History: commerce.NewHistory(orders, nil)}
	const part = `{"any": [{"event": "order.refunded", "last": {"days": 5}, "sum": "order.net", "gt": 100}, ` +
		`{"event": "order.rated", "where": {"field": "line.brand", "op": "is", "value": "a"}, "followed_by": {"event": "message.opened"}, ` +
		`"count": {"gt": 90}}]}`
	node, _ := strictjson.Read([]byte(`{"all": [` + part + strings.Repeat(","+part, 30) + `]}`))
	condition, _ := Parse(node, Scope{})
	lacks, after := nearMiss(condition, &profile, nil, p, now)
	if left := *after.tries; len(lacks) > 0 || left < -maxTries {
		t.Errorf("got %v and %d tries left of %d", lacks, left, maxTries)
	}
}
