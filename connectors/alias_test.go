package connectors_test

import (
	"net/http"
	"testing"

	"comeback/commerce"
	"comeback/connectors"
)

// A store has one domain under myshopify.com, and room for some further names. A
// connection without a source accepts every store and learns none.
func TestAStoreHasOneDomainOfThePlatform(t *testing.T) {
	t.Parallel()
	full := []string{"1.example", "2.example", "3.example", "4.example", "5.example", "6.example", "7.example", "8.example"}
	for _, c := range []struct {
		source  string
		aliases []string
		name    string
		want    bool
	}{
		{"tea.example", nil, "tea.myshopify.com", true}, {"", nil, "tea.myshopify.com", false},
		{"Coffee.MyShopify.com", nil, "tea.myshopify.com", false}, {"https://coffee.myshopify.com/", nil, "tea.example", true},
		{"tea.example", []string{"a.myshopify.com"}, "b.myshopify.com", false}, {"tea.example", full, "9.example", false},
		{"tea.example", nil, "myshopify.com.example", true}, {"tea.example", full[:7], "9.example", true},
	} {
		if got := connectors.MayLearn(commerce.Connection{Source: c.source, Aliases: c.aliases}, c.name); got != c.want {
			t.Errorf("%s %v, %s: got %t, want %t", c.source, c.aliases, c.name, got, c.want)
		}
	}
}

// Only a plain host of Shopify's header is a name to learn.
func TestANameToLearnIsAPlainHost(t *testing.T) {
	t.Parallel()
	for named, want := range map[string]string{
		"Tea.myshopify.com": "tea.myshopify.com", "https://www.tea.example:443/": "tea.example", "tea.example/shop": "", "tea": "",
		"tea example.org": "", "täe.example": "", "tea.example\n": "tea.example", "": "", "tea.example:8443": "",
	} {
		for platform, want := range map[string]string{"shopify": want, "woocommerce": "", "generic": ""} {
			if got := connectors.NamedStore(platform, http.Header{"X-Shopify-Shop-Domain": {named}}); got != want {
				t.Errorf("%s %q: got %q, want %q", platform, named, got, want)
			}
		}
	}
}
