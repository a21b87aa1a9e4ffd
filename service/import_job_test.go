package service

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/jobs"
)

// importJob is an import as the API shows it.
type importJob struct {
	ID, State, Kind, Reason string
	Size, Bytes, Lines      int64
	Report                  *jobs.ImportReport
}

// job reads one import with a shop key.
func (x *target) job(t *testing.T, id, key string) importJob {
	t.Helper()
	var job importJob
	if err := json.Unmarshal(x.ask(t, 200, "GET", "/v1/imports/"+id, key, ""), &job); err != nil {
		t.Fatal(err)
	}
	return job
}

// listens serves shop b on a listener of its own until ctx ends, and returns its
// address.
func (x *target) listens(t *testing.T, ctx context.Context) string {
	t.Helper()
	var config api.Config
	x.serve(t, func(c *api.Config) { config = *c })
	config.Metrics = prometheus.NewRegistry()
	edge, err := api.New(config)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- edge.Run(ctx, l) }()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// requestLog notes the end of every request.
type requestLog chan string

func (l requestLog) Write(line []byte) (int, error) {
	select {
	case l <- string(line):
	default:
	}
	return len(line), nil
}

// Import is a job of its shop: the shop's key starts it, lists it, and reads its state
// and report. A check stores nothing. The report counts orders by state and currency
// as they are stored, without tests and cancelled ones, and says what was left out.
func TestImportIsAJobThatTheShopSees(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		file := "Order,Created,SKU,Qty,Price,Email,Status,Currency\n" +
			"1,2011-03-01 10:00:00,a,1,100.00,a@ex.example,paid,EUR\n" +
			"2,2011-03-01 10:00:00,a,1,50.00,b@ex.example,pending,EUR\n" +
			"3,2011-04-01 10:00:00,a,1,70.00,c@ex.example,cancelled,EUR\n" +
			"4,2011-04-01 10:00:00,a,1,90.00,,paid,EUR\n" +
			"\n" +
			"5,2011-04-01 10:00:00,a,1,oops,d@ex.example,paid,EUR\n"
		path := "/v1/imports?connection=h&format=csv&name=orders.csv"
		var answer struct{ Report jobs.ImportReport }
		if err := json.Unmarshal(x.ask(t, 200, "POST", path+"&check=true", x.mine, file), &answer); err != nil {
			t.Fatal(err)
		}
		if r := answer.Report; !r.Checked || r.Import != "" || len(r.Preview) != 4 || len(x.orderIDs(t)) != 0 {
			t.Errorf("check: got %+v and %d orders, want a preview and nothing stored", r, len(x.orderIDs(t)))
		}
		if err := json.Unmarshal(x.ask(t, 200, "POST", path, x.mine, file), &answer); err != nil {
			t.Fatal(err)
		}
		job := x.job(t, answer.Report.Import, x.mine)
		if job.State != "done" || job.Kind != "orders" || job.Size != int64(len(file)) || job.Bytes != job.Size || job.Report == nil {
			t.Fatalf("got %+v, want it done, with its size and report", job)
		}
		r := *job.Report
		if r.Totals.Sales.Amount != "190.00" || r.Totals.Placed != 4 || r.Totals.Paid != 2 || r.Nobody != 1 || len(r.Months) != 2 {
			t.Errorf("got totals %+v of %d months, %d orders of nobody; want 190.00 of 2 months, 1", r.Totals, len(r.Months), r.Nobody)
		}
		var states []string
		for _, s := range r.States {
			states = append(states, s.State+" "+s.Total.Amount+" "+s.Total.Currency)
		}
		if got := strings.Join(states, ", "); got != "cancelled 70.00 EUR, paid 190.00 EUR, unpaid 50.00 EUR" {
			t.Errorf("got %s, want each state with its sum", got)
		}
		if r.Refused != 1 || len(r.LeftOut) != 1 || r.Guessed == nil || r.Guessed.Encoding != "utf-8" {
			t.Errorf("got %d refused, left out %v, guessed %+v; want 1 of each and the encoding", r.Refused, r.LeftOut, r.Guessed)
		}
		if list := x.items(t, "/v1/imports", x.mine, "id"); len(list) != 1 || list[0] != job.ID {
			t.Errorf("got %v, want the one import", list)
		}
		if list := x.items(t, "/v1/imports", x.theirs, "id"); len(list) != 0 {
			t.Errorf("another shop: got %v, want none", list)
		}
		x.ask(t, 404, "GET", "/v1/imports/"+job.ID, x.theirs, "")
	})
}

// When the process stops, an import in progress ends at once: what came is stored, its
// sender gets to know the line and that the same file completes it, and the import is
// listed as stopped.
func TestImportStopsWithTheProcessAndCanBeRepeated(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		url := x.listens(t, ctx)
		file := strings.ReplaceAll(x.pastOrders(1300), "\n", strings.Repeat(" ", 900)+"\n") // it begins before its end came
		body, more := io.Pipe()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/imports?connection=h&format=ndjson&name=p", body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+x.mine)
		go func() {
			_, _ = io.WriteString(more, file)
			for err := errors.New("none"); err != nil && t.Context().Err() == nil; {
				_, err = x.Order(t.Context(), "b", "b:h:o600")
			}
			stop()
		}()
		response, err := http.DefaultTransport.RoundTrip(request)
		if err != nil {
			t.Fatalf("got %v, want an answer", err)
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		for _, want := range []string{"stopped at line ", "run it again to continue"} {
			if response.StatusCode != 503 || !strings.Contains(string(text), want) {
				t.Errorf("got %d %s, want 503 and %q", response.StatusCode, text, want)
			}
		}
		list := x.items(t, "/v1/imports", x.mine, "id")
		if len(list) != 1 {
			t.Fatalf("got %v, want the one import", list)
		}
		job := x.job(t, list[0], x.mine)
		if job.State != "stopped" || job.Lines < 512 || !strings.Contains(job.Reason, "stopped at line") {
			t.Errorf("got %+v, want it stopped", job)
		}
		x.repeats(t, file)
	})
}

// An import that waits for the turn of its shop is dropped when its client leaves.
func TestWaitingImportIsDroppedWhenItsClientLeaves(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		w, log := &watchedImports{ended: make(chan error, 8), test: t.Context()}, make(requestLog, 64)
		w.holds.Store(true)
		x.serve(t, func(c *api.Config) {
			w.Importer, c.Importer = c.Importer, w
			c.Log = slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		file := x.pastOrders(20)
		first := x.sends(t, len(file), file)
		for w.holds.Load() { // until it has its place
		}
		second := strings.ReplaceAll(file, `"id":"o`, `"id":"second`)
		_ = x.sends(t, len(second), second).Close()
		for line := range log {
			if strings.Contains(line, "/v1/shops/:shop/imports") {
				break // the second one: the first is still held
			}
		}
		_ = first.Close()
		w.wait(t)
		x.imports(t, importOfB, strings.ReplaceAll(file, `"id":"o`, `"id":"third`))
		for id := range x.orderIDs(t) {
			if strings.Contains(id, "second") {
				t.Fatalf("got order %s of a client that left while it waited", id)
			}
		}
	})
}
