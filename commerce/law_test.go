package commerce_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/commerce"
)

// lawNoon is the moment at which messages are judged.
func lawNoon() time.Time { return time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC) }

// Every law has one row for each class and channel, and every row names its source with an
// address, but for the law that nobody has checked.
func TestEveryRowOfTheTableHasItsSource(t *testing.T) {
	t.Parallel()
	laws := append(commerce.Jurisdictions(), "de", "at", "fr")
	seen := map[string]int{}
	for _, r := range commerce.LawRows() {
		seen[strings.Join([]string{r.Law, r.Class(), r.Channel}, " ")]++
		name, link := r.Source()
		if !slices.Contains(laws, r.Law) || name == "" || strings.HasPrefix(link, "https://") == (r.Law == commerce.OtherLaw) {
			t.Errorf("%s %s %s: got the source %q at %q", r.Law, r.Class(), r.Channel, name, link)
		}
		if r.Marketing && r.Basis < commerce.OptOut || !r.Marketing && r.Basis > commerce.OptOut {
			t.Errorf("%s %s %s: got the basis %s", r.Law, r.Class(), r.Channel, r.Basis)
		}
	}
	for _, law := range laws {
		for _, place := range []string{"marketing email", "marketing sms", "service email", "service sms"} {
			if n := seen[law+" "+place]; n != 1 {
				t.Errorf("%s %s: got %d rows, want one", law, place, n)
			}
		}
	}
	if want := len(laws) * 4; len(seen) != want {
		t.Errorf("got %d rows, want %d", len(seen), want)
	}
}

// The rows say what the laws say about marketing by mail and by text message.
func TestTheTableSaysWhatTheLawsSay(t *testing.T) {
	t.Parallel()
	for law, want := range map[string]string{
		"eu": "soft_opt_in stated, consent act", "uk": "soft_opt_in stated, consent act", "ch": "soft_opt_in stated, consent act",
		"de": "soft_opt_in double_opt_in, consent double_opt_in", "at": "soft_opt_in double_opt_in, consent double_opt_in",
		"fr": "soft_opt_in act, consent act", "us": "opt_out stated, consent written", "ca": "implied stated, consent act",
		"au": "inferred stated, consent act", "nz": "inferred stated, consent act", "sg": "inferred stated, consent written",
		"jp": "consent act, consent act", "kr": "consent act, consent act", "cn": "consent act, consent act",
		"other": "no_marketing stated, no_marketing stated",
	} {
		got := []string{}
		for _, r := range commerce.LawRows() {
			if r.Law == law && r.Marketing {
				got = append(got, r.Basis.String()+" "+r.Proof.String())
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: got %s, want %s", law, strings.Join(got, ", "), want)
		}
	}
}

// A channel that is not in the table gets no marketing under any law.
func TestAChannelOutsideTheTableGetsNoMarketing(t *testing.T) {
	t.Parallel()
	for _, law := range commerce.Jurisdictions() {
		for _, r := range (commerce.Shop{Jurisdiction: law}).Laws(true, "whatsapp", "") {
			granted := commerce.Consent{Granted: true, Explicit: true, Confirmed: true, Wording: "yes"}
			if _, ok := r.Allows(commerce.Evidence{Consent: granted, Known: true}, lawNoon()); ok {
				t.Errorf("%s: a message on an unknown channel was allowed by %s", law, r.Basis)
			}
		}
	}
}

// evidence draws what is known about an address.
func evidence(t *rapid.T) commerce.Evidence {
	at := func(name string) time.Time {
		months := rapid.IntRange(-1, 40).Draw(t, name)
		if months < 0 {
			return time.Time{}
		}
		return lawNoon().AddDate(0, -months, 0)
	}
	e := commerce.Evidence{Known: rapid.Bool().Draw(t, "known"), SoftOptInSince: at("offered")}
	if e.Known {
		e.Consent = commerce.Consent{Channel: "email", Granted: rapid.Bool().Draw(t, "granted"), Explicit: rapid.Bool().Draw(t, "explicit"),
			Wording: rapid.SampledFrom([]string{"", "yes"}).Draw(t, "wording"),
			Source:  rapid.SampledFrom([]string{"form", "order"}).Draw(t, "source")}
		e.Consent.Confirmed = e.Consent.Granted && e.Consent.Explicit && rapid.Bool().Draw(t, "confirmed")
		if !e.Consent.Granted {
			e.Consent.State = rapid.SampledFrom([]commerce.ConsentState{"", commerce.ConsentPending, commerce.ConsentStopped}).Draw(t, "state")
		}
	}
	if paid := at("paid"); !paid.IsZero() {
		e.Sale = commerce.Sale{Address: "ann@example.com", PaidAt: paid, PlacedAt: paid.AddDate(0, 0, -rapid.IntRange(0, 40).Draw(t, "waited"))}
	}
	return e
}

// lawAllows is the rule of each law for marketing by mail, written a second time.
func lawAllows(law string, e commerce.Evidence) bool {
	c := e.Consent
	refused := e.Known && !c.Granted && c.State != commerce.ConsentPending
	act := c.Granted && (c.Explicit || c.Source == "order")
	soft := !refused && !e.SoftOptInSince.IsZero() && e.Sale.PlacedAt.After(e.SoftOptInSince)
	bought := !refused && !e.Sale.PaidAt.IsZero()
	switch law {
	case "de", "at":
		return c.Confirmed || soft
	case "fr":
		return act || soft
	case "eu", "uk", "ch":
		return c.Granted || soft
	case "us":
		return !refused
	case "ca":
		return c.Granted || bought && !e.Sale.PaidAt.Before(lawNoon().AddDate(-2, 0, 0))
	case "au", "nz", "sg":
		return c.Granted || bought
	case "jp", "kr", "cn":
		return act
	}
	return false
}

// Of every pair of countries the stricter counts: a mail that one of them forbids does not
// go out, and one that both allow does. An explicit refusal goes before any basis.
func TestOfEveryPairOfCountriesTheStricterCounts(t *testing.T) {
	t.Parallel()
	places := map[string]string{"DE": "de", "AT": "at", "FR": "fr", "IT": "eu", "NO": "eu", "GB": "uk", "UK": "uk", "CH": "ch", "US": "us",
		"CA": "ca", "AU": "au", "NZ": "nz", "SG": "sg", "JP": "jp", "KR": "kr", "CN": "cn", "BR": "other", "TW": "other"}
	rapid.Check(t, func(t *rapid.T) {
		e := evidence(t)
		for own, ownLaw := range places {
			for theirs, theirLaw := range places {
				rows := (commerce.Shop{Country: strings.Replace(own, "UK", "GB", 1)}).Laws(true, "email", theirs)
				allowed, strictest := true, rows[0]
				for _, r := range rows {
					_, ok := r.Allows(e, lawNoon())
					allowed, strictest = allowed && ok, commerce.Stricter(strictest, r)
				}
				if want := lawAllows(ownLaw, e) && lawAllows(theirLaw, e); allowed != want {
					t.Fatalf("shop in %s, customer in %s, %+v: got allowed %v, want %v", own, theirs, e, allowed, want)
				}
				for _, r := range rows {
					if r.Basis > strictest.Basis {
						t.Fatalf("shop in %s, customer in %s: got %s as the stricter", own, theirs, strictest.Law)
					}
				}
				if refused := e.Known && e.Consent.Refused(); refused && allowed {
					t.Fatalf("shop in %s, customer in %s: a mail goes out after a refusal", own, theirs)
				}
			}
		}
	})
}

// A customer's country that is unknown, or no country, leaves the shop's law alone.
func TestAnUnknownCountryLeavesTheLawOfTheShop(t *testing.T) {
	t.Parallel()
	for _, country := range []string{"", " ", "ZZ", "Atlantis", "US", "us", " us "} {
		if rows := (commerce.Shop{Country: "US"}).Laws(true, "email", country); len(rows) != 1 || rows[0].Law != "us" {
			t.Errorf("%q: got %+v, want the law of the shop alone", country, rows)
		}
	}
	if rows := (commerce.Shop{Country: "DE", Jurisdiction: "us"}).Laws(true, "email", "DE"); len(rows) != 2 || rows[1].Law != "de" {
		t.Errorf("got %+v, want the law of the customer beside the one that was set", rows)
	}
}

// An order implies a consent in Canada for 24 months to the day.
func TestAnOrderImpliesAConsentFor24Months(t *testing.T) {
	t.Parallel()
	row := commerce.Shop{Country: "CA"}.LawRow(true, "email")
	end := lawNoon().AddDate(0, -24, 0)
	for at, want := range map[time.Time]bool{end: true, end.Add(-time.Millisecond): false, lawNoon(): true} {
		if _, ok := row.Allows(commerce.Evidence{Sale: commerce.Sale{PaidAt: at}}, lawNoon()); ok != want {
			t.Errorf("paid at %s: got allowed %v, want %v", at, ok, want)
		}
	}
}

// A service message needs nothing where the law is known, and elsewhere goes out until a
// refusal.
func TestAServiceMessageNeedsNoConsentUnderAKnownLaw(t *testing.T) {
	t.Parallel()
	refused := commerce.Evidence{Known: true, Consent: commerce.Consent{Channel: "email"}}
	for country, want := range map[string]bool{"": true, "DE": true, "US": true, "BR": false} {
		allowed := true
		for _, r := range (commerce.Shop{Country: "IT"}).Laws(false, "email", country) {
			_, ok := r.Allows(refused, lawNoon())
			allowed = allowed && ok
			if _, ok := r.Allows(commerce.Evidence{}, lawNoon()); !ok {
				t.Errorf("%s: a service message was refused without a refusal", country)
			}
		}
		if allowed != want {
			t.Errorf("%s: after a refusal got allowed %v, want %v", country, allowed, want)
		}
	}
}

// A soft opt-in counts from the order that saw the offer, not from its payment.
func TestASoftOptInCountsFromTheOrder(t *testing.T) {
	t.Parallel()
	row, offered := commerce.Shop{Country: "IT"}.LawRow(true, "email"), lawNoon().AddDate(0, -1, 0)
	for placed, want := range map[time.Time]bool{offered: false, offered.Add(-time.Hour): false, offered.Add(time.Millisecond): true} {
		sale := commerce.Sale{Address: "ann@example.com", PlacedAt: placed, PaidAt: lawNoon()}
		if _, ok := row.Allows(commerce.Evidence{Sale: sale, SoftOptInSince: offered}, lawNoon()); ok != want {
			t.Errorf("placed at %s, offered at %s: got allowed %v, want %v", placed, offered, ok, want)
		}
		if _, ok := row.Allows(commerce.Evidence{Sale: sale}, lawNoon()); ok {
			t.Error("a shop that says nothing of its checkout has a soft opt-in")
		}
	}
}
