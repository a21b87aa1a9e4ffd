package service

import (
	"strings"
	"testing"
	"time"

	"comeback/campaigns/channels/mailbox"
)

// A shop's country decides the law of its mails: in China marketing is marked in the
// subject, and where nobody has checked the law no marketing goes out at all. What is
// no jurisdiction is refused with the list.
func TestTheCountryDecidesTheLawOfMails(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		change := func(status int, settings string, wants ...string) {
			t.Helper()
			l.asks(t, l.key, status, "PATCH /v1/shop", `{"rev": `+l.revOf(t, "GET /v1/shop")+`, `+settings+`}`, wants...)
		}
		change(400, `"jurisdiction": "germany"`, "eu, uk, ch, us, ca, au, nz, sg, jp, kr, cn, other", "set country")
		change(400, `"country": "Germany"`, "ISO 3166")
		change(200, `"jurisdiction": "", "country": "AT"`, `"jurisdiction":"eu"`, `"country":"AT"`)
		change(200, `"country": "CN"`, `"jurisdiction":"cn"`)
		activate(t, h.Store, threeMails)
		l.pass(t, time.Minute)
		l.subscriber(t, "ada", "ada@example.com")
		l.pass(t, 61*time.Minute)
		mails := l.mailsTo("ada@example.com")
		if len(mails) != 1 || !strings.HasPrefix(mails[0].Subject, "AD: ") {
			t.Errorf("got %d mails, the first %q; want one that is marked", len(mails), append(subjects(mails), "")[0])
		}
		change(200, `"country": "BR"`, `"jurisdiction":"other"`)
		l.pass(t, 24*time.Hour)
		if got := subjects(l.mailsTo("ada@example.com")); len(got) != 1 {
			t.Errorf("got the mails %q under no checked law, want none after the first", got)
		}
		path := "GET /v1/customers/" + l.customerOf(t, "ada").ID + "/explain?campaign=news"
		l.asks(t, l.key, 200, path, "", "nobody has checked the law")
		l.asks(t, l.key, 200, "GET /v1/campaigns/news/reach", "", `"would_enter":0`)
	})
}

// Germany and Austria add to the rule of the EU: marketing needs a consent that the
// person confirmed by mail. France needs an act of the person. Mails about an order
// need neither, and the explanation says what is missing.
func TestCountriesWithinTheUnionWantAProofOfConsent(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		country := func(code, proof string) {
			t.Helper()
			body := `{"rev": ` + l.revOf(t, "GET /v1/shop") + `, "country": "` + code + `"}`
			l.asks(t, l.key, 200, "PATCH /v1/shop", body, `"consent_proof":"`+proof+`"`, `"jurisdiction":"eu"`)
		}
		country("IT", "stated")
		country("FR", "act")
		country("DE", "double_opt_in")
		activate(t, h.Store, threeMails)
		l.pass(t, time.Minute)
		for id, given := range map[string][2]bool{"mere": {}, "explicit": {true, false}, "confirmed": {true, true}} {
			consent := said("email", true, given[0], l.at())
			consent["confirmed"] = given[1]
			l.buyer(t, id, id+"@example.com", consent)
		}
		wait := func(who string, want int) {
			t.Helper()
			if got := subjects(l.mailsTo(who + "@example.com")); len(got) != want {
				t.Errorf("%s: got the mails %q, want %d", who, got, want)
			}
		}
		l.pass(t, 61*time.Minute)
		for who, want := range map[string]int{"mere": 0, "explicit": 0, "confirmed": 1} {
			wait(who, want)
		}
		path := "GET /v1/customers/" + l.customerOf(t, "explicit").ID
		l.asks(t, l.key, 200, path+"/explain?campaign=news", "", "the proof that marketing needs in DE", "double opt-in")
		l.asks(t, l.key, 200, path, "", `"explicit":true,"confirmed":false`)
		l.asks(t, l.key, 200, "GET /v1/campaigns/news/reach", "", "marketing in DE needs a confirmation by mail")
		country("FR", "act")
		for _, who := range []string{"mere", "explicit"} {
			text := l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, who).ID+"/explain?campaign=news", "")
			if refused := strings.Contains(text, "the proof that marketing needs in FR"); refused != (who == "mere") {
				t.Errorf("%s in FR: got %s", who, text)
			}
		}
	})
}

func subjects(mails []mailbox.Mail) (list []string) {
	for _, m := range mails {
		list = append(list, m.Subject)
	}
	return list
}

// A shop that an older version stored with a word that is no jurisdiction keeps
// working: its law follows from its market, and other settings can be changed.
func TestAnOldJurisdictionThatIsNoneIsDerivedAnew(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		shop, err := h.Shop(t.Context(), "s")
		if err != nil {
			t.Fatal(err)
		}
		shop.Jurisdiction = "germany"
		if err := h.SaveShop(t.Context(), shop); err != nil {
			t.Fatal(err)
		}
		l.asks(t, l.key, 200, "GET /v1/shop", "", `"jurisdiction":"eu"`, `"country":""`)
		l.asks(t, l.key, 200, "PATCH /v1/shop", `{"rev": `+l.revOf(t, "GET /v1/shop")+`, "name": "Teas"}`, `"name":"Teas"`)
	})
}
