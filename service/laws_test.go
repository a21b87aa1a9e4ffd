package service

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// lawShopper is a customer in a country, with a consent by name and orders.
type lawShopper struct {
	id, country, consent string // consent: none, mere, explicit, confirmed, refused
	language             string
	paid                 time.Time // of an earlier order; zero: there is none
}

func (s lawShopper) address() string { return s.id + "@example.com" }

// meets reports the shopper, the earlier order, and then an unpaid one that makes the
// shopper enter campaigns.
func (l *leaving) meets(t *testing.T, s lawShopper) {
	t.Helper()
	person := object{
		"type": "customer", "id": s.id, "email": s.address(), "verified": true, "first_name": s.id, "country": s.country, "language": s.language,
	}
	if s.consent != "none" {
		said := said("email", s.consent != "refused", s.consent != "mere", l.at())
		said["confirmed"] = s.consent == "confirmed"
		person["consents"] = []object{said}
	}
	order := func(id, payment string, at time.Time) object {
		return object{"type": "order", "id": id + s.id, "placed_at": at, "payment_status": payment, "currency": "EUR", "total": "10.00",
			"lines": []object{{"id": "1", "product": "tea", "title": "Tea", "quantity": 1, "unit_price": "10.00", "net": "10.00"}},
			"buyer": object{"id": s.id, "email": s.address()}}
	}
	l.report(t, person)
	if !s.paid.IsZero() {
		earlier := order("e", "paid", s.paid)
		earlier["paid_at"] = s.paid
		l.report(t, earlier)
	}
	l.report(t, order("o", "unpaid", l.at()))
}

// sets changes settings of the shop.
func (l *leaving) sets(t *testing.T, settings string, wants ...string) {
	t.Helper()
	l.asks(t, l.key, 200, "PATCH /v1/shop", `{"rev": `+l.revOf(t, "GET /v1/shop")+`, "jurisdiction": "", `+settings+`}`, wants...)
}

// Each basis of the table of laws decides about a mail: consent, soft opt-in, double
// opt-in, opt-out, implied, inferred and none. Where the customer's country is another,
// the stricter of both counts. The explanation names the row, the basis and the source.
func TestTheTableOfLawsDecidesAboutMarketing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, threeMails)
		l.pass(t, time.Minute)
		now := l.at()
		ago := func(months int) time.Time { return now.AddDate(0, -months, 0) }
		offered := now.AddDate(0, -2, 0).Format(time.RFC3339)
		for _, c := range []struct {
			settings, basis string
			shopper         lawShopper
			mails           int
			why             string // in the explanation
		}{
			{`"country": "JP"`, "consent", lawShopper{"jp1", "", "explicit", "", ago(1)}, 1,
				"law jp for marketing by email: basis consent, proof act"},
			{`"country": "JP"`, "consent", lawShopper{"jp2", "", "none", "", ago(1)}, 0, "no consent for email"},
			{`"country": "JP"`, "consent", lawShopper{"jp3", "", "mere", "", ago(1)}, 0, "the proof that marketing needs in JP"},

			{`"country": "IT"`, "soft_opt_in", lawShopper{"it1", "", "none", "", ago(1)}, 0, "soft_opt_in_since"},
			{`"country": "IT", "soft_opt_in_since": "` + offered + `"`, "soft_opt_in", lawShopper{"it2", "", "none", "", ago(1)}, 1,
				"Directive 2002/58/EC, article 13"},
			{`"country": "IT"`, "soft_opt_in", lawShopper{"it3", "", "none", "", ago(3)}, 0,
				"no paid order that named the address and was placed after"},
			{`"country": "IT"`, "soft_opt_in", lawShopper{"it4", "", "none", "", time.Time{}}, 0, "no consent for email"},
			{`"country": "IT"`, "soft_opt_in", lawShopper{"it5", "", "refused", "", ago(1)}, 0, "email refused on"},
			{`"country": "IT"`, "soft_opt_in", lawShopper{"it6", "KR", "none", "", ago(1)}, 0, "law kr for marketing by email"},

			{`"country": "AT", "soft_opt_in_since": ""`, "soft_opt_in", lawShopper{"at1", "", "explicit", "", ago(1)}, 0, "double opt-in"},
			{`"country": "AT"`, "soft_opt_in", lawShopper{"at2", "", "confirmed", "", ago(1)}, 1, "proof double_opt_in, source TKG 2021"},

			{`"country": "US"`, "opt_out", lawShopper{"us1", "", "none", "", time.Time{}}, 1, "basis opt_out"},
			{`"country": "US"`, "opt_out", lawShopper{"us2", "US", "refused", "", ago(1)}, 0, "email refused on"},
			{`"country": "US"`, "opt_out", lawShopper{"us3", "DE", "explicit", "", ago(1)}, 0, "law de for marketing by email"},
			{`"country": "US"`, "opt_out", lawShopper{"us4", "de", "confirmed", "", ago(1)}, 1, "law de for marketing by email"},
			{`"country": "US"`, "opt_out", lawShopper{"us5", "BR", "confirmed", "", ago(1)}, 0, "law of the customer's country"},

			{`"country": "CA"`, "implied", lawShopper{"ca1", "", "none", "", ago(23)}, 1, "consent implied by an order"},
			{`"country": "CA"`, "implied", lawShopper{"ca2", "", "none", "", ago(25)}, 0, "paid in the last 24 months"},
			{`"country": "CA"`, "implied", lawShopper{"ca3", "", "refused", "", ago(1)}, 0, "email refused on"},

			{`"country": "AU"`, "inferred", lawShopper{"au1", "", "none", "", ago(50)}, 1, "consent inferred by an order"},
			{`"country": "AU"`, "inferred", lawShopper{"au2", "", "none", "", time.Time{}}, 0, "no paid order that named the address"},
			{`"country": "AU"`, "inferred", lawShopper{"au3", "", "refused", "", ago(1)}, 0, "email refused on"},

			{`"country": "BR"`, "no_marketing", lawShopper{"br1", "", "confirmed", "", ago(1)}, 0, "nobody has checked the law"},
		} {
			l.sets(t, c.settings, `"consent_basis":"`+c.basis+`"`)
			l.meets(t, c.shopper)
			explained := l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, c.shopper.id).ID+"/explain?campaign=news", "")
			if !strings.Contains(explained, c.why) {
				t.Errorf("%s, %+v: got %s, want it to say %q", c.settings, c.shopper, explained, c.why)
			}
			l.pass(t, 61*time.Minute)
			if got := subjects(l.mailsTo(c.shopper.address())); len(got) != c.mails {
				t.Errorf("%s, %+v: got the mails %q, want %d", c.settings, c.shopper, got, c.mails)
			}
		}
	})
}

// An order that was placed before the checkout offered to refuse marketing is no soft
// opt-in, also if it is paid later.
func TestASoftOptInNeedsTheOfferAtTheOrder(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, threeMails)
		l.pass(t, time.Minute)
		l.sets(t, `"country": "IT", "soft_opt_in_since": "`+l.at().Format(time.RFC3339)+`"`)
		l.meets(t, lawShopper{"ada", "", "none", "", l.at().AddDate(0, 0, -1)})
		l.pass(t, time.Minute)
		late := object{"type": "order", "id": "eada", "payment_status": "paid", "paid_at": l.at(), "placed_at": l.at().AddDate(0, 0, -1),
			"currency": "EUR", "total": "10.00", "buyer": object{"id": "ada", "email": "ada@example.com"}}
		l.report(t, late)
		l.meets(t, lawShopper{"eve", "", "none", "", l.at()})
		l.pass(t, 61*time.Minute)
		for who, want := range map[string]int{"ada": 0, "eve": 2} { // both orders of Eve, placed after the offer
			if got := subjects(l.mailsTo(who + "@example.com")); len(got) != want {
				t.Errorf("%s: got the mails %q, want %d", who, got, want)
			}
		}
	})
}

// Who unsubscribed gets nothing under a law that asks for no consent, is not counted among
// those whom a campaign could reach, and does not enter again. Suppressions do the same.
func TestLeavingGoesBeforeALawWithoutConsent(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, threeMails)
		l.pass(t, time.Minute)
		l.sets(t, `"country": "US"`)
		for _, id := range []string{"stays", "leaves", "bounces"} {
			l.meets(t, lawShopper{id, "", "none", "", time.Time{}})
		}
		l.pass(t, 61*time.Minute)
		l.asks(t, l.key, 200, "GET /v1/campaigns/news/reach", "", `"no_consent":0`, `"would_enter":3`)
		l.asks(t, "", 200, "POST "+wayOut(t, l.mailsTo("leaves@example.com")[0]), "List-Unsubscribe=One-Click")
		l.asks(t, l.key, 201, "POST /v1/suppressions", `{"email": "bounces@example.com", "scope": "marketing", "reason": "bounced"}`)
		l.pass(t, 24*time.Hour)
		l.asks(t, l.key, 200, "GET /v1/campaigns/news/reach", "", `"no_consent":2`, `"would_enter":1`)
		for who, want := range map[string]int{"stays": 2, "leaves": 1, "bounces": 1} {
			if got := subjects(l.mailsTo(who + "@example.com")); len(got) != want {
				t.Errorf("%s: got the mails %q, want %d", who, got, want)
			}
			if _, state := l.consent(t, who); (state == "suppressed") != (who != "stays") {
				t.Errorf("%s: got the consent %q", who, state)
			}
		}
	})
}

// Marketing in China begins with 广告 or AD, by the language of the mail, and in Korea with
// (광고), also where only the customer is there.
func TestMarketingIsMarkedInTheSubject(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		activate(t, h.Store, threeMails)
		l.pass(t, time.Minute)
		l.sets(t, `"country": "US"`)
		marks := map[string]string{"cn": "广告：", "en": "AD: ", "kr": "(광고) ", "us": ""}
		l.meets(t, lawShopper{"cn", "CN", "explicit", "zh-CN", time.Time{}})
		l.meets(t, lawShopper{"en", "CN", "explicit", "en", time.Time{}})
		l.meets(t, lawShopper{"kr", "KR", "explicit", "ko", time.Time{}})
		l.meets(t, lawShopper{"us", "US", "explicit", "en", time.Time{}})
		l.pass(t, 61*time.Minute)
		for who, mark := range marks {
			mails := l.mailsTo(who + "@example.com")
			if len(mails) != 1 || !strings.HasPrefix(mails[0].Subject, mark) {
				t.Errorf("%s: got the mails %q, want one that begins with %q", who, subjects(mails), mark)
				continue
			}
			if rest := mails[0].Subject[len(mark):]; strings.ContainsAny(rest[:1], "[(") || strings.Contains(rest, "广告") {
				t.Errorf("%s: got %q, want no second mark", who, mails[0].Subject)
			}
		}
	})
}

// A shop says since when its checkout offers to refuse marketing, and takes it back. What
// is no time, or is to come, is refused; a shop that says nothing offers nothing.
func TestAShopSaysSinceWhenItsCheckoutOffersToRefuse(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		offer := func(status int, text string, wants ...string) {
			t.Helper()
			value, _ := json.Marshal(text)
			l.asks(t, l.key, status, "PATCH /v1/shop", `{"rev": `+l.revOf(t, "GET /v1/shop")+`, "soft_opt_in_since": `+string(value)+`}`, wants...)
		}
		l.asks(t, l.key, 200, "GET /v1/shop", "", `"soft_opt_in_since":null`)
		offer(400, "yesterday", "/soft_opt_in_since", "such as 2026-01-31T10:00:00Z")
		offer(400, "0001-01-01T00:00:00Z", "/soft_opt_in_since")
		offer(400, l.at().Add(time.Hour).Format(time.RFC3339), "/soft_opt_in_since", "future")
		since := l.at().Add(-time.Hour).UTC().Truncate(time.Second).Format(time.RFC3339)
		offer(200, since, `"soft_opt_in_since":"`+since+`"`)
		l.asks(t, l.key, 200, "GET /v1/shop", "", `"soft_opt_in_since":"`+since+`"`)
		l.sets(t, `"country": "IT"`, `"soft_opt_in_since":"`+since+`"`)
		offer(200, "", `"soft_opt_in_since":null`)
		l.asks(t, l.key, 200, "GET /v1/shop", "", `"soft_opt_in_since":null`, `"country":"IT"`)
		l.sets(t, `"country": ""`, `"country":""`)
		l.asks(t, l.key, 200, "GET /v1/shop", "", `"country":""`)
	})
}
