package service

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/campaigns/channels/mailbox"
)

// chase reminds of a checkout an hour after it began, and a day later.
const chase = `{"schema": 1, "id": "chase", "name": "Chase", "class": "marketing", "trigger": {"event": "checkout.started"},
"key": "order", "reentry": "never", "goal": {"event": "order.placed", "same": "order", "within": "3d"},
"exit": [{"event": "order.placed", "same": "order", "as": "goal"}, {"event": "order.placed", "same": "customer", "as": "superseded"}], ` +
	unhindered + `, "steps": [{"id": "c1", "wait": "1h", "expires": "12h", "send": {"channel": "email", "template": "checkout-1"}},
	{"id": "c2", "wait": "24h", "expires": "12h", "send": {"channel": "email", "template": "checkout-2"}}]}`

// chasing is a shop of Shopify that chases checkouts.
func chasing(t *testing.T, h *harness, file string) *leaving {
	t.Helper()
	l := newLeaving(t, h)
	l.puts(t, "chase", file)
	l.pass(t, time.Minute)
	return l
}

// checksOut posts a checkout as Shopify has it now. Its e-mail is that of who, unless more has another
// one; who ticks the box for marketing.
func (l *leaving) checksOut(t *testing.T, token, who string, began time.Time, more object) {
	t.Helper()
	body := object{
		"id": 1, "token": token, "email": who + "@example.com", "buyer_accepts_marketing": true, "created_at": began, "updated_at": l.at(),
		"completed_at": nil, "currency": "EUR", "total_price": "20.00", "line_items": basket("Tea"),
		"abandoned_checkout_url": "https://tea.example/recover/" + token, "shipping_address": nil,
	}
	for key, value := range more {
		body[key] = value
	}
	l.shopify(t, "checkouts/update", body)
}

// basket are lines of a checkout or an order, one of each product.
func basket(titles ...string) []object {
	list := []object{}
	for i, title := range titles {
		list = append(list, object{"id": i + 1, "key": fmt.Sprint(i + 1), "product_id": 700 + i, "title": title, "quantity": 1, "price": "20.00",
			"line_price": "20.00"})
	}
	return list
}

// ordersFrom posts an order of Shopify that was placed now, of a checkout if token is not empty.
func (l *leaving) ordersFrom(t *testing.T, id int, token, who string) {
	t.Helper()
	l.shopify(t, "orders/create", object{
		"id": id, "checkout_token": token, "email": who + "@example.com", "created_at": l.at(), "processed_at": l.at(), "updated_at": l.at(),
		"currency": "EUR", "total_price": "20.00", "financial_status": "pending", "line_items": basket("Tea"),
	})
}

func (l *leaving) shopify(t *testing.T, topic string, body object) {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	l.receives(t, "shopify", topic, string(text))
	l.settle(t, 1)
	l.pass(t, 0)
}

// chased is the state of the campaign's enrolment about a checkout, with its reason; empty: there is
// none.
func (l *leaving) chased(t *testing.T, token string) string {
	t.Helper()
	list, err := l.Enrolments(t.Context(), "s", "chase", nil, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if strings.HasSuffix(e.ID, ":"+token) {
			return string(e.State) + ": " + e.Reason
		}
	}
	return ""
}

func (l *leaving) wantsChased(t *testing.T, want map[string]string) {
	t.Helper()
	for token, state := range want {
		if got := l.chased(t, token); !strings.HasPrefix(got, state) || state == "" && got != "" {
			t.Errorf("%s: got %q, want %q", token, got, state)
		}
	}
}

// A checkout that became an order, in whatever way the shop learns of it, or that was deleted, leaves
// at once and gets no mail. An order of the checkout is a success, also where it names another address.
func TestACheckoutThatIsOverIsNotChased(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := chasing(t, h, chase)
		began := l.at()
		l.ordersFrom(t, 1, "first", "first")
		l.checksOut(t, "first", "first", began, nil)
		for _, who := range []string{"open", "completed", "bought", "other", "tokenless", "deleted"} {
			l.checksOut(t, who, who, began, nil)
		}
		l.wantsChased(t, map[string]string{"first": "", "open": "active", "bought": "active", "other": "active", "deleted": "active"})
		l.pass(t, 30*time.Minute)
		l.checksOut(t, "completed", "completed", began, object{"completed_at": l.at()})
		l.ordersFrom(t, 2, "bought", "bought")
		l.ordersFrom(t, 3, "other", "partner")
		l.ordersFrom(t, 4, "", "tokenless")
		l.shopify(t, "checkouts/delete", object{"id": 1, "token": "deleted"})
		want := map[string]string{"first": "", "open": "active", "completed": "exited: checkout s:shopify:completed became an order",
			"bought": "converted: order.placed", "other": "converted: order.placed", "tokenless": "superseded: order.placed",
			"deleted": "exited: checkout s:shopify:deleted was deleted"}
		l.wantsChased(t, want)
		l.pass(t, 31*time.Minute)
		l.pass(t, 25*time.Hour)
		l.hasMails(t, map[string]int{"open": 2})
		l.asks(t, l.key, 200, "GET /v1/checkouts/s:shopify:bought", "", `"order":"s:shopify:2"`)
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerBy(t, "first").ID+"/explain?campaign=chase", "", "became an order")
		l.pass(t, 50*time.Hour)
		if got := l.results(t, "chase"); got.Comparison.Treated.Reached != 2 {
			t.Errorf("got %+v, want that two reached the goal", got.Comparison.Treated)
		}
	})
}

// News that come late change nothing: the order, the checkout that it came from, and its start may be
// received in any order.
func TestACheckoutAndItsOrderMayComeInAnyOrder(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := chasing(t, h, chase)
		began := l.at()
		l.pass(t, 20*time.Minute)
		l.checksOut(t, "k1", "ann", began, nil)
		before := l.at()
		l.pass(t, 10*time.Minute)
		l.ordersFrom(t, 1, "k1", "ann")
		l.checksOut(t, "k1", "ann", began, object{"updated_at": before}) // an old record after the order
		l.checksOut(t, "k1", "ann", began, object{"updated_at": l.at(), "completed_at": l.at()})
		l.again(t)
		l.wantsChased(t, map[string]string{"k1": "converted"})
		l.asks(t, l.key, 200, "GET /v1/checkouts/s:shopify:k1", "", `"order":"s:shopify:1"`)
		l.pass(t, 26*time.Hour)
		l.hasMails(t, map[string]int{})
	})
}

// A mail shows what is in the basket when it goes out. An emptied one gets none, and the next mail once
// it is filled again. Changes do not put the mails off: they count from the beginning of the checkout.
func TestAMailShowsTheBasketAsItIsNow(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := chasing(t, h, chase)
		began := l.at()
		l.checksOut(t, "k1", "ann", began, object{"line_items": basket("Tea", "Cup")})
		l.checksOut(t, "k2", "ben", began, object{"line_items": basket("Tea", "Cup")})
		l.pass(t, 50*time.Minute)
		l.checksOut(t, "k1", "ann", began, object{"line_items": basket("Tea", "Honey"), "total_price": "41.00"})
		l.checksOut(t, "k2", "ben", began, object{"line_items": basket(), "total_price": "0.00"})
		l.pass(t, 11*time.Minute)
		l.hasMails(t, map[string]int{"ann": 1})
		text := bodyOf(l.mailsTo("ann@example.com")[0])
		if !strings.Contains(text, "Honey") || !strings.Contains(text, "41.00") || strings.Contains(text, "Cup") {
			t.Errorf("got %s, want Honey for 41.00 and no Cup", text)
		}
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerBy(t, "ben").ID+"/explain?campaign=chase", "",
			"checkout s:shopify:k2 is empty now")
		l.checksOut(t, "k2", "ben", began, object{"line_items": basket("Plate")})
		l.pass(t, 25*time.Hour)
		l.hasMails(t, map[string]int{"ann": 2, "ben": 1})
		if text := bodyOf(l.mailsTo("ben@example.com")[0]); !strings.Contains(text, "Plate") {
			t.Errorf("got %s, want the Plate", text)
		}
	})
}

func bodyOf(m mailbox.Mail) string {
	c := m.Content()
	return c.Text + c.HTML
}

// A visitor who gives the address later enters then. The mail is due an hour after the checkout began,
// or at once where that is over.
func TestACheckoutWhoseAddressComesLaterIsChased(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := chasing(t, h, chase)
		began := l.at()
		nobody := object{"email": nil, "buyer_accepts_marketing": false}
		l.checksOut(t, "k1", "ann", began, nobody)
		l.checksOut(t, "k2", "ben", began, nobody)
		l.wantsChased(t, map[string]string{"k1": "", "k2": ""})
		l.pass(t, 30*time.Minute)
		l.checksOut(t, "k1", "ann", began, nil)
		l.wantsChased(t, map[string]string{"k1": "active"})
		l.pass(t, 31*time.Minute)
		l.hasMails(t, map[string]int{"ann": 1})
		l.pass(t, time.Hour)
		l.checksOut(t, "k2", "ben", began, nil)
		l.hasMails(t, map[string]int{"ann": 1, "ben": 1})
	})
}

// Of several checkouts of one person only the newest is chased, whichever is received first, also when
// two customers turn out to be that person. An order of any of them ends it.
func TestOnlyTheNewestCheckoutOfAPersonIsChased(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := chasing(t, h, chase)
		began := l.at()
		l.checksOut(t, "k1", "ann", began, nil)
		l.checksOut(t, "k3", "ben", began, nil)
		l.pass(t, 10*time.Minute)
		newer := l.at()
		l.checksOut(t, "k2", "ann", newer, nil)
		l.wantsChased(t, map[string]string{"k1": "superseded: the customer began a newer checkout, s:shopify:k2", "k2": "active"})
		l.checksOut(t, "k0", "ann", began.Add(-time.Minute), nil) // received late
		l.wantsChased(t, map[string]string{"k0": "", "k2": "active", "k3": "active"})
		l.pass(t, 51*time.Minute)
		l.hasMails(t, map[string]int{"ben": 1})
		l.pass(t, 10*time.Minute)
		l.hasMails(t, map[string]int{"ann": 1, "ben": 1})
		if text := bodyOf(l.mailsTo("ann@example.com")[0]); strings.Contains(text, "/recover/k1") {
			t.Errorf("got %s, want the newer checkout", text)
		}
		l.ordersFrom(t, 1, "k1", "ann") // by the older one after all
		l.wantsChased(t, map[string]string{"k1": "converted", "k2": "superseded: order.placed"})
		l.pass(t, 26*time.Hour)
		l.hasMails(t, map[string]int{"ann": 1, "ben": 2})
	})
}

// Conditions of a campaign about checkouts read the checkout as the order that it would become: its
// total in the shop's currency, its lines, its coupons and where it came from.
func TestConditionsReadTheCheckout(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := chasing(t, h, strings.Replace(chase, `"trigger": {"event": "checkout.started"}`, `"trigger": {"event": "checkout.started",
			"where": {"all": [{"field": "order.total", "op": "gte", "value": "20.00"},
				{"field": "line.product", "op": "is", "value": "s:shopify:700"},
				{"field": "order.payment_status", "op": "is", "value": "unpaid"}]}}`, 1))
		began := l.at()
		l.checksOut(t, "k1", "enough", began, nil)
		l.checksOut(t, "k2", "little", began, object{"total_price": "19.99"})
		pot := object{"key": "1", "product_id": 900, "title": "Pot", "quantity": 1, "price": "20.00"}
		l.checksOut(t, "k3", "other", began, object{"line_items": []object{pot}})
		l.checksOut(t, "k4", "dollars", began, object{"currency": "USD"})
		l.wantsChased(t, map[string]string{"k1": "active", "k2": "", "k3": "", "k4": ""})
		l.pass(t, 61*time.Minute)
		l.hasMails(t, map[string]int{"enough": 1})
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerBy(t, "little").ID+"/explain?campaign=chase", "", "saw 19.99")
	})
}
