package service

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
)

// shownResults are the results of a campaign as the API shows them.
type shownResults struct {
	Entered int64
	Total   struct {
		Sent, Clicked, Converted        int64
		Revenue, Margin, Discount, Cost amountShown
	}
	Comparison struct {
		Treated struct {
			Entered, Ripe, Converted, Customers, Reached int64
			Revenue                                      amountShown
		}
		Cost amountShown
	}
}

func (l *leaving) results(t *testing.T, campaign string) shownResults {
	t.Helper()
	var shown shownResults
	if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/campaigns/"+campaign+"/results", "")), &shown); err != nil {
		t.Fatal(err)
	}
	return shown
}

const thanksEachTime = `{"schema": 1, "id": "thanks", "name": "Thanks", "class": "marketing", "trigger": {"event": "order.paid"},
	"key": "customer", "reentry": "always",
"goal": {"event": "order.paid", "same": "customer", "within": "30d"},
"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
"steps": [{"id": "a", "wait": "0m", "send": {"channel": "email", "template": "follow-up-1"}}]}`

// buys posts an order paid now.
func (l *leaving) buys(t *testing.T, id, total string, more object) {
	t.Helper()
	order := object{
		"type": "order", "id": id, "placed_at": l.at(), "paid_at": l.at(), "payment_status": "paid", "currency": "EUR", "total": total,
		"lines": []object{{"id": "1", "product": "tea", "title": "Tea", "quantity": 1, "unit_price": total, "net": total}},
		"buyer": object{"id": "ann", "email": "ann@example.com"},
	}
	for key, value := range more {
		order[key] = value
	}
	l.report(t, order)
	l.pass(t, 0)
}

// clicks clicks a link of a message.
func (l *leaving) clicks(t *testing.T, message string) {
	t.Helper()
	x, err := campaigns.NewTouch(
		message, campaigns.Clicked, 1, "192.0.2.1",
		campaigns.Request{Method: "GET", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}, l.at(),
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.AddTouches(t.Context(), "s", []campaigns.Touch{x}); err != nil {
		t.Fatal(err)
	}
	l.pass(t, 0)
}

// enterThreeTimes makes one customer enter with each of three orders. The
// second and the third come by a click, and the third is refunded in part.
func enterThreeTimes(t *testing.T, l *leaving) {
	t.Helper()
	activate(t, l.Store, thanksEachTime)
	l.report(t, object{
		"type": "customer", "id": "ann", "email": "ann@example.com", "verified": true,
		"consents": []object{said("email", true, true, l.at())},
	})
	l.pass(t, time.Minute)
	paid := l.at()
	for i, total := range []string{"10.00", "20.00", "40.00"} {
		if paid = l.at(); i > 0 {
			l.clicks(t, fmt.Sprintf("s:thanks:%s:%d:a", l.customerOf(t, "ann").ID[len("s:"):], i))
			l.pass(t, time.Hour)
			paid = l.at()
		}
		l.buys(t, fmt.Sprintf("o%d", i+1), total, nil)
		l.pass(t, time.Hour)
	}
	at := l.at()
	l.buys(t, "o3", "40.00", object{"placed_at": paid, "paid_at": paid, "payment_status": "partially_refunded",
		"refunds": []object{{"id": "r1", "refunded_at": at, "amount": "10.00"}}})
}

// Results count every entry of a customer who enters several times. No message,
// click, order or cost of an earlier entry disappears.
func TestResultsCountEveryEntry(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		shop, err := l.Shop(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		shop.Results.MessagePrice = 1000 // a cent
		if err := l.SaveShop(t.Context(), shop); err != nil {
			t.Fatal(err)
		}
		enterThreeTimes(t, l)
		got := l.results(t, "thanks")
		if got.Entered != 3 || got.Total.Sent != 3 || got.Total.Clicked != 2 || got.Total.Converted != 2 ||
			got.Total.Revenue.Amount != "50.00" || got.Total.Cost.Amount != "0.03" {
			t.Errorf("got %+v, want 3 entered and sent, 2 clicked and converted, 50.00 at 0.03", got)
		}
		if ripe := got.Comparison.Treated.Ripe; ripe != 0 {
			t.Errorf("got %d entries with their window over, want none so far", ripe)
		}
		l.pass(t, 40*24*time.Hour)
		arm := l.results(t, "thanks").Comparison
		if a := arm.Treated; a.Entered != 3 || a.Ripe != 3 || a.Converted != 2 || a.Customers != 1 || a.Reached != 1 ||
			a.Revenue.Amount != "50.00" || arm.Cost.Amount != "0.03" {
			t.Errorf("when all windows are over: got %+v, want 3 entries of one customer, two of which reached the goal, with 50.00", arm)
		}
	})
}

// shownConversion is one order that a campaign brought.
type shownConversion struct {
	Order, Model, Message string
	Entry                 int
	Revenue, Reversed     amountShown
	Margin                amountShown
	MarginReversed        amountShown `json:"margin_reversed"`
	Reversals             []struct{ Cause string }
}

// The orders that a campaign brought are listed page by page, each with the
// message and the rule of its credit and with its refunds. They add up to the
// campaign's results.
func TestOrdersOfACampaignAddUpToItsResults(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		enterThreeTimes(t, l)
		var list []shownConversion
		for next := "/v1/campaigns/thanks/conversions?limit=1"; next != ""; {
			var page struct {
				Items []shownConversion
				Next  string
			}
			if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET "+next, "")), &page); err != nil {
				t.Fatal(err)
			}
			list, next = append(list, page.Items...), page.Next
		}
		if len(list) != 2 || list[0].Order != "s:generic:o3" || list[0].Model != "last_click" || list[0].Entry != 2 ||
			len(list[0].Reversals) != 1 || list[1].Entry != 1 {
			t.Errorf("got %+v, want order 3 by the second entry, order 2 by the first", list)
		}
		var revenue, margin float64
		for _, c := range list {
			revenue += number(t, c.Revenue) - number(t, c.Reversed)
			margin += number(t, c.Margin) - number(t, c.MarginReversed)
		}
		total := l.results(t, "thanks").Total
		if int64(len(list)) != total.Converted || math.Abs(revenue-number(t, total.Revenue)) > 1e-9 ||
			math.Abs(margin-number(t, total.Margin)) > 1e-9 {
			t.Errorf("got %d orders, %v and %v, want the results' %+v", len(list), revenue, margin, total)
		}
		l.asks(t, l.key, 404, "GET /v1/campaigns/other/conversions", "")
	})
}

func number(t *testing.T, a amountShown) (n float64) {
	t.Helper()
	if _, err := fmt.Sscan(a.Amount, &n); err != nil {
		t.Fatalf("%q: %v", a.Amount, err)
	}
	return n
}

// An erasure leaves the person's orders and costs in the results.
func TestResultsStayAfterAnErasure(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		enterThreeTimes(t, l)
		l.pass(t, 40*24*time.Hour)
		before := l.results(t, "thanks")
		ann := l.customerOf(t, "ann").ID
		l.asks(t, l.key, 201, "POST /v1/privacy-requests", `{"kind": "erase", "customer": "`+ann+`"}`)
		for range 3 {
			l.pass(t, 24*time.Hour)
		}
		l.asks(t, l.key, 404, "GET /v1/customers/"+ann, "")
		if diff := cmp.Diff(l.results(t, "thanks"), before); diff != "" || before.Comparison.Treated.Revenue.Amount != "50.00" {
			t.Errorf("after: got, want: %s", diff)
		}
	})
}

// amountShown is an amount as the API shows it.
type amountShown struct{ Amount, Currency string }
