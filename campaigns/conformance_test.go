package campaigns_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

// The ways in which reminders go wrong elsewhere do not happen here: each is a
// campaign, the events, and the steps that must be sent.
func TestFailureModes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		campaign string
		given    []string
		sent     []string
		ends     []string
	}{
		{"1: paid before the reminder was due", unpaid,
			[]string{"0m order.placed", "10m order.paid"}, nil, []string{"converted"}},
		{"1: paid between the check and the send, while the message waited for quiet hours to end", unpaidQuiet,
			[]string{"13h order.placed", "20h order.paid"}, nil, []string{"converted"}},
		{"1: the webhook of the payment came late, but before the send", unpaid,
			[]string{"0m order.placed", "14m order.paid at=1m"}, nil, []string{"converted"}},
		{"1: the payment has the second of the order's own placing", unpaid,
			[]string{"0m order.placed", "5m order.paid at=0m"}, nil, []string{"converted"}},
		{"1: the payment's clock runs before the order's", unpaid,
			[]string{"10m order.placed", "12m order.paid at=9m payment_status=paid", "12m order.updated payment_status=paid"},
			nil, []string{"converted"}},
		{"1: the webhook of the order came late, when it was paid", unpaid,
			[]string{"60m order.placed at=0m payment_status=paid"}, nil, nil},
		{"2: the job ran hours late: still sent, for no look-back window can miss it", unpaid,
			[]string{"3h order.placed at=0m"}, []string{"r1@3h"}, []string{"finished"}},
		{"2: the job ran later than the reminder makes sense", unpaid,
			[]string{"13h order.placed at=0m"}, nil, []string{"finished"}},
		{"3: two checkouts, one order: neither is chased", checkout,
			[]string{"0m checkout.started checkout=k1", "10m checkout.started checkout=k2", "30m order.placed order=o1 checkout=k2"},
			nil, []string{"superseded", "converted"}},
		{"3: a checkout that became an order is not chased, even when no exit names it", checkoutBare,
			[]string{"0m checkout.started checkout=k1", "30m order.placed order=o1 checkout=k1 payment_status=paid"}, nil, []string{"exited"}},
		{"3: a checkout that did not is", checkout,
			[]string{"0m checkout.started checkout=k1"}, []string{"c1@1h"}, []string{"finished"}},
		{"4: news of the payment overtakes news of the order", unpaid,
			[]string{"2m order.paid at=1m", "3m order.placed at=0m"}, nil, nil},
		{"4: news of the cancellation overtakes news of the order", unpaid,
			[]string{"2m order.cancelled at=1m", "3m order.placed at=0m"}, nil, nil},
		{"4: an old unpaid record after the payment changes nothing", unpaid,
			[]string{"0m order.placed", "5m order.paid", "6m order.updated at=2m payment_status=unpaid"}, nil, []string{"converted"}},
		{"4: the shop cancels, then takes the payment after all", unpaid,
			[]string{"0m order.placed", "5m order.cancelled", "6m order.paid"}, nil, []string{"converted"}},
		{"4: a cancellation that was taken back before its webhook came is none", unpaid,
			[]string{"0m order.placed", "5m order.updated", "6m order.cancelled at=3m"}, []string{"r1@15m"}, []string{"finished"}},
		{"5: cash on delivery is not unpaid", unpaidMethods,
			[]string{"0m order.placed payment_method=cod"}, nil, nil},
		{"5: a bank transfer is not unpaid", unpaidMethods,
			[]string{"0m order.placed payment_method=bank_transfer"}, nil, nil},
		{"5: an unknown method is", unpaidMethods,
			[]string{"0m order.placed"}, []string{"r1"}, nil},
		{"an order is chased for one of its tags", unpaidTagged,
			[]string{"0m order.placed tags=new,vip"}, []string{"r1@15m"}, nil},
		{"a tag is not a part of another", unpaidTagged,
			[]string{"0m order.placed tags=vip-lounge"}, nil, nil},
		{"a customer's tag is none of the order", unpaidTagged,
			[]string{"0m order.placed tag=vip"}, nil, nil},
		{"6: retried under a new number, the old order is not chased", unpaid,
			[]string{"0m order.placed order=o1", "5m order.placed order=o2", "8m order.paid order=o2"}, nil, []string{"superseded", "converted"}},
		{"6: retried and left, only the new one is chased", unpaid,
			[]string{"0m order.placed order=o1", "5m order.placed order=o2"}, []string{"r1@20m"}, []string{"superseded", "finished"}},
		{"6: a payment that failed is no conversion", unpaid,
			[]string{"0m order.placed", "20m order.updated payment_status=voided", "30m order.cancelled"}, []string{"r1"}, []string{"finished"}},
		{"6: a payment that came and went back before anybody looked is none", unpaid,
			[]string{"0m order.placed", "5m order.refunded"}, nil, []string{"exited"}},
		{"6: two orders of one second: one is chased", unpaid,
			[]string{"0m order.placed order=o1", "0m order.placed order=o2"}, []string{"r1@15m"}, []string{"superseded", "finished"}},
		{"9: what left the stock is not offered, though it left while the message waited", unpaidQuiet,
			[]string{"13h order.placed in_stock=true", "20h order.updated in_stock=false"}, nil, []string{"finished"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result := play(t, tt.campaign, tt.given, tt.sent, tt.ends)
			if diff := cmp.Diff(result.Failures, []string(nil)); diff != "" {
				t.Errorf("failures (-got +want):\n%s", diff)
			}
		})
	}
}

const (
	head = `{"schema": 1, "id": "c", "name": "C", "key": "order", "reentry": "never",
		"exit": [{"event": "order.paid", "same": "order", "as": "goal"}, {"event": "order.cancelled", "same": "order"},
			{"event": "order.placed", "same": "customer", "as": "superseded"}],
		"goal": {"event": "order.paid", "same": "order", "within": "24h"}, `
	unpaidTrigger = `"class": "service",
		"trigger": {"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}}, `
	r1 = `{"id": "r1", "wait": "15m", "expires": "12h", "send": {"channel": "email", "template": "t"}}`

	unpaid      = head + unpaidTrigger + `"steps": [` + r1 + `]`
	unpaidQuiet = head + unpaidTrigger + `"policy": {"quiet": {"from": "23:00", "to": "08:00"}},
		"steps": [{"id": "r1", "wait": "15m", "if": {"not": {"field": "order.in_stock", "op": "is", "value": false}},
			"send": {"channel": "email", "template": "t"}}]`
	unpaidMethods = head + `"class": "service", "trigger": {"event": "order.placed", "where": {"all": [
		{"field": "order.payment_status", "op": "is", "value": "unpaid"},
		{"field": "order.payment_method", "op": "not_in", "value": ["cod", "bank_transfer"]}]}}, "steps": [` + r1 + `]`
	unpaidTagged = head + `"class": "service",
		"trigger": {"event": "order.placed", "where": {"field": "order.tags", "op": "has", "value": "vip"}}, "steps": [` + r1 + `]`
	checkout = `{"schema": 1, "id": "c", "name": "C", "class": "marketing", "key": "order", "reentry": "never",
		"trigger": {"event": "checkout.started"}, "exit": [{"event": "order.placed", "same": "customer", "as": "goal"}],
		"steps": [{"id": "c1", "wait": "1h", "send": {"channel": "email", "template": "t"}}]`
	checkoutBare = `{"schema": 1, "id": "c", "name": "C", "class": "marketing", "key": "order", "reentry": "never",
		"trigger": {"event": "checkout.started"},
		"steps": [{"id": "c1", "wait": "1h", "send": {"channel": "email", "template": "t"}}]`
)

// play runs one example, written as the open end of a campaign file.
func play(t testing.TB, open string, given, sent, ends []string) campaigns.TestResult {
	t.Helper()
	expect := map[string]any{"sent": append([]string{}, sent...)}
	if ends != nil {
		expect["ends"] = ends
	}
	tests, err := json.Marshal([]any{map[string]any{"name": "it", "given": given, "expect": expect}})
	if err != nil {
		t.Fatal(err)
	}
	c := parse(t, open+`, "tests": `+string(tests)+`}`)
	return campaigns.RunTests(c, commerce.Shop{})[0]
}

func parse(t testing.TB, file string) *campaigns.Campaign {
	t.Helper()
	c, problems := campaigns.Parse([]byte(file))
	if strictjson.Refused(problems) {
		t.Fatalf("parse: got %v", problems)
	}
	return c
}
