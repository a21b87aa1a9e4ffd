package service

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"comeback/api"
	"comeback/jobs"
)

// pastOrders is a file of n paid orders of ten buyers, an order a line.
func (x *target) pastOrders(n int) string {
	var file strings.Builder
	at := x.at().AddDate(-1, 0, 0).UTC().Format(time.RFC3339)
	for i := range n {
		fmt.Fprintf(&file, `{"type":"order","id":"o%d","updated_at":%q,"placed_at":%q,"payment_status":"paid","paid_at":%q,`+
			`"currency":"EUR","total":"10.00","lines":[],"buyer":{"id":"c%d","email":"c%d@example.com"}}`+"\n",
			i, at, at, at, i%10, i%10)
	}
	return file.String()
}

const importOfB = "/v1/shops/b/imports?connection=h&format=ndjson&name=past.ndjson"

// sends opens a connection and sends the beginning of an import of shop b.
func (x *target) sends(t *testing.T, whole int, begin string) net.Conn {
	t.Helper()
	return x.sendsTo(t, importOfB, whole, begin)
}

func (x *target) sendsTo(t *testing.T, path string, whole int, begin string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(x.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	_, err = fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s",
		path, x.installation, whole, begin)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// orderIDs are the orders of shop b in the API's pages.
func (x *target) orderIDs(t *testing.T) map[string]bool {
	t.Helper()
	ids := map[string]bool{}
	for path := "/v1/orders?limit=200"; path != ""; {
		var page struct {
			Items []struct{ ID string }
			Next  string
		}
		if err := json.Unmarshal(x.ask(t, 200, "GET", path, x.mine, ""), &page); err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Items {
			if ids[o.ID] {
				t.Errorf("order %s is listed twice", o.ID)
			}
			ids[o.ID] = true
		}
		path = page.Next
	}
	return ids
}

// imports imports a whole file, which must be accepted at once.
func (x *target) imports(t *testing.T, path, file string) jobs.ImportReport {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // more than it can take
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, x.url+path, strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+x.installation)
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatalf("%s: %v; want a place free for it", path, err)
	}
	defer response.Body.Close()
	var answer struct{ Report jobs.ImportReport }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || response.StatusCode != 200 {
		t.Fatalf("%s: got %d, %v", path, response.StatusCode, err)
	}
	return answer.Report
}

// repeats imports the whole file again, and checks that it only adds what was not
// stored yet, and ends with every order once.
func (x *target) repeats(t *testing.T, file string) {
	t.Helper()
	stored := len(x.orderIDs(t))
	r, n := x.imports(t, importOfB, file), strings.Count(file, "\n")
	if r.Orders != n || r.Unchanged != stored || r.NewOrders != n-stored || r.Refused > 0 || r.Changed > 0 {
		t.Errorf(
			"the import repeated: got %d orders, %d new, %d changed, %d refused; want %d, of them %d new", r.Orders, r.NewOrders,
			r.Changed, r.Refused, n, n-stored,
		)
	}
	if got := len(x.orderIDs(t)); got != n {
		t.Errorf("got %d orders, want %d, each once", got, n)
	}
	if got := strings.Count(string(x.ask(t, 200, "GET", "/v1/customers", x.mine, "")), fmt.Sprintf(`"placed":%d`, n/10)); got != 10 {
		t.Errorf("got %d customers with %d orders, want ten", got, n/10)
	}
}

// watchedImports is an importer that reports the end of an import. Once it
// stops before the end of the file until its context ends.
type watchedImports struct {
	api.Importer
	ended chan error
	holds atomic.Bool
	test  context.Context
}

func (w *watchedImports) Import(ctx context.Context, q api.ImportRequest, file io.Reader) (any, error) {
	if w.holds.Swap(false) {
		file = io.MultiReader(file, heldEnd{ctx, w.test})
	}
	report, err := w.Importer.Import(ctx, q, file)
	w.ended <- err
	return report, err
}

type heldEnd struct{ work, test context.Context }

func (h heldEnd) Read([]byte) (int, error) {
	select {
	case <-h.work.Done():
	case <-h.test.Done():
	}
	return 0, io.EOF
}

// watched serves shop b with such an importer.
func (x *target) watched(t *testing.T) *watchedImports {
	w := &watchedImports{ended: make(chan error, 8), test: t.Context()}
	x.serve(t, func(c *api.Config) { w.Importer, c.Importer = c.Importer, w })
	return w
}

// wait waits for the end of an import that cannot succeed.
func (w *watchedImports) wait(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // more than it can take
	defer cancel()
	select {
	case err := <-w.ended:
		if err == nil {
			t.Error("the import ended well, want it broken off")
		}
	case <-ctx.Done():
		t.Fatal("the import goes on without its client")
	}
}

// When its client disconnects in the middle of a file, the lines received so
// far are stored, of a small file and of a large one. The repeated import
// continues.
func TestReceivedPartOfAnInterruptedFileIsStored(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		for _, n := range []int{20, 700} {
			w := x.watched(t)
			file := x.pastOrders(n)
			begin := file[:2*len(file)/3]
			_ = x.sends(t, len(file), begin).Close()
			w.wait(t)
			if got, want := len(x.orderIDs(t)), strings.Count(begin, "\n"); got != want {
				t.Errorf("got %d orders, want the %d that came whole", got, want)
			}
			x.repeats(t, file)
		}
	})
}

// When the client disconnects after the last byte, before its answer, the
// import ends. The stored records stay, and the repeated import does the rest.
func TestImportWithoutItsClientEndsAndContinues(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		w := x.watched(t)
		w.holds.Store(true)
		file := x.pastOrders(1300)
		conn := x.sends(t, len(file), file)
		for x.status(t, "GET", "/v1/orders/b:h:o600", x.mine, "") != 200 { // of the second batch: the first one is noted
		}
		_ = conn.Close()
		w.wait(t)
		if got := len(x.orderIDs(t)); got < 512 || got == 1300 {
			t.Errorf("got %d orders, want a part of 1300", got)
		}
		x.repeats(t, file)
	})
}

// A very slow import is ended and its sender gets the reason. Other shops'
// imports do not wait for it, and its complete lines are stored.
func TestSlowImportIsEnded(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		var waited atomic.Int64
		begun, reads := machineDeadline(0), make(chan struct{}, 1)
		x.serve(t, func(c *api.Config) {
			c.Deadline = func(d time.Duration) time.Time {
				if d == 0 { // the clock, by which each wait for the sender takes a second and a bit
					return begun.Add(time.Duration(waited.Add(1)) * 1001 * time.Millisecond)
				}
				select {
				case reads <- struct{}{}:
				default:
				}
				if d > 0 { // only the clock of the test runs out
					d += time.Hour
				}
				return machineDeadline(d)
			}
		})
		file := x.pastOrders(700)
		begin := strings.Join(strings.SplitAfter(file, "\n")[:600], "")
		conn := x.sends(t, len(begin)+100_000, begin)
		<-reads // it has its place now
		x.imports(t, strings.Replace(importOfB, "/b/", "/s/", 1), x.pastOrders(3))
		status, answer := trickles(t, conn, reads)
		for _, want := range []string{"comes too slowly", "send at least 1024 bytes a second", "repeat the import: what is stored stays"} {
			if status != 400 || !strings.Contains(answer, want) {
				t.Fatalf("got %d %s, want 400 and %q", status, answer, want)
			}
		}
		if got := len(x.orderIDs(t)); got != 600 {
			t.Errorf("got %d orders, want the 600 that came whole", got)
		}
		x.repeats(t, file)
	})
}

// trickles sends one byte whenever the server waits for one, until it answers.
func trickles(t *testing.T, conn net.Conn, waits <-chan struct{}) (status int, answer string) {
	t.Helper()
	type answered struct {
		status int
		body   string
		err    error
	}
	answers := make(chan answered, 1)
	go func() {
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			answers <- answered{err: err}
			return
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		answers <- answered{response.StatusCode, string(body), err}
	}()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // more than it can take
	defer cancel()
	for {
		select {
		case <-ctx.Done():
			t.Fatal("the sender who trickles got no answer")
		case a := <-answers:
			if a.err != nil {
				t.Fatalf("got no answer: %v", a.err)
			}
			return a.status, a.body
		case <-waits:
			_, _ = conn.Write([]byte(" ")) // fails once the server has hung up
		}
	}
}
