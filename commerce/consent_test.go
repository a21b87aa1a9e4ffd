package commerce_test

import (
	"testing"

	"pgregory.net/rapid"

	"comeback/commerce"
)

// mailable is the rule in its simplest form. A grant is void if its platform
// later reports that there is no subscription. The other statements apply in
// the order of time; of one instant, withdrawals apply last.
func mailable(statements []commerce.Consent) bool {
	granted, onlyExplicit, none := false, false, at(0)
	for _, c := range statements {
		if c.State == commerce.ConsentNone && c.At.After(none) {
			none = c.At
		}
	}
	for minute := range 10 {
		var grants, rest []commerce.Consent
		for _, c := range statements {
			switch {
			case !c.At.Equal(at(minute)):
			case c.Granted && c.At.After(none):
				grants = append(grants, c)
			case !c.Granted:
				rest = append(rest, c)
			}
		}
		for _, c := range grants {
			if c.Explicit {
				granted, onlyExplicit = true, false
			} else if !onlyExplicit {
				granted = true
			}
		}
		for _, c := range rest {
			granted = false
			onlyExplicit = onlyExplicit || c.State != commerce.ConsentNone
		}
	}
	return granted
}

func anyStatement(t *rapid.T) commerce.Consent {
	c := commerce.Consent{
		Channel: "email", At: at(rapid.IntRange(1, 8).Draw(t, "at")),
		Source: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "source"),
	}
	switch rapid.SampledFrom([]string{"withdrawn", "pending", "none", "explicit", "confirmed", "mere"}).Draw(t, "kind") {
	case "pending":
		c.State = commerce.ConsentPending
	case "none":
		c.State = commerce.ConsentNone
	case "explicit":
		c.Granted, c.Explicit = true, true
	case "confirmed":
		c.Granted, c.Explicit, c.Confirmed = true, true, true
	case "mere":
		c.Granted = true
	}
	return c
}

// confirmed is whether the person confirmed after the last statement that grants nothing.
func confirmed(said []commerce.Consent) bool {
	asked, answered := at(0), at(0)
	for _, c := range said {
		if !c.Granted && c.At.After(asked) {
			asked = c.At
		}
		if c.Confirmed && c.At.After(answered) {
			answered = c.At
		}
	}
	return answered.After(asked)
}

// The consent in force follows the rule in order of time, in any order of
// arrival and with any repetition.
func TestConsentInForceIsTheRulesWhateverTheOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		said := rapid.SliceOfN(rapid.Custom(anyStatement), 0, 8).Draw(t, "said")
		arrival := rapid.Permutation(append(said, said...)).Draw(t, "arrival")
		body := commerce.CustomerRecord{Connection: "c", External: "1", Version: at(0), Email: "ann@example.com", Verified: true}
		var records []commerce.CustomerRecord
		for _, c := range arrival {
			records = commerce.MergeRecords(records, commerce.CustomerRecord{
				Connection: "c", External: "1", Aspect: "consent:email", Version: c.At, Consents: []commerce.Consent{c},
			})
		}
		for _, r := range records {
			if len(r.Consents) > 6 {
				t.Fatalf("got %d statements kept, want one of each kind", len(r.Consents))
			}
		}
		got, _ := commerce.Recompute(append(records, body), nil, nil, nil).Consent("email")
		if got.Granted != mailable(said) || got.Granted && got.Address != "ann@example.com" {
			t.Fatalf("got %+v, want granted %v", got, mailable(said))
		}
		if got.Confirmed != confirmed(said) {
			t.Fatalf("got %+v, want confirmed %v", got, confirmed(said))
		}
	})
}

// Suppressions end what was granted; only an unsubscribe is lifted, and only by
// an explicit grant after the last time.
func TestOnlyUnsubscribesAreLifted(t *testing.T) {
	t.Parallel()
	grant := func(explicit bool, minute int) commerce.Consent {
		return commerce.Consent{Channel: "email", Granted: true, Explicit: explicit, At: at(minute), Address: "ann@example.com"}
	}
	for reason, lifts := range map[commerce.SuppressionReason]bool{
		commerce.Unsubscribed: true, commerce.Bounced: false, commerce.Complained: false, commerce.Manual: false,
	} {
		for i, c := range []struct {
			said commerce.Consent
			want bool
		}{{grant(true, 5), lifts}, {grant(true, 4), false}, {grant(true, 3), false}, {grant(false, 5), false}} {
			x := commerce.Suppression{Scope: commerce.SuppressMarketing, Reason: reason, CreatedAt: at(1), LastAt: at(4)}
			if got := c.said.Under([]commerce.Suppression{x}); got.Granted != c.want || !c.want && got.Source != string(reason) {
				t.Errorf("%s, case %d: got %+v, want granted %v", reason, i, got, c.want)
			}
		}
	}
}

// The domain shows that an address is a marketplace's relay. A person's own
// address that looks similar is none.
func TestMarketplaceRelays(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"a@marketplace.amazon.com": true, "a@marketplace.amazon.co.uk": true, "a@marketplace.amazon.com.mx": true,
		"a@marketplace.amazon.de": true,
		"a@members.ebay.com":      true, "a@members.ebay.co.uk": true, "a@etsy.com": true, "a@mail.etsy.com": true, "a@relay.walmart.com": true,
		"a@user.allegromail.pl": true, "a@verkopen.bol.com": true, "a@fw.rakuten.ne.jp": true, "a@scs.tiktokw.us": true,
		"a@mail.mercadolibre.com": true,
		"amazon@example.com":      false, "a@amazon.de": false, "a@amazonas.example": false, "a@myetsy.com": false, "a@amazon.example.com": false,
		"a@privaterelay.appleid.com": false, "a@wish.example": false, "a@example.co.uk": false,
	} {
		if domain, got := commerce.EmailAddress(address).Marketplace(); got != want {
			t.Errorf("%s: got %v (%s), want %v", address, got, domain, want)
		}
	}
}
