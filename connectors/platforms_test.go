package connectors_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/connectors"
)

const wooOrder = `{"id":"727","number":727,"status":"pending","currency":"USD","date_created_gmt":"2026-01-01T00:00:00","date_modified_gmt":"2026-01-02T00:00:00",
"date_created":"2026-01-01T08:00:00","date_modified":"2026-01-02T08:00:00","date_paid_gmt":null,"date_completed_gmt":null,"total":"29.35","total_tax":"1.35",
"discount_total":"0","discount_tax":"0","shipping_total":"10.00","shipping_tax":"","prices_include_tax":false,"customer_id":"3",
"billing":{"email":"a@example.com","phone":"","first_name":"A","country":"us","city":"SF"},"payment_method":"cod","needs_payment":true,"payment_url":"https://x.example/pay",
"line_items":[{"id":1,"product_id":"93","variation_id":0,"quantity":"2","subtotal":"6.00","subtotal_tax":"0.45","total":6,"total_tax":0.45,"price":3.0000001,"name":"A &amp; B"}]}`

const shopifyOrder = `{"id":5,"updated_at":"2026-01-02T08:00:00+08:00","processed_at":"2026-01-01T00:00:00Z","currency":"USD","total_price":"100.00","financial_status":"pending",
"order_status_url":"https://x.example/status","email":"a@example.com","billing_address":{"country_code":"US"},"taxes_included":false,"line_items":[
{"id":51,"price":"50.00","quantity":2,"current_quantity":2,"total_discount":"0.00","discount_allocations":[{"amount":"10.00"}],"tax_lines":[{"price":"7.20"}]}]}`

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

// What a WooCommerce body says of status and payment, whatever its topic.
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
		"shipped on account":                       {`{"status":"processing","payment_method":"purchase_order"}`, commerce.Open, commerce.Authorized, false},
		"completed":                                {`{"status":"completed",` + paid + `,"date_completed_gmt":"2026-01-02T00:00:00"}`, commerce.Completed, commerce.Paid, false},
		"partly refunded":                          {`{"status":"completed",` + paid + `,"refunds":[{"id":1,"total":"-9.35"}]}`, commerce.Completed, commerce.PartiallyRefunded, false},
		"refunded to the last cent":                {`{"status":"completed",` + paid + `,"refunds":[{"id":1,"total":"-9.35"},{"id":2,"total":"-20.00"}]}`, commerce.Completed, commerce.Refunded, false},
		"status refunded":                          {`{"status":"refunded",` + paid + `}`, commerce.Open, commerce.Refunded, false},
		"cancelled":                                {`{"status":"cancelled","payment_method":"stripe"}`, commerce.Cancelled, commerce.Unpaid, false},
		"a declined card":                          {`{"status":"failed","payment_method":"stripe","needs_payment":true}`, commerce.Open, commerce.Unpaid, true},
		"a declined card, not told what it needs":  {`{"status":"failed","payment_method":"stripe","needs_payment":null}`, commerce.Open, commerce.Unpaid, true},
		"failed for good":                          {`{"status":"failed","payment_method":"stripe","needs_payment":false}`, commerce.Cancelled, commerce.Unpaid, false},
		"failed, and nothing to pay":               {`{"status":"failed","payment_method":"stripe","needs_payment":null,"total":"0.00"}`, commerce.Cancelled, commerce.Unpaid, false},
		"on hold while a card is looked at":        {`{"status":"on-hold","payment_method":"stripe","needs_payment":true}`, commerce.Open, commerce.Authorized, false},
		"pending, and nothing to pay":              {`{"status":"pending","payment_method":"stripe","needs_payment":false}`, commerce.Open, commerce.Authorized, false},
		"in the bin":                               {`{"status":"trash","payment_method":"stripe"}`, commerce.Cancelled, commerce.Unpaid, false},
		"a status of a plugin":                     {`{"status":"wc-packing","payment_method":"stripe",` + paid + `}`, commerce.Open, commerce.Paid, false},
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
		"ids as text":           {`{}`, "727 3 93", func(o commerce.Order) string { return o.External + " " + o.Buyer.Platform + " " + o.Lines[0].Product }},
		"amounts as numbers":    {`{}`, "6.45", func(o commerce.Order) string { return o.Lines[0].Net.String() }},
		"entities in names":     {`{}`, "A & B", func(o commerce.Order) string { return o.Lines[0].Title }},
		"times are GMT":         {`{}`, "2026-01-02T00:00:00Z", func(o commerce.Order) string { return o.Version.Format("2006-01-02T15:04:05Z07:00") }},
		"guest number 0":        {`{"customer_id":0}`, "", func(o commerce.Order) string { return o.Buyer.Platform }},
		"scientific notation":   {`{"total":2.935e1}`, "29.35", func(o commerce.Order) string { return o.Total.String() }},
		"tiny power":            {`{"total":"2935000e-5"}`, "29.35", func(o commerce.Order) string { return o.Total.String() }},
		"six decimals":          {`{"total":"29.349999"}`, "29.35 amount_rounded", func(o commerce.Order) string { return o.Total.String() + " " + strings.Join(o.Quality, " ") }},
		"address as empty list": {`{"billing":[],"shipping":[]}`, "no_address", func(o commerce.Order) string { return strings.Join(o.Quality, " ") }},
		"own cost of goods": {line(`,"cost_of_goods_sold":{"value":"3.50"}`), "1.75 USD", func(o commerce.Order) string {
			return o.Lines[0].UnitCost.String() + " " + o.Lines[0].UnitCost.Currency
		}},
		"a plugin's cost":      {line(`,"meta_data":[{"key":"_wc_cog_item_cost","value":"1.2"}]`), "1.20", func(o commerce.Order) string { return o.Lines[0].UnitCost.String() }},
		"no cost":              {line(``), "", func(o commerce.Order) string { return o.Lines[0].UnitCost.Currency }},
		"sold by weight":       {`{"line_items":[{"id":1,"quantity":0.5,"subtotal":"6.00","total":"6.00"}]}`, "quantity_rounded", func(o commerce.Order) string { return strings.Join(o.Quality, " ") }},
		"pay link while due":   {`{}`, "https://x.example/pay", func(o commerce.Order) string { return o.PayURL }},
		"no link when not due": {`{"needs_payment":false}`, "", func(o commerce.Order) string { return o.PayURL }},
		"utm from the landing": {`{"meta_data":[{"key":"_wc_order_attribution_session_entry","value":"https://x.example/?utm_source=a&utm_term=b"}]}`, "a b", func(o commerce.Order) string { return o.Source.UTMSource + " " + o.Source.UTMTerm }},
		"metas anybody sees":   {`{"meta_data":[{"key":"gift","value":"yes"},{"key":"_secret","value":"1"},{"key":"deep","value":{"a":1}}]}`, "gift=yes", func(o commerce.Order) string { return o.Custom[0].Key + "=" + o.Custom[0].Value }},
		"test payments":        {`{"meta_data":[{"key":"_wcpay_mode","value":"test"}]}`, "true", func(o commerce.Order) string { return map[bool]string{true: "true"}[o.Test] }},
		"NUL in a name":        {`{"number":"7\u000027"}`, "727", func(o commerce.Order) string { return o.Number }},
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
		"an error in place of a customer": {"woocommerce", "customer.created", `{"code":"woocommerce_rest_invalid_id","message":"Invalid resource ID.","data":{"status":404}}`, "WooCommerce sent an error instead of the customer: woocommerce_rest_invalid_id: Invalid resource ID."},
		"an order still at the checkout":  {"woocommerce", "order.created", `{"id":1,"status":"checkout-draft"}`, "status checkout-draft: the buyer is still at the checkout"},
		"an empty list":                   {"woocommerce", "order.updated", `[]`, "the list is empty"},
		"no topic":                        {"woocommerce", "", `{"id":1}`, "topic : carries no order, refund, customer or product"},
		"a cart":                          {"shopify", "carts/update", `not even JSON`, "topic carts/update: a cart names nobody; checkouts are read instead"},
		"a restock":                       {"shopify", "refunds/create", `{"id":1,"created_at":"2026-01-01T00:00:00Z","transactions":[]}`, "a refund that moves no money and names no order"},
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

// What a Shopify order comes to: edits change it, refunds do not, and amounts
// are in the shop's currency.
func TestShopifyOrdersAreCountedInTheShopsMoney(t *testing.T) {
	t.Parallel()
	total := func(o commerce.Order) string { return o.Total.String() + " " + o.Total.Currency }
	line := func(o commerce.Order) string { return o.Lines[0].Net.String() }
	payment := func(o commerce.Order) string { return string(o.Payment) }
	refunded := func(o commerce.Order) string {
		return o.Refunds[0].Amount.String() + " " + o.Refunds[0].Amount.Currency
	}
	for name, c := range map[string]struct {
		patch, want string
		field       func(commerce.Order) string
	}{
		"plain":                                      {`{}`, "100.00 USD", total},
		"an edit lowers":                             {`{"current_total_price":"60.00"}`, "60.00 USD", total},
		"a refund does not":                          {`{"current_total_price":"60.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","transactions":[{"kind":"refund","status":"success","amount":"40.00"}]}]}`, "100.00 USD", total},
		"goods back for money do not":                {`{"current_total_price":"60.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","refund_line_items":[{"line_item_id":51,"quantity":1}],"transactions":[{"kind":"refund","status":"success","amount":"40.00"}]}]}`, "100.00 USD", total},
		"a goodwill refund does not":                 {`{"current_total_price":"100.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","transactions":[{"kind":"refund","status":"success","amount":"10.00"}]}]}`, "100.00 USD", total},
		"lines taken off without money lower":        {`{"current_total_price":"60.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","refund_line_items":[{"line_item_id":51,"quantity":1}],"transactions":[]}]}`, "60.00 USD", total},
		"an equal exchange is one sale":              {`{"total_price":"200.00","current_total_price":"100.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","refund_line_items":[{"line_item_id":51,"quantity":2}],"transactions":[]}]}`, "100.00 USD", total},
		"an exchange for less pays the rest back":    {`{"total_price":"180.00","current_total_price":"80.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","refund_line_items":[{"line_item_id":51,"quantity":2}],"transactions":[]},{"id":2,"created_at":"2026-01-02T00:00:00Z","transactions":[{"kind":"refund","status":"success","amount":"20.00"}]}]}`, "100.00 USD", total},
		"an edit raises, after a refund too":         {`{"current_total_price":"160.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","transactions":[]}]}`, "160.00 USD", total},
		"shop money before shown":                    {`{"total_price":"92.00","total_price_set":{"shop_money":{"amount":"100.00","currency_code":"USD"},"presentment_money":{"amount":"92.00","currency_code":"EUR"}}}`, "100.00 USD", total},
		"the buyer's currency is kept":               {`{"presentment_currency":"EUR"}`, "presentment_currency=EUR", func(o commerce.Order) string { return o.Custom[0].Key + "=" + o.Custom[0].Value }},
		"a line with tax and its share of discounts": {`{}`, "97.20", line},
		"tax already in the price":                   {`{"taxes_included":true}`, "90.00", line},
		"a line half removed":                        {`{"line_items":[{"id":51,"price":"50.00","quantity":2,"current_quantity":1}]}`, "50.00", line},
		"a third of a line stays, rounded":           {`{"line_items":[{"id":51,"price":"33.33","quantity":3,"current_quantity":1,"total_discount":"0.01"}]}`, "33.33", line},
		"a line half returned stays bought":          {`{"line_items":[{"id":51,"price":"50.00","quantity":2,"current_quantity":1}],"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","refund_line_items":[{"line_item_id":51,"quantity":1}],"transactions":[{"kind":"refund","status":"success","amount":"50.00"}]}]}`, "100.00", line},
		"a line half taken off is half bought":       {`{"line_items":[{"id":51,"price":"50.00","quantity":2,"current_quantity":1}],"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","refund_line_items":[{"line_item_id":51,"quantity":1}],"transactions":[]}]}`, "50.00", line},
		"a line taken off is not there": {`{"line_items":[{"id":51,"price":"50.00","quantity":2,"current_quantity":0},{"id":52,"price":"9.00","quantity":1,"current_quantity":1}]}`, "52 of 1", func(o commerce.Order) string {
			return fmt.Sprint(o.Lines[0].ID, " of ", len(o.Lines))
		}},
		"a refund in the buyer's money": {`{"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","refund_line_items":[{"line_item_id":51,"quantity":1,"subtotal_set":{"shop_money":{"amount":"50.00","currency_code":"USD"},"presentment_money":{"amount":"46.00","currency_code":"EUR"}}}],
			"transactions":[{"kind":"refund","status":"success","amount":"23.00","currency":"EUR"}]}]}`, "25.00 USD", func(o commerce.Order) string {
			return o.Refunds[0].Amount.String() + " " + o.Refunds[0].Amount.Currency
		}},
		"a refund in the buyer's money, told in both": {`{"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
			"transactions":[{"kind":"refund","status":"success","amount":"23.00","currency":"EUR","amount_set":{"shop_money":{"amount":"24.90","currency_code":"USD"},"presentment_money":{"amount":"23.00","currency_code":"EUR"}}}]}]}`, "24.90 USD", refunded},
		"a refund in the buyer's money, of an adjustment": {`{"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","order_adjustments":[{"amount_set":{"shop_money":{"amount":"-10.00","currency_code":"USD"},"presentment_money":{"amount":"-9.20","currency_code":"EUR"}}}],
			"transactions":[{"kind":"refund","status":"success","amount":"9.20","currency":"EUR"}]}]}`, "10.00 USD", refunded},
		"a refund in the buyer's money, at the order's rate": {`{"total_price_set":{"shop_money":{"amount":"100.00","currency_code":"USD"},"presentment_money":{"amount":"92.00","currency_code":"EUR"}},
			"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","transactions":[{"kind":"refund","status":"success","amount":"46.00","currency":"EUR"}]}]}`, "50.00 USD", refunded},
		"a refund in the buyer's money, at no known rate": {`{"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","transactions":[{"kind":"refund","status":"success","amount":"46.00","currency":"EUR"}]}]}`, "46.00 EUR refund_unpriced", func(o commerce.Order) string {
			return refunded(o) + " " + strings.Join(o.Quality, " ")
		}},
		"everything taken off is not due":   {`{"current_total_price":"0.00","total_outstanding":"0.00"}`, "voided", payment},
		"nothing outstanding is not unpaid": {`{"total_outstanding":"0.00"}`, "authorized", payment},
		"something outstanding is unpaid":   {`{"total_outstanding":"0.01"}`, "unpaid", payment},
		"brought down to what was paid":     {`{"financial_status":"partially_paid","current_total_price":"40.00","total_outstanding":"0.00"}`, "paid", payment},
		"paid in part, and the rest is due": {`{"financial_status":"partially_paid","total_outstanding":"60.00"}`, "partially_paid", payment},
		"a refund that failed is only asked for": {`{"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","transactions":[{"kind":"refund","status":"failure","amount":"23.00"}]}]}`, "true true", func(o commerce.Order) string {
			return strings.Join([]string{map[bool]string{true: "true"}[o.Refunds[0].RefundedAt.IsZero()], map[bool]string{true: "true"}[!o.Refunds[0].RequestedAt.IsZero()]}, " ")
		}},
		"ids beyond 2^53":         {`{"id":820982911946154508}`, "820982911946154508", func(o commerce.Order) string { return o.External }},
		"rounded ids are mended":  {`{"id":820982911946154500,"admin_graphql_api_id":"gid://shopify/Order/820982911946154508"}`, "820982911946154508", func(o commerce.Order) string { return o.External }},
		"a pay link while due":    {`{}`, "https://x.example/status", func(o commerce.Order) string { return o.PayURL }},
		"no pay link when paid":   {`{"financial_status":"paid"}`, "", func(o commerce.Order) string { return o.PayURL }},
		"cash on delivery":        {`{"payment_gateway_names":["Cash on Delivery (COD)"]}`, "cod", func(o commerce.Order) string { return o.Method }},
		"a status nobody knows":   {`{"financial_status":"bartered"}`, "|payment_unknown", func(o commerce.Order) string { return string(o.Payment) + "|" + strings.Join(o.Quality, " ") }},
		"without personal data":   {`{"email":null,"billing_address":null}`, "no_address no_customer", func(o commerce.Order) string { return strings.Join(o.Quality, " ") }},
		"paid and sent is done":   {`{"financial_status":"paid","fulfillment_status":"fulfilled"}`, "completed", func(o commerce.Order) string { return string(o.Status) }},
		"paid when the last part": {`{"financial_status":"paid","transactions":[{"kind":"capture","status":"success","processed_at":"2026-01-01T01:00:00Z"},{"kind":"sale","status":"success","processed_at":"2026-01-01T00:00:00Z"},{"kind":"sale","status":"failure","processed_at":"2026-01-01T02:00:00Z"}]}`, "2026-01-01 01:00", func(o commerce.Order) string { return o.Times.PaidAt.Format("2006-01-02 15:04") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := c.field(readOne(t, "shopify", "orders/updated", patched(t, shopifyOrder, c.patch))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Without transactions the orders/paid delivery dates the payment; no other does.
func TestShopifyPaymentsAreDatedByTheirDelivery(t *testing.T) {
	t.Parallel()
	d := delivery("shopify", "orders/paid", patched(t, shopifyOrder, `{"financial_status":"paid"}`))
	d.Header.Set("X-Shopify-Triggered-At", "2026-01-02T03:04:05.678Z")
	for topic, want := range map[string]string{"orders/paid": "2026-01-02 03:04:05.678", "orders/updated": "0001-01-01 00:00:00"} {
		d.Topic = topic
		records, err := connectors.Read("shopify", d)
		if err != nil {
			t.Fatal(err)
		}
		if got := records.Orders[0].Times.PaidAt.Format("2006-01-02 15:04:05.999"); got != want {
			t.Errorf("%s: got %s, want %s", topic, got, want)
		}
	}
}

// A parcel has left unless it failed to, and has arrived when its carrier says so.
func TestShopifyParcelsLeaveAndArrive(t *testing.T) {
	t.Parallel()
	const base = `{"id":9,"order_id":5,"status":"success","created_at":"2026-01-03T00:00:00Z","updated_at":"2026-01-04T00:00:00Z"}`
	for patch, want := range map[string]string{
		`{}`:                              "left",
		`{"shipment_status":"delivered"}`: "left arrived",
		`{"status":"cancelled"}`:          "left cancelled",
		`{"status":"failure"}`:            "cancelled",
	} {
		p := readOne(t, "shopify", "fulfillments/update", patched(t, base, patch)).Parcels[0]
		got := strings.Fields(map[bool]string{true: "left "}[!p.ShippedAt.IsZero()] + map[bool]string{true: "arrived "}[!p.DeliveredAt.IsZero()] +
			map[bool]string{true: "cancelled"}[p.Cancelled])
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %s, want %s", patch, got, want)
		}
	}
}

// An article is at hand while any variant is, or may be sold without stock.
func TestShopifyStockIsThatOfAllVariants(t *testing.T) {
	t.Parallel()
	for patch, want := range map[string]string{
		`{"variants":[{"inventory_quantity":0},{"inventory_quantity":3}]}`:                    "3 true",
		`{"variants":[{"inventory_quantity":3},{"inventory_quantity":-5}]}`:                   "3 true",
		`{"variants":[{"inventory_quantity":0,"inventory_policy":"deny"}]}`:                   "0 false",
		`{"variants":[{"inventory_quantity":0,"inventory_policy":"continue"}]}`:               "0 true",
		`{"variants":[{"inventory_quantity":3}],"status":"archived"}`:                         "3 false",
		`{"category":{"full_name":"Home > Kitchen"},"variants":[{"inventory_quantity":"2"}]}`: "2 true",
	} {
		body := patched(t, `{"id":1,"updated_at":"2026-01-01T00:00:00Z"}`, patch)
		records, err := connectors.Read("shopify", delivery("shopify", "products/update", body))
		if err != nil {
			t.Fatal(err)
		}
		p := records.Products[0]
		if got := fmt.Sprint(*p.Stock, *p.InStock); got != want {
			t.Errorf("%s: got %s, want %s", patch, got, want)
		}
		if len(p.Categories) > 0 && strings.Join(p.Categories[0], "/") != "Home/Kitchen" {
			t.Errorf("got path %q, want Home/Kitchen", p.Categories[0])
		}
	}
}

// Partial bodies may come before the order or after it: the result is one.
func TestPartialBodiesMayPrecedeTheirOrder(t *testing.T) {
	t.Parallel()
	parts := []commerce.Order{
		readOne(t, "shopify", "orders/create", []byte(shopifyOrder)),
		readOne(t, "shopify", "fulfillments/create", []byte(`{"id":9,"order_id":5,"status":"success","created_at":"2026-01-03T00:00:00Z","updated_at":"2026-01-03T00:00:00Z","tracking_company":"UPS","line_items":[{"id":51,"quantity":2}]}`)),
		readOne(t, "shopify", "fulfillment_events/create", []byte(`{"id":1,"fulfillment_id":9,"order_id":5,"status":"delivered","happened_at":"2026-01-05T00:00:00Z"}`)),
		readOne(t, "shopify", "refunds/create", []byte(`{"id":8,"order_id":5,"created_at":"2026-01-06T00:00:00Z","transactions":[{"kind":"refund","status":"success","amount":"10.00","currency":"USD"}]}`)),
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

// An order's tags are each of its list, also of one that is longer than any
// other text may be.
func TestEveryTagOfAShopifyOrderIsRead(t *testing.T) {
	t.Parallel()
	var want []string
	for i := range 250 {
		want = append(want, fmt.Sprintf("a tag as long as a tag may be: number %d", i))
	}
	body := fmt.Appendf(nil, `{"id":7,"created_at":"2011-01-01T00:00:00Z","updated_at":"2011-01-01T00:00:00Z","currency":"EUR","total_price":"1.00","tags":%q}`, strings.Join(want, ", "))
	records, err := connectors.Read("shopify", delivery("shopify", "orders/create", body))
	if err != nil {
		t.Fatal(err)
	}
	if got := records.Orders[0]; !slices.Equal(got.Tags, want) || slices.Contains(got.Quality, "text_clipped") {
		t.Errorf("got %d tags, of odd quality %q, want %d", len(got.Tags), got.Quality, len(want))
	}
}

// What a body leaves out it does not deny: tags and consents are only told
// where their keys are there.
func TestShopifyCustomersDenyNothingBySilence(t *testing.T) {
	t.Parallel()
	const base = `{"id":7,"updated_at":"2026-01-01T00:00:00Z","email":"a@example.com","verified_email":true}`
	for name, c := range map[string]struct{ topic, body, want string }{
		"neither tags nor consent": {"customers/update", base, ""},
		"no tags left":             {"customers/update", string(patched(t, base, `{"tags":""}`)), "tags[]"},
		"tags":                     {"customers/update", string(patched(t, base, `{"tags":"vip, new"}`)), "tags[vip new]"},
		"tags null":                {"customers/update", string(patched(t, base, `{"tags":null}`)), ""},
		"subscribed":               {"customers/update", string(patched(t, base, `{"email_marketing_consent":{"state":"subscribed","opt_in_level":"confirmed_opt_in","consent_updated_at":"2025-01-01T00:00:00Z"}}`)), "consent:email yes explicit a@example.com"},
		"never subscribed":         {"customers/update", string(patched(t, base, `{"email_marketing_consent":{"state":"not_subscribed"}}`)), "consent:email no none a@example.com"},
		"to be confirmed":          {"customers_email_marketing_consent/update", `{"customer_id":7,"email_address":"B@example.com","email_marketing_consent":{"state":"PENDING","opt_in_level":"confirmed_opt_in","consent_updated_at":"2025-01-01T00:00:00Z"}}`, "consent:email no pending b@example.com"},
		"left, in capitals":        {"customers_email_marketing_consent/update", `{"customer_id":7,"email_marketing_consent":{"state":"UNSUBSCRIBED","opt_in_level":"CONFIRMED_OPT_IN"}}`, "consent:email no"},
		"a grant repeated later":   {"customers/update", string(patched(t, base, `{"email_marketing_consent":{"state":"subscribed","opt_in_level":"confirmed_opt_in","consent_updated_at":null}}`)), "consent:email yes a@example.com"},
		"a grant told by itself":   {"customers_email_marketing_consent/update", `{"customer_id":7,"email_marketing_consent":{"state":"subscribed","opt_in_level":"single_opt_in"}}`, "consent:email yes explicit"},
		"consent null":             {"customers/update", string(patched(t, base, `{"email_marketing_consent":null}`)), ""},
		"unsubscribed":             {"customers_email_marketing_consent/update", `{"customer_id":7,"email_marketing_consent":{"state":"unsubscribed","consent_updated_at":"2025-01-01T00:00:00Z"}}`, "consent:email no"},
		"messages":                 {"customers_marketing_consent/update", `{"id":7,"sms_marketing_consent":{"state":"subscribed","opt_in_level":"unknown","consent_updated_at":"2025-01-01T00:00:00Z"}}`, "consent:sms yes"},
		"a tag taken off":          {"customer.tags_removed", `{"customerId":"gid://shopify/Customer/7","tags":["vip"],"occurredAt":"2026-01-01T00:00:00Z"}`, "tag:vip"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			records, err := connectors.Read("shopify", delivery("shopify", c.topic, []byte(c.body)))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, r := range records.Customers {
				if r.External != "7" {
					t.Errorf("got customer %q, want 7", r.External)
				}
				if r.Aspect != "" {
					got = append(got, describeAspect(r))
				}
			}
			if strings.Join(got, "; ") != c.want {
				t.Errorf("got %q, want %q", strings.Join(got, "; "), c.want)
			}
		})
	}
}

func describeAspect(r commerce.CustomerRecord) string {
	text := r.Aspect
	if r.TagsKnown {
		text += "[" + strings.Join(r.Attributes.Tags, " ") + "]"
	}
	for _, c := range r.Consents {
		text += map[bool]string{true: " yes", false: " no"}[c.Granted] + map[bool]string{true: " explicit"}[c.Explicit]
		for _, word := range []string{string(c.State), c.Address} {
			text = strings.TrimSpace(text + " " + word)
		}
	}
	return text
}

// The real bodies of the collection differ in what is there, null or empty;
// with amounts in place of their placeholders every order and checkout is a record.
func TestRealShapesAreRecordsOnceTheirAmountsAreAmounts(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob("../../shared/payloads/shopify/real-exemplars/*.json")
	if len(files) == 0 && os.Getenv("COMEBACK_TEST_SHARED") == "required" {
		t.Fatal("the payload collection is not here")
	}
	for _, file := range files {
		topic := map[bool]string{true: "orders/updated", false: "checkouts/update"}[strings.Contains(file, "-orders-")]
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
		if records, err := connectors.Read("shopify", delivery("shopify", topic, body)); err != nil || len(records.Orders)+len(records.Checkouts) == 0 {
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
			case "amount", "price", "line_price", "total_discount", "total_price", "current_total_price", "subtotal_price", "total_tax", "total_discounts":
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
