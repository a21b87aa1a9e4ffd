package service

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
)

// thanksForPaying mails every buyer who has paid, at once.
const thanksForPaying = `{"schema": 1, "id": "thanks", "name": "Thanks", "class": "service", "trigger": {"event": "order.paid"},
	"key": "order", "reentry": "never",
"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00", "zone": "shop", "then": "defer"}},
"steps": [{"id": "t1", "wait": "1m", "send": {"channel": "email", "template": "unpaid-1"}}]}`

// newTimeline is a wired shop with both campaigns active.
func newTimeline(t *testing.T, h *harness) *leaving {
	t.Helper()
	l := newLeaving(t, h)
	activate(t, h.Store, thanksForPaying)
	activate(t, h.Store, reminder)
	return l
}

// hook delivers a platform's body and lets a moment pass.
func (l *leaving) hook(t *testing.T, d delivery) {
	t.Helper()
	if status, err := l.send(t.Context(), d); err != nil || status != 200 {
		t.Fatalf("%s %s: got %d, %v; want 200", d.platform, d.topic, status, err)
	}
	l.settle(t, 1)
	l.pass(t, 2*time.Minute)
}

// history imports records of the generic schema over HTTP.
func (l *leaving) history(t *testing.T, connection string, records ...object) string {
	t.Helper()
	var file strings.Builder
	for _, r := range records {
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		file.Write(append(line, '\n'))
	}
	report := l.asks(t, adminToken, 200, "POST /v1/shops/s/imports?format=ndjson&name=h.ndjson&connection="+connection, file.String())
	l.settle(t, 1)
	l.pass(t, 2*time.Minute)
	return report
}

type shownOrder struct {
	Customer string
	Status   string
	Payment  string `json:"payment_status"`
	Times    struct {
		Paid      *time.Time `json:"paid_at"`
		Cancelled *time.Time `json:"cancelled_at"`
		Deleted   *time.Time `json:"deleted_at"`
		Inferred  []string
	}
	Refunds []struct{ ID string }
	Parcels []struct{ ID string }
}

func (l *leaving) order(t *testing.T, id string) (o shownOrder) {
	t.Helper()
	if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/orders/"+id, "")), &o); err != nil {
		t.Fatal(err)
	}
	return o
}

// timelineEvent is the event of a kind in the customer's timeline: "", "live" or
// "historic", with its time.
func (l *leaving) timelineEvent(t *testing.T, customer, kind string) (how string, at time.Time) {
	t.Helper()
	var page struct {
		Items []struct {
			At       time.Time
			Kind     string
			Historic bool
		}
	}
	if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/customers/"+customer+"/timeline", "")), &page); err != nil {
		t.Fatal(err)
	}
	for _, m := range page.Items {
		if m.Kind != kind {
			continue
		}
		if how != "" {
			t.Errorf("got %s twice", kind)
		}
		how, at = "live", m.At
		if m.Historic {
			how = "historic"
		}
	}
	return how, at
}

// entries counts the enrolments of a campaign by state.
func (l *leaving) entries(t *testing.T, campaign string) map[campaigns.EnrolmentState]int {
	t.Helper()
	list, err := l.Enrolments(t.Context(), "s", campaign, nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[campaigns.EnrolmentState]int{}
	for _, e := range list {
		counts[e.State]++
	}
	return counts
}

func (l *leaving) paidAt(t *testing.T, o shownOrder, want time.Time, inferred bool) {
	t.Helper()
	want = want.Truncate(time.Second)
	if o.Times.Paid == nil || !o.Times.Paid.Equal(want) {
		t.Errorf("got paid at %v, want %v", o.Times.Paid, want)
	}
	if got := strings.Contains(fmt.Sprint(o.Times.Inferred), "paid_at"); got != inferred {
		t.Errorf("got inferred %v, want paid_at in it: %v", o.Times.Inferred, inferred)
	}
}

// An old order whose first body comes today was paid when it was placed. No
// campaign is entered, no revenue is of today, and nobody counts as a recent
// buyer.
func TestOldOrderTouchedTodayWasPaidWhenPlaced(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		placed := l.at().AddDate(-2, 0, -3)
		l.hook(t, tea(1, placed, l.at(), `,"financial_status":"paid","fulfillment_status":"fulfilled","tags":"cleanup"`))
		o := l.order(t, "s:shopify:1")
		l.paidAt(t, o, placed, true)
		if how, at := l.timelineEvent(t, o.Customer, "order.paid"); how != "historic" || !at.Equal(placed.Truncate(time.Second)) {
			t.Errorf("got order.paid %s at %v, want it historic at %v", how, at, placed)
		}
		l.asks(t, l.key, 200, "GET /v1/customers/"+o.Customer, "", fmt.Sprintf(`"last_at":"%sZ"`, stamp(placed)))
		if got := l.entries(t, "thanks"); len(got) > 0 {
			t.Errorf("got %v, want nobody in the campaign", got)
		}
		refunded := placed.AddDate(0, 1, 0)
		l.hook(t, tea(2, placed, l.at(), `,"financial_status":"refunded","refunds":[{"id":9,"created_at":"`+stamp(refunded)+`Z",
			"transactions":[{"id":1,"kind":"refund","status":"success","amount":"100.00"}]}]`))
		if o = l.order(t, "s:shopify:2"); o.Times.Paid == nil || o.Times.Paid.After(refunded) {
			t.Errorf("got paid at %v, want it before the refund at %v", o.Times.Paid, refunded)
		}
		l.hook(t, delivery{
			"woocommerce", "order.updated",
			fmt.Appendf(
				nil,
				`{"id":3,"status":"cancelled","date_created_gmt":%q,"date_modified_gmt":%q,"currency":"EUR","total":"5.00",
					"billing":{"email":"c@x.test"},"refunds":[]}`,
				stamp(placed), stamp(l.at()),
			),
		})
		o = l.order(t, "s:woocommerce:3")
		if how, at := l.timelineEvent(t, o.Customer, "order.cancelled"); how != "historic" || !at.Equal(placed.Truncate(time.Second)) {
			t.Errorf("got order.cancelled %s at %v, want it historic at %v", how, at, placed)
		}
	})
}

// A change that the platform was seen to make is live: an order is paid with
// the version that first shows it, or when it arrives paid within hours of its
// placing.
func TestObservedPaymentIsALiveEvent(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		placed := l.at().AddDate(0, -1, 0)
		l.hook(t, tea(1, placed, placed.Add(time.Second), `,"financial_status":"pending"`))
		now := l.at()
		l.hook(t, tea(1, placed, now, `,"financial_status":"paid"`))
		o := l.order(t, "s:shopify:1")
		l.paidAt(t, o, now, false)
		if how, _ := l.timelineEvent(t, o.Customer, "order.paid"); how != "live" {
			t.Errorf("got order.paid %q, want it live", how)
		}
		now = l.at()
		l.hook(t, tea(2, now, now.Add(time.Second), `,"financial_status":"paid"`))
		l.paidAt(t, l.order(t, "s:shopify:2"), now, true)
		if got := l.entries(t, "thanks"); got[campaigns.Finished]+got[campaigns.Enrolled] != 2 {
			t.Errorf("got %v, want both buyers in the campaign", got)
		}
		// The older version comes late: the same in the end, and the buyer enters.
		now = l.at()
		l.hook(t, tea(3, placed, now, `,"financial_status":"paid"`))
		l.hook(t, tea(3, placed, placed.Add(time.Second), `,"financial_status":"pending"`))
		l.paidAt(t, l.order(t, "s:shopify:3"), now, false)
		if got := l.entries(t, "thanks"); got[campaigns.Finished]+got[campaigns.Enrolled] != 3 {
			t.Errorf("got %v, want the third buyer too", got)
		}
	})
}

// Refunded money was paid before. An order that was seen unpaid, and comes again long
// after its refund, was paid at the refund at the latest.
func TestNoOrderIsPaidAfterItsFirstRefund(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		placed := l.at().AddDate(-2, 0, -3)
		refunded := placed.AddDate(0, 1, 0)
		l.hook(t, tea(1, placed, placed.Add(time.Second), `,"financial_status":"pending"`))
		l.hook(t, tea(1, placed, l.at(), `,"financial_status":"refunded","refunds":[{"id":9,"created_at":"`+stamp(refunded)+
			`Z","transactions":[{"id":1,"kind":"refund","status":"success","amount":"100.00"}]}]`))
		l.paidAt(t, l.order(t, "s:shopify:1"), refunded, false)
	})
}

// wooTea is a WooCommerce order as it was at a time.
func wooTea(id int, status string, placed, modified time.Time, paid, refunds string) delivery {
	return delivery{"woocommerce", "order.updated", fmt.Appendf(nil, `{"id":%d,"status":%q,"date_created_gmt":%q,
		"date_modified_gmt":%q,"date_paid_gmt":%s,"currency":"EUR","total":"50.00",
"billing":{"email":"w%d@x.test"},"line_items":[{"id":1,"product_id":7,"quantity":1,"subtotal":"50.00","total":"50.00"}],"refunds":[%s]}`,
		id, status, stamp(placed), stamp(modified), paid, id, refunds)}
}

// A newer version of a record that lists all refunds removes those that it
// lacks. An older one that comes late does not restore them, and one with a
// single part removes nothing.
func TestRefundMissingFromANewerListIsRemoved(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		placed, paid := l.at(), `"`+stamp(l.at())+`"`
		refund := `{"id":9,"reason":"broken","total":"-20.00"}`
		l.hook(t, wooTea(1, "processing", placed, placed, paid, ""))
		l.hook(t, wooTea(1, "processing", placed, placed.Add(time.Minute), paid, refund))
		net := func(want string) {
			t.Helper()
			o := l.order(t, "s:woocommerce:1")
			l.asks(t, l.key, 200, "GET /v1/customers/"+o.Customer, "", want)
		}
		net(`"net":{"amount":"30.00","currency":"EUR"},"refunded":{"amount":"20.00","currency":"EUR"}`)
		l.hook(t, wooTea(1, "processing", placed, placed.Add(2*time.Minute), paid, ""))
		net(`"net":{"amount":"50.00","currency":"EUR"},"refunded":{"amount":"0.00","currency":"EUR"}`)
		l.hook(t, wooTea(1, "processing", placed, placed.Add(time.Minute), paid, refund+` `))
		net(`"net":{"amount":"50.00","currency":"EUR"},"refunded":{"amount":"0.00","currency":"EUR"}`)
		if o := l.order(t, "s:woocommerce:1"); len(o.Refunds) != 0 || o.Payment != "paid" {
			t.Errorf("got %s with refunds %v, want paid and none", o.Payment, o.Refunds)
		}
		parts := func(id int) string {
			return fmt.Sprintf(`{"id":%d,"order_id":2,"created_at":"%sZ","updated_at":"%sZ","status":"success"}`, id, stamp(placed), stamp(placed))
		}
		l.hook(t, tea(2, placed, placed, `,"financial_status":"paid","fulfillments":[`+parts(1)+`,`+parts(2)+`]`))
		l.hook(t, delivery{"shopify", "fulfillments/create", []byte(parts(3))})
		l.hook(t, tea(2, placed, placed.Add(time.Minute), `,"financial_status":"paid","note":"lists no parcels"`))
		if o := l.order(t, "s:shopify:2"); len(o.Parcels) != 3 {
			t.Errorf("got parcels %v, want all three: nothing lists them all", o.Parcels)
		}
		l.hook(t, tea(2, placed, placed.Add(2*time.Minute), `,"financial_status":"paid","fulfillments":[`+parts(2)+`]`))
		if o := l.order(t, "s:shopify:2"); len(o.Parcels) != 1 || o.Parcels[0].ID != "2" {
			t.Errorf("got parcels %v, want the one the newest list holds", o.Parcels)
		}
	})
}

// However often a record is deleted and restored, the newest change decides.
func TestNewestDeletionOrRestorationDecides(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		placed, paid := l.at(), `"`+stamp(l.at())+`"`
		product := func() delivery {
			return delivery{"woocommerce", "product.restored", fmt.Appendf(nil, `{"id":7,"name":"Tea","date_modified_gmt":%q}`, stamp(l.at()))}
		}
		l.hook(t, wooTea(1, "processing", placed, placed, paid, ""))
		l.hook(t, product())
		for round := range 3 {
			for kind, id := range map[string]int{"order": 1, "product": 7} {
				l.hook(t, delivery{"woocommerce", kind + ".deleted", fmt.Appendf(nil, `{"id":%d}%*s`, id, round, "")})
			}
			o := l.order(t, "s:woocommerce:1")
			if o.Times.Deleted == nil {
				t.Errorf("round %d: got an order that is there, want it deleted", round)
			}
			l.asks(t, l.key, 200, "GET /v1/customers/"+o.Customer, "", `"count":0`)
			if said := l.asks(t, l.key, 200, "GET /v1/products/s:woocommerce:7", ""); strings.Contains(said, `"deleted_at":null`) {
				t.Errorf("round %d: got %s, want it deleted", round, said)
			}
			l.hook(t, wooTea(1, "processing", placed, l.at(), paid, ""))
			l.hook(t, product())
			if o := l.order(t, "s:woocommerce:1"); o.Times.Deleted != nil {
				t.Errorf("round %d: got an order deleted at %v, want it restored", round, o.Times.Deleted)
			}
			l.asks(t, l.key, 200, "GET /v1/customers/"+o.Customer, "", `"count":1`)
			l.asks(t, l.key, 200, "GET /v1/products/s:woocommerce:7", "", `"deleted_at":null`)
		}
	})
}

// Of two records of one second, the one received later is stored.
func TestOfOneSecondTheLaterReceivedRecordIsStored(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		placed := l.at()
		for i, status := range []string{"pending", "cancelled", "on-hold", "cancelled", "pending", "on-hold"} {
			l.hook(t, wooTea(1, status, placed, placed, "null", strings.Repeat(" ", i))) // another body: not a repetition
			want := "open"
			if status == "cancelled" {
				want = "cancelled"
			}
			if o := l.order(t, "s:woocommerce:1"); o.Status != want {
				t.Errorf("%d: got %s, want %s", i, o.Status, want)
			}
			l.hook(t, delivery{
				"generic", "product", fmt.Appendf(nil, `{"type":"product","id":"p","title":"%d","updated_at":"%sZ"}`, i, stamp(placed)),
			})
			l.asks(t, l.key, 200, "GET /v1/products/s:generic:p", "", fmt.Sprintf(`"title":"%d"`, i))
		}
	})
}

// pastOrder is a paid order in an export.
func pastOrder(id string, placed, updated time.Time, more object) object {
	o := object{
		"type": "order", "id": id, "placed_at": placed, "updated_at": updated, "payment_status": "paid", "currency": "EUR",
		"total": "100.00", "buyer": object{"id": "b" + id, "email": "b" + id + "@x.test"},
	}
	for key, value := range more {
		o[key] = value
	}
	return o
}

// liveOrder is the same order in a webhook of the shop.
func (l *leaving) liveOrder(t *testing.T, id string, placed time.Time, more object) {
	t.Helper()
	l.report(t, pastOrder(id, placed, l.at(), more))
	l.pass(t, 2*time.Minute)
}

// History never changes an order that the shop sends live: times that its rows
// estimate are ignored, and the reminder is sent.
func TestHistoryNeverChangesALiveOrder(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		placed := l.at()
		l.liveOrder(t, "1", placed, object{
			"payment_status": "unpaid", "updated_at": placed.Add(time.Second), "pay_url": "https://tea.example/pay",
		})
		l.history(t, "generic", pastOrder("1", placed, placed.Add(time.Hour), object{"paid_at": placed, "status": "completed"}))
		o := l.order(t, "s:generic:1")
		if o.Payment != "unpaid" || o.Status != "open" || o.Times.Paid != nil {
			t.Errorf("got %s %s paid at %v, want the order as the shop sent it", o.Status, o.Payment, o.Times.Paid)
		}
		if how, _ := l.timelineEvent(t, o.Customer, "order.paid"); how != "" {
			t.Errorf("got order.paid %s, want none", how)
		}
		l.pass(t, time.Hour)
		if got := len(l.mailsTo("b1@x.test")); got != 1 {
			t.Errorf("got %d mails, want the reminder", got)
		}
		l.liveOrder(t, "1", placed, object{"payment_status": "paid"})
		if how, _ := l.timelineEvent(t, o.Customer, "order.paid"); how != "live" {
			t.Errorf("got order.paid %q, want it live", how)
		}
	})
}

// A fact that an import reports first makes its event: nobody enters by it, but
// exits, goals and credit use it.
func TestImportedEventExitsAndCreditsButEntersNobody(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		placed := l.at()
		l.liveOrder(t, "1", placed, object{
			"payment_status": "unpaid", "updated_at": placed.Add(time.Second), "pay_url": "https://tea.example/pay",
		})
		l.pass(t, time.Hour)
		var sent struct{ Items []shownMessage }
		if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/messages", "")), &sent); err != nil || len(sent.Items) != 1 {
			t.Fatalf("got messages %v (%v), want the reminder", sent.Items, err)
		}
		l.click(t, sent.Items[0].ID)
		paid := l.at()
		l.history(t, "generic", pastOrder("1", placed, paid, object{"paid_at": paid}))
		o := l.order(t, "s:generic:1")
		if how, at := l.timelineEvent(t, o.Customer, "order.paid"); how != "historic" || !at.Equal(paid) {
			t.Errorf("got order.paid %q at %v, want it historic at %v", how, at, paid)
		}
		if o.Payment != "unpaid" {
			t.Errorf("got %s, want the state as the shop sent it", o.Payment)
		}
		if got := l.entries(t, "thanks"); len(got) != 0 {
			t.Errorf("got %v, want nobody in by history", got)
		}
		if got := l.entries(t, "reminder"); got[campaigns.Converted] != 1 {
			t.Errorf("got %v, want the goal reached", got)
		}
		l.asks(t, l.key, 200, "GET /v1/campaigns/reminder/results", "", `"revenue":{"amount":"100.00","currency":"EUR"}`)
		l.liveOrder(t, "1", placed, object{"payment_status": "paid", "paid_at": paid})
		if how, _ := l.timelineEvent(t, o.Customer, "order.paid"); how != "live" {
			t.Errorf("got order.paid %q, want it live once the shop showed it", how)
		}
		l.asks(t, l.key, 200, "GET /v1/campaigns/reminder/results", "", `"revenue":{"amount":"100.00","currency":"EUR"}`)
	})
}

// click follows a message's link, as a person does.
func (l *leaving) click(t *testing.T, message string) {
	t.Helper()
	touch, err := campaigns.NewTouch(
		message, campaigns.Clicked, 1, "203.0.113.9",
		campaigns.Request{
			UserAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 " +
				"Mobile/15E148 Safari/604.1",
		},
		l.at().Add(time.Minute),
	)
	if err != nil {
		t.Fatal(err)
	}
	if err := l.AddTouches(t.Context(), "s", []campaigns.Touch{touch}); err != nil {
		t.Fatal(err)
	}
	l.pass(t, 2*time.Minute)
}

// The shop's first live record of an imported order makes its events, as
// history: its credit is not lost, and nobody enters.
func TestFirstLiveRecordOfAnImportedOrderMakesHistoricEvents(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		placed := l.at().Add(-30 * time.Hour)
		l.history(t, "generic", pastOrder("1", placed, placed.Add(time.Hour), object{"paid_at": placed.Add(time.Hour)}))
		o := l.order(t, "s:generic:1")
		if how, _ := l.timelineEvent(t, o.Customer, "order.placed"); how != "" {
			t.Errorf("got order.placed %s, want history quiet", how)
		}
		l.liveOrder(t, "1", placed, object{"status": "completed", "paid_at": placed.Add(time.Hour)})
		for kind, want := range map[string]string{"order.placed": "historic", "order.paid": "historic", "order.completed": "live"} {
			if how, _ := l.timelineEvent(t, o.Customer, kind); how != want {
				t.Errorf("got %s %q, want it %s", kind, how, want)
			}
		}
		if got := l.entries(t, "thanks"); len(got) != 0 {
			t.Errorf("got %v, want nobody in by history", got)
		}
	})
}
