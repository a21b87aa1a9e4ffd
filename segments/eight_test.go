package segments_test

import (
	"fmt"
	"os"
	"testing"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// read reads the conditions of a file, by name.
func read(t testing.TB, file string) map[string]segments.Condition {
	t.Helper()
	data, err := os.ReadFile("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	root, problems := strictjson.Read(data)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	conditions := map[string]segments.Condition{}
	for _, m := range root.Members {
		c, problems := segments.Parse(m.Value, segments.Scope{})
		if strictjson.Refused(problems) {
			t.Fatal(m.Key, problems)
		}
		conditions[m.Key] = c
	}
	return conditions
}

// buys is a paid order of amount on each of the days before 15 March 2026.
func buys(t *testing.T, category string, amount int64, days ...int) []commerce.OrderFact {
	var orders []commerce.OrderFact
	for _, n := range days {
		o := paid(t, fmt.Sprintf("o%d", n), "2026-03-15T00:00:00+08:00", amount, commerce.LineFact{Category: category, Quantity: 1, Net: amount})
		o.PaidAt = o.PaidAt.AddDate(0, 0, -n)
		o.PlacedAt = o.PaidAt
		orders = append(orders, o)
	}
	return orders
}

type person = func(*commerce.Profile)

func orders(list ...[]commerce.OrderFact) person {
	return func(p *commerce.Profile) {
		var all []commerce.OrderFact
		for _, l := range list {
			all = append(all, l...)
		}
		p.History = commerce.NewHistory(all, nil)
	}
}

func opened(t *testing.T, daysAgo int) person {
	return func(p *commerce.Profile) {
		at := instant(t, "2026-03-15T00:00:00+08:00").AddDate(0, 0, -daysAgo)
		p.Engagement = []commerce.MessageFact{{ID: "m1", SentAt: at, OpenedAt: at, LastOpenedAt: at}}
	}
}

func accepts(p *commerce.Profile)  { p.Consents = []commerce.Consent{{Channel: "email", Granted: true}} }
func declines(p *commerce.Profile) { p.Consents = []commerce.Consent{{Channel: "email"}} }

func is(change func(*commerce.Attributes)) person {
	return func(p *commerce.Profile) { change(&p.Attributes) }
}

// The eight segments mean what their descriptions state: each matches its kind of
// customer, and no longer after one change that the description excludes.
func TestEightSegments(t *testing.T) {
	t.Parallel()
	female := is(func(a *commerce.Attributes) { a.Gender, a.Birthday, a.Region = "female", "1995-01-01", "5" })
	male := is(func(a *commerce.Attributes) { a.Gender, a.Region, a.Source.UTMSource = "male", "7", "4" })
	coupons := func(list []commerce.OrderFact, n int) []commerce.OrderFact {
		for i := range n {
			list[i].Coupons = []string{"X"}
		}
		return list
	}
	unpaid := func(daysAgo int) []commerce.OrderFact {
		o := buys(t, "1", 100, daysAgo)
		o[0].ID, o[0].Payment, o[0].PaidAt = "open", commerce.Unpaid, commerce.OrderFact{}.PaidAt
		return o
	}
	app := func(list []commerce.OrderFact) []commerce.OrderFact { list[0].Channel = "app"; return list }
	refunded := func(list []commerce.OrderFact) []commerce.OrderFact {
		list[0].ID, list[0].Payment, list[0].RefundedAt = "back", commerce.Refunded, list[0].PaidAt
		return list
	}
	tags := func(tags ...string) person { return is(func(a *commerce.Attributes) { a.Tags = tags }) }
	tier := func(tier, birthday string) person {
		return is(func(a *commerce.Attributes) {
			a.Custom, a.Birthday = []commerce.KV{{Key: "city_tier", Value: tier}}, birthday
		})
	}
	born := func(day string) person { return is(func(a *commerce.Attributes) { a.Birthday = day }) }
	three := func() []commerce.OrderFact { return append(buys(t, "2", 100, 20), buys(t, "3", 100, 30)...) }
	conditions := read(t, "eight.json")
	for _, c := range []struct {
		name  string
		base  []person
		never map[string]person
	}{
		{"S1", []person{female, orders(buys(t, "1", 20001, 10, 90)), opened(t, 61)}, map[string]person{
			"male": is(func(a *commerce.Attributes) { a.Gender = "male" }), "41 years old": born("1985-03-15"), "24 years old": born("2001-03-16"),
			"of another region": is(func(a *commerce.Attributes) { a.Region = "3" }), "one of them 91 days ago": orders(buys(t, "1", 20001, 10, 91)),
			"average order of 200.00": orders(buys(t, "1", 20000, 10, 90)), "opened 60 days ago": opened(t, 60),
			"another category": orders(buys(t, "7", 20001, 10, 90)),
		}},
		{"S2", []person{accepts, orders(buys(t, "1", 40000, 80, 100, 200, 300, 365))}, map[string]person{
			"no consent": declines, "last purchase 91 days ago": orders(buys(t, "1", 40000, 91, 100, 200, 300, 365)),
			"four orders in the year": orders(buys(t, "1", 60000, 80, 100, 200, 300, 366)),
			"spent 1999.95":           orders(buys(t, "1", 39999, 80, 100, 200, 300, 365)),
		}},
		{"S3", []person{accepts, opened(t, 30), orders(buys(t, "1", 40000, 121, 500, 900))}, map[string]person{
			"opened 31 days ago": opened(t, 31), "two orders": orders(buys(t, "1", 50000, 121, 500)),
			"spent 999.99":               orders(buys(t, "1", 33333, 121, 500, 900)),
			"last purchase 120 days ago": orders(buys(t, "1", 40000, 120, 500, 900)),
			"last purchase 366 days ago": orders(buys(t, "1", 40000, 366, 500, 900)), "no consent": declines,
		}},
		{"S4", []person{tier("1", "1995-01-01"), orders(buys(t, "2", 100, 180))}, map[string]person{
			"another tier": tier("2", "1995-01-01"), "36 years old": tier("1", "1990-03-15"), "17 years old": tier("1", "2008-03-16"),
			"bought 181 days ago": orders(buys(t, "2", 100, 181)), "ever bought category 9": orders(buys(t, "2", 100, 180), buys(t, "9", 100, 2000)),
		}},
		{"S5", []person{accepts, orders(unpaid(3), buys(t, "1", 100, 4))}, map[string]person{
			"no consent": declines, "unpaid for 4 days": orders(unpaid(4)), "bought since": orders(unpaid(3), buys(t, "1", 100, 2)),
			"nothing unpaid": orders(buys(t, "1", 100, 1)),
		}},
		{"S6", []person{tags("wholesale"), orders(buys(t, "1", 30001, 10, 90), buys(t, "1", 30000, 91))}, map[string]person{
			"blacklisted": tags("vip", "blacklist"), "no such tag": tags("new"),
			"one order":      orders(buys(t, "1", 90000, 10), buys(t, "1", 30000, 91)),
			"exactly twice":  orders(buys(t, "1", 30000, 10, 90), buys(t, "1", 30000, 180)),
			"nothing before": orders(buys(t, "1", 30001, 10, 90), buys(t, "1", 1, 181)),
		}},
		{"S7", []person{male, orders(coupons(buys(t, "1", 100, 10, 20, 30, 40, 365), 3))}, map[string]person{
			"female":             is(func(a *commerce.Attributes) { a.Gender = "female" }),
			"another source":     is(func(a *commerce.Attributes) { a.Source.UTMSource = "1" }),
			"three orders":       orders(coupons(buys(t, "1", 100, 10, 20, 30, 366), 3)),
			"half with a coupon": orders(coupons(buys(t, "1", 100, 10, 20, 30, 40), 2)),
		}},
		{"S8", []person{born("1990-03-21"), orders(app(buys(t, "1", 100, 365)), three())}, map[string]person{
			"birthday in 7 days": born("1990-03-22"), "app 366 days ago": orders(app(buys(t, "1", 100, 366)), three()),
			"one in four refunded": orders(app(buys(t, "1", 100, 365)), three(), refunded(buys(t, "1", 100, 5))),
			"two categories":       orders(app(buys(t, "2", 100, 365)), three()),
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ask := func(changes ...person) bool {
				var p commerce.Profile
				for _, change := range changes {
					change(&p)
				}
				return agree(t, c.name, conditions[c.name], &p, nil, shanghai(t), instant(t, now))
			}
			if !ask(c.base...) {
				t.Fatal("the segment does not match its own kind")
			}
			for name, change := range c.never {
				if ask(append(c.base[:len(c.base):len(c.base)], change)...) {
					t.Errorf("the segment matches somebody %s", name)
				}
			}
		})
	}
}
