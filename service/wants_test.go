package service

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
)

// offering is a marketing campaign that writes an hour after a payment; more are further keys of
// the file, step further keys of its step.
func offering(id, more, step string) string {
	return `{"schema": 1, "id": "` + id + `", "name": "` + id + `", "class": "marketing", "trigger": {"event": "order.paid"}, ` + more + `
"key": "order", "reentry": "never",
"policy": {"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00"}},
"steps": [{"id": "one", "wait": "1h", ` + step + `"send": {"channel": "email", "template": "follow-up-1"}}]}`
}

// contacts sets the shop's rules for all its campaigns over HTTP.
func (l *leaving) contacts(t *testing.T, rules string) {
	t.Helper()
	shop, err := l.Shop(t.Context(), "s")
	ok(t, err)
	l.asks(t, l.key, 200, "PATCH /v1/shop", fmt.Sprintf(`{"rev": %d, "contact": %s}`, shop.Rev, rules))
}

// agrees makes ann a customer who agreed to marketing.
func (l *leaving) agrees(t *testing.T) {
	t.Helper()
	l.report(t, object{
		"type": "customer", "id": "ann", "email": "ann@example.com", "verified": true,
		"consents": []object{said("email", true, true, l.at())},
	})
	l.pass(t, time.Minute)
}

// sentBy lists the campaigns of the messages to ann that were sent, in order of sending, those of
// one moment by name.
func (l *leaving) sentBy(t *testing.T) string {
	t.Helper()
	return l.sentTo(t, l.customerOf(t, "ann").ID)
}

func (l *leaving) sentTo(t *testing.T, customer string) string {
	t.Helper()
	list, err := l.Messages(t.Context(), "s", "", customer, campaigns.Sent, nil, 100)
	ok(t, err)
	slices.SortFunc(list, func(a, b campaigns.Message) int {
		return cmp.Or(a.SentAt.Truncate(time.Second).Compare(b.SentAt.Truncate(time.Second)), cmp.Compare(a.Campaign, b.Campaign))
	})
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.Campaign
	}
	return strings.Join(names, " ")
}

// messageBy is the message of a campaign to ann, as the API explains it.
func (l *leaving) messageBy(t *testing.T, campaign string) (m campaigns.Message, explained string) {
	t.Helper()
	list, err := l.Messages(t.Context(), "s", campaign, l.customerOf(t, "ann").ID, "", nil, 1)
	ok(t, err)
	if len(list) != 1 {
		t.Fatalf("got %d messages of %s, want one", len(list), campaign)
	}
	return list[0], l.asks(t, l.key, 200, "GET /v1/messages/"+list[0].ID+"/explain", "")
}

// Of campaigns that want a customer within the shop's window, the one with the highest priority
// goes. The others wait until the window is over, or are dropped when they expire; the reason names
// the winner.
func TestHigherPriorityGoesAndTheOtherCampaignsWait(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.contacts(t, `{"window_hours": 24}`)
		for _, file := range []string{
			offering("brief", `"priority": 20,`, `"expires": "12h", `), offering("news", `"priority": 10,`, ""),
			offering("vip", `"priority": 90,`, ""),
		} {
			activate(t, l.Store, file)
		}
		l.agrees(t)
		l.buys(t, "o1", "10.00", nil)
		l.pass(t, time.Hour)
		l.pass(t, time.Minute)
		if got := l.sentBy(t); got != "vip" || len(l.mailsTo("ann@example.com")) != 1 {
			t.Fatalf("got %q and %d mails, want that of vip alone", got, len(l.mailsTo("ann@example.com")))
		}
		const wins = "campaign vip (priority 90) wrote to the customer at"
		if m, explained := l.messageBy(t, "news"); m.State != campaigns.Deferred || !strings.Contains(m.Reason, wins) ||
			!strings.Contains(explained, wins) {
			t.Errorf("got %s: %s, want it deferred, with the winner named; explained: %s", m.State, m.Reason, explained)
		}
		l.pass(t, 12*time.Hour)
		if m, _ := l.messageBy(t, "brief"); m.State != campaigns.Cancelled || !strings.Contains(m.Reason, "expired") ||
			!strings.Contains(m.Reason, wins) {
			t.Errorf("got %s: %s, want it dropped with the winner named", m.State, m.Reason)
		}
		l.pass(t, 11*time.Hour)
		if got := l.sentBy(t); got != "vip" {
			t.Errorf("within 24 hours: got %q, want vip alone", got)
		}
		l.pass(t, time.Hour)
		if got := l.sentBy(t); got != "vip news" {
			t.Errorf("after 24 hours: got %q, want vip news", got)
		}
	})
}

// A campaign wants a customer also by a step that is still to come within the window. One of a lower
// priority waits for it; where it comes after the window, nobody waits.
func TestStepToComeWithinTheWindowGoesFirst(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.contacts(t, `{"window_hours": 24}`)
		later := func(id, priority, wait string) string {
			return strings.Replace(offering(id, `"priority": `+priority+`,`, ""), `"wait": "1h"`, `"wait": "`+wait+`"`, 1)
		}
		for _, file := range []string{offering("news", `"priority": 10,`, ""), later("vip", "90", "4h"), later("best", "95", "60h")} {
			activate(t, l.Store, file)
		}
		l.agrees(t)
		l.buys(t, "o1", "10.00", nil)
		l.pass(t, time.Hour)
		l.pass(t, time.Minute)
		const wins = "campaign vip (priority 90) wants the customer too, at"
		if m, explained := l.messageBy(t, "news"); m.State != campaigns.Deferred || !strings.Contains(m.Reason, wins) ||
			!strings.Contains(explained, wins) {
			t.Errorf("got %s: %s, want it deferred, with the winner named; explained: %s", m.State, m.Reason, explained)
		}
		l.pass(t, 3*time.Hour)
		if got := l.sentBy(t); got != "vip" {
			t.Errorf("after 4 hours: got %q, want vip", got)
		}
		l.pass(t, 24*time.Hour)
		l.pass(t, time.Hour)
		if got := l.sentBy(t); got != "vip news" {
			t.Errorf("after the window: got %q, want vip news", got)
		}
	})
}

// Without a window the higher priority goes first, and the others after it. Campaigns of one
// priority do not wait for each other.
func TestWithoutAWindowPriorityDecidesWhoGoesFirst(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		for _, file := range []string{offering("alpha", `"priority": 10,`, ""), offering("beta", "", ""), offering("gamma", "", "")} {
			activate(t, l.Store, file)
		}
		l.agrees(t)
		l.buys(t, "o1", "10.00", nil)
		l.pass(t, time.Hour)
		if got := l.sentBy(t); got != "beta gamma" {
			t.Errorf("got %q, want the two of the higher priority", got)
		}
		l.pass(t, time.Minute)
		if got := l.sentBy(t); got != "beta gamma alpha" {
			t.Errorf("a minute later: got %q, want alpha too", got)
		}
	})
}

// Nobody waits for a campaign that cannot write: one that is paused, or whose mails are held by
// the breaker.
func TestNobodyWaitsForACampaignThatIsHeld(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.contacts(t, `{"window_hours": 24}`)
		activate(t, l.Store, offering("news", `"priority": 10,`, ""))
		activate(t, l.Store, offering("vip", `"priority": 90,`, ""))
		l.agrees(t)
		l.asks(t, l.key, 204, "POST /v1/sending/stop", "")
		l.buys(t, "o1", "10.00", nil)
		l.pass(t, time.Hour)
		if got := l.sentBy(t); got != "" {
			t.Fatalf("stopped: got %q, want nothing", got)
		}
		l.asks(t, l.key, 204, "POST /v1/campaigns/vip/pause", "")
		l.asks(t, l.key, 204, "POST /v1/sending/resume", "")
		l.pass(t, 5*time.Minute)
		if got := l.sentBy(t); got != "news" {
			t.Errorf("resumed while vip is paused: got %q, want news", got)
		}
		l.asks(t, l.key, 204, "POST /v1/campaigns/vip/resume", "")
		l.pass(t, time.Minute)
		if got := l.sentBy(t); got != "news vip" {
			t.Errorf("vip resumed: got %q, want news vip: the higher priority does not wait", got)
		}
	})
}

// While a refund or a ticket of a customer is open, marketing waits and is dropped when it expires;
// service mails go out. When it is closed, what waited goes out.
func TestMarketingWaitsWhileARefundOrATicketIsOpen(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, l.Store, offering("news", "", ""))
		activate(t, l.Store, offering("brief", "", `"expires": "2h", `))
		activate(t, l.Store, strings.NewReplacer(`"marketing"`, `"service"`, "follow-up-1", "unpaid-1").Replace(offering("receipt", "", "")))
		l.agrees(t)
		paid := l.at()
		l.buys(t, "o1", "10.00", nil)
		l.buys(t, "o1", "10.00", object{"placed_at": paid, "paid_at": paid,
			"refunds": []object{{"id": "r1", "requested_at": l.at(), "amount": "4.00"}}})
		l.pass(t, time.Hour)
		if got := l.sentBy(t); got != "receipt" {
			t.Errorf("a refund is open: got %q, want the service mail alone", got)
		}
		if m, explained := l.messageBy(t, "news"); m.State != campaigns.Deferred || !strings.Contains(m.Reason, "order.refund_requested of") ||
			!strings.Contains(explained, "marketing waits") {
			t.Errorf("got %s: %s, want it deferred because of the refund; explained: %s", m.State, m.Reason, explained)
		}
		l.pass(t, 3*time.Hour)
		if m, _ := l.messageBy(t, "brief"); m.State != campaigns.Cancelled || !strings.Contains(m.Reason, "order.refund_requested of") {
			t.Errorf("got %s: %s, want it dropped because of the refund", m.State, m.Reason)
		}
		ticket := func(id, event, name string) {
			l.asks(t, l.key, 201, "POST /v1/events", `{"id": "`+id+`", "event": "ticket.`+event+`", "customer": {"email": "ann@example.com"},
"properties": {"ticket": "`+name+`"}}`)
		}
		ticket("1", "opened", "t1")
		l.buys(t, "o1", "10.00", object{"placed_at": paid, "paid_at": paid,
			"refunds": []object{{"id": "r1", "requested_at": paid, "closed_at": l.at(), "amount": "4.00"}}})
		l.pass(t, time.Hour)
		if m, _ := l.messageBy(t, "news"); m.State != campaigns.Deferred || !strings.Contains(m.Reason, "ticket.opened of") {
			t.Errorf("the refund is closed, a ticket is open: got %s: %s, want it deferred because of the ticket", m.State, m.Reason)
		}
		ticket("2", "closed", "t2")
		l.pass(t, time.Hour)
		if got := l.sentBy(t); got != "receipt" {
			t.Errorf("another ticket is closed: got %q, want no news", got)
		}
		ticket("3", "closed", "t1")
		l.pass(t, time.Hour)
		if got := l.sentBy(t); got != "receipt news" {
			t.Errorf("all is closed: got %q, want news too", got)
		}
	})
}

// A shop may let marketing go out while a refund is open.
func TestShopMaySwitchTheFreezeOff(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.contacts(t, `{"freeze": false}`)
		activate(t, l.Store, offering("news", "", ""))
		l.agrees(t)
		l.buys(t, "o1", "10.00", object{"refunds": []object{{"id": "r1", "requested_at": l.at(), "amount": "4.00"}}})
		l.pass(t, time.Hour)
		if got := l.sentBy(t); got != "news" {
			t.Errorf("got %q, want news in spite of the refund", got)
		}
	})
}

// The shop-wide holdout gets no marketing of any campaign, and all service mails. It is in neither
// arm of a campaign's comparison, which the campaign's own holdout decides.
func TestShopWideHoldoutGetsNoMarketingAndIsInNeitherArm(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.contacts(t, `{"holdout_ratio": 0.5}`)
		goal := `"goal": {"event": "order.paid", "same": "customer", "within": "30d"}, "holdout": {"percent": 50},`
		activate(t, l.Store, offering("news", goal, ""))
		activate(t, l.Store, offering("vip", "", ""))
		activate(t, l.Store, strings.NewReplacer(`"marketing"`, `"service"`, "follow-up-1", "unpaid-1").Replace(offering("receipt", "", "")))
		const people = 30
		for i := range people {
			id := fmt.Sprintf("p%d", i)
			l.report(t,
				object{"type": "customer", "id": id, "email": id + "@example.com", "verified": true, "consents": []object{
					said("email", true, true, l.at())}},
				object{"type": "order", "id": "o" + id, "placed_at": l.at(), "paid_at": l.at(), "payment_status": "paid", "currency": "EUR",
					"total": "10.00", "buyer": object{"id": id, "email": id + "@example.com"},
					"lines": []object{{"id": "1", "product": "tea", "title": "Tea", "quantity": 1, "unit_price": "10.00", "net": "10.00"}}})
		}
		l.pass(t, time.Hour)
		l.pass(t, time.Minute)
		shop, err := l.Shop(t.Context(), "s")
		ok(t, err)
		var byShop, treated, held int64
		for i := range people {
			c := l.customerOf(t, fmt.Sprintf("p%d", i))
			out := campaigns.HeldOutOfShop(shop, c.ID)
			own := campaigns.ArmOf(&campaigns.Campaign{ID: "news", Holdout: 5000}, "s", c.ID) == campaigns.HeldOut
			want := "news receipt vip"
			switch {
			case out:
				want = "receipt"
				byShop++
			case own:
				want = "receipt vip"
				held++
			default:
				treated++
			}
			if got := l.sentTo(t, c.ID); got != want {
				t.Errorf("%s got %q, want %q", c.ID, got, want)
			}
		}
		if byShop == 0 || byShop == people || held == 0 || treated == 0 {
			t.Fatalf("%d by the shop, %d held out, %d treated: the test proves nothing", byShop, held, treated)
		}
		results := l.asks(t, l.key, 200, "GET /v1/campaigns/news/results", "", fmt.Sprintf(`"entered":%d`, treated+held),
			fmt.Sprintf(`"held_out":%d`, held), fmt.Sprintf(`"held_out_by_shop":%d`, byShop))
		if !strings.Contains(results, "shop-wide holdout") {
			t.Errorf("got %s, want a note about the shop-wide holdout", results)
		}
		l.asks(t, l.key, 200, "GET /v1/campaigns/news/enrolments?limit=100", "", `"arm":"holdout"`)
		entries, err := l.Siblings(t.Context(), "s", []string{"vip"}, l.everybody(t))
		ok(t, err)
		for _, e := range entries {
			logged := fmt.Sprint(e.Log)
			if e.ByShop != (e.Arm == campaigns.HeldOut) || e.ByShop != strings.Contains(logged, "shop-wide holdout, of 50.00 %") {
				t.Errorf("%s: arm %s, by the shop %v, log %s", e.ID, e.Arm, e.ByShop, logged)
			}
		}
	})
}

// everybody are the ids of all customers.
func (l *leaving) everybody(t *testing.T) (ids []string) {
	t.Helper()
	list, err := l.Customers(t.Context(), "s", nil, 1000)
	ok(t, err)
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// A file is stored with notes about the shop's other campaigns, about orders that the store closes
// before a step, and about a holdout that nobody can read within a month.
func TestPutNotesWhatTheShopMakesOfAFile(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		file := func(id string) string {
			return `{"schema": 1, "id": "` + id + `", "name": "x", "class": "marketing", "key": "order", "reentry": "never",
"trigger": {"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}},
"exit": [{"event": "order.paid", "same": "order", "as": "goal"}], "goal": {"event": "order.paid", "same": "order", "within": "7d"},
"holdout": {"percent": 10}, "steps": [{"id": "one", "wait": "3d", "send": {"channel": "email", "template": "unpaid-1"}}]}`
		}
		activate(t, l.Store, file("first"))
		l.agrees(t)
		l.asks(t, l.key, 200, "PATCH /v1/connections/woocommerce", `{"unpaid_closes_after": "2d"}`)
		answer := l.asks(t, l.key, 201, "PUT /v1/campaigns/second", file("second"))
		for _, want := range []string{
			"50 is also that of first", "step one is due 3d after the order, and the store of connection woocommerce closes",
			"too small to be read within a month: its trigger happened to 0 customers",
		} {
			if !strings.Contains(answer, want) {
				t.Errorf("got %s, want a note: %s", answer, want)
			}
		}
	})
}
