package connectors_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/connectors"
)

func noon() time.Time { return time.Unix(1767225600, 0) }

const shopifyBody = `{"id":820982911946154508,"email":"jon@example.com","financial_status":"pending","note":"café 小明"}`

func headers(pairs ...string) http.Header {
	h := http.Header{}
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func secrets(texts ...string) connectors.Secrets {
	var list connectors.Secrets
	for _, text := range texts {
		list = append(list, []byte(text))
	}
	return list
}

// A delivery is let in when its raw body was signed with the connection's
// current or previous secret and it names the connection's store, else not.
func TestOnlyWhatTheConnectionSignedIsLetIn(t *testing.T) {
	t.Parallel()
	shopify := headers(
		"X-Shopify-Hmac-Sha256", "6Io1BYidInEc2hSWS7s3FI3i7lavRUeNHD4Upg+WfpI=", "X-Shopify-Shop-Domain", "jsmith.myshopify.com",
	)
	woo := headers(
		"X-WC-Webhook-Signature",
		"FbjpbCy3EPSH3No27OoS2e0i//RfIudx9sIGRvX85Nw=",
		"X-WC-Webhook-Source",
		"https://tea.example/shop/",
	)
	generic := headers("X-Timestamp", "1767225600", "X-Signature", "sha256=8e0da61e9f47e0f5a98e9ddbe5cc4a4d2ae1d8e4b4bfadf0e5c4cba44e05a9a3")
	const wooBody, genericBody = `{"id":727,"status":"pending"}`, `{"type":"order"}`
	for name, c := range map[string]struct {
		platform, body, source string
		header                 http.Header
		secrets                connectors.Secrets
		ok                     bool
	}{
		"shopify: signed": {"shopify", shopifyBody, "", shopify, secrets("hush"), true},
		"shopify: events spelling": {
			"shopify", shopifyBody, "", headers("Shopify-Hmac-Sha256", shopify.Get("X-Shopify-Hmac-Sha256")), secrets("hush"), true,
		},
		"shopify: signed with the previous": {"shopify", shopifyBody, "", shopify, secrets("new", "hush"), true},
		"shopify: of the connection's shop": {"shopify", shopifyBody, "JSmith.myshopify.com", shopify, secrets("hush"), true},
		"shopify: of another shop":          {"shopify", shopifyBody, "other.myshopify.com", shopify, secrets("hush"), false},
		"shopify: another secret":           {"shopify", shopifyBody, "", shopify, secrets("hash"), false},
		"shopify: tampered": {
			"shopify", strings.Replace(shopifyBody, "pending", "paid", 1), "", shopify, secrets("hush"), false,
		},
		"shopify: empty body": {
			"shopify", "", "", headers("X-Shopify-Hmac-Sha256", "Knm8rWjeSXNIt2H0AOMT7DQ8/YSy8sQi/pEjbuUmGMs="), secrets("hush"),
			false,
		},
		"shopify: no signature": {"shopify", shopifyBody, "", http.Header{}, secrets("hush"), false},
		"shopify: nil header":   {"shopify", shopifyBody, "", nil, secrets("hush"), false},
		"shopify: short signature": {
			"shopify", shopifyBody, "", headers("X-Shopify-Hmac-Sha256", "6Io1BYidInEc2hSW"), secrets("hush"), false,
		},
		"shopify: not base64":               {"shopify", shopifyBody, "", headers("X-Shopify-Hmac-Sha256", "%%%"), secrets("hush"), false},
		"shopify: no secret lets nobody in": {"shopify", shopifyBody, "", shopify, nil, false},
		"shopify: empty secret lets nobody in": {
			"shopify", "x", "", headers("X-Shopify-Hmac-Sha256", "TLyWCZpkZ84AJGHxBUm0iYJl6+YYi0XvrMRCk1FuYsQ="), secrets(""), false,
		},
		"woocommerce: signed":                   {"woocommerce", wooBody, "", woo, secrets("s3cr3t"), true},
		"woocommerce: secret typed as entities": {"woocommerce", wooBody, "", woo, secrets("s3cr3t&amp;"), false},
		"woocommerce: of the connection's site": {"woocommerce", wooBody, "http://TEA.example/shop", woo, secrets("s3cr3t"), true},
		"woocommerce: of another site":          {"woocommerce", wooBody, "https://tea.example/other", woo, secrets("s3cr3t"), false},
		"woocommerce: tampered":                 {"woocommerce", `{"id":727,"status":"cancelled"}`, "", woo, secrets("s3cr3t"), false},
		"generic: wrong signature":              {"generic", genericBody, "", generic, secrets("key"), false},
		"unknown platform":                      {"taobao", genericBody, "", generic, secrets("key"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := connectors.Delivery{Platform: c.platform, Source: c.source, Header: c.header, Body: []byte(c.body)}
			expectVerdict(t, connectors.Verify(c.platform, d, c.secrets, noon()), c.ok)
		})
	}
}

func expectVerdict(t *testing.T, err error, ok bool) {
	t.Helper()
	if ok != (err == nil) {
		t.Fatalf("got %v, want let in: %v", err, ok)
	}
	if code := commerce.CodeOf(err); err != nil && code != commerce.Unauthorized && code != commerce.Unsupported {
		t.Errorf("got code %s, want unauthorized: %v", code, err)
	}
}

// Every delivery a genuine WooCommerce sent verifies under the secret typed
// into it, also when the shop's owner typed its entities.
func TestGenuineWooCommerceDeliveriesAreLetIn(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/woocommerce/*.headers.txt")
	if err != nil || len(files) != 29 {
		t.Fatalf("got %d recorded deliveries, %v, want 29", len(files), err)
	}
	for _, file := range files {
		d := recorded(t, file)
		if connectors.Handshake("woocommerce", d) {
			continue
		}
		secret := `woo "secret" & <1>`
		if d.Header.Get("Path") == "/fail" { // the hook that was made to fail has a secret of its own
			secret = "x"
		}
		d.Source = "http://127.0.0.1:39980"
		for _, typed := range []string{secret, strings.NewReplacer("&", "&amp;", `"`, "&quot;", "<", "&lt;", ">", "&gt;").Replace(secret)} {
			if err := connectors.Verify("woocommerce", d, secrets(typed), noon()); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
		d.Body = bytes.Replace(d.Body, []byte("i"), []byte("o"), 1)
		expectVerdict(t, connectors.Verify("woocommerce", d, secrets(secret), noon()), false)
	}
}

// recorded reads one delivery of the genuine WooCommerce as it arrived.
func recorded(t testing.TB, headerFile string) connectors.Delivery {
	t.Helper()
	text, err := os.ReadFile(headerFile)
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile(strings.TrimSuffix(headerFile, ".headers.txt") + ".json")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	h := headers("Path", strings.Fields(lines[0])[1])
	for _, line := range lines[1:] {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			h.Set(name, value)
		}
	}
	d := delivery("woocommerce", connectors.Topic("woocommerce", h), body)
	d.Header = h
	return d
}

// WooCommerce greets with an unsigned form, which is answered; nothing else
// unsigned is.
func TestOnlyThePingNeedsNoSignature(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		platform, body string
		header         http.Header
		want           bool
	}{
		"ping":                     {"woocommerce", "webhook_id=7", headers("Content-Type", "application/x-www-form-urlencoded"), true},
		"ping of another platform": {"shopify", "webhook_id=7", http.Header{}, false},
		"signed form":              {"woocommerce", "webhook_id=7", headers("X-WC-Webhook-Signature", "x"), false},
		"form with more":           {"woocommerce", "webhook_id=7&order=1", http.Header{}, false},
		"order":                    {"woocommerce", `{"id":1}`, http.Header{}, false},
		"unknown platform":         {"taobao", "webhook_id=7", http.Header{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := connectors.Handshake(c.platform, connectors.Delivery{Header: c.header, Body: []byte(c.body)})
			if got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// A generic delivery is good for five minutes around its timestamp, which its
// signature covers, and only where it names the connection's source.
func TestGenericDeliveriesAgeAndNameTheirSource(t *testing.T) {
	t.Parallel()
	body := `{"type":"order"}`
	const good = "sha256=266a2a2060a57a09460f14b2c910b8bdb28d2014f85c6ad37794fa2dbbb4e034" // by openssl dgst -sha256 -hmac key
	for name, c := range map[string]struct {
		stamp, signature, named, source string
		at                              time.Time
		ok                              bool
	}{
		"now":                        {"1767225600", good, "", "", noon(), true},
		"300 s late":                 {"1767225600", good, "", "", noon().Add(300 * time.Second), true},
		"301 s late":                 {"1767225600", good, "", "", noon().Add(301 * time.Second), false},
		"301 s early":                {"1767225600", good, "", "", noon().Add(-301 * time.Second), false},
		"another timestamp":          {"1767225601", good, "", "", noon(), false},
		"no timestamp":               {"", good, "", "", noon(), false},
		"a far timestamp":            {"-9223372036854775808", sign("key", "-9223372036854775808", body), "", "", noon(), false},
		"a timestamp in words":       {"today", good, "", "", noon(), false},
		"no sha256=":                 {"1767225600", strings.TrimPrefix(good, "sha256="), "", "", noon(), false},
		"too short":                  {"1767225600", good[:len(good)-2], "", "", noon(), false},
		"no hex":                     {"1767225600", "sha256=" + strings.Repeat("z", 64), "", "", noon(), false},
		"another signature":          {"1767225600", sign("other", "1767225600", body), "", "", noon(), false},
		"of the connection's source": {"1767225600", good, "erp", "erp", noon(), true},
		"of another source":          {"1767225600", good, "crm", "erp", noon(), false},
		"of no source":               {"1767225600", good, "", "erp", noon(), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := connectors.Delivery{Source: c.source, Body: []byte(body),
				Header: headers("X-Timestamp", c.stamp, "X-Signature", c.signature, "X-Source", c.named)}
			expectVerdict(t, connectors.Verify("generic", d, secrets("new", "key"), c.at), c.ok)
		})
	}
}

// Repetitions of one delivery have one key; deliveries that only look alike
// have two.
func TestDedupeKeysDistinguishRepetitionsFromLookalikes(t *testing.T) {
	t.Parallel()
	first := recorded(t, "testdata/woocommerce/090-order.created.headers.txt")
	second := recorded(t, "testdata/woocommerce/092-order.created.headers.txt")
	if first.Header.Get("X-WC-Webhook-Delivery-ID") != second.Header.Get("X-WC-Webhook-Delivery-ID") {
		t.Fatal("the recordings lost their common delivery id")
	}
	with := func(d connectors.Delivery, name, value string) connectors.Delivery {
		d.Header = d.Header.Clone()
		d.Header.Set(name, value)
		return d
	}
	order := connectors.Delivery{Header: headers("X-Shopify-Webhook-Id", "w1", "X-Shopify-Topic", "orders/create"), Body: []byte("{}")}
	generic := connectors.Delivery{Header: headers("X-Topic", "order"), Body: []byte("{}")}
	for name, c := range map[string]struct {
		platform string
		a, b     connectors.Delivery
		same     bool
	}{
		"two orders of one second, one delivery id": {"woocommerce", first, second, false},
		"the same body under another delivery id":   {"woocommerce", first, with(first, "X-WC-Webhook-Delivery-ID", "x"), true},
		"created and updated with one body": {
			"woocommerce", first,
			with(connectors.Delivery{Header: first.Header, Body: first.Body}, "X-WC-Webhook-Topic", "order.updated"), false,
		},
		"shopify repeats a webhook id":     {"shopify", order, with(order, "X-Shopify-Triggered-At", "later"), true},
		"shopify sends another webhook id": {"shopify", order, with(order, "X-Shopify-Webhook-Id", "w2"), false},
		"generic repeats an event id with a new stamp": {
			"generic", with(generic, "X-Event-Id", "e1"), with(with(generic, "X-Event-Id", "e1"), "X-Timestamp", "2"), true,
		},
		"generic sends another event id":  {"generic", with(generic, "X-Event-Id", "e1"), with(generic, "X-Event-Id", "e2"), false},
		"generic repeats a body":          {"generic", generic, with(generic, "X-Timestamp", "2"), true},
		"generic: one body on two topics": {"generic", generic, with(generic, "X-Topic", "refund"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, b := connectors.DedupeKey(c.platform, c.a), connectors.DedupeKey(c.platform, c.b)
			if len(a) != 64 || (a == b) != c.same {
				t.Errorf("got %s and %s, want the same: %s", a, b, strconv.FormatBool(c.same))
			}
		})
	}
	deleted := recorded(t, "testdata/woocommerce/095-order.deleted.headers.txt")
	again := with(deleted, "X-WC-Webhook-Delivery-ID", "x")
	if connectors.DedupeKey("woocommerce", deleted) == connectors.DedupeKey("woocommerce", again) {
		t.Error("an order deleted again after it was restored passes for a repetition")
	}
}

// sign makes the signature of a generic delivery as a sender would.
func sign(secret, stamp, body string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(stamp + "." + body))
	return "sha256=" + hex.EncodeToString(h.Sum(nil))
}
