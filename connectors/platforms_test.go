package connectors_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/connectors"
)

const wooOrder = `{"id":"727","number":727,"status":"pending","currency":"USD",
"date_created_gmt":"2026-01-01T00:00:00","date_modified_gmt":"2026-01-02T00:00:00","date_created":"2026-01-01T08:00:00",
"date_modified":"2026-01-02T08:00:00","date_paid_gmt":null,"date_completed_gmt":null,"total":"29.35","total_tax":"1.35",
"discount_total":"0","discount_tax":"0","shipping_total":"10.00","shipping_tax":"","prices_include_tax":false,"customer_id":"3",
"billing":{"email":"a@example.com","phone":"","first_name":"A","country":"us","city":"SF"},"payment_method":"cod",
"needs_payment":true,"payment_url":"https://x.example/pay",
"line_items":[{"id":1,"product_id":"93","variation_id":0,"quantity":"2","subtotal":"6.00","subtotal_tax":"0.45","total":6,
"total_tax":0.45,"price":3.0000001,"name":"A &amp; B"}]}`

const shopifyOrder = `{"id":5,"updated_at":"2026-01-02T08:00:00+08:00","processed_at":"2026-01-01T00:00:00Z","currency":"USD",
"total_price":"100.00","financial_status":"pending",
"order_status_url":"https://x.example/status","email":"a@example.com","billing_address":{"country_code":"US"},"taxes_included":false,
"line_items":[{"id":51,"price":"50.00","quantity":2,"current_quantity":2,"total_discount":"0.00",
"discount_allocations":[{"amount":"10.00"}],"tax_lines":[{"price":"7.20"}]}]}`

// patched is the JSON object base with the fields of patch set.
func patched(t *testing.T, base, patch string) []byte {
	t.Helper()
	var object, change map[string]any
	for _, step := range []struct {
		text string
		into *map[string]any
	}{{base, &object}, {patch, &change}} {
		dec := json.NewDecoder(strings.NewReader(step.text))
		dec.UseNumber()
		if err := dec.Decode(step.into); err != nil {
			t.Fatal(err)
		}
	}
	for key, value := range change {
		object[key] = value
	}
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func readOne(t *testing.T, platform, topic string, body []byte) commerce.Order {
	t.Helper()
	records, err := connectors.Read(platform, delivery(platform, topic, body))
	if err != nil {
		t.Fatal(err)
	}
	if len(records.Orders) != 1 {
		t.Fatalf("got %d orders (%s), want 1", len(records.Orders), records.Ignored)
	}
	return records.Orders[0]
}

// The body of WooCommerce decides status and payment, on any topic.
func TestWooCommerceStatusIsReadFromTheBody(t *testing.T) {
	t.Parallel()
	const paid = `"date_paid_gmt":"2026-01-01T00:05:00"`
	for name, c := range map[string]struct {
		patch   string
		status  commerce.OrderStatus
		payment commerce.PaymentStatus
		payable bool
	}{
		"cash on delivery is nothing to remind of": {`{}`, commerce.Open, commerce.Unpaid, false},
		"cash on delivery on its way":              {`{"status":"processing"}`, commerce.Open, commerce.Unpaid, false},
		"pending card payment":                     {`{"payment_method":"stripe"}`, commerce.Open, commerce.Unpaid, true},
		"on hold for a bank transfer":              {`{"status":"on-hold","payment_method":"bacs"}`, commerce.Open, commerce.Unpaid, false},
		"paid":                                     {`{"status":"processing",` + paid + `}`, commerce.Open, commerce.Paid, false},
		"shipped on account": {
			`{"status":"processing","payment_method":"purchase_order"}`, commerce.Open, commerce.Authorized, false,
		},
		"completed": {
			`{"status":"completed",` + paid + `,"date_completed_gmt":"2026-01-02T00:00:00"}`, commerce.Completed, commerce.Paid,
			false,
		},
		"partly refunded": {
			`{"status":"completed",` + paid + `,"refunds":[{"id":1,"total":"-9.35"}]}`, commerce.Completed,
			commerce.PartiallyRefunded, false,
		},
		"refunded to the last cent": {
			`{"status":"completed",` + paid + `,"refunds":[{"id":1,"total":"-9.35"},{"id":2,"total":"-20.00"}]}`,
			commerce.Completed, commerce.Refunded, false,
		},
		"status refunded": {`{"status":"refunded",` + paid + `}`, commerce.Open, commerce.Refunded, false},
		"cancelled": {
			`{"status":"cancelled","payment_method":"stripe"}`, commerce.Cancelled, commerce.Unpaid, false,
		},
		"a declined card": {
			`{"status":"failed","payment_method":"stripe","needs_payment":true}`, commerce.Open, commerce.Unpaid, true,
		},
		"a declined card, needs_payment not reported": {
			`{"status":"failed","payment_method":"stripe","needs_payment":null}`, commerce.Open, commerce.Unpaid, true,
		},
		"failed for good": {
			`{"status":"failed","payment_method":"stripe","needs_payment":false}`, commerce.Cancelled, commerce.Unpaid, false,
		},
		"failed, and nothing to pay": {
			`{"status":"failed","payment_method":"stripe","needs_payment":null,"total":"0.00"}`, commerce.Cancelled,
			commerce.Unpaid, false,
		},
		"on hold while a card is looked at": {
			`{"status":"on-hold","payment_method":"stripe","needs_payment":true}`, commerce.Open, commerce.Authorized, false,
		},
		"pending, and nothing to pay": {
			`{"status":"pending","payment_method":"stripe","needs_payment":false}`, commerce.Open, commerce.Authorized, false,
		},
		"in the bin": {`{"status":"trash","payment_method":"stripe"}`, commerce.Cancelled, commerce.Unpaid, false},
		"a status of a plugin": {
			`{"status":"wc-packing","payment_method":"stripe",` + paid + `}`, commerce.Open, commerce.Paid, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := readOne(t, "woocommerce", "order.updated", patched(t, wooOrder, c.patch))
			if o.Status != c.status || o.Payment != c.payment || o.Payable() != c.payable {
				t.Errorf("got %s, %s, payable %v, want %s, %s, %v", o.Status, o.Payment, o.Payable(), c.status, c.payment, c.payable)
			}
		})
	}
}

// WooCommerce and its plugins print numbers as text, text as numbers, nothing
// as "" or [] and costs in several places: all of it is understood.
func TestWooCommerceHabitsAreForgiven(t *testing.T) {
	t.Parallel()
	line := func(extra string) string {
		return `{"line_items":[{"id":1,"quantity":2,"subtotal":"6.00","total":"6.00"` + extra + `}]}`
	}
	for name, c := range map[string]struct {
		patch, want string
		field       func(commerce.Order) string
	}{
		"ids as text": {
			`{}`, "727 3 93",
			func(o commerce.Order) string { return o.External + " " + o.Buyer.Platform + " " + o.Lines[0].Product },
		},
		"amounts as numbers": {`{}`, "6.45", func(o commerce.Order) string { return o.Lines[0].Net.String() }},
		"entities in names":  {`{}`, "A & B", func(o commerce.Order) string { return o.Lines[0].Title }},
		"times are GMT": {
			`{}`, "2026-01-02T00:00:00Z", func(o commerce.Order) string { return o.Version.Format("2006-01-02T15:04:05Z07:00") },
		},
		"guest number 0":      {`{"customer_id":0}`, "", func(o commerce.Order) string { return o.Buyer.Platform }},
		"scientific notation": {`{"total":2.935e1}`, "29.35", func(o commerce.Order) string { return o.Total.String() }},
		"tiny power":          {`{"total":"2935000e-5"}`, "29.35", func(o commerce.Order) string { return o.Total.String() }},
		"six decimals": {
			`{"total":"29.349999"}`, "29.35 amount_rounded",
			func(o commerce.Order) string { return o.Total.String() + " " + strings.Join(o.Quality, " ") },
		},
		"address as empty list": {
			`{"billing":[],"shipping":[]}`, "no_address", func(o commerce.Order) string { return strings.Join(o.Quality, " ") },
		},
		"own cost of goods": {line(`,"cost_of_goods_sold":{"value":"3.50"}`), "1.75 USD", func(o commerce.Order) string {
			return o.Lines[0].UnitCost.String() + " " + o.Lines[0].UnitCost.Currency
		}},
		"a plugin's cost": {
			line(`,"meta_data":[{"key":"_wc_cog_item_cost","value":"1.2"}]`), "1.20",
			func(o commerce.Order) string { return o.Lines[0].UnitCost.String() },
		},
		"no cost": {line(``), "", func(o commerce.Order) string { return o.Lines[0].UnitCost.Currency }},
		"sold by weight": {
			`{"line_items":[{"id":1,"quantity":0.5,"subtotal":"6.00","total":"6.00"}]}`, "quantity_rounded",
			func(o commerce.Order) string { return strings.Join(o.Quality, " ") },
		},
		"pay link while due":   {`{}`, "https://x.example/pay", func(o commerce.Order) string { return o.PayURL }},
		"no link when not due": {`{"needs_payment":false}`, "", func(o commerce.Order) string { return o.PayURL }},
		"utm from the landing": {
			`{"meta_data":[{"key":"_wc_order_attribution_session_entry","value":"https://x.example/?utm_source=a&utm_term=b"}]}`,
			"a b", func(o commerce.Order) string { return o.Source.UTMSource + " " + o.Source.UTMTerm },
		},
		"metas anybody sees": {
			`{"meta_data":[{"key":"gift","value":"yes"},{"key":"_secret","value":"1"},{"key":"deep","value":{"a":1}}]}`,
			"gift=yes", func(o commerce.Order) string { return o.Custom[0].Key + "=" + o.Custom[0].Value },
		},
		"test payments": {
			`{"meta_data":[{"key":"_wcpay_mode","value":"test"}]}`, "true",
			func(o commerce.Order) string { return strconv.FormatBool(o.Test) },
		},
		"NUL in a name": {`{"number":"7\u000027"}`, "727", func(o commerce.Order) string { return o.Number }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.field(readOne(t, "woocommerce", "order.updated", patched(t, wooOrder, c.patch))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Bodies that carry nothing are ignored for a stated reason.
func TestEmptyBodiesAreIgnoredForAReason(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ platform, topic, body, want string }{
		"an error in place of a customer": {
			"woocommerce", "customer.created",
			`{"code":"woocommerce_rest_invalid_id","message":"Invalid resource ID.","data":{"status":404}}`,
			"WooCommerce sent an error instead of the customer: woocommerce_rest_invalid_id: Invalid resource ID.",
		},
		"an order still at the checkout": {
			"woocommerce", "order.created", `{"id":1,"status":"checkout-draft"}`,
			"status checkout-draft: the buyer is still at the checkout",
		},
		"an empty list": {"woocommerce", "order.updated", `[]`, "the list is empty"},
		"no topic":      {"woocommerce", "", `{"id":1}`, "topic : contains no order, refund, customer or product"},
		"a cart": {
			"shopify", "carts/update", `not even JSON`, "topic carts/update: a cart names no customer; checkouts are read instead",
		},
		"a restock": {
			"shopify", "refunds/create", `{"id":1,"created_at":"2026-01-01T00:00:00Z","transactions":[]}`,
			"a refund that moves no money and names no order",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records, err := connectors.Read(c.platform, delivery(c.platform, c.topic, []byte(c.body)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(records, connectors.Records{Ignored: c.want}); diff != "" {
				t.Errorf("got, want: %s", diff)
			}
		})
	}
}

// Partial bodies may come before the order or after it: the result is one.
func TestPartialBodiesMayPrecedeTheirOrder(t *testing.T) {
	t.Parallel()
	parts := []commerce.Order{
		readOne(t, "shopify", "orders/create", []byte(shopifyOrder)),
		readOne(t, "shopify", "fulfillments/create", []byte(`{"id":9,"order_id":5,"status":"success",
			"created_at":"2026-01-03T00:00:00Z","updated_at":"2026-01-03T00:00:00Z",
			"tracking_company":"UPS","line_items":[{"id":51,"quantity":2}]}`)),
		readOne(t, "shopify", "fulfillment_events/create", []byte(`{"id":1,"fulfillment_id":9,"order_id":5,
			"status":"delivered","happened_at":"2026-01-05T00:00:00Z"}`)),
		readOne(t, "shopify", "refunds/create", []byte(`{"id":8,"order_id":5,"created_at":"2026-01-06T00:00:00Z",
			"transactions":[{"kind":"refund","status":"success","amount":"10.00","currency":"USD"}]}`)),
		readOne(t, "shopify", "order_transactions/create", []byte(`{"id":7,"order_id":5,"kind":"sale","status":"success","amount":"100.00"}`)),
		readOne(t, "shopify", "orders/edited", []byte(`{"order_edit":{"id":6,"order_id":5}}`)),
		readOne(t, "shopify", "orders/delete", []byte(`{"id":5}`)),
	}
	var want commerce.Order
	for _, part := range parts {
		want = commerce.Merge(want, part)
	}
	if want.DeliveredAt().IsZero() || len(want.Refunds) != 1 || want.Parcels[0].Carrier != "UPS" || !want.DeletedNow() || want.Stub() {
		t.Fatalf("got %s", dump(t, want))
	}
	for turn := range parts {
		var got commerce.Order
		for i := range parts {
			got = commerce.Merge(got, parts[(turn+len(parts)-i)%len(parts)])
		}
		if diff := cmp.Diff(got, want); diff != "" {
			t.Errorf("turn %d: got, want: %s", turn, diff)
		}
	}
}

// Real bodies differ in missing, null and empty values. With amounts in place
// of their placeholders, every order and checkout is a record.
func TestRealShapesAreRecordsOnceTheirAmountsAreAmounts(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../shared/payloads/shopify/real-exemplars/*.json")
	if len(files) == 0 && os.Getenv("COMEBACK_TEST_SHARED") == "required" {
		t.Fatal("the payload collection is not here")
	}
	for _, file := range files {
		topic := "checkouts/update"
		if strings.Contains(file, "-orders-") {
			topic = "orders/updated"
		}
		if !strings.Contains(file, "-orders-") && !strings.Contains(file, "-checkouts-") || strings.Contains(file, "2025-04") {
			continue
		}
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var value any
		if err := json.Unmarshal(body, &value); err != nil {
			t.Fatal(err)
		}
		body, _ = json.Marshal(priced(value))
		if records, err := connectors.Read("shopify", delivery("shopify", topic, body)); err != nil ||
			len(records.Orders)+len(records.Checkouts) == 0 {
			t.Errorf("%s: got %v, %s, want a record", file, err, records.Ignored)
		}
	}
}

// priced puts amounts and currencies where an exemplar's values were taken out.
func priced(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, inside := range v {
			v[key] = priced(inside)
			switch key {
			case "amount", "price", "line_price", "total_discount", "total_price", "current_total_price", "subtotal_price",
				"total_tax", "total_discounts":
				v[key] = "12.30"
			case "currency", "currency_code", "presentment_currency":
				v[key] = "USD"
			case "state":
				v[key] = "subscribed"
			}
		}
	case []any:
		for i := range v {
			v[i] = priced(v[i])
		}
	}
	return value
}
