package commerce_test

import (
	"strings"
	"testing"

	"comeback/commerce"
)

// A shop's jurisdiction is the one that was set, else that of its country, else that
// of its market. What an earlier version stored and is none does not count.
func TestTheLawFollowsFromCountryAndMarket(t *testing.T) {
	t.Parallel()
	for want, shops := range map[string][]commerce.Shop{
		"eu": {
			{}, {Market: commerce.West}, {Country: "DE"}, {Country: "AT", Market: commerce.China}, {Country: "FR"}, {Country: "NO"},
			{Jurisdiction: "eu", Country: "US"}, {Jurisdiction: "EU"}, {Jurisdiction: "germany"}, {Jurisdiction: "de", Market: commerce.China},
		},
		"cn":    {{Market: commerce.China}, {Country: "CN"}, {Jurisdiction: "cn"}, {Jurisdiction: "germany", Market: commerce.China}},
		"uk":    {{Country: "GB"}, {Jurisdiction: "gb"}},
		"us":    {{Country: "US", Market: commerce.China}},
		"kr":    {{Country: "KR"}},
		"other": {{Country: "BR"}, {Country: "HK", Market: commerce.China}, {Jurisdiction: "other", Country: "DE"}},
	} {
		for _, shop := range shops {
			if got := shop.Law(); got != want {
				t.Errorf("%+v: got %s, want %s", shop, got, want)
			}
		}
	}
	for _, law := range commerce.Jurisdictions() {
		if got := (commerce.Shop{Jurisdiction: law}).Law(); got != law {
			t.Errorf("%s: got %s", law, got)
		}
	}
}

// A jurisdiction and a country are words of their lists, and the refusal names them.
func TestWordsThatAreNoJurisdictionAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ country, law, want string }{
		{"", "germany", "eu, uk, ch, us, ca, au, nz, sg, jp, kr, cn, other"}, {"", "de", "set country"}, {"", "EU", "is none of"},
		{"Germany", "", "ISO 3166"}, {"de", "", "ISO 3166"}, {"UK", "", "GB"}, {"ZZ", "", "ISO 3166"},
	} {
		shop := commerce.Shop{ID: "s", Name: "S", Market: commerce.West, Zone: "UTC", Currency: "EUR", Language: "en"}
		shop.Country, shop.Jurisdiction = c.country, c.law
		if err := shop.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q %q: got %v, want %q", c.country, c.law, err, c.want)
		}
	}
}
