package service

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
)

const consents = `{"schema": 1, "id": "consents", "name": "May be mailed", "condition": {"field": "customer.consent.email",
	"op": "is", "value": true}}`

// consenting is how many people the shop may mail, as a segment counts them.
func (l *leaving) consenting(t *testing.T) (size int) {
	t.Helper()
	l.moveTo(l.at().Add(time.Second)) // counts may be so old
	var count struct{ Size int }
	if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "POST /v1/segments/count", consents)), &count); err != nil {
		t.Fatal(err)
	}
	return count.Size
}

// consent is a customer's consent to e-mail, as the API shows it.
func (l *leaving) consent(t *testing.T, external string) (granted bool, state string) {
	t.Helper()
	var shown struct {
		Consents []struct {
			Channel, State string
			Granted        bool
		}
	}
	if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, external).ID, "")), &shown); err != nil {
		t.Fatal(err)
	}
	for _, c := range shown.Consents {
		if c.Channel == "email" {
			return c.Granted, c.State
		}
	}
	return false, ""
}

// shopifySays makes the delivery by which Shopify reports one change of a
// person at a time.
func shopifySays(t *testing.T, what, id string, at time.Time) delivery {
	t.Helper()
	email := "ann" + id + "@example.com"
	topic, body := "customers_email_marketing_consent/update", object{"customer_id": id, "email_address": email}
	consent := func(state, level string) object {
		return object{"state": state, "opt_in_level": level, "consent_updated_at": at}
	}
	switch what {
	case "order":
		topic, body = "orders/create", object{
			"id": fmt.Sprint(id, at.UnixMilli()), "created_at": at, "processed_at": at, "updated_at": at, "currency": "EUR", "total_price": "10.00",
			"financial_status": "paid", "email": email, "buyer_accepts_marketing": true, "line_items": []object{},
			"customer": object{"id": id, "email": email},
		}
	case "body repeats it":
		topic, body = "customers/update", object{"id": id, "email": email, "verified_email": true, "updated_at": at,
			"email_marketing_consent": object{"state": "subscribed", "opt_in_level": "confirmed_opt_in", "consent_updated_at": nil}}
	case "body":
		topic, body = "customers/create", object{"id": id, "email": email, "verified_email": true, "updated_at": at}
	case "confirmed":
		body["email_marketing_consent"] = consent("subscribed", "confirmed_opt_in")
	case "mere":
		body["email_marketing_consent"] = consent("subscribed", "unknown")
	default:
		body["email_marketing_consent"] = consent(what, "confirmed_opt_in")
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return delivery{"shopify", topic, text}
}

// After a withdrawal, or while a confirmation is pending, only a new explicit
// grant makes an address mailable. The order of arrival has no effect.
func TestAfterAWithdrawalOnlyAnExplicitGrantCounts(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"order":                                            "granted",
		"order, unsubscribed":                              "withdrawn",
		"order, unsubscribed, pending":                     "withdrawn",
		"order, unsubscribed, not_subscribed":              "withdrawn",
		"order, UNSUBSCRIBED, PENDING":                     "withdrawn",
		"order, pending":                                   "pending",
		"order, not_subscribed":                            "",
		"confirmed, not_subscribed":                        "",
		"order, unsubscribed, order":                       "withdrawn",
		"unsubscribed, mere":                               "withdrawn",
		"confirmed, unsubscribed, body repeats it":         "withdrawn",
		"order, redacted, order":                           "withdrawn",
		"pending, order":                                   "pending",
		"not_subscribed, order":                            "granted",
		"order, unsubscribed, confirmed":                   "granted",
		"order, unsubscribed, pending, confirmed":          "granted",
		"unsubscribed, confirmed, order":                   "granted",
		"confirmed, unsubscribed, confirmed, unsubscribed": "withdrawn",
	}
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		began, id := h.at(), 700
		ids, rounds := map[string]string{}, [5][]delivery{}
		for name := range cases {
			for _, arrival := range []string{"in turn", "backwards"} {
				id++
				ids[name+" "+arrival] = fmt.Sprint(id)
				var list []delivery
				for i, what := range strings.Split("body, "+name, ", ") {
					list = append(list, shopifySays(t, what, fmt.Sprint(id), began.Add(time.Duration(i-60)*time.Minute)))
				}
				if arrival == "backwards" {
					slices.Reverse(list)
				}
				for i, d := range list {
					rounds[i] = append(rounds[i], d)
				}
			}
		}
		for _, round := range rounds {
			post(t, h, round, 1)
			h.settle(t, 1)
		}
		mailable := 0
		for name, want := range cases {
			for _, arrival := range []string{"in turn", "backwards"} {
				granted, state := l.consent(t, ids[name+" "+arrival])
				if state != want || granted != (want == "granted") {
					t.Errorf("%s, told %s: got granted %v, %q, want %q", name, arrival, granted, state, want)
				}
				if want == "granted" {
					mailable++
				}
			}
		}
		if got := l.consenting(t); got != mailable {
			t.Errorf("got %d in the segment of those who consent, want %d", got, mailable)
		}
	})
}

// An unsubscribed customer is in no segment, count or export of those who
// consent, and enters no campaign. A later explicit grant for the same address
// restores the consent. An address that bounced, complained or was suppressed
// by hand stays suppressed.
func TestConsentAgreesEverywhereAfterUnsubscribingAndJoiningAgain(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, threeMails)
		reasons := []string{"unsubscribed", "manual", "bounced", "complained"}
		for i, reason := range reasons {
			l.subscriber(t, reason, fmt.Sprintf("p%d@example.com", i))
		}
		l.pass(t, 2*time.Hour)
		l.asks(t, l.key, 201, "POST /v1/segments", consents)
		if got := l.consenting(t); got != len(reasons) {
			t.Fatalf("got %d who consent, want %d", got, len(reasons))
		}
		l.asks(t, "", 200, "POST "+wayOut(t, l.mailsTo("p0@example.com")[0]), "List-Unsubscribe=One-Click")
		for i, reason := range reasons[1:] {
			l.asks(
				t, l.key, 201, "POST /v1/suppressions",
				fmt.Sprintf(`{"email": "p%d@example.com", "scope": "marketing", "reason": %q}`, i+1, reason),
			)
		}
		l.settle(t, 1)
		l.nobodyConsents(t, reasons)

		l.pass(t, time.Hour)
		for i, reason := range reasons {
			l.report(t, object{
				"type": "customer", "id": reason, "email": fmt.Sprintf("p%d@example.com", i), "verified": true,
				"consents": []object{said("email", true, true, l.at())},
			})
		}
		for _, reason := range reasons {
			if granted, state := l.consent(t, reason); granted != (reason == "unsubscribed") {
				t.Errorf("joined again after %s: got granted %v, %s", reason, granted, state)
			}
		}
		if got := l.consenting(t); got != 1 {
			t.Errorf("got %d who consent, want the one who joined again", got)
		}
		if list := l.asks(t, l.key, 200, "GET /v1/suppressions", ""); strings.Contains(list, "unsubscribed") ||
			strings.Count(list, `"reason"`) != 3 {
			t.Errorf("got %s, want the unsubscribe lifted and no other", list)
		}
		l.pass(t, 24*time.Hour)
		for i, reason := range reasons {
			want := 1
			if reason == "unsubscribed" {
				want = 2
			}
			if n := len(l.mailsTo(fmt.Sprintf("p%d@example.com", i))); n != want {
				t.Errorf("%s: got %d mails, want %d", reason, n, want)
			}
		}
		l.asks(t, "", 200, "POST "+wayOut(t, l.mailsTo("p0@example.com")[1]), "List-Unsubscribe=One-Click")
		l.settle(t, 1)
		if granted, state := l.consent(t, "unsubscribed"); granted || state != "suppressed" {
			t.Errorf("left again: got granted %v, %s", granted, state)
		}
	})
}

// nobodyConsents checks every call that shows consents.
func (l *leaving) nobodyConsents(t *testing.T, people []string) {
	t.Helper()
	for _, id := range people {
		if granted, state := l.consent(t, id); granted || state != "suppressed" {
			t.Errorf("%s: got granted %v, %s", id, granted, state)
		}
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, id).ID+"/explain?segment=consents", "", `"match":false`)
	}
	if got := l.consenting(t); got != 0 {
		t.Errorf("got %d who consent, want none", got)
	}
	if csv := l.asks(t, l.key, 200, "GET /v1/segments/consents/members.csv", ""); strings.Contains(csv, "@example.com") {
		t.Errorf("got %s, want nobody exported", csv)
	}
}

// Consent belongs to the address that it was given for. A person's other
// address has no consent by it, and a withdrawal for one address leaves the
// other unchanged.
func TestConsentBelongsToAnAddress(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.subscriber(t, "7", "old@example.com")
		l.moveTo(l.at().Add(time.Minute))
		l.report(t, object{"type": "customer", "id": "7", "email": "new@example.com", "verified": true})
		if granted, state := l.consent(t, "7"); granted || state != "" {
			t.Errorf("moved to a new address: got granted %v, %q, want nothing said of it", granted, state)
		}
		l.report(t, object{
			"type": "customer", "id": "7", "email": "new@example.com", "verified": true,
			"consents": []object{said("email", true, true, l.at())},
		})
		l.moveTo(l.at().Add(time.Minute))
		gone := said("email", false, true, l.at())
		gone["address"] = "Old@Example.com"
		l.report(t, object{"type": "customer", "id": "7", "email": "new@example.com", "verified": true, "consents": []object{gone}})
		if granted, _ := l.consent(t, "7"); !granted {
			t.Error("the old address left, and the new one may not be mailed")
		}
		c, known := l.customerOf(t, "7").ConsentOf("email", commerce.EmailAddress("old@example.com"))
		if !known || c.Granted {
			t.Errorf("got %+v, %v, want the old address's withdrawal known", c, known)
		}
	})
}

// A marketplace's relay address gets mails about orders and never marketing,
// whatever consent is reported.
func TestMarketplaceAddressesGetNoMarketing(t *testing.T) {
	t.Parallel()
	relays := []string{"x1y2@marketplace.amazon.co.uk", "a9@Members.eBay.com", "shopper@transaction.etsy.com", "q@relay.walmart.com"}
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, threeMails)
		activate(t, h.Store, strings.NewReplacer(
			`"payment_status", "op": "is", "value": "unpaid"`, `"payment_status", "op": "is", "value": "paid"`,
			`"op": "is", "value": "unpaid"`, `"op": "is", "value": "paid"`,
			`{"event": "order.paid", "same": "order", "as": "goal"}, `, "",
		).Replace(reminder))
		for i, address := range append(relays, "ann@example.com") {
			l.subscriber(t, fmt.Sprint("m", i), address)
		}
		l.pass(t, 2*time.Hour)
		for i, address := range relays {
			if n := len(l.mailsTo(address)); n != 1 {
				t.Errorf("%s: got %d mails, want the one about the order", address, n)
			}
			if granted, state := l.consent(t, fmt.Sprint("m", i)); granted || state != "relay" {
				t.Errorf("%s: got granted %v, %s", address, granted, state)
			}
			l.asks(
				t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, fmt.Sprint("m", i)).ID+"/explain?campaign=news", "",
				"the address is a marketplace's",
			)
		}
		if n := len(l.mailsTo("ann@example.com")); n != 2 {
			t.Errorf("got %d mails to a person's own address, want both", n)
		}
		if got := l.consenting(t); got != 1 {
			t.Errorf("got %d who consent, want one", got)
		}
	})
}
