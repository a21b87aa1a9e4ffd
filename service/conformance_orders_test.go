package service

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// afterPaying writes half an hour after a payment, unless it was undone.
const afterPaying = `{"schema": 1, "id": "paying", "name": "Paying", "class": "service", "trigger": {"event": "order.paid"},
	"key": "order", "reentry": "never",
	"exit": [{"event": "order.refunded", "same": "order"}, {"event": "order.cancelled", "same": "order"}], ` + unhindered + `,
	"steps": [{"id": "p1", "wait": "30m", "send": {"channel": "email", "template": "follow-up-1"}}]}`

// lifeStates are the states of an order after the first n of its events, as its platform reports them.
func lifeStates(kinds []string, id string, begin time.Time) (states []object) {
	order := object{"type": "order", "id": id, "placed_at": begin, "payment_status": "unpaid", "currency": "EUR", "total": "50.00",
		"pay_url": "https://tea.example/pay/" + id, "buyer": object{"id": id, "email": id + "@example.com"},
		"lines": []object{{"id": "1", "product": "tea", "title": "Tea", "quantity": 1, "unit_price": "50.00", "net": "50.00"}}}
	for n, kind := range kinds {
		at := begin.Add(time.Duration(n) * time.Minute)
		switch kind {
		case "paid":
			order["payment_status"], order["paid_at"] = "paid", at
		case "cancelled":
			order["status"], order["cancelled_at"] = "cancelled", at
		case "refunded":
			order["payment_status"] = "refunded"
			order["refunds"] = []object{{"id": "r1", "refunded_at": at, "amount": "50.00"}}
		}
		state := object{"updated_at": at}
		for key, value := range order {
			if key != "updated_at" {
				state[key] = value
			}
		}
		states = append(states, state)
	}
	return states
}

// permutations are all orders of n things.
func permutations(n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}

// 4. Whatever the order in which placed, paid, cancelled and refunded are reported, and whatever is
// worked on between two reports, the same mails go out in the end.
func TestAnyOrderOfEventsEndsInTheSameMails(t *testing.T) {
	t.Parallel()
	lives := []struct {
		kinds string
		mails string // of which campaigns
	}{
		{"placed", "reminder"}, {"placed paid", "paying"}, {"placed cancelled", ""}, {"placed paid refunded", ""},
		{"placed paid cancelled", ""}, {"placed cancelled paid", "paying"}, {"placed paid cancelled refunded", ""},
	}
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, reminder, afterPaying)
		l.pass(t, time.Minute)
		begin := l.at()
		l.pass(t, 5*time.Minute)
		want := map[string]string{}
		reports := make([][]object, 4) // by their place in the order of arrival
		for n, life := range lives {
			kinds := strings.Fields(life.kinds)
			for p, order := range permutations(len(kinds)) {
				if len(kinds) == 4 && p%3 > 0 && (besideRaces || strings.Contains(t.Name(), "mongodb")) {
					continue // the wire peer is slow at claims
				}
				id := fmt.Sprintf("o%d-%d", n, p)
				want[id] = life.mails
				states := lifeStates(kinds, id, begin)
				for place, state := range order {
					reports[place] = append(reports[place], states[state])
				}
			}
		}
		for _, report := range reports {
			l.report(t, report...)
			l.pass(t, time.Minute)
		}
		l.pass(t, 2*time.Hour)
		l.pass(t, 48*time.Hour)
		for _, id := range slices.Sorted(maps.Keys(want)) {
			if got := l.sentTo(t, l.customerBy(t, id).ID); got != want[id] {
				t.Errorf("%s of %s: got mails of %q, want %q", id, lives[id[1]-'0'].kinds, got, want[id])
			}
		}
	})
}

// 6. A buyer whose payment failed and who orders again is not chased for the order that failed. The
// new one is chased while it is open.
func TestAnOrderRetriedUnderANewNumberIsNotChased(t *testing.T) {
	t.Parallel()
	chasing := strings.Replace(reminder, `"exit": [`, `"exit": [{"event": "order.placed", "same": "customer", "as": "superseded"}, `, 1)
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, chasing)
		l.pass(t, time.Minute)
		for n, buyer := range []string{"paid", "left"} {
			l.posts(t, "woocommerce", "order.created", wooOrder(10*n+1, buyer, l.at()), map[string]any{"status": "failed"})
		}
		l.pass(t, 5*time.Minute)
		again := l.at()
		for n, buyer := range []string{"paid", "left"} {
			l.posts(t, "woocommerce", "order.created", wooOrder(10*n+2, buyer, again))
		}
		l.pass(t, time.Minute)
		l.posts(t, "woocommerce", "order.updated", wooOrder(2, "paid", again), wooPaid(l.at(), l.at()))
		l.pass(t, 54*time.Minute) // the first order's reminder would be due
		l.mailed(t, "an hour after the first order", map[string]int{"paid": 0, "left": 0})
		l.pass(t, 5*time.Minute)
		l.pass(t, 24*time.Hour)
		l.mailed(t, "in the end", map[string]int{"paid": 0, "left": 1})
		mail := l.mailsTo("left@example.com")[0].Content()
		if !strings.Contains(fmt.Sprint(mail), "12") {
			t.Errorf("got %+v, want the mail about the second order", mail)
		}
	})
}

// 6. An order that fails again after its reminder, or is cancelled, brought nothing. A payment after
// the click is the reminder's, until it is returned.
func TestARecoveryThatFailedIsNoRevenue(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, reminder)
		l.pass(t, time.Minute)
		placed := l.at()
		buyers := []string{"fails", "leaves", "pays"}
		for n, buyer := range buyers {
			l.posts(t, "woocommerce", "order.created", wooOrder(n+1, buyer, placed))
		}
		l.pass(t, time.Hour)
		l.pass(t, 5*time.Minute)
		for _, buyer := range buyers {
			l.clicks(t, l.sentAbout(t, buyer))
		}
		l.pass(t, 5*time.Minute)
		l.posts(t, "woocommerce", "order.updated", wooOrder(1, "fails", placed), map[string]any{"status": "failed"}, modified(l.at()))
		l.posts(t, "woocommerce", "order.updated", wooOrder(2, "leaves", placed), map[string]any{"status": "cancelled",
			"needs_payment": false}, modified(l.at()))
		paid := l.at()
		l.posts(t, "woocommerce", "order.updated", wooOrder(3, "pays", placed), wooPaid(paid, paid))
		l.pass(t, 5*time.Minute)
		if got := l.results(t, "reminder").Total; got.Sent != 3 || got.Converted != 1 || got.Revenue.Amount != "30.00" {
			t.Errorf("got %+v, want 30.00 of the one who paid", got)
		}
		l.posts(t, "woocommerce", "order.updated", wooOrder(3, "pays", placed), wooPaid(paid, l.at()), map[string]any{"status": "refunded",
			"refunds": []any{map[string]any{"id": 9, "total": "-30.00"}}})
		l.pass(t, 5*time.Minute)
		if got := l.results(t, "reminder").Total; got.Revenue.Amount != "0.00" {
			t.Errorf("refunded: got %+v, want no revenue", got)
		}
	})
}

// sentAbout is the message that a buyer got.
func (l *leaving) sentAbout(t *testing.T, buyer string) string {
	t.Helper()
	list, err := l.Messages(t.Context(), "s", "", l.customerBy(t, buyer).ID, "", nil, 10)
	ok(t, err)
	if len(list) != 1 {
		t.Fatalf("%s: got %d messages, want 1", buyer, len(list))
	}
	return list[0].ID
}
