package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/jobs"
	"comeback/service"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const columns = "order=no,at=at,product=sku,quantity=qty,price=price,customer=who,country=country"

// manyOrders is a file of n orders of two rows each, the second some orders later.
func manyOrders(n int) string {
	var b strings.Builder
	b.WriteString("no,at,sku,qty,price,who,country\n")
	for i := range n + 20 {
		if i < n {
			fmt.Fprintf(&b, "%d,2010-12-01,a,1,1,%d,DE\n", i, 1+i%50)
		}
		if i >= 20 {
			fmt.Fprintf(&b, "%d,2010-12-02,b,1,2,%d,DE\n", i-20, 1+(i-20)%50)
		}
	}
	return b.String()
}

type breaking struct {
	*service.Database
	left int
}

var errBroken = errors.New("broken")

func (b *breaking) SaveHistory(ctx context.Context, shop, run string, r connectors.Records) (commerce.HistorySaved, error) {
	if b.left--; b.left < 0 {
		return commerce.HistorySaved{}, errBroken
	}
	return b.Database.SaveHistory(ctx, shop, run, r)
}

// An interrupted import is completed by the same file, and ends with the totals of one
// that was not interrupted. Repeated, it does nothing.
func TestInterruptedImportContinues(t *testing.T) {
	t.Parallel()
	file, request := manyOrders(1100), jobs.ImportRequest{Shop: "uci", Connection: "h", File: "orders.csv", Format: "csv", Columns: columns}
	db := retailShop(t)
	quiet := func(jobs.ImportReport) {}
	m := jobs.NewImporter(&breaking{db, 1}, time.Now)
	if _, err := m.Run(t.Context(), request, strings.NewReader(file), quiet); !errors.Is(err, errBroken) {
		t.Fatalf("got %v, want it broken off", err)
	}
	m = jobs.NewImporter(db, time.Now)
	report, err := m.Run(t.Context(), request, strings.NewReader(file), quiet)
	if err != nil || report.Unchanged != 512 || report.NewOrders != 1100-512 || report.Changed != 0 || report.Profiles != 50 {
		t.Errorf("got %+v (%v), want the orders of 50 customers that were not stored", report, err)
	}
	if got := report.Totals; got.Placed != 1100 || got.Sales.Amount != "3300.00" || len(report.Months) != 1 {
		t.Errorf("got %+v, want the totals of the whole file", got)
	}
	again, err := m.Run(t.Context(), request, gzipped(t, file), quiet)
	if err != nil || !again.NothingNew || again.Unchanged != 1100 || again.Totals != report.Totals {
		t.Errorf("again: got %+v (%v), want nothing new", again, err)
	}
	var revenue int64
	eachOrder(t, db, func(o commerce.Order) { revenue += o.Total.Minor })
	if revenue != 1100*300 {
		t.Errorf("got %d, want 9000.00 in all", revenue)
	}
}

func gzipped(t *testing.T, text string) io.Reader {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(text))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return &packed
}

// Records of the generic schema are one a line. A wrong line is named and the
// others are imported.
func TestNDJSONImportNamesWrongLines(t *testing.T) {
	t.Parallel()
	db := retailShop(t)
	file := strings.Join([]string{
		`{"type":"customer","id":"7","updated_at":"2026-01-01T00:00:00Z","email":"a@example.com"}`,
		`{"type":"order","id":"1","updated_at":"2026-01-02T03:04:05Z","placed_at":"2026-01-02T03:04:05Z","status":"completed",` +
			`"payment_status":"paid","currency":"GBP","total":"12.50","buyer":{"id":"7"}}`,
		``,
		`{"type":"order","id":"2","totall":"1"}`,
		`not JSON`,
	}, "\n")
	m := jobs.NewImporter(db, time.Now)
	request := jobs.ImportRequest{Shop: "uci", Connection: "h", File: "x.ndjson", Format: "ndjson"}
	report, err := m.Run(t.Context(), request, strings.NewReader(file), func(jobs.ImportReport) {})
	if err != nil {
		t.Fatal(err)
	}
	var lines []int64
	for _, r := range report.Refusals {
		lines = append(lines, r.Line)
	}
	want := jobs.ImportReport{Lines: 5, Orders: 1, NewOrders: 1, Customers: 1, Refused: 2, Profiles: 1,
		Kind: commerce.ImportOrders, People: jobs.ImportCount{New: 1}}
	ignored := cmpopts.IgnoreFields(jobs.ImportReport{},
		"Import", "File", "Currency", "Months", "Refusals", "Totals", "States", "Changes", "LeftOut")
	if diff := cmp.Diff(report, want, ignored); diff != "" || !cmp.Equal(lines, []int64{4, 5}) {
		t.Errorf("refused %v: got, want:\n%s", lines, diff)
	}
	events, err := db.EventsOf(t.Context(), "uci", commerce.Key("uci", "h", "1"))
	if err != nil || len(events) != 0 {
		t.Errorf("got %d events (%v), want none: history is quiet", len(events), err)
	}
	request.Live = true
	file = strings.ReplaceAll(file, `"id":"1"`, `"id":"3"`)
	if _, err := m.Run(t.Context(), request, strings.NewReader(file), func(jobs.ImportReport) {}); err != nil {
		t.Fatal(err)
	}
	events, err = db.EventsOf(t.Context(), "uci", commerce.Key("uci", "h", "3"))
	if err != nil || len(events) == 0 {
		t.Errorf("got %d events (%v), want the order's: it was asked for", len(events), err)
	}
}

// An import that is interrupted says at which line it stopped, and that the same
// command completes it. The import is listed as stopped.
func TestInterruptedImportSaysWhereItStopped(t *testing.T) {
	t.Parallel()
	db := retailShop(t)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	request := jobs.ImportRequest{Shop: "uci", Connection: "h", File: "orders.csv", Format: "csv", Columns: columns}
	_, err := jobs.NewImporter(db, time.Now).Run(ctx, request, strings.NewReader(manyOrders(1100)), func(jobs.ImportReport) { interrupt() })
	if err == nil || !strings.HasPrefix(err.Error(), "stopped at line 1024, run it again to continue; what is stored stays") {
		t.Errorf("got %v, want the line and the remedy", err)
	}
	list, _, err := db.ListImports(t.Context(), "uci", "", 9)
	if err != nil || len(list) != 1 || list[0].State != commerce.ImportStopped || list[0].Lines != 1024 {
		t.Errorf("got %d imports (%v), want one, stopped at line 1024", len(list), err)
	}
}

// What a terminal shows of a file: its counts, how much of it is read, and the time
// left by the bytes that are not read yet.
func TestProgressShowsTheTimeLeft(t *testing.T) {
	t.Parallel()
	got := progressLine("2000 lines, 1000 orders, 200 lines/s", 2<<20, 8<<20, 10*time.Second)
	if want := "2000 lines, 1000 orders, 200 lines/s, 25 %, 30s left"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := progressLine("", 3<<10, 0, time.Second), "3 KiB"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
