package service

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/jobs"
)

// placeholderWords are the words that platforms and exports write for no
// person.
var placeholderWords = []string{"NULL", "nan", "None", "Guest", "0.0", "-", "n/a", "anonymous", "undefined", "无", "0"}

// A placeholder instead of a person's id, address or number makes no customer,
// on any platform. Orders with it have no customer.
func TestPlaceholdersMakeNoCustomer(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		stamp := h.at().UTC().Format(time.RFC3339)
		for i, word := range placeholderWords {
			h.receives(t, "generic", "order", fmt.Sprintf(`{"type":"order","id":"g%d","updated_at":%q,"placed_at":%q,
				"payment_status":"paid","paid_at":%q,
"currency":"EUR","total":"1.00","buyer":{"id":%q,"email":%q,"phone":%q}}`, i, stamp, stamp, stamp, word, word, word))
			h.receives(
				t, "generic", "customer",
				fmt.Sprintf(`{"type":"customer","id":%q,"updated_at":%q,"email":%q,"first_name":"X"}`, word, stamp, word),
			)
			h.receives(t, "shopify", "orders/create", fmt.Sprintf(`{"id":%d,"updated_at":%q,"created_at":%q,"currency":"EUR",
				"total_price":"1.00","financial_status":"paid",
"email":%q,"phone":%q,"customer":{"id":%q,"email":%q,"first_name":"X"},"line_items":[]}`, 100+i, stamp, stamp, word, word, word, word))
			order := string(shuffledOrder(200+i, 1, "processing", h.at(), h.at()).body)
			order = strings.Replace(order, `"email":"p1@example.com","phone":""`, fmt.Sprintf(`"email":%q,"phone":%q`, word, word), 1)
			order = strings.Replace(order, `"customer_id":1`, fmt.Sprintf(`"customer_id":%q`, word), 1)
			h.receives(t, "woocommerce", "order.updated", order)
		}
		h.settle(t, 1)
		h.wantCustomers(t, 0)
		key := h.apiKey(t)
		h.asks(t, key, 200, "GET /v1/quality", "", fmt.Sprintf(`"no_customer":%d`, 3*len(placeholderWords)))
	})
}

// wantCustomers checks the number of customers, and returns them.
func (h *harness) wantCustomers(t *testing.T, n int) []commerce.Customer {
	t.Helper()
	list, err := h.Customers(t.Context(), "s", nil, 500)
	if err != nil || len(list) != n {
		t.Errorf("got %d customers, %v; want %d", len(list), err, n)
		for _, c := range list {
			t.Logf("%s: %+v, %d orders", c.ID, c.Attributes, c.History.Figures.Placed)
		}
	}
	return list
}

// In an imported file, rows with a placeholder have no customer. A number that
// a spreadsheet wrote as a fraction is read as the number.
func TestImportedPlaceholdersMakeNoCustomer(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		var file strings.Builder
		file.WriteString("no,at,sku,qty,price,who\n")
		day := h.at().AddDate(0, 0, -1).UTC().Format("2006-01-02 15:04:05")
		words := append([]string{"17850.0", "17850"}, placeholderWords...)
		for i, word := range words {
			fmt.Fprintf(&file, "%d,%s,tea,1,%d.00,%s\n", i, day, 10*(i+1), word)
		}
		held := h.at
		q := jobs.ImportRequest{
			Shop: "s", Connection: "h", Format: "csv", Columns: "order=no,at=at,product=sku,quantity=qty,price=price,customer=who",
		}
		importer := jobs.NewImporter(h.Store, held)
		if _, err := importer.Run(t.Context(), q, strings.NewReader(file.String()), func(jobs.ImportReport) {}); err != nil {
			t.Fatal(err)
		}
		h.settle(t, 1)
		list := h.wantCustomers(t, 1)
		if len(list) == 1 && list[0].History.Figures.Net != 3000 {
			t.Errorf("got %d, want both orders of 17850", list[0].History.Figures.Net)
		}
		orders, _, err := h.ListOrders(t.Context(), "s", commerce.OrderFilter{}, "", 100)
		if err != nil || len(orders) != len(words) {
			t.Errorf("got %d orders, %v; want %d: none is lost", len(orders), err, len(words))
		}
	})
}
