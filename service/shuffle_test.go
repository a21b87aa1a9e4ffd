package service

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/commerce/clocktest"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// Deliveries sent out of order, repeatedly and by many senders at once make the
// same orders, products, events and customers as each sent once and in order.
func TestShuffledDeliveriesEndAsInOrder(t *testing.T) {
	t.Parallel()
	eachDocuments(t, func(t *testing.T, docs documents.Database) {
		wanted := shuffledTimes()
		if strings.Contains(t.Name(), "mongodb") {
			wanted = 500 // the wire peer is slow at claims
		}
		random := rand.New(rand.NewPCG(7, 7))
		inOrder := newHarness(t, storetest.Embedded(t, store.Collections()), clocktest.Now(t))
		list := lifeOf(random, wanted/3, inOrder.at())
		post(t, inOrder, list, 1)
		inOrder.settle(t, 1)

		shuffled := newHarness(t, docs, inOrder.at())
		var again []delivery
		for len(again) < wanted {
			d := list[random.IntN(len(list))]
			again = append(again, slices.Repeat([]delivery{d}, min(1+random.IntN(5), wanted-len(again)))...)
		}
		again = append(again, list...) // each at least once
		random.Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		stop := meanwhile(t, shuffled, 2)
		post(t, shuffled, again, 8)
		stop()
		shuffled.settle(t, 4)
		if diff := cmp.Diff(snapshot(t, inOrder), snapshot(t, shuffled)); diff != "" {
			t.Errorf("got, want: %s", clipped(diff))
		}
	})
}

func clipped(text string) string { return text[:min(len(text), 4000)] }

// post sends the deliveries, several at once.
func post(t *testing.T, h *harness, list []delivery, senders int) {
	t.Helper()
	queue := make(chan delivery)
	var running sync.WaitGroup
	for range senders {
		running.Go(func() {
			for d := range queue {
				if status, err := h.send(t.Context(), d); err != nil || status != 200 {
					t.Errorf("%s %s: got %d, %v; want 200", d.platform, d.topic, status, err)
				}
			}
		})
	}
	for _, d := range list {
		queue <- d
	}
	close(queue)
	running.Wait()
}

// meanwhile works on the shop, as workers do, until stop.
func meanwhile(t *testing.T, h *harness, workers int) (stop func()) {
	t.Helper()
	var running sync.WaitGroup
	var over atomic.Bool
	for range workers {
		running.Go(func() {
			for !over.Load() {
				if err := errors.Join(h.MarkDue(t.Context(), "s", h.at()), h.work.Run(t.Context(), "s")); err != nil {
					t.Errorf("work: %v", err)
					return
				}
			}
		})
	}
	return func() {
		over.Store(true)
		running.Wait()
	}
}

// lifeOf makes about n deliveries of the day before end: of generic and
// WooCommerce orders, products and customers, each subject in several versions.
func lifeOf(random *rand.Rand, n int, end time.Time) []delivery {
	var list []delivery
	for i := 0; len(list) < n; i++ {
		at := end.Add(-time.Duration(random.IntN(86_400)) * time.Second)
		switch i % 5 {
		case 0:
			list = append(list, shuffledProduct(i%40, at))
		case 1:
			list = append(list, genericCustomer(random.IntN(200), at))
		default:
			list = append(list, orderLife(random, i, at)...)
		}
	}
	return list
}

// orderLife is one order from placed to its end.
func orderLife(random *rand.Rand, i int, at time.Time) []delivery {
	person := random.IntN(200)
	var list []delivery
	for version, status := range [][]string{
		{"pending"}, {"pending", "processing"}, {"pending", "processing", "completed"}, {"pending", "cancelled"},
	}[random.IntN(4)] {
		list = append(list, shuffledOrder(i, person, status, at, at.Add(time.Duration(version)*time.Minute)))
	}
	if random.IntN(3) == 0 {
		list = append(list, list[len(list)-1]) // updated follows created at once, byte for byte
	}
	return list
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05") }

func shuffledOrder(i, person int, status string, placed, modified time.Time) delivery {
	paid, completed := "null", "null"
	if status == "processing" || status == "completed" {
		paid = `"` + stamp(placed.Add(time.Minute)) + `"`
	}
	if status == "completed" {
		completed = `"` + stamp(modified) + `"`
	}
	return delivery{"woocommerce", "order.updated", fmt.Appendf(nil, `{"id":%d,"number":"%d","status":%q,"currency":"EUR",
		"prices_include_tax":true,
"date_created_gmt":%q,"date_modified_gmt":%q,"date_paid_gmt":%s,"date_completed_gmt":%s,"total":"%d.50","discount_total":"0.00",
	"discount_tax":"0.00",
"shipping_total":"0.00","shipping_tax":"0.00","total_tax":"0.00","customer_id":%d,"payment_method":"stripe",
"billing":{"first_name":"P","last_name":"%d","email":"p%d@example.com","phone":"","country":"DE"},
"line_items":[{"id":1,"name":"Tea","product_id":%d,"variation_id":0,"quantity":1,"subtotal":"%d.50","subtotal_tax":"0.00",
	"total":"%d.50","total_tax":"0.00","sku":"T"}],
"coupon_lines":[],"refunds":[],"meta_data":[]}`,
		i, i, status, stamp(placed), stamp(modified), paid, completed, 10+i%50, person%3*person, person, person, i%40, 10+i%50, 10+i%50)}
}

func shuffledProduct(i int, at time.Time) delivery {
	return delivery{"woocommerce", "product.updated", fmt.Appendf(nil, `{"id":%d,"name":"Tea %d","date_modified_gmt":%q,
		"status":"publish","sku":"T%d","price":"%d.00","categories":[{"id":1,"name":"Tea","slug":"tea"}]}`,
		i, i, stamp(at), i, 5+at.Minute())}
}

func genericCustomer(person int, at time.Time) delivery {
	return delivery{"generic", "customer", fmt.Appendf(nil, `{"type":"customer","id":"g%d","updated_at":%q,"email":"p%d@example.com",
		"verified":true,"first_name":"P%d"}`,
		person, at.UTC().Format(time.RFC3339), person, at.Minute())}
}

// snapshot is the final state: orders, products and events by id, customers by
// their identities.
func snapshot(t *testing.T, h *harness) map[string]string {
	t.Helper()
	known := map[string]string{}
	people := map[string][]string{} // customer to orders
	for _, o := range all(t, "-times.placed_at", func(after *documents.Cursor) ([]commerce.Order, error) {
		from := ""
		if after != nil {
			from = after.String()
		}
		list, _, err := h.ListOrders(t.Context(), "s", commerce.OrderFilter{}, from, 500)
		return list, err
	}) {
		known["order "+o.ID] = fmt.Sprintf("%s %s %s %+v %v %v", o.Status, o.Payment, o.Total, o.Times, o.Version, o.Pending)
		people[o.Customer] = append(people[o.Customer], o.ID)
		events, err := h.EventsOf(t.Context(), "s", o.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			known["event "+e.ID] = e.At.String()
		}
	}
	for _, p := range all(t, "_id", func(after *documents.Cursor) ([]commerce.Product, error) {
		return h.Products(t.Context(), "s", after, 500)
	}) {
		known["product "+p.ID] = fmt.Sprintf("%s %s %v", p.Title, p.Price, p.Version)
	}
	for _, c := range all(t, "n", func(after *documents.Cursor) ([]commerce.Customer, error) {
		return h.Customers(t.Context(), "s", after, 500)
	}) {
		slices.Sort(people[c.ID])
		who := c.Attributes.Email + strings.Join(people[c.ID], " ")
		known["customer "+who] = fmt.Sprintf("%+v %+v", c.Attributes, c.History.Figures)
	}
	return known
}

// all reads every page of a list.
func all[T any](t *testing.T, sort string, page func(after *documents.Cursor) ([]T, error)) (list []T) {
	t.Helper()
	var after *documents.Cursor
	for {
		rows, err := page(after)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, rows...)
		if len(rows) < 500 {
			return list
		}
		if after, err = documents.CursorOf([]string{sort}, rows[len(rows)-1]); err != nil {
			t.Fatal(err)
		}
	}
}
