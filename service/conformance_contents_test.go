package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
)

// 7. A trigger that excludes two methods of payment by any of them, and so excludes nobody, gets a
// note that says what to write instead. The file is valid.
func TestOrWhereAndWasMeantHasANote(t *testing.T) {
	t.Parallel()
	const unpaid = `{"field": "order.payment_status", "op": "is", "value": "unpaid"}`
	neither := func(of string) string {
		return strings.Replace(reminder, unpaid, `{"all": [`+unpaid+`, {"`+of+`": [
			{"field": "order.payment_method", "op": "is_not", "value": "cod"},
			{"field": "order.payment_method", "op": "is_not", "value": "bank_transfer"}]}]}`, 1)
	}
	const note = `any of several exclusions matches nearly everybody: \"all\" excludes each of them`
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 200, "POST /v1/campaigns/validate", neither("any"), `"valid":true`, `"pointer":"/trigger/where/all/1/any"`, note,
			`"note":true`)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/reminder", neither("any"), note)
		if answer := l.asks(t, l.key, 200, "POST /v1/campaigns/validate", neither("all"), `"valid":true`); strings.Contains(answer, note) {
			t.Errorf("all: got %s, want no such note", answer)
		}
	})
}

// 8. A buyer whose goods were sold out after the order is not reminded, also where that became known
// while the mail waited. One whose goods are there is.
func TestWhatIsOutOfStockIsNotOffered(t *testing.T) {
	t.Parallel()
	stocked := strings.Replace(reminder, `"expires": "12h"`, `"expires": "12h",
		"if": {"field": "order.in_stock", "op": "is", "value": true}`, 1)
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, stocked)
		l.pass(t, time.Minute)
		product := func(id int, status string) {
			l.posts(t, "woocommerce", "product.updated", map[string]any{"id": id, "name": "Tea", "status": "publish",
				"date_modified_gmt": stamp(l.at()), "stock_status": status})
		}
		placed := l.at()
		for n, buyer := range []string{"there", "gone", "going", "back", "unknown"} {
			if buyer != "unknown" {
				product(50+n, "instock")
			}
			order := wooOrder(n+1, buyer, placed)
			order["line_items"].([]any)[0].(map[string]any)["product_id"] = 50 + n
			l.posts(t, "woocommerce", "order.created", order)
		}
		l.answers("going@example.com", 450)
		l.pass(t, 10*time.Minute)
		product(51, "outofstock")
		product(53, "outofstock")
		l.pass(t, 10*time.Minute)
		product(53, "instock")
		l.pass(t, 40*time.Minute)
		product(52, "outofstock")
		l.answers("going@example.com", 0)
		l.pass(t, 3*time.Hour)
		l.mailed(t, "in the end", map[string]int{"there": 1, "gone": 0, "going": 0, "back": 1, "unknown": 0})
		gone, err := l.Messages(t.Context(), "s", "", l.customerBy(t, "going").ID, "", nil, 10)
		ok(t, err)
		if len(gone) != 1 || gone[0].State != campaigns.Cancelled || !strings.Contains(gone[0].Reason, "order.in_stock") {
			t.Errorf("got %+v, want one message, cancelled for the stock", gone)
		}
		l.asks(t, l.key, 200, "GET /v1/enrolments/s:reminder:woocommerce:2/explain", "", "order.in_stock")
	})
}

// 9. What a buyer took out of the cart, or the shop out of an order, is not in the mail.
func TestWhatWasRemovedIsNotShown(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, recovery, reminder)
		l.pass(t, time.Minute)
		begun := l.at()
		cart := func(items ...string) string {
			body := guestCheckout("k1", "cart@example.com", true, begun)
			lines := make([]string, len(items))
			for i, title := range items {
				lines[i] = fmt.Sprintf(`{"key":"%d","product_id":%d,"quantity":1,"sku":"T","title":%q,"price":"10.00","line_price":"10.00"}`, i, 700+i,
					title)
			}
			from, to := strings.Index(body, `"line_items":[`)+len(`"line_items":[`), strings.Index(body, `],
"abandoned`)
			changed := fmt.Sprintf(`"updated_at":%q`, written(l.at()))
			return strings.Replace(body[:from]+strings.Join(lines, ",")+body[to:], fmt.Sprintf(`"updated_at":%q`, written(begun)), changed, 1)
		}
		h.receives(t, "shopify", "checkouts/create", cart("Green Dragon", "Red Robe"))
		order := shopifyBody(begun)
		one, two := shopifyItem(11, 1, "70.00"), shopifyItem(12, 1, "30.00")
		one["title"], two["title"] = "White Peony", "Black Pearl"
		order["line_items"] = []any{one, two}
		l.posts(t, "shopify", "orders/create", order)
		l.pass(t, 30*time.Minute)
		h.receives(t, "shopify", "checkouts/update", cart("Green Dragon"))
		left := shopifyItem(12, 0, "30.00")
		left["title"] = "Black Pearl"
		l.posts(t, "shopify", "orders/updated", order, map[string]any{"updated_at": written(l.at()), "current_total_price": "70.00",
			"total_outstanding": "70.00", "line_items": []any{one, left}, "refunds": []any{takenOff(l.at(), 12)}})
		l.pass(t, 30*time.Minute)
		for buyer, want := range map[string][2]string{"cart": {"Green Dragon", "Red Robe"}, "ann": {"White Peony", "Black Pearl"}} {
			mails := l.mailsTo(buyer + "@example.com")
			if len(mails) != 1 {
				t.Fatalf("%s: got %d mails, want 1", buyer, len(mails))
			}
			content := mails[0].Content()
			for part, text := range map[string]string{"text": content.Text, "HTML": content.HTML} {
				if !strings.Contains(text, want[0]) || strings.Contains(text, want[1]) {
					t.Errorf("%s: got the %s %s, want %s and not %s in it", buyer, part, text, want[0], want[1])
				}
			}
		}
	})
}

// 10. One person in four campaigns of five mails each gets one mail a day under the market's caps,
// and three a week: those of the highest priority. The others wait, and are dropped with the reason
// when they expire.
func TestOnePersonInFourCampaignsGetsOneMailADay(t *testing.T) {
	t.Parallel()
	flow := func(id string, priority int) string {
		var steps []string
		for n := range 5 {
			steps = append(steps, fmt.Sprintf(`{"id": "s%d", "wait": "1h", "expires": "50h", "send": {"channel": "email",
				"template": "follow-up-1"}}`, n))
		}
		return fmt.Sprintf(`{"schema": 1, "id": %q, "name": "Flow", "class": "marketing", "trigger": {"event": "order.paid"},
			"key": "order", "reentry": "never", "priority": %d, "policy": {"quiet": {"from": "00:00", "to": "00:00"}}, "steps": [%s]}`,
			id, priority, strings.Join(steps, ", "))
	}
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.starts(t, flow("first", 90), flow("second", 60), flow("third", 30), flow("last", 10))
		l.agrees(t)
		l.buys(t, "o1", "10.00", nil)
		for range 3 {
			l.pass(t, 2*time.Hour)
		}
		if got := l.sentBy(t); got != "first" {
			t.Errorf("within six hours: got %q, want one mail of the highest priority", got)
		}
		ann := l.customerOf(t, "ann").ID
		waits := func(m campaigns.Message) bool {
			return strings.Contains(m.Reason, " already") || strings.Contains(m.Reason, "(priority ")
		}
		waiting, err := l.Messages(t.Context(), "s", "last", ann, campaigns.Deferred, nil, 10)
		ok(t, err)
		if len(waiting) != 1 || !waits(waiting[0]) {
			t.Errorf("got %+v, want the mail of the last campaign deferred, with the reason", waiting)
		}
		for range 9 {
			l.pass(t, 8*time.Hour)
		}
		if got := l.sentBy(t); got != "first first first" || len(l.mailsTo("ann@example.com")) != 3 {
			t.Errorf("within three days: got %q and %d mails, want three of the highest priority", got, len(l.mailsTo("ann@example.com")))
		}
		dropped, err := l.Messages(t.Context(), "s", "", ann, campaigns.Cancelled, nil, 100)
		ok(t, err)
		of := map[string]int{}
		for _, m := range dropped {
			of[m.Campaign]++
			if !strings.Contains(m.Reason, "expire") {
				t.Errorf("%s: got %q, want that it expired while it waited", m.ID, m.Reason)
			}
			l.asks(t, l.key, 200, "GET /v1/messages/"+m.ID+"/explain", "", m.Reason)
		}
		for _, campaign := range []string{"second", "third", "last"} {
			if of[campaign] == 0 {
				t.Errorf("got no mail of %s dropped, want those that expired while they waited", campaign)
			}
		}
	})
}
