package segments_test

import (
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"

	"github.com/google/go-cmp/cmp"
)

// publicData reads a file of the public data beside the checkout. Without it
// the test is skipped, or fails where COMEBACK_TEST_SHARED=required.
func publicData(t testing.TB, path string) *os.File {
	t.Helper()
	file, err := os.Open(filepath.Join("..", "..", "shared", "data", filepath.FromSlash(path)))
	if err != nil && os.Getenv("COMEBACK_TEST_SHARED") == "required" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("no public data beside the checkout: %v", err)
	}
	t.Cleanup(func() { file.Close() })
	return file
}

// publicRows reads a packed CSV file, without its head.
func publicRows(t testing.TB, path string) [][]string {
	t.Helper()
	packed, err := gzip.NewReader(publicData(t, path))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(packed).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func whole(t testing.TB, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// base is customers by name, with the figures of all.
type base struct {
	customers map[string]commerce.Profile
	params    segments.Params
	at        time.Time
}

// fit computes the fitted figures of the customers.
func (b base) fit(t testing.TB, rules segments.Rules) base {
	t.Helper()
	fitted, err := segments.Fit(rules, b.params, func(yield func(segments.Summary) bool) {
		for _, p := range b.customers {
			if !yield(segments.SummaryOf(&p, rules, b.params, b.at)) {
				return
			}
		}
	}, b.at)
	if err != nil {
		t.Fatal(err)
	}
	b.params.Fitted = fitted
	return b
}

// field is the value of a field of a customer, as an explanation shows it.
func (b base) field(t testing.TB, name, field string) string {
	t.Helper()
	return shownAt(t, field, b.customers[name], b.params, b.at)
}

// bought is a paid order.
func bought(id string, at time.Time, amount int64) commerce.OrderFact {
	return commerce.OrderFact{ID: id, PlacedAt: at, PaidAt: at, Status: commerce.Open, Payment: commerce.Paid, Total: amount, Net: amount}
}

// Scores and the ten usual groups are those of R's package rfm, on its own
// data: every one of its 995 customers.
func TestRFMEqualsThePackageRfm(t *testing.T) {
	t.Parallel()
	orders := map[string][]commerce.OrderFact{}
	for i, row := range publicRows(t, "rfm_orders/rfm_data_orders.csv.gz") {
		at, err := time.Parse(time.DateOnly, row[1])
		if err != nil {
			t.Fatal(err)
		}
		orders[row[0]] = append(orders[row[0]], bought(strconv.Itoa(i), at, 100*whole(t, row[2])))
	}
	b := base{map[string]commerce.Profile{}, segments.Params{Currency: "USD"}, time.Date(2006, 12, 31, 12, 0, 0, 0, time.UTC)}
	for name, list := range orders {
		b.customers[name] = customer(list...)
	}
	b = b.fit(t, segments.Rules{Period: 3650, WholeUnits: true})
	var got, want [][]string
	for _, row := range publicRows(t, "rfm_orders/expected_rfm_table.csv.gz") {
		name := row[0]
		want = append(want, []string{name, row[4], row[5], row[6], row[4] + row[5] + row[6], row[7]})
		of := []string{name}
		for _, field := range []string{"rfm.r", "rfm.f", "rfm.m", "rfm.score", "rfm.group"} {
			of = append(of, b.field(t, name, field))
		}
		got = append(got, of)
	}
	if diff := cmp.Diff(got, want); diff != "" || len(want) != 995 {
		t.Errorf("%d customers; got, want:\n%s", len(want), diff)
	}
	b.equalGroups(t)
}

// equalGroups compares the size, orders and revenue of the ten groups, and the
// cut points, with the package's.
func (b base) equalGroups(t *testing.T) {
	t.Helper()
	var want struct {
		Thresholds map[string][]float64 `json:"thresholds"`
		Groups     map[string]struct {
			Customers, Orders, Revenue int64
		} `json:"segments_readme_rules"`
	}
	if err := json.NewDecoder(publicData(t, "rfm_orders/expected_rfm.json")).Decode(&want); err != nil {
		t.Fatal(err)
	}
	got := want.Groups
	want.Groups = maps.Clone(want.Groups)
	clear(got)
	for name, p := range b.customers {
		group := got[b.field(t, name, "rfm.group")]
		group.Customers++
		group.Orders += p.History.Figures.Count
		group.Revenue += p.History.Figures.Net / 100
		got[b.field(t, name, "rfm.group")] = group
	}
	if diff := cmp.Diff(got, want.Groups); diff != "" || len(got) != 10 {
		t.Errorf("got, want:\n%s", diff)
	}
	f := b.params.Fitted
	for name, scale := range map[string]segments.Scale{"recency_days": f.Recency, "transaction_count": f.Frequency, "amount": f.Monetary} {
		for i, cut := range scale.Cuts { // the package prints them a unit further up
			if printed := cut/scale.Step + 1; math.Abs(printed-want.Thresholds[name][i]) > 1e-9 {
				t.Errorf("%s: got %v, want %v", name, printed, want.Thresholds[name][i])
			}
		}
	}
}

// Scores of a real shop's half year equal those that another program computed by
// the published rule (type 7, ties low), for each of its 2,718 buyers.
func TestRFMEqualsOnlineRetail(t *testing.T) {
	t.Parallel()
	b := base{retailCustomers(t), segments.Params{Currency: "KWD"}, time.Date(2011, 6, 1, 0, 0, 0, 0, time.UTC)}
	b = b.fit(t, segments.Rules{Period: 365})
	var got, want []string
	for _, row := range publicRows(t, "online_retail/expected_rfm_2010-12_to_2011-05.csv.gz") {
		p := b.customers[row[0]]
		s := segments.SummaryOf(&p, segments.Rules{Period: 365}, b.params, b.at)
		want = append(want, strings.Join(row, " "))
		got = append(got, fmt.Sprintf("%s %d %d %d.%03d0 %s %s %s", row[0], s.Days, s.Orders, s.Net/1000, s.Net%1000,
			b.field(t, row[0], "rfm.r"), b.field(t, row[0], "rfm.f"), b.field(t, row[0], "rfm.m")))
	}
	if diff := cmp.Diff(got, want); diff != "" || len(want) != 2718 || len(b.customers) != 2718 {
		t.Errorf("%d of %d customers; got, want:\n%s", len(want), len(b.customers), diff)
	}
	var figures struct {
		RFM struct {
			Thresholds map[string][]float64 `json:"thresholds"`
		} `json:"rfm"`
	}
	if err := json.NewDecoder(publicData(t, "online_retail/expected_2010-12_to_2011-05.json")).Decode(&figures); err != nil {
		t.Fatal(err)
	}
	f := b.params.Fitted
	cuts := map[string][]float64{"recency_days": f.Recency.Cuts, "orders": f.Frequency.Cuts, "revenue": {}}
	for _, cut := range f.Monetary.Cuts {
		cuts["revenue"] = append(cuts["revenue"], cut/1000)
	}
	if diff := cmp.Diff(cuts, figures.RFM.Thresholds); diff != "" {
		t.Errorf("got, want:\n%s", diff)
	}
}

// retailCustomers are the buyers of the valid sales, with prices in thousandths.
func retailCustomers(t testing.TB) map[string]commerce.Profile {
	t.Helper()
	type invoice struct{ customer, number string }
	orders := map[invoice]commerce.OrderFact{}
	for _, row := range publicRows(t, "online_retail/online_retail_2010-12_to_2011-05.csv.gz") {
		price, err := commerce.ParseMoney(row[5], "KWD")
		quantity := whole(t, row[3])
		if err != nil || row[6] == "" || strings.HasPrefix(row[0], "C") || quantity <= 0 || price.Minor <= 0 {
			continue
		}
		at, err := time.Parse(time.DateTime, row[4])
		if err != nil {
			t.Fatal(err)
		}
		of := invoice{row[6], row[0]}
		o := orders[of]
		orders[of] = bought(row[0], at, o.Net+quantity*price.Minor)
	}
	facts := map[string][]commerce.OrderFact{}
	for of, o := range orders {
		facts[of.customer] = append(facts[of.customer], o)
	}
	list := map[string]commerce.Profile{}
	for _, name := range slices.Sorted(maps.Keys(facts)) {
		list[name] = customer(facts[name]...)
	}
	return list
}
