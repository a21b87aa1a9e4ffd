package api_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
)

func mac(secret, message string) []byte {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(message))
	return h.Sum(nil)
}

// generic are the headers of a delivery of our own platform.
func generic(secret, body string, at time.Time) []string {
	stamp := strconv.FormatInt(at.Unix(), 10)
	return []string{"X-Topic: order", "X-Timestamp: " + stamp, "X-Signature: sha256=" + hex.EncodeToString(mac(secret, stamp+"."+body))}
}

const anOrder = `{"type":"order","id":"1"}`

// A delivery with a valid signature is stored unchanged, and its shop is
// marked. The signature is not stored.
func TestDeliveryIsStoredBeforeItIsAnswered(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.store.connect("demo", "my site", "woocommerce", "s3cret")
	signature := base64.StdEncoding.EncodeToString(mac("s3cret", anOrder))
	headers := []string{
		"X-WC-Webhook-Topic: order.updated", "X-WC-Webhook-Signature: " + signature, "X-WC-Webhook-Delivery-ID: d1",
		"Cookie: a=b", "User-Agent: Hookshot",
	}
	s.expect(t, 200, "POST", "/hooks/woocommerce/demo:my~20site", anOrder, headers...)
	s.expect(t, 200, "POST", "/hooks/woocommerce/demo:my~20site", anOrder, headers...)
	if len(s.store.deliveries) != 1 || s.marks.shops["demo"] != 2 {
		t.Fatalf("got %d deliveries and %v marks, want 1 and 2", len(s.store.deliveries), s.marks.shops)
	}
	for id, d := range s.store.deliveries {
		if id != d.ID || !strings.HasPrefix(id, "demo:my~20site:") || string(d.Body) != anOrder || d.Topic != "order.updated" ||
			d.State != commerce.Unread {
			t.Errorf("got %+v", d)
		}
		if !d.ReceivedAt.Equal(s.wall.Add(time.Hour)) {
			t.Errorf("received at %v, want the product's clock", d.ReceivedAt)
		}
		want := []commerce.KV{{Key: "X-Wc-Webhook-Topic", Value: "order.updated"}, {Key: "X-Wc-Webhook-Delivery-Id", Value: "d1"}}
		if len(d.Headers) != 2 || d.Headers[0] != want[0] || d.Headers[1] != want[1] {
			t.Errorf("got headers %v, want %v", d.Headers, want)
		}
	}
}

// The answer to a delivery without a valid signature reveals nothing: not even
// whether the connection exists.
func TestUnprovenDeliveries(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.store.connect("demo", "own", "generic", "s3cret")
	for name, c := range map[string]struct {
		target  string
		headers []string
	}{
		"a wrong secret":          {"/hooks/generic/demo:own", generic("other", anOrder, s.wall)},
		"no signature":            {"/hooks/generic/demo:own", nil},
		"another body":            {"/hooks/generic/demo:own", generic("s3cret", "{}", s.wall)},
		"a timestamp of long ago": {"/hooks/generic/demo:own", generic("s3cret", anOrder, s.wall.Add(-6*time.Minute))},
		"no such connection":      {"/hooks/generic/demo:none", generic("s3cret", anOrder, s.wall)},
		"no such shop":            {"/hooks/generic/nobody:own", generic("s3cret", anOrder, s.wall)},
		"not an id":               {"/hooks/generic/~~", generic("s3cret", anOrder, s.wall)},
		"an id of three parts":    {"/hooks/generic/demo:own:x", generic("s3cret", anOrder, s.wall)},
		"a connection of another shape": {
			"/hooks/shopify/demo:own",
			append(generic("s3cret", anOrder, s.wall), "X-Shopify-Hmac-Sha256: "+base64.StdEncoding.EncodeToString(mac("s3cret", anOrder))),
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := s.expect(t, 401, "POST", c.target, anOrder, c.headers...)
			if got := w.Body.String(); got != s.do("POST", "/hooks/generic/a:b", "x").Body.String() ||
				!strings.Contains(got, `"code":"unauthorized"`) {
				t.Errorf("got %s, want the one answer", got)
			}
		})
	}
	if len(s.store.deliveries) != 0 || len(s.marks.shops) != 0 {
		t.Errorf("got %v and %v, want nothing stored and nobody marked", s.store.deliveries, s.marks.shops)
	}
}

// A connection is read once in 2 s. An unknown one is read each time, and
// nothing of it is stored.
func TestOnlyConnectionsThatExistAreRemembered(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.store.connect("demo", "own", "generic", "s3cret")
	for slug, want := range map[string]int{"own": 1, "none": 3} {
		s.store.lookups = 0
		for range 3 {
			s.do("POST", "/hooks/generic/demo:"+slug, anOrder)
		}
		if s.store.lookups != want {
			t.Errorf("%s: got %d look-ups, want %d", slug, s.store.lookups, want)
		}
		s.wall = s.wall.Add(2 * time.Second)
		if s.do("POST", "/hooks/generic/demo:"+slug, anOrder); s.store.lookups != want+1 {
			t.Errorf("%s: got %d look-ups after 2 s, want %d", slug, s.store.lookups, want+1)
		}
	}
}

// An address longer than any of ours is refused unread.
func TestLongAddressesAreRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.expect(t, 413, "POST", "/hooks/generic/"+strings.Repeat("x", 60_000), "{}")
	s.expect(t, 413, "GET", "/v1/orders?x="+strings.Repeat("x", 60_000), "", s.shop("demo"))
	s.expect(t, 404, "GET", "/c/"+strings.Repeat("A", 3000), "")
	if s.store.lookups != 0 {
		t.Errorf("got %d look-ups, want none", s.store.lookups)
	}
}

// A connection created after a request for it is found within 2 s.
func TestNewConnectionIsFound(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.expect(t, 401, "POST", "/hooks/generic/demo:own", anOrder, generic("s3cret", anOrder, s.wall)...)
	s.store.connect("demo", "own", "generic", "s3cret")
	s.wall = s.wall.Add(2 * time.Second)
	s.expect(t, 200, "POST", "/hooks/generic/demo:own", anOrder, generic("s3cret", anOrder, s.wall)...)
}

// WooCommerce's unsigned ping is answered 200 whether or not the connection
// exists, and stores nothing.
func TestGreeting(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.expect(t, 200, "POST", "/hooks/woocommerce/demo:none", "webhook_id=7", "Content-Type: application/x-www-form-urlencoded")
	if s.store.lookups != 0 || len(s.store.deliveries) != 0 {
		t.Errorf("got %d look-ups and %v, want none", s.store.lookups, s.store.deliveries)
	}
}

// A delivery that cannot be stored is never acknowledged, and the platform
// sends it again. A body beyond the limit is not read to its end.
func TestDeliveriesThatCannotBeStored(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.store.connect("demo", "own", "generic", "s3cret")
	target, headers := "/hooks/generic/demo:own", generic("s3cret", anOrder, s.wall)
	large := strings.Repeat("x", 5<<20+1)
	s.expect(t, 413, "POST", target, large, generic("s3cret", large, s.wall)...)
	s.expect(t, 404, "POST", "/hooks/nosuch/demo:own", anOrder, headers...)
	s.expect(t, 200, "POST", target, anOrder, headers...) // the connection is now remembered
	s.store.breakWith(commerce.Errorf(commerce.Unavailable, "the database is away"))
	for range 2 {
		w := s.expect(t, 503, "POST", target, anOrder, headers...)
		if w.Header().Get("Retry-After") == "" {
			t.Error("got no Retry-After")
		}
		s.wall = s.wall.Add(3 * time.Second) // now the look-up fails too
	}
	if s.marks.shops["demo"] != 1 {
		t.Errorf("got %v, want one mark", s.marks.shops)
	}
}

// Every answer to a delivery is counted under its platform and outcome.
func TestDeliveriesAreCounted(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.store.connect("demo", "own", "generic", "s3cret")
	for range 2 {
		s.do("POST", "/hooks/generic/demo:own", anOrder, generic("s3cret", anOrder, s.wall)...)
	}
	s.do("POST", "/hooks/generic/demo:own", anOrder)
	got := s.expect(t, http.StatusOK, "GET", "/metrics", "").Body.String()
	for _, result := range []string{"accepted", "repeated", "unauthorized"} {
		if want := `comeback_deliveries_received_total{platform="generic",result="` + result + `"} 1`; !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
