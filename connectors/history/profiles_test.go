package history

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"comeback/commerce"
)

// describedOrders are the orders of a batch in a few words each, and the sums by
// state and currency.
func describedOrders(b Batch) []string {
	var list []string
	revenue := map[string]commerce.Money{}
	add := func(format string, values ...any) {
		text := fmt.Sprintf(format, values...)
		indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
		list = append(list, indent+strings.Join(strings.Fields(text), " "))
	}
	for _, o := range b.Records.Orders {
		who := strings.Join([]string{o.Buyer.Platform, o.Buyer.Email, o.Buyer.Phone, o.Buyer.FirstName, o.Buyer.LastName, o.Buyer.Country}, " ")
		add("%s %s %s/%s total %s %s paid %s by %s: %s [%s]", o.External, day(o.Times.PlacedAt), o.Status, o.Payment, o.Total, o.Currency,
			day(o.Times.PaidAt), cmp.Or(o.Method, "?"), who, strings.Join(o.Quality, " "))
		for _, l := range o.Lines {
			add("  %s x %s %s %s %s = %s, cost %s", l.Amount(), l.Product, l.SKU, l.Title, l.UnitPrice, l.Net, l.UnitCost)
		}
		for _, r := range o.Refunds {
			add("  refund %s at %s", r.Amount, day(r.RefundedAt))
		}
		key := fmt.Sprintf("%s/%s %s", o.Status, o.Payment, o.Currency)
		sum := revenue[key]
		revenue[key] = commerce.Money{Minor: sum.Minor + o.Total.Minor, Currency: o.Currency}
	}
	for _, key := range slices.Sorted(maps.Keys(revenue)) {
		add("sum %s: %s", key, revenue[key])
	}
	for _, r := range b.Refused {
		add("line %d %s: %s", r.Line, r.Order, r.Why)
	}
	for _, l := range b.Left {
		add("%d from line %d: %s", l.Lines, l.First, l.Why)
	}
	add("%d orders, %d name nobody", len(b.Records.Orders), b.Nobody)
	return list
}

// The header alone shows which export a file is. What it contains is in NAME.want
// beside each sample.
func TestExportsOfOrdersAreRecognisedAndReadWithTheirQuirks(t *testing.T) {
	t.Parallel()
	west := commerce.Shop{ID: "s", Market: commerce.West, Currency: "EUR", Zone: "Europe/Berlin"}
	china := commerce.Shop{ID: "s", Market: commerce.China, Currency: "CNY", Zone: "Asia/Shanghai"}
	files, err := os.ReadDir(filepath.Join("testdata", "profiles"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, f := range files {
		name, kind, _ := strings.Cut(f.Name(), ".")
		if kind != "csv" && kind != "txt" {
			continue
		}
		for _, shop := range []commerce.Shop{west, china} { // the shop's own market must not decide it
			h, err := NewCSV(decodedFile(t, "profiles/"+f.Name(), shop), Options{Shop: shop, Connection: "past"})
			if err != nil {
				t.Errorf("%s: %v", f.Name(), err)
				continue
			}
			if h.Guess().Profile != name || h.Guess().EveryOrderPaid {
				t.Errorf("%s: profile %q, every order paid %v", f.Name(), h.Guess().Profile, h.Guess().EveryOrderPaid)
			}
			if china := h.profile.Constant["currency"] == "CNY"; china == (shop.Market == commerce.China) {
				golden(t, "profiles/"+f.Name(), describedOrders(allOf(t, h)))
			}
		}
		seen[name] = true
	}
	for _, p := range profiles() {
		if !seen[p.Name] && !strings.HasPrefix(p.Name, "online-retail") {
			t.Errorf("%s: has no sample", p.Name)
		}
	}
}

// A mistyped field or meaning in a profile would silently map nothing.
func TestProfilesNameFieldsAndMeaningsThatExist(t *testing.T) {
	t.Parallel()
	check := func(p Profile, fields []string) {
		for field := range p.Columns {
			if !slices.Contains(fields, field) {
				t.Errorf("%s: %q is no field", p.Name, field)
			}
		}
		for word, meaning := range p.Statuses {
			if !slices.Contains(Meanings(), meaning) {
				t.Errorf("%s: %q means %q, which is no meaning", p.Name, word, meaning)
			}
		}
	}
	for _, p := range profiles() {
		check(p, Fields())
	}
	for _, p := range customerProfiles() {
		check(p, CustomerFields())
	}
	for _, p := range productProfiles() {
		check(p, ProductFields())
	}
}
