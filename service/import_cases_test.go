package service

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/jobs"
)

// importCase reads a file of a real shop beside the checkout. Without it the test is
// skipped, or fails where COMEBACK_TEST_SHARED=required.
func importCase(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "shared", "cases", "import", name))
	if err != nil && os.Getenv("COMEBACK_TEST_SHARED") == "required" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("no files beside the checkout: %v", err)
	}
	return string(data)
}

// shopOfCase makes a shop of its own for a file, and its key.
func (x *target) shopOfCase(t *testing.T, n int) (shop, key string) {
	t.Helper()
	shop = fmt.Sprintf("case%d", n)
	x.ask(t, 201, "POST", "/v1/shops", attackedAdmin,
		fmt.Sprintf(`{"id":%q,"name":"C","currency":"EUR","market":"west","zone":"Europe/Berlin"}`, shop))
	return shop, x.newKey(t, shop)
}

// importsFile imports a file into a shop over HTTP. why is the refusal of the whole file.
func (x *target) importsFile(t *testing.T, shop, name, file string) (r jobs.ImportReport, why string) {
	t.Helper()
	format := strings.TrimPrefix(filepath.Ext(name), ".")
	response, answer := x.calls(t, x.installation, "POST",
		"/v1/shops/"+shop+"/imports?connection=h&format="+format+"&name="+url.QueryEscape(name), []byte(file))
	var read struct {
		Report jobs.ImportReport
		Detail string
	}
	if err := json.Unmarshal(answer, &read); err != nil {
		t.Fatalf("%s: got %d %.300s: %v", name, response.StatusCode, answer, err)
	}
	if response.StatusCode != 200 {
		return r, read.Detail
	}
	return read.Report, ""
}

// each calls f with every item of a list of the API.
func each[T any](t *testing.T, x *target, key, path string, f func(T)) {
	t.Helper()
	for path != "" {
		var page struct {
			Items []T
			Next  string
		}
		if err := json.Unmarshal(x.ask(t, 200, "GET", path, key, ""), &page); err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Items {
			f(item)
		}
		path = page.Next
	}
}

// storedOrders says in words what the API shows of a shop's orders and customers: how
// many, and the sums of their totals by state and currency.
func (x *target) storedOrders(t *testing.T, key string) []string {
	t.Helper()
	type orderSum struct {
		n   int
		sum commerce.Money
	}
	sums := map[string]orderSum{}
	each(t, x, key, "/v1/orders?limit=200", func(o struct {
		Status  string
		Payment string `json:"payment_status"`
		Total   struct{ Amount, Currency string }
	}) {
		total, err := commerce.ParseMoney(o.Total.Amount, o.Total.Currency)
		if err != nil {
			t.Fatal(err)
		}
		state := o.Payment + " " + o.Status + " " + o.Total.Currency
		so := sums[state]
		so.n, so.sum = so.n+1, commerce.Money{Minor: so.sum.Minor + total.Minor, Currency: total.Currency}
		sums[state] = so
	})
	customers := 0
	each(t, x, key, "/v1/customers?limit=200", func(struct{}) { customers++ })
	list := []string{fmt.Sprintf("%d customers", customers)}
	for _, state := range slices.Sorted(maps.Keys(sums)) {
		list = append(list, fmt.Sprintf("%d %s %s", sums[state].n, state, sums[state].sum))
	}
	return list
}

// reported says in words what the report of an import refused, left out and guessed.
func reported(r jobs.ImportReport) []string {
	list := []string{fmt.Sprintf("sales %s, refunded %s", r.Totals.Sales.Amount, r.Totals.Refunded.Amount)}
	if r.Nobody+r.Unpriced+r.TestOrders > 0 {
		list = append(list, fmt.Sprintf("%d name nobody, %d in other currencies, %d tests", r.Nobody, r.Unpriced, r.TestOrders))
	}
	for _, refusal := range r.Refusals {
		list = append(list, fmt.Sprintf("line %d: %s", refusal.Line, refusal.Why))
	}
	for _, left := range r.LeftOut {
		list = append(list, fmt.Sprintf("left out from line %d: %d %s", left.First, left.Lines, left.Why))
	}
	if g := r.Guessed; g != nil {
		guess := strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s", g.Encoding, g.Separator, g.Decimal, g.Dates, g.Profile)), " ")
		if g.EveryOrderPaid {
			guess += ", every order paid"
		}
		list = append(list, guess)
	}
	return list
}

// What a file of a real shop holds is what the API shows afterwards: orders and
// customers, and revenue by state and currency. What was refused, left out or guessed is
// in the report.
func TestImportedFileIsStoredAsAPersonReadsIt(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		for n, name := range slices.Sorted(maps.Keys(importCases())) {
			file := importCase(t, name)
			shop, key := x.shopOfCase(t, n)
			var got []string
			if r, why := x.importsFile(t, shop, name, file); why != "" {
				why, _, _ = strings.Cut(why, "; map them with")
				got = []string{"refused: " + why}
			} else {
				got = append(x.storedOrders(t, key), reported(r)...)
			}
			if diff := cmp.Diff(got, importCases()[name]); diff != "" {
				t.Errorf("%s: got, want:\n%s", name, diff)
			}
		}
	})
}

// importCases is what is stored of each file, and what is reported. The two long files are
// TestFileIsReadFromItsStartWhateverWasReadBefore's.
func importCases() map[string][]string {
	const rounded = "a spreadsheet rounded this number, its digits are lost; " +
		"format the column as text and export it again"
	return map[string][]string{
		"01-cp1252.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"windows-1252 , point, every order paid",
		},
		"02b-gbk-customers.csv": {
			"4 customers",
			"4 paid completed EUR 100.00",
			"sales 100.00, refunded 0.00",
			"gb18030 , point, every order paid",
		},
		"03-gbk-header.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"gb18030 , point, every order paid",
		},
		"03c-bare-eq.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"04-utf16le.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"utf-16le tab point, every order paid",
		},
		"05b-mixed.csv": {
			"4 customers",
			"4 paid completed EUR 39.60",
			"sales 39.60, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"06-semicolon-decimal-comma.csv": {
			"2 customers",
			"2 paid completed EUR 1274.30",
			"sales 1274.30, refunded 0.00",
			"utf-8 ; comma, every order paid",
		},
		"08-symbol.csv": {
			"2 customers",
			"1 paid completed EUR 9.90",
			"1 paid completed USD 9.90",
			"sales 9.90, refunded 0.00",
			"0 name nobody, 1 in other currencies, 0 tests",
			"utf-8 , point, every order paid",
		},
		"09-date-00.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"09-date-02.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"09-date-06.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"09-date-07.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"09-date-10.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"09-date-11.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"09-date-14.csv": {
			"refused: time \"1/5/2026 10:30:00 AM\": add dates=dmy or dates=mdy for the order of day and month " +
				"(ymd, where it begins with the year)",
		},
		"09-date-17.csv": {
			"0 customers",
			"sales 0.00, refunded 0.00",
			"line 2: no row of the order has a time (Created)",
			"utf-8 , point, every order paid",
		},
		"10-qty-00.csv": {
			"1 customers",
			"1 paid completed EUR 19.80",
			"sales 19.80, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"10-qty-03.csv": {
			"0 customers",
			"sales 0.00, refunded 0.00",
			"line 2: Qty (quantity): is empty",
			"utf-8 , point, every order paid",
		},
		"10-qty-09.csv": {
			"1 customers",
			"1 paid completed EUR 29.70",
			"sales 29.70, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"11-quote.csv": {
			"2 customers",
			"2 paid completed EUR 19.80",
			"sales 19.80, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"13-sep-line.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"utf-8 ; point, every order paid",
		},
		"14-total-row.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"left out from line 3: 1 blank line",
			"left out from line 4: 1 row of totals",
			"utf-8 , point, every order paid",
		},
		"15-phones.csv": {
			"2 customers",
			"7 paid completed EUR 69.30",
			"sales 69.30, refunded 0.00",
			"1 name nobody, 0 in other currencies, 0 tests",
			"line 2: Phone (phone): \"1.38001E+10\": " + rounded,
			"line 3: Phone (phone): \"1.38001E+10\": " + rounded,
			"utf-8 , point, every order paid",
		},
		"16-extra-fields-title.csv": {
			"0 customers",
			"sales 0.00, refunded 0.00",
			"line 2: 8 cells, and the header has 7: write a cell that contains , in quotes",
			"utf-8 , point, every order paid",
		},
		"16b-decimal-comma-unquoted.csv": {
			"0 customers",
			"sales 0.00, refunded 0.00",
			"line 2: 7 cells, and the header has 6: write a cell that contains , in quotes",
			"line 3: 7 cells, and the header has 6: write a cell that contains , in quotes",
			"utf-8 , point, every order paid",
		},
		"16c-short-row.csv": {
			"0 customers",
			"sales 0.00, refunded 0.00",
			"line 2: 4 of the header's 6 cells: the row is cut short, or another separator was used",
			"line 3: 3 of the header's 6 cells: the row is cut short, or another separator was used",
			"line 4: 1 of the header's 6 cells: the row is cut short, or another separator was used",
			"utf-8 , point, every order paid",
		},
		"17b-shopify-export-nozone.csv": {
			"6 customers",
			"2 paid completed EUR 115.00",
			"1 paid completed JPY 9000",
			"1 refunded completed EUR 90.00",
			"1 unpaid open EUR 50.00",
			"1 voided cancelled EUR 70.00",
			"sales 205.00, refunded 90.00",
			"0 name nobody, 1 in other currencies, 0 tests",
			"utf-8 , point shopify",
		},
		"18-first-row-only.csv": {
			"1 customers",
			"1 paid completed EUR 37.90",
			"sales 37.90, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"19-comma-in-header.csv": {
			"1 customers",
			"1 paid completed EUR 9.90",
			"sales 9.90, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"34-null-customers.csv": {
			"1 customers",
			"11 paid completed EUR 480.00",
			"sales 480.00, refunded 0.00",
			"9 name nobody, 0 in other currencies, 0 tests",
			"utf-8 , point, every order paid",
		},
		"36-sci-order.csv": {
			"0 customers",
			"sales 0.00, refunded 0.00",
			"line 2: Name (order): \"2.81639E+18\": " + rounded,
			"line 3: Name (order): \"2.81639E+18\": " + rounded,
			"line 4: Name (order): \"2.81639E+18\": " + rounded,
			"utf-8 , point, every order paid",
		},
		"40-seg-list-gbk.csv": {
			"refused: columns email, 备注: no column for order, at, product, quantity, price",
		},
		"42-seg-list-semicolon-bom.csv": {
			"refused: columns E-Mail, Name: no column for at, product, quantity, price",
		},
		"correct_v1.csv": {
			"8 customers",
			"8 paid completed EUR 80.00",
			"sales 80.00, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"correct_v2.csv": {
			"8 customers",
			"8 paid completed EUR 160.00",
			"sales 160.00, refunded 0.00",
			"utf-8 , point, every order paid",
		},
		"report_totals.ndjson": {
			"4 customers",
			"1 paid cancelled EUR 100.00",
			"2 paid open EUR 200.00",
			"1 refunded open EUR 100.00",
			"sales 200.00, refunded 100.00",
			"0 name nobody, 0 in other currencies, 1 tests",
		},
	}
}
