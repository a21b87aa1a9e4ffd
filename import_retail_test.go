package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/jobs"
	"comeback/service"
)

// sharedData reads a file of the public data beside the checkout. Without it
// the test is skipped, or fails where COMEBACK_TEST_SHARED=required.
func sharedData(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "shared", "data", filepath.FromSlash(path)))
	if err != nil && os.Getenv("COMEBACK_TEST_SHARED") == "required" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("no public data beside the checkout: %v", err)
	}
	return data
}

// retailMonth is a month of the expected file.
type retailMonth struct {
	Orders    int    `json:"orders"`
	Revenue   string `json:"revenue"`
	Units     int64  `json:"units"`
	Customers int    `json:"customers"`
	New       int    `json:"new_customers"`
}

type retailFigures struct {
	Raw struct {
		Rows    int `json:"rows"`
		Invoice int `json:"invoices"`
		Cancels int `json:"cancel_invoices"`
	} `json:"raw"`
	Valid struct {
		Rows      int    `json:"rows"`
		Orders    int    `json:"orders"`
		Customers int    `json:"customers"`
		Units     int64  `json:"units"`
		Revenue   string `json:"revenue"`
		Repeat    int    `json:"repeat_customers"`
	} `json:"valid"`
	Months map[string]retailMonth `json:"by_month"`
}

// retailShop is an embedded database with one shop in London's zone.
func retailShop(t testing.TB) *service.Database {
	t.Helper()
	db, err := service.OpenDatabase(
		t.Context(), service.Storage{Data: filepath.Join(t.TempDir(), "data")},
		(&program{now: time.Now, wall: time.Now, stderr: io.Discard}).process(), slog.New(slog.NewTextHandler(io.Discard, nil)),
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	shop := commerce.Shop{ID: "uci", Market: commerce.West, Zone: "Europe/London", Currency: "GBP", CreatedAt: time.Now()}
	if err := db.AddShop(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	return db
}

func importRetail(t testing.TB, db *service.Database, data []byte) jobs.ImportReport {
	t.Helper()
	m := jobs.NewImporter(db, time.Now)
	report, err := m.Run(
		t.Context(), jobs.ImportRequest{Shop: "uci", Connection: "history", File: "online_retail.csv.gz", Format: "csv"},
		bytes.NewReader(data), func(jobs.ImportReport) {},
	)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// Half a year of a real shop is imported: the figures of the stored orders are
// those that others computed from the file.
func TestOnlineRetailImportsWithTheExpectedFigures(t *testing.T) {
	t.Parallel()
	data := sharedData(t, "online_retail/online_retail_2010-12_to_2011-05.csv.gz")
	var want retailFigures
	if err := json.Unmarshal(sharedData(t, "online_retail/expected_2010-12_to_2011-05.json"), &want); err != nil {
		t.Fatal(err)
	}
	db := retailShop(t)
	report := importRetail(t, db, data)
	if report.Lines != want.Raw.Rows || report.Orders+report.Refunds != want.Raw.Invoice || report.Refused+report.Changed != 0 {
		t.Errorf("got %d lines, %d orders and refunds, %d refused, %d changed; want %d, %d, 0, 0",
			report.Lines, report.Orders+report.Refunds, report.Refused, report.Changed, want.Raw.Rows, want.Raw.Invoice)
	}
	var orders []commerce.Order
	eachOrder(t, db, func(o commerce.Order) { orders = append(orders, o) })
	got := storedFigures(t, orders)
	got.Raw = want.Raw
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got, want:\n%s", diff)
	}
	checkProfiles(t, db, orders)
	checkQuietImport(t, db)
}

// storedFigures applies the rule of the expected file to the stored orders:
// with a customer, quantity and price above 0; cancellations are no orders.
func storedFigures(t *testing.T, stored []commerce.Order) retailFigures {
	t.Helper()
	var f retailFigures
	f.Months = map[string]retailMonth{}
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	orders := map[string]int{}              // by customer
	in := map[string]map[string]bool{}      // customers by month
	first := map[string]string{}            // month of a customer's first order
	revenue := map[string]int64{"total": 0} // in 1/1000
	for _, o := range stored {
		rows, units, sum := validLines(t, o)
		if o.Buyer.Platform == "" || rows == 0 {
			continue
		}
		name := o.Times.PlacedAt.In(zone).Format("2006-01")
		f.Valid.Rows, f.Valid.Orders, f.Valid.Units = f.Valid.Rows+rows, f.Valid.Orders+1, f.Valid.Units+units
		revenue["total"] += sum
		revenue[name] += sum
		orders[o.Customer]++
		m := f.Months[name]
		m.Orders, m.Units = m.Orders+1, m.Units+units
		f.Months[name] = m
		if in[name] == nil {
			in[name] = map[string]bool{}
		}
		in[name][o.Customer] = true
		if first[o.Customer] == "" || name < first[o.Customer] {
			first[o.Customer] = name
		}
	}
	f.Valid.Customers, f.Valid.Revenue = len(orders), thousandths(revenue["total"])
	for _, n := range orders {
		if n > 1 {
			f.Valid.Repeat++
		}
	}
	newIn := map[string]int{}
	for _, name := range first {
		newIn[name]++
	}
	for name, m := range f.Months {
		m.Customers, m.New, m.Revenue = len(in[name]), newIn[name], thousandths(revenue[name])
		f.Months[name] = m
	}
	return f
}

func validLines(t *testing.T, o commerce.Order) (rows int, units, thousandths int64) {
	t.Helper()
	for _, l := range o.Lines {
		if l.Quantity <= 0 || l.UnitPrice.Units <= 0 {
			continue
		}
		sum, err := l.UnitPrice.Times(l.Quantity)
		if err != nil {
			t.Fatal(err)
		}
		minor, exact := sum.Minor(3)
		if !exact {
			t.Fatalf("order %s: %s has more than 3 decimals", o.ID, sum)
		}
		rows, units, thousandths = rows+1, units+l.Quantity, thousandths+minor
	}
	return rows, units, thousandths
}

// thousandths writes an amount as the expected file does: with at least 2
// decimals.
func thousandths(n int64) string {
	text := strconv.FormatInt(n/1000, 10) + "." + strings.TrimPrefix(strconv.FormatInt(1000+n%1000, 10), "1")
	return strings.TrimSuffix(text, "0")
}

func eachOrder(t testing.TB, db *service.Database, visit func(commerce.Order)) {
	t.Helper()
	for after := ""; ; {
		list, next, err := db.ListOrders(t.Context(), "uci", commerce.OrderFilter{}, after, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range list {
			visit(o)
		}
		if after = next; next == "" {
			return
		}
	}
}

// checkProfiles checks that every customer's figures are the sums of its
// orders, and that no profile waits to be computed.
func checkProfiles(t *testing.T, db *service.Database, orders []commerce.Order) {
	t.Helper()
	count, total := map[string]int64{}, map[string]int64{}
	for _, o := range orders {
		count[o.Customer]++
		total[o.Customer] += o.Total.Minor
	}
	for after, customers := "", 0; ; {
		list, next, err := db.ListCustomers(t.Context(), "uci", commerce.CustomerFilter{}, after, 500)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range list {
			got := []int64{c.History.Figures.Count, c.History.Figures.Total, int64(len(c.History.Orders))}
			if diff := cmp.Diff(got, []int64{count[c.ID], total[c.ID], count[c.ID]}); diff != "" || c.Dirty {
				t.Fatalf("customer %s (dirty %v): got, want:\n%s", c.ID, c.Dirty, diff)
			}
		}
		if customers += len(list); next == "" {
			if customers != 2767 {
				t.Errorf("got %d customers, want 2767", customers)
			}
			return
		}
		after = next
	}
}

// checkQuietImport checks that history makes no event, so no campaign starts.
func checkQuietImport(t *testing.T, db *service.Database) {
	t.Helper()
	events, err := db.EventsOf(t.Context(), "uci", commerce.Key("uci", "history", "536365"))
	if err != nil || len(events) != 0 {
		t.Errorf("got %d events (%v), want none", len(events), err)
	}
	wakes, err := db.DueShops(t.Context(), time.Now().AddDate(100, 0, 0), 10)
	if err != nil || len(wakes) != 0 {
		t.Errorf("got %d wakes (%v), want none", len(wakes), err)
	}
}

// How fast history comes in, parsed, stored, and every profile computed.
func BenchmarkImport(b *testing.B) {
	data := sharedData(b, "online_retail/online_retail_2010-12_to_2011-05.csv.gz")
	lines := 0
	for b.Loop() {
		b.StopTimer()
		db := retailShop(b)
		b.StartTimer()
		lines += importRetail(b, db, data).Lines
	}
	b.ReportMetric(float64(lines)/b.Elapsed().Seconds(), "lines/s")
	b.ReportMetric(peakMemory(b), "MB-peak")
}

// peakMemory is the most memory of the process so far, where the system reports
// it.
func peakMemory(b *testing.B) float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	kilobytes, _ := strconv.ParseFloat(strings.Fields(rest + " 0")[0], 64)
	return kilobytes / 1024
}
