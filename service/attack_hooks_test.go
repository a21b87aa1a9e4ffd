package service

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"comeback/commerce"
	"comeback/commerce/clocktest"
)

// posted posts a body to a hook with headers of the sender's own.
func (x *target) posted(t testing.TB, path, body string, headers ...string) int {
	t.Helper()
	return x.status(t, "POST", "/hooks/"+path, "", body, headers...)
}

func signature(stamp, body string) string {
	mac := hmac.New(sha256.New, []byte(hookSecret))
	mac.Write([]byte(stamp + "." + body))
	return hex.EncodeToString(mac.Sum(nil))
}

// A signature is accepted in one form only, for one connection, within five
// minutes of its time. A delivery sent again is one delivery.
func TestWrongSignaturesAreRefused(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		own := "generic/" + commerce.Key("s", "generic")
		body := `{"type":"customer","id":"1","updated_at":"2011-01-01T00:00:00Z","email":"a@x.test"}`
		stamp := strconv.FormatInt(x.at().Unix(), 10)
		good := signature(stamp, body)
		x.ask(t, 201, "POST", "/v1/connections", x.mine, `{"slug":"generic","platform":"generic"}`)
		for name, c := range map[string]struct {
			path, stamp, signature, body string
			status                       int
		}{
			"right": {own, stamp, "sha256=" + good, body, 200}, "upper hex": {own, stamp, "sha256=" + strings.ToUpper(good), body, 200},
			"no prefix":          {own, stamp, good, body, 401},
			"cut":                {own, stamp, "sha256=" + good[:32], body, 401},
			"empty":              {own, stamp, "sha256=", body, 401},
			"a blank more":       {own, stamp, "sha256=" + good, body + " ", 401},
			"another shop":       {"generic/b:generic", stamp, "sha256=" + good, body, 401},
			"unknown connection": {"generic/s:nope", stamp, "sha256=" + good, body, 401},
			"unknown shop":       {"generic/nope:generic", stamp, "sha256=" + good, body, 401},
			"no id":              {"generic/~~~", stamp, "sha256=" + good, body, 401},
			"unknown platform":   {"nope/s:generic", stamp, "sha256=" + good, body, 404},
			"two of them":        {own, stamp, "sha256=" + strings.Repeat("0", 64) + ", sha256=" + good, body, 401},
			"time in the body":   {own, stamp[:5], "sha256=" + good, stamp[5:] + "." + body, 401},
			"no number of time":  {own, "1e9", "sha256=" + signature("1e9", body), body, 401},
			"hex time":           {own, "0x1", "sha256=" + signature("0x1", body), body, 401},
			"a point in time":    {own, stamp + ".0", "sha256=" + signature(stamp+".0", body), body, 401},
			"endless time":       {own, strings.Repeat("9", 30), "sha256=" + signature(strings.Repeat("9", 30), body), body, 401},
			"no time":            {own, "", "sha256=" + signature("", body), body, 401},
		} {
			if got := x.posted(t, c.path, c.body, "X-Timestamp: "+c.stamp, "X-Signature: "+c.signature); got != c.status {
				t.Errorf("%s: got %d, want %d", name, got, c.status)
			}
		}
		for off, want := range map[int64]int{-299: 200, 299: 200, -301: 401, 301: 401, -86_400: 401} {
			at := strconv.FormatInt(x.at().Unix()+off, 10)
			if got := x.posted(t, own, body, "X-Timestamp: "+at, "X-Signature: sha256="+signature(at, body)); got != want {
				t.Errorf("%d s off: got %d, want %d", off, got, want)
			}
		}
		for range 20 {
			x.posted(t, own, body, "X-Timestamp: "+stamp, "X-Signature: sha256="+good)
		}
		if got := x.items(t, "/v1/deliveries", x.theirs, "id"); len(got) != 1 {
			t.Errorf("got %d deliveries of one, sent twenty times", len(got))
		}
		mac := base64.StdEncoding.EncodeToString(
			func() []byte { h := hmac.New(sha256.New, []byte(hookSecret)); h.Write([]byte(body)); return h.Sum(nil) }(),
		)
		if a, b := x.posted(
			t, "shopify/s:generic", body, "X-Shopify-Hmac-Sha256: "+mac, "X-Shopify-Topic: orders/create",
		), x.posted(t, "woocommerce/s:generic", body, "X-WC-Webhook-Signature: "+mac, "X-WC-Webhook-Topic: order.created"); a != 401 || b != 401 {
			t.Errorf("as another platform: got %d and %d, want 401", a, b)
		}
	})
}

// A signed body that takes much work to read is quarantined, with a short
// reason and within bounded memory.
func TestHostileDeliveriesAreQuarantined(t *testing.T) { // not parallel: it measures what is allocated
	var alone sync.Mutex // the databases take turns, or one measures what the other allocates
	attacked(t, func(t *testing.T, x *target) {
		alone.Lock()
		defer alone.Unlock()
		base := func(i int) string {
			return fmt.Sprintf(`{"type":"order","id":"u%d","updated_at":"2011-01-31T12:00:05Z",`, i)
		}
		many := func(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
		numbered := func(n int) string {
			return strings.TrimSuffix(strings.TrimPrefix(repeated(n, func(i int) string { return fmt.Sprintf(`"upd%06d":1`, i) }), "{"), "}")
		}
		bodies := []string{
			base(1) + numbered(300_000) + "}", base(2) + `"` + strings.Repeat("u", 4_000_000) + `":1}`,
			base(3) + `"` + strings.Repeat("u", 3_000_000) + `":{` + numbered(100_000) + `}}`,
			`{"records":[` + many(60_000, `{"type":"order","id":"1","updatd_at":"x"}`) + `]}`,
			`{"records":[` + many(2_000_000, `0`) + `]}`, strings.Repeat("[", 5_000_000),
			base(4) + numbered(200_000) + "}",
		}
		for i, body := range bodies {
			if status, err := x.send(t.Context(), delivery{platform: "generic", body: []byte(body)}); err != nil || status != 200 {
				t.Fatalf("body %d: got %d, %v", i, status, err)
			}
			if allocated := allocating(func() { x.rest(t) }); allocated > 300<<20 {
				t.Errorf("body %d: allocated %d MB, want at most 300", i, allocated>>20)
			}
		}
		list, err := x.Deliveries(t.Context(), "s", commerce.Quarantined, nil, 50)
		if err != nil || len(list) != len(bodies) {
			t.Fatalf("got %d in quarantine, %v; want %d", len(list), err, len(bodies))
		}
		for _, d := range list {
			if d.Reason == "" || len(d.Reason) > 1000 {
				t.Errorf("got a reason of %d bytes", len(d.Reason))
			}
		}
	})
}

// A sender that announces large bodies and does not send them takes bounded
// memory, and small deliveries of others go on.
func TestSlowBodiesTakeBoundedMemory(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		var refused atomic.Int64
		var holding sync.WaitGroup
		for range 12 {
			holding.Go(func() {
				conn, err := net.Dial("tcp", strings.TrimPrefix(x.url, "http://"))
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				fmt.Fprintf(conn, "POST /hooks/generic/none HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\naaa", 5<<20-1000)
				if answer, err := http.ReadResponse(bufio.NewReader(conn), nil); err == nil && answer.StatusCode == 429 {
					refused.Add(1)
					_ = answer.Body.Close()
				}
			})
		}
		holding.Wait()
		if refused.Load() != 10 {
			t.Errorf("got %d of 12 refused, want all but those of 12 MB", refused.Load())
		}
		if status, err := x.send(
			t.Context(), delivery{platform: "generic", body: []byte(`{"type":"customer","id":"1","updated_at":"2011-01-01T00:00:00Z"}`)},
		); err != nil || status != 200 {
			t.Errorf("a small one meanwhile: got %d, %v", status, err)
		}
	})
}

// A recorded body that is changed in any way is answered, and read or
// quarantined. Nothing fails and nothing stays unread.
func TestChangedDeliveriesAreReadOrQuarantined(t *testing.T) {
	t.Parallel()
	seeds := map[string][][]byte{"generic": {[]byte(anOrderOfAll)}}
	for platform, pattern := range map[string]string{
		"woocommerce": "../../shared/payloads/woocommerce/genuine-8.2.2/*.json", "shopify": "../../shared/payloads/shopify/*/*.json",
	} {
		files, _ := filepath.Glob(pattern)
		for _, name := range files {
			if body, err := os.ReadFile(name); err == nil {
				seeds[platform] = append(seeds[platform], body)
			}
		}
	}
	attacked(t, func(t *testing.T, x *target) {
		dice := rand.New(rand.NewPCG(uint64(clocktest.Now(t).Unix()), 1))
		for platform, bodies := range seeds {
			topics := []string{
				"order.updated", "customer.updated", "product.updated", "order.deleted", "orders/updated", "products/update",
				"customers/update", "customers/redact", "nothing", "",
			}
			if platform == "generic" {
				topics = []string{""}
			}
			for range 120 {
				d := delivery{platform: platform, topic: topics[dice.IntN(len(topics))], body: bend(dice, bodies[dice.IntN(len(bodies))])}
				if len(d.body) == 0 {
					continue // no platform signs nothing
				}
				if status, err := x.send(t.Context(), d); err != nil || status != 200 {
					t.Fatalf("%s %s: got %d, %v for %.200q", platform, d.topic, status, err, d.body)
				}
			}
		}
		x.rest(t)
		for _, path := range []string{"/v1/orders?limit=200", "/v1/customers?limit=200", "/v1/products?limit=200", "/v1/deliveries?limit=200"} {
			if answer := x.ask(t, 200, "GET", path, x.theirs, ""); len(answer) == 0 {
				t.Errorf("%s: got an empty page", path)
			}
		}
	})
}

const anOrderOfAll = `{"type":"order","id":"1001","updated_at":"2011-01-31T12:00:05Z","placed_at":"2011-01-31T12:00:00Z",
"payment_status":"unpaid","currency":"EUR","total":"42.90","shipping":"4.90",
"lines":[{"id":"1","product":"tea","title":"Green tea","quantity":2,"unit_price":"19.00","net":"38.00"}],
"buyer":{"id":"7","email":"ming@example.cn","first_name":"Ming","country":"DE"},
"parcels":[{"id":"p","shipped_at":"2011-02-01T00:00:00Z","lines":[{"line":"1","quantity":1}]}],
"refunds":[{"id":"r","refunded_at":"2011-02-02T00:00:00Z","amount":"3.00"}],"custom":{"a":"b"},"pay_url":"https://shop.example/pay/1001"}`

var odd = []string{
	"null", "true", "0", "-1", "1e400", "0.1", "9223372036854775808", `""`, `"\u0000"`, `"\ud7ff"`, `"{{7*7}}"`, `"\r\nX: y"`,
	`"NaN"`, `"1,5"`, `"9999-12-31T23:59:59-23:59"`, `"0000-00-00T00:00:00"`,
	"[]", "{}", "[[]]", "[null]", `{"$gt":""}`, `{"$where":"1"}`, `"id:with:colons"`,
	`"../../etc/passwd"`, `"😀"`, "\xff\xfe", "\xed\xa0\x80", `"`, "{", "}", "[", "1e999", "\x00", ",",
}

// bend puts odd values, cuts and copies into a body.
func bend(dice *rand.Rand, body []byte) []byte {
	b := bytes.Clone(body)
	for range 1 + dice.IntN(4) {
		if len(b) < 10 {
			break
		}
		at := dice.IntN(len(b) - 1)
		switch dice.IntN(6) {
		case 0:
			b[at] = byte(dice.IntN(256))
		case 1:
			b = append(b[:at], b[at+min(len(b)-at, 1+dice.IntN(50)):]...)
		case 2:
			b = b[:at]
		default: // the value behind a colon becomes another
			if from := bytes.IndexByte(b[at:], ':'); from >= 0 {
				from += at + 1
				to := from + max(bytes.IndexAny(b[from:], ",}]"), 0)
				b = append(b[:from:from], append([]byte(odd[dice.IntN(len(odd))]), b[to:]...)...)
			}
		}
	}
	return b
}

// A sender that sends two lists very slowly delays no other sender's lists, and
// its connection is closed.
func TestSlowListsBlockNoOtherSender(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		x.ask(t, 201, "POST", "/v1/segments", x.theirs, `{"schema":1,"id":"static","name":"S","static":true}`)
		x.ask(t, 201, "POST", "/v1/segments", x.mine, `{"schema":1,"id":"buyers","name":"B","static":true}`)
		var trickles sync.WaitGroup
		for range 9 {
			conn, err := net.Dial("tcp", strings.TrimPrefix(x.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			fmt.Fprintf(
				conn,
				"POST /v1/segments/static/import?as=included HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"+
					"Content-Type: text/csv\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nid\n\r\n",
				x.theirs,
			)
		}
		for range 3 {
			trickles.Go(func() {
				if answer := x.ask(t, 200, "GET", "/v1/segments/buyers/members.csv", x.mine, ""); !strings.Contains(string(answer), "email") {
					t.Errorf("got %s", answer)
				}
			})
		}
		trickles.Wait()
	})
}
