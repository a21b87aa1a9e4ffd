package commerce_test

import (
	"testing"

	"comeback/commerce"
)

// Some countries of the EU want a proof of consent, under the law of the EU only.
func TestACountryMayWantAProofOfConsent(t *testing.T) {
	t.Parallel()
	for want, shops := range map[string][]commerce.Shop{
		"double_opt_in": {{Country: "DE"}, {Country: "AT", Market: commerce.China}, {Country: "DE", Jurisdiction: "eu"}},
		"act":           {{Country: "FR"}, {Country: "CN"}, {Country: "JP"}, {Country: "KR"}, {Market: commerce.China}},
		"stated":        {{}, {Country: "IT"}, {Country: "US"}, {Country: "DE", Jurisdiction: "us"}, {Jurisdiction: "eu"}, {Country: "BR"}},
	} {
		for _, shop := range shops {
			if got := shop.Proof().String(); got != want {
				t.Errorf("%+v: got %s, want %s", shop, got, want)
			}
		}
	}
	for want, consents := range map[commerce.Proof][]commerce.Consent{
		commerce.Stated:      {{}, {Granted: true}, {Granted: true, Source: "klaviyo"}, {Wording: "Yes"}},
		commerce.ActOfPerson: {{Explicit: true}, {Source: "order"}, {Source: "checkout"}},
		commerce.Written:     {{Explicit: true, Wording: "Yes, send me news"}},
		commerce.DoubleOptIn: {{Explicit: true, Confirmed: true}},
	} {
		for _, c := range consents {
			if got := c.Proof(); got != want {
				t.Errorf("%+v: got %s, want %s", c, got, want)
			}
		}
	}
}
