package connectors_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"comeback/commerce"
	"comeback/connectors"
)

// hostile bends a good order of each platform in every way a broken or an
// angry sender might.
func hostile() map[string]func(order string) string {
	into := func(value string) func(string) string {
		return func(order string) string {
			return strings.Replace(order, `"currency":`, `"custom":`+value+`,"currency":`, 1)
		}
	}
	total := func(value string) func(string) string {
		return func(order string) string {
			for _, key := range []string{`"total":"29.35"`, `"total_price":"100.00"`, `"total":"1.00"`} {
				name, _, _ := strings.Cut(key, ":")
				order = strings.Replace(order, key, name+":"+value, 1)
			}
			return order
		}
	}
	return map[string]func(string) string{
		"nesting 10,000 deep":       into(strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)),
		"nesting 10,000 deep, open": into(strings.Repeat(`{"a":`, 10_000)),
		"nesting 65 deep":           into(strings.Repeat("[", 65) + strings.Repeat("]", 65)),
		"a raw NUL":                 into("\"a\x00b\""),
		"NUL after the end":         func(order string) string { return order + "\x00" },
		"invalid UTF-8":             into("\"\xff\xfe\""),
		"cut UTF-8":                 into("\"\xe5\xb0\""),
		"a huge number":             total(strings.Repeat("9", 100_000)),
		"a huge power":              total("1e999999999"),
		"a power of nothing":        total(`"e5"`),
		"a large power":             total("1e40"),
		"beyond int64":              total(`"92233720368547758.08"`),
		"not a number":              total("NaN"),
		"infinity in words":         total(`"Infinity"`),
		"an amount as object":       total(`{"$gt":""}`),
		"an amount as flag":         total(`true`),
		"5 MB and one byte":         into(`"` + strings.Repeat("x", connectors.MaxBody) + `"`),
		"cut in the middle":         func(order string) string { return order[:len(order)/2] },
		"two values":                func(order string) string { return order + order },
		"a comma too many":          func(order string) string { return strings.TrimSuffix(order, "}") + ",}" },
		"a key twice":               into(`1,"custom":2`),
		"nothing":                   func(string) string { return "" },
		"blanks":                    func(string) string { return " \n\t " },
		"null":                      func(string) string { return "null" },
		"a string":                  func(string) string { return `"order"` },
		"a number":                  func(string) string { return "1e1" },
		"a list of numbers":         func(string) string { return "[1,2]" },
		"a list of lists":           func(string) string { return "[[],[]]" },
		"XML":                       func(string) string { return "<order/>" },
		"a byte order mark":         func(order string) string { return "\ufeff" + order },
		"UTF-16":                    func(order string) string { return "\xff\xfe" + strings.Join(strings.Split(order, ""), "\x00") },
		"an id as object":           func(order string) string { return strings.Replace(order, `"id":`, `"id":{"a":1},"x":`, 1) },
		"an id with a point":        func(order string) string { return strings.Replace(order, `"id":`, `"id":1.5,"x":`, 1) },
		"an id of 1 kB": func(order string) string {
			return strings.Replace(order, `"id":`, `"id":"`+strings.Repeat("1", 1024)+`","x":`, 1)
		},
		"a quantity of 10^12":    quantity("1000000000000"),
		"a quantity in words":    quantity(`"two"`),
		"a time in the year 1e9": func(order string) string { return moment(order, `"1000000000-01-01T00:00:00Z"`) },
		"a time as a number":     func(order string) string { return moment(order, "1767225600") },
	}
}

func quantity(value string) func(string) string {
	return func(order string) string {
		lines := `{"id":"1","quantity":` + value + `}`
		return strings.Replace(
			strings.Replace(order, `"line_items":[`, `"line_items":[`+lines+`,`, 1), `"buyer":`, `"lines":[`+lines+`],"buyer":`, 1,
		)
	}
}

func moment(order, value string) string {
	for _, key := range []string{`"date_modified_gmt":`, `"updated_at":`} {
		order = strings.Replace(order, key, key+value+`,"x":`, 1)
	}
	return order
}

// Whatever a sender does to a body, it is quarantined with a reason that a
// person can read: no panic, no record, no page-long message.
func TestHostileBodiesAreQuarantinedWithAReason(t *testing.T) {
	t.Parallel()
	for platform, c := range map[string][2]string{
		"woocommerce": {"order.updated", wooOrder}, "shopify": {"orders/updated", shopifyOrder}, "generic": {"", minimal},
	} {
		if _, err := connectors.Read(platform, delivery(platform, c[0], []byte(c[1]))); err != nil {
			t.Fatalf("%s: the order to bend is not good itself: %v", platform, err)
		}
		for name, bend := range hostile() {
			t.Run(platform+": "+name, func(t *testing.T) {
				t.Parallel()
				body := bend(c[1])
				if body == c[1] {
					t.Fatal("nothing was bent")
				}
				records, err := connectors.Read(platform, delivery(platform, c[0], []byte(body)))
				if commerce.CodeOf(err) != commerce.Invalid || len(records.Orders) > 0 {
					t.Fatalf("got %v, %d orders, ignored %q, want an invalid error", err, len(records.Orders), records.Ignored)
				}
				if len(err.Error()) > 1000 || !utf8.ValidString(err.Error()) || strings.Contains(err.Error(), "\x00") {
					t.Errorf("got a reason of %d bytes: %.200q", len(err.Error()), err)
				}
			})
		}
	}
}

// A large order is no attack: 2,000 lines of the largest amounts still add up.
func TestLargeOrdersAreRead(t *testing.T) {
	t.Parallel()
	var lines []string
	for i := range 2000 {
		lines = append(lines, fmt.Sprintf(`{"id":"%d","quantity":1,"net":"9999999999.99"}`, i))
	}
	records, err := connectors.ReadGeneric([]byte(with(t, `{"lines":[`+strings.Join(lines, ",")+`]}`)), "tea", "main", noon())
	if err != nil || len(records.Orders[0].Lines) != 2000 {
		t.Errorf("got %v, want 2,000 lines", err)
	}
}

// Every recorded body with any one value replaced or removed is read or
// refused, and its records are sane.
func TestBentRecordingsAreReadOrRefused(t *testing.T) {
	t.Parallel()
	for _, file := range []string{
		"074-customer.updated", "082-order.updated", "085-order.updated", "089-product.updated", "094-product.deleted",
	} {
		d := recorded(t, "testdata/woocommerce/"+file+".headers.txt")
		good := d.Body
		for i := 0; i < len(good); i++ {
			if good[i] != ':' {
				continue
			}
			for _, value := range []string{"null,", "[],", "{},", `"",`, "-1,", "0.5,", "true,", `"x",`} {
				d.Body = append(append(bytes.Clone(good[:i+1]), []byte(value+`"y":`)...), good[i+1:]...)
				records, err := connectors.Read("woocommerce", d)
				sane(t, records, err)
			}
		}
	}
}

// sane checks what every answer of Read has in common.
func sane(t testing.TB, r connectors.Records, err error) {
	t.Helper()
	n := len(r.Orders) + len(r.Checkouts) + len(r.Customers) + len(r.Products) + len(r.LooseRefunds) + len(r.Redactions)
	switch code := commerce.CodeOf(err); {
	case err != nil && (code != commerce.Invalid || n > 0 || err.Error() == ""):
		t.Fatalf("got %d records and %v", n, err)
	case err == nil && (n == 0) != (r.Ignored != ""):
		t.Fatalf("got %d records, ignored %q", n, r.Ignored)
	}
	for _, o := range r.Orders {
		saneOrder(t, o)
	}
	for _, c := range r.Customers {
		if c.External == "" && c.Email == "" && c.Phone == "" {
			t.Fatalf("got a customer without an identity: %+v", c)
		}
	}
}

func saneOrder(t testing.TB, o commerce.Order) {
	t.Helper()
	amounts := []commerce.Money{o.Total, o.Subtotal, o.Discount, o.Tax, o.Shipping, o.Deposit}
	for _, line := range o.Lines {
		amounts = append(amounts, line.Net, line.UnitCost)
	}
	for _, refund := range o.Refunds {
		amounts = append(amounts, refund.Amount)
	}
	for _, m := range amounts {
		if m.Minor != 0 && len(m.Currency) != 3 || m.Minor > 1<<60 || m.Minor < -1<<60 {
			t.Fatalf("got amount %d of %q", m.Minor, m.Currency)
		}
	}
	if o.External == "" || o.ID != commerce.Key("tea", "main", o.External) {
		t.Fatalf("got order %q of %q", o.ID, o.External)
	}
	commerce.AllEvents(commerce.Merge(commerce.Order{}, o))
}

func FuzzReadWooCommerce(f *testing.F) { fuzzRead(f, "woocommerce", wooOrder) }
func FuzzReadShopify(f *testing.F)     { fuzzRead(f, "shopify", shopifyOrder) }
func FuzzReadGeneric(f *testing.F)     { fuzzRead(f, "generic", minimal) }

// fuzzRead checks that no bytes on any topic make Read panic or give an insane
// answer.
func fuzzRead(f *testing.F, platform, order string) {
	seeds, err := os.ReadFile(payloadTable)
	if err != nil {
		f.Fatal(err)
	}
	topics := []string{"", "order", "customer", "order.updated", "refund.created", "order.deleted", "product.updated", "customer.updated"}
	for _, row := range strings.Split(string(seeds), "\n") {
		columns := strings.Split(row, "\t")
		if len(columns) < 2 || !strings.HasPrefix(row, platform) {
			continue
		}
		topics = append(topics, columns[1])
		if body, err := os.ReadFile(filepath.Join("../../shared/payloads", columns[0])); err == nil {
			f.Add(columns[1], body)
		}
	}
	for _, topic := range topics {
		f.Add(topic, []byte(order))
	}
	f.Fuzz(func(t *testing.T, topic string, body []byte) {
		records, err := connectors.Read(platform, delivery(platform, topic, body))
		sane(t, records, err)
	})
}

// FuzzVerify: no header and no body is let in without the secret.
func FuzzVerify(f *testing.F) {
	f.Add("6Io1BYidInEc2hSWS7s3FI3i7lavRUeNHD4Upg+WfpI=", "1767225600", "shop", []byte(shopifyBody))
	f.Add("sha256=266a2a2060a57a09460f14b2c910b8bdb28d2014f85c6ad37794fa2dbbb4e034", "1767225600", "", []byte(`{"type":"order"}`))
	f.Fuzz(func(t *testing.T, signature, stamp, source string, body []byte) {
		h := headers("X-Shopify-Hmac-Sha256", signature, "X-WC-Webhook-Signature", signature, "X-Signature", signature,
			"X-Timestamp", stamp, "X-Source", source, "X-Shopify-Shop-Domain", source, "X-WC-Webhook-Source", source)
		for _, platform := range connectors.Platforms() {
			d := connectors.Delivery{Header: h, Body: body, Source: source}
			if connectors.Verify(platform, d, secrets("a secret nobody knows", ""), noon()) == nil {
				t.Fatalf("%s let a stranger in", platform)
			}
			connectors.Handshake(platform, d)
			connectors.DedupeKey(platform, d)
		}
	})
}
