package service

import (
	"os"
	"path/filepath"
	"testing"
)

// An export of a platform is imported as the merchant saved it: its header shows
// which one it is, and nothing else is asked. A buyer whose name and phone the
// platform masked is nobody; Amazon's buyer has no address.
func TestExportOfAPlatformIsImportedAsItWasSaved(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		for _, c := range []struct {
			file string
			says []string
			then map[string][]string
		}{
			{
				"taobao.csv", []string{`"orders":4`, `"refused_lines":0`},
				map[string][]string{
					"/v1/orders?number=1930679858170647": {`"598.00"`, `"CNY"`, `"completed"`},
					"/v1/orders?number=1930679858170648": {`"110.00"`, `"unpaid"`},
				},
			},
			{
				"amazon.txt", []string{`"orders":4`, `"refused_lines":0`},
				map[string][]string{"/v1/orders?number=302-1111111-1111111": {`"52.30"`, `"EUR"`, "Tee grün", `5\" blau`}},
			},
		} {
			file, err := os.ReadFile(filepath.Join("..", "connectors", "history", "testdata", "profiles", c.file))
			if err != nil {
				t.Fatal(err)
			}
			l.asks(t, adminToken, 200, "POST /v1/shops/s/imports?connection=past&format=csv&name="+c.file, string(file), c.says...)
			for call, says := range c.then {
				l.asks(t, l.key, 200, "GET "+call, "", says...)
			}
		}
	})
}

// Files of customers and products of other tools are imported as they were saved.
// An address that unsubscribed there, or is dead, is suppressed here.
func TestExportsOfCustomersAndProductsAreImportedAsTheyWereSaved(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		for file, kind := range map[string]string{
			"customers/klaviyo.csv": "customers", "customers/mailchimp-cleaned.csv": "customers", "customers/huiyuan.csv": "customers",
			"products/shopify.csv": "products", "products/costs-de.csv": "products",
		} {
			text, err := os.ReadFile(filepath.Join("..", "connectors", "history", "testdata", file))
			if err != nil {
				t.Fatal(err)
			}
			call := "POST /v1/shops/s/imports?connection=past&format=csv&kind=" + kind + "&name=" + filepath.Base(file)
			l.asks(t, adminToken, 200, call, string(text), `"report"`)
		}
		l.asks(t, l.key, 200, "GET /v1/customers?email=ana@example.com", "", "Ana", "1990-05-12")
		l.asks(t, l.key, 200, "GET /v1/suppressions?limit=50", "", "unsubscribed", "bounced", "complained")
	})
}
