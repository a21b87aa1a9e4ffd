package demo

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/connectors"
)

// The webhooks of the demo's stores are signed in the way of their platforms, and
// contain the order's buyer, money and state.
func TestDemoBodies(t *testing.T) {
	t.Parallel()
	at := demoDay()
	for _, woo := range []bool{true, false} {
		o := newSale(chances{1}, "basket", newShopper(chances{1}, 7, true), woo, at)
		o.number, o.landing = 100_007, demoSite+"/?cbt=token"
		states := []struct {
			name   string
			change func()
			pay    commerce.PaymentStatus
			status commerce.OrderStatus
		}{
			{"unpaid", func() {}, commerce.Unpaid, commerce.Open},
			{"paid", func() { o.paidAt = at.Add(time.Hour) }, commerce.Paid, commerce.Open},
			{"delivered", func() { o.shippedAt, o.endedAt = at.Add(24*time.Hour), at.Add(72*time.Hour) }, commerce.Paid, commerce.Open},
		}
		for i, c := range states {
			c.change()
			got := readDemoOrder(t, o, at.Add(time.Duration(i)*24*time.Hour))
			if c.name == "delivered" && woo {
				c.status = commerce.Completed
			}
			if got.Payment != c.pay || got.Status != c.status || got.Total.Minor != o.total() || got.Buyer.Email != o.buyer.email() {
				t.Errorf("woo %t, %s: got %+v", woo, c.name, got)
			}
			if got.Source.Landing != o.landing || !got.Times.PlacedAt.Equal(at) || !got.Times.PaidAt.Equal(o.paidAt) ||
				(got.PayURL == "") == (c.name == "unpaid") {
				t.Errorf("woo %t, %s: got %+v, %q, %q", woo, c.name, got.Times, got.Source.Landing, got.PayURL)
			}
			if len(got.Quality) > 0 {
				t.Errorf("woo %t, %s: got oddities %v", woo, c.name, got.Quality)
			}
		}
	}
}

// readDemoOrder signs, verifies and reads an order's body.
func readDemoOrder(t testing.TB, o *sale, at time.Time) commerce.Order {
	t.Helper()
	const secret = "a secret of the demo"
	var request *http.Request
	platform, render := "generic", genericOrder
	if o.woo {
		platform, render = "woocommerce", wooOrder
	}
	body, err := render(o, at)
	if err == nil && o.woo {
		request, err = wooRequest("http://x.example", secret, "order.updated", body)
	} else if err == nil {
		request, err = genericRequest("http://x.example", secret, body, at)
	}
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(request.Body)
	if err != nil {
		t.Fatal(err)
	}
	d := connectors.Delivery{
		Platform: platform, Shop: "tea", Connection: "x", Header: request.Header, Body: raw, ReceivedAt: at,
		Topic: connectors.Topic(platform, request.Header), Currency: Currency,
	}
	if err := connectors.Verify(platform, d, connectors.Secrets{[]byte(secret)}, at); err != nil {
		t.Fatal(err)
	}
	records, err := connectors.Read(platform, d)
	if err != nil || len(records.Orders) != 1 {
		t.Fatalf("got %d orders, %v from %s", len(records.Orders), err, raw)
	}
	return records.Orders[0]
}

// Every line of the history can be imported, and one seed writes one history.
func TestDemoHistory(t *testing.T) {
	t.Parallel()
	write := func(seed uint64) ([]*shopper, string) {
		p := past{chance: chances{seed}, start: demoDay(), lapse: 270}
		people, file, err := p.write(200)
		if err != nil {
			t.Fatal(err)
		}
		return people, string(file)
	}
	people, file := write(1)
	if _, again := write(1); again != file {
		t.Error("one seed wrote two histories")
	}
	if _, other := write(2); other == file {
		t.Error("two seeds wrote one history")
	}
	orders := 0
	for line := range strings.Lines(file) {
		records, err := connectors.ReadGeneric([]byte(line), "tea", "app", demoDay())
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		orders += len(records.Orders)
	}
	lapsing := 0
	for _, s := range people {
		due := s.lastPaid.AddDate(0, 0, 270)
		within := !due.Before(demoDay()) && due.Before(demoDay().AddDate(0, 0, Days))
		if within != s.lapses {
			t.Errorf("%s: lapses %t, due %s", s.id(), s.lapses, due)
		}
		if s.lapses {
			lapsing++
		}
	}
	if orders < 300 || lapsing < 40 {
		t.Errorf("got %d orders and %d who lapse, want some hundreds and about 70", orders, lapsing)
	}
}

// Shoppers read their mails in the evening, at least half a minute after they
// came.
func TestEvenings(t *testing.T) {
	t.Parallel()
	var got []string
	for _, clock := range []string{"10:00", "19:00"} {
		at, _ := time.Parse("15:04", clock)
		for n := range 2 {
			got = append(got, evening(at, n).Format("2 15:04"))
		}
	}
	if d := cmp.Diff(got, []string{"1 19:00", "2 19:00", "2 19:00", "3 19:00"}); d != "" {
		t.Errorf("got, want: %s", d)
	}
}

// A demo stores its files in memory only if they fit.
func TestDemoFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if !fits(folder, 3<<20) {
		t.Error("got no room for 3 MiB")
	}
	if fits(filepath.Join(folder, "nowhere"), 1) {
		t.Error("got room in a folder that is not there")
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("got %v, %v left behind", left, err)
	}
}
