package connectors_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"comeback/commerce"
	"comeback/connectors"
)

// Edits change a Shopify order, refunds do not, and amounts are in the shop's
// currency.
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
		"plain":          {`{}`, "100.00 USD", total},
		"an edit lowers": {`{"current_total_price":"60.00"}`, "60.00 USD", total},
		"a refund does not": {
			`{"current_total_price":"60.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
				"transactions":[{"kind":"refund","status":"success","amount":"40.00"}]}]}`,
			"100.00 USD", total,
		},
		"goods back for money do not": {
			`{"current_total_price":"60.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
				"refund_line_items":[{"line_item_id":51,"quantity":1}],"transactions":[{"kind":"refund","status":"success","amount":"40.00"}]}]}`,
			"100.00 USD", total,
		},
		"a goodwill refund does not": {
			`{"current_total_price":"100.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
				"transactions":[{"kind":"refund","status":"success","amount":"10.00"}]}]}`,
			"100.00 USD", total,
		},
		"lines taken off without money lower": {
			`{"current_total_price":"60.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
				"refund_line_items":[{"line_item_id":51,"quantity":1}],"transactions":[]}]}`,
			"60.00 USD", total,
		},
		"an equal exchange is one sale": {
			`{"total_price":"200.00","current_total_price":"100.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
				"refund_line_items":[{"line_item_id":51,"quantity":2}],"transactions":[]}]}`,
			"100.00 USD", total,
		},
		"an exchange for less pays the rest back": {
			`{"total_price":"180.00","current_total_price":"80.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
				"refund_line_items":[{"line_item_id":51,"quantity":2}],"transactions":[]},
				{"id":2,"created_at":"2026-01-02T00:00:00Z","transactions":[{"kind":"refund","status":"success","amount":"20.00"}]}]}`,
			"100.00 USD", total,
		},
		"an edit raises, after a refund too": {
			`{"current_total_price":"160.00","refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","transactions":[]}]}`,
			"160.00 USD", total,
		},
		"shop money before shown": {
			`{"total_price":"92.00","total_price_set":{"shop_money":{"amount":"100.00","currency_code":"USD"},
				"presentment_money":{"amount":"92.00","currency_code":"EUR"}}}`,
			"100.00 USD", total,
		},
		"the buyer's currency is kept": {
			`{"presentment_currency":"EUR"}`, "presentment_currency=EUR",
			func(o commerce.Order) string { return o.Custom[0].Key + "=" + o.Custom[0].Value },
		},
		"a line with tax and its share of discounts": {`{}`, "97.20", line},
		"tax already in the price":                   {`{"taxes_included":true}`, "90.00", line},
		"a line half removed": {
			`{"line_items":[{"id":51,"price":"50.00","quantity":2,"current_quantity":1}]}`, "50.00", line,
		},
		"a third of a line stays, rounded": {
			`{"line_items":[{"id":51,"price":"33.33","quantity":3,"current_quantity":1,"total_discount":"0.01"}]}`, "33.33", line,
		},
		"a line half returned stays bought": {
			`{"line_items":[{"id":51,"price":"50.00","quantity":2,"current_quantity":1}],
				"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","refund_line_items":[{"line_item_id":51,"quantity":1}],
				"transactions":[{"kind":"refund","status":"success","amount":"50.00"}]}]}`,
			"100.00", line,
		},
		"a line half taken off is half bought": {
			`{"line_items":[{"id":51,"price":"50.00","quantity":2,"current_quantity":1}],
				"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","refund_line_items":[{"line_item_id":51,"quantity":1}],"transactions":[]}]}`,
			"50.00", line,
		},
		"a line taken off is not there": {`{"line_items":[{"id":51,"price":"50.00","quantity":2,"current_quantity":0},
			{"id":52,"price":"9.00","quantity":1,"current_quantity":1}]}`, "52 of 1", func(o commerce.Order) string {
			return fmt.Sprint(o.Lines[0].ID, " of ", len(o.Lines))
		}},
		"a refund in the buyer's money": {`{"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
			"refund_line_items":[{"line_item_id":51,"quantity":1,"subtotal_set":{"shop_money":{"amount":"50.00","currency_code":"USD"},
			"presentment_money":{"amount":"46.00","currency_code":"EUR"}}}],
			"transactions":[{"kind":"refund","status":"success","amount":"23.00","currency":"EUR"}]}]}`, "25.00 USD", func(o commerce.Order) string {
			return o.Refunds[0].Amount.String() + " " + o.Refunds[0].Amount.Currency
		}},
		"a refund in the buyer's money, told in both": {`{"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
			"transactions":[{"kind":"refund","status":"success","amount":"23.00","currency":"EUR",
				"amount_set":{"shop_money":{"amount":"24.90","currency_code":"USD"},
				"presentment_money":{"amount":"23.00","currency_code":"EUR"}}}]}]}`, "24.90 USD", refunded},
		"a refund in the buyer's money, of an adjustment": {`{"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
			"order_adjustments":[{"amount_set":{"shop_money":{"amount":"-10.00","currency_code":"USD"},
			"presentment_money":{"amount":"-9.20","currency_code":"EUR"}}}],
			"transactions":[{"kind":"refund","status":"success","amount":"9.20","currency":"EUR"}]}]}`, "10.00 USD", refunded},
		"a refund in the buyer's money, at the order's rate": {`{"total_price_set":{"shop_money":{"amount":"100.00","currency_code":"USD"},
			"presentment_money":{"amount":"92.00","currency_code":"EUR"}},
			"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z","transactions":[{"kind":"refund","status":"success","amount":"46.00",
				"currency":"EUR"}]}]}`, "50.00 USD", refunded},
		"a refund in the buyer's money, at no known rate": {`{"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
			"transactions":[{"kind":"refund","status":"success","amount":"46.00","currency":"EUR"}]}]}`, "46.00 EUR refund_unpriced",
			func(o commerce.Order) string {
				return refunded(o) + " " + strings.Join(o.Quality, " ")
			}},
		"everything taken off is not due":   {`{"current_total_price":"0.00","total_outstanding":"0.00"}`, "voided", payment},
		"nothing outstanding is not unpaid": {`{"total_outstanding":"0.00"}`, "authorized", payment},
		"something outstanding is unpaid":   {`{"total_outstanding":"0.01"}`, "unpaid", payment},
		"brought down to what was paid": {
			`{"financial_status":"partially_paid","current_total_price":"40.00","total_outstanding":"0.00"}`, "paid", payment,
		},
		"paid in part, and the rest is due": {`{"financial_status":"partially_paid","total_outstanding":"60.00"}`, "partially_paid", payment},
		"a refund that failed is only asked for": {`{"refunds":[{"id":1,"created_at":"2026-01-02T00:00:00Z",
			"transactions":[{"kind":"refund","status":"failure","amount":"23.00"}]}]}`, "true true", func(o commerce.Order) string {
			return fmt.Sprint(o.Refunds[0].RefundedAt.IsZero(), !o.Refunds[0].RequestedAt.IsZero())
		}},
		"ids beyond 2^53": {`{"id":820982911946154508}`, "820982911946154508", func(o commerce.Order) string { return o.External }},
		"rounded ids are mended": {
			`{"id":820982911946154500,"admin_graphql_api_id":"gid://shopify/Order/820982911946154508"}`, "820982911946154508",
			func(o commerce.Order) string { return o.External },
		},
		"a pay link while due":  {`{}`, "https://x.example/status", func(o commerce.Order) string { return o.PayURL }},
		"no pay link when paid": {`{"financial_status":"paid"}`, "", func(o commerce.Order) string { return o.PayURL }},
		"cash on delivery": {
			`{"payment_gateway_names":["Cash on Delivery (COD)"]}`, "cod", func(o commerce.Order) string { return o.Method },
		},
		"a status nobody knows": {
			`{"financial_status":"bartered"}`, "|payment_unknown",
			func(o commerce.Order) string { return string(o.Payment) + "|" + strings.Join(o.Quality, " ") },
		},
		"without personal data": {
			`{"email":null,"billing_address":null}`, "no_address no_customer",
			func(o commerce.Order) string { return strings.Join(o.Quality, " ") },
		},
		"paid and sent is done": {
			`{"financial_status":"paid","fulfillment_status":"fulfilled"}`, "completed",
			func(o commerce.Order) string { return string(o.Status) },
		},
		"paid when the last part": {
			`{"financial_status":"paid","transactions":[{"kind":"capture","status":"success","processed_at":"2026-01-01T01:00:00Z"},
				{"kind":"sale","status":"success","processed_at":"2026-01-01T00:00:00Z"},
				{"kind":"sale","status":"failure","processed_at":"2026-01-01T02:00:00Z"}]}`,
			"2026-01-01 01:00", func(o commerce.Order) string { return o.Times.PaidAt.Format("2006-01-02 15:04") },
		},
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

// A parcel has left unless it failed, and has arrived when its carrier reports
// it.
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
		got := strings.Join(slices.Concat(
			wordIf(!p.ShippedAt.IsZero(), "left"), wordIf(!p.DeliveredAt.IsZero(), "arrived"), wordIf(p.Cancelled, "cancelled"),
		), " ")
		if got != want {
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

// An order's tags are each of its list, also of one that is longer than any
// other text may be.
func TestEveryTagOfAShopifyOrderIsRead(t *testing.T) {
	t.Parallel()
	var want []string
	for i := range 250 {
		want = append(want, fmt.Sprintf("a tag as long as a tag may be: number %d", i))
	}
	body := fmt.Appendf(
		nil,
		`{"id":7,"created_at":"2011-01-01T00:00:00Z","updated_at":"2011-01-01T00:00:00Z","currency":"EUR","total_price":"1.00","tags":%q}`,
		strings.Join(want, ", "),
	)
	records, err := connectors.Read("shopify", delivery("shopify", "orders/create", body))
	if err != nil {
		t.Fatal(err)
	}
	if got := records.Orders[0]; !slices.Equal(got.Tags, want) || slices.Contains(got.Quality, "text_clipped") {
		t.Errorf("got %d tags, of odd quality %q, want %d", len(got.Tags), got.Quality, len(want))
	}
}

// A missing key of a body is no statement: tags and consents are read only if
// their keys are present.
func TestMissingKeysOfShopifyCustomersAreNoStatement(t *testing.T) {
	t.Parallel()
	const base = `{"id":7,"updated_at":"2026-01-01T00:00:00Z","email":"a@example.com","verified_email":true}`
	for name, c := range map[string]struct{ topic, body, want string }{
		"neither tags nor consent": {"customers/update", base, ""},
		"no tags left":             {"customers/update", string(patched(t, base, `{"tags":""}`)), "tags[]"},
		"tags":                     {"customers/update", string(patched(t, base, `{"tags":"vip, new"}`)), "tags[vip new]"},
		"tags null":                {"customers/update", string(patched(t, base, `{"tags":null}`)), ""},
		"subscribed": {
			"customers/update",
			string(patched(t, base, `{"email_marketing_consent":{"state":"subscribed","opt_in_level":"confirmed_opt_in",
				"consent_updated_at":"2025-01-01T00:00:00Z"}}`)),
			"consent:email yes explicit a@example.com",
		},
		"never subscribed": {
			"customers/update", string(patched(t, base, `{"email_marketing_consent":{"state":"not_subscribed"}}`)),
			"consent:email no none a@example.com",
		},
		"to be confirmed": {
			"customers_email_marketing_consent/update",
			`{"customer_id":7,"email_address":"B@example.com","email_marketing_consent":{"state":"PENDING","opt_in_level":"confirmed_opt_in",
				"consent_updated_at":"2025-01-01T00:00:00Z"}}`,
			"consent:email no pending b@example.com",
		},
		"left, in capitals": {
			"customers_email_marketing_consent/update",
			`{"customer_id":7,"email_marketing_consent":{"state":"UNSUBSCRIBED","opt_in_level":"CONFIRMED_OPT_IN"}}`,
			"consent:email no",
		},
		"a grant repeated later": {
			"customers/update",
			string(patched(t, base, `{"email_marketing_consent":{"state":"subscribed","opt_in_level":"confirmed_opt_in",
				"consent_updated_at":null}}`)),
			"consent:email yes a@example.com",
		},
		"a grant by a topic of its own": {
			"customers_email_marketing_consent/update",
			`{"customer_id":7,"email_marketing_consent":{"state":"subscribed","opt_in_level":"single_opt_in"}}`,
			"consent:email yes explicit",
		},
		"consent null": {"customers/update", string(patched(t, base, `{"email_marketing_consent":null}`)), ""},
		"unsubscribed": {
			"customers_email_marketing_consent/update",
			`{"customer_id":7,"email_marketing_consent":{"state":"unsubscribed","consent_updated_at":"2025-01-01T00:00:00Z"}}`,
			"consent:email no",
		},
		"messages": {
			"customers_marketing_consent/update",
			`{"id":7,"sms_marketing_consent":{"state":"subscribed","opt_in_level":"unknown","consent_updated_at":"2025-01-01T00:00:00Z"}}`,
			"consent:sms yes",
		},
		"a tag taken off": {
			"customer.tags_removed",
			`{"customerId":"gid://shopify/Customer/7","tags":["vip"],"occurredAt":"2026-01-01T00:00:00Z"}`, "tag:vip",
		},
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
		words := slices.Concat(
			[]string{text}, wordIf(c.Granted, "yes"), wordIf(!c.Granted, "no"), wordIf(c.Explicit, "explicit"),
			wordIf(c.State != "", string(c.State)), wordIf(c.Address != "", c.Address),
		)
		text = strings.Join(words, " ")
	}
	return text
}

// wordIf is the word in a list if the condition holds, else an empty list.
func wordIf(condition bool, word string) []string {
	if !condition {
		return nil
	}
	return []string{word}
}
