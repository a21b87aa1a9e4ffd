package api_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"comeback/api"
	"comeback/campaigns"
	"comeback/commerce"
)

// A shop is created with the settings the service needs. It is changed only at
// the rev that was read, and keeps its currency.
func TestShops(t *testing.T) {
	t.Parallel()
	s := setup(t)
	root := s.key(commerce.Installation)
	made := s.expect(t, 201, "POST", "/v1/shops", newShop, root).Body.String()
	for _, want := range []string{`"id":"demo"`, `"language":"zh-CN"`, `"rev":1`, `"currency":"CNY"`} {
		if !strings.Contains(made, want) {
			t.Errorf("got %s, want %s", made, want)
		}
	}
	s.expect(t, 409, "POST", "/v1/shops", newShop, root)
	for replace, pointer := range map[[2]string]string{
		{`"demo"`, `"De mo"`}: "/id", {`"cn"`, `"mars"`}: "/market", {`"Asia/Shanghai"`, `"Local"`}: "/zone", {`"CNY"`, `"XXX"`}: "/currency",
		{`"Demo"`, `""`}: "/name", {`"id"`, `"url":"javascript:alert(1)","id"`}: "/url", {`"id"`, `"sender":{"from":"x"},"id"`}: "/sender/from",
		{`"id"`, `"results":{"margin_bp":10001},"id"`}: "/results/margin_bp",
	} {
		w := s.expect(t, 400, "POST", "/v1/shops", strings.Replace(newShop, replace[0], replace[1], 1), root)
		if !strings.Contains(w.Body.String(), `"pointer":"`+pointer+`"`) {
			t.Errorf("got %s, want %s named", w.Body, pointer)
		}
	}
	own := s.key("demo")
	changed := s.expect(
		t, 200, "PATCH", "/v1/shop", `{"rev":1,"sender":{"from":"hi@shop.example"},"results":{"count_opens":true}}`, own,
	).Body.String()
	for _, want := range []string{`"from":"hi@shop.example"`, `"count_opens":true`, `"rev":2`, `"name":"Demo"`} {
		if !strings.Contains(changed, want) {
			t.Errorf("got %s, want %s", changed, want)
		}
	}
	s.expect(t, 409, "PATCH", "/v1/shops/demo", `{"rev":1,"name":"x"}`, root)
	s.expect(t, 400, "PATCH", "/v1/shops/demo", `{"rev":2,"currency":"EUR"}`, root)
	s.expect(t, 404, "PATCH", "/v1/shops/other", `{"rev":1}`, root)
	if list := s.expect(t, 200, "GET", "/v1/shops", "", root).Body.String(); !strings.Contains(list, `"items":[{"id":"demo"`) {
		t.Errorf("got %s", list)
	}
}

// The answer that creates a thing equals the stored thing: times to the
// millisecond.
func TestTimesAreAsStored(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.wall = s.wall.Add(123456789)
	root := s.key(commerce.Installation)
	made := s.expect(t, 201, "POST", "/v1/shops", newShop, root).Body.String() +
		s.expect(t, 201, "POST", "/v1/keys", `{"name":"a"}`, root).Body.String()
	if strings.Count(made, `:00.123Z"`) != 2 {
		t.Errorf("got %s", made)
	}
}

// A connection shows the values to enter at the platform. A secret created here
// is shown once, and never again.
func TestConnections(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	type view struct {
		Secret string
		URL    string `json:"webhook_url"`
		Topics []string
	}
	made := got[view](t, s.expect(t, 201, "POST", "/v1/connections", `{"slug":"main","platform":"generic"}`, key))
	if made.URL != "https://comeback.example/hooks/generic/demo:main" || len(made.Secret) != 64 || len(made.Topics) == 0 {
		t.Errorf("got %+v", made)
	}
	target := strings.TrimPrefix(made.URL, "https://comeback.example")
	s.expect(t, 200, "POST", target, anOrder, generic(made.Secret, anOrder, s.wall)...)
	next := got[view](t, s.expect(t, 200, "POST", "/v1/connections/main/rotate", "", key))
	s.wall = s.wall.Add(2 * time.Second)
	for _, secret := range []string{made.Secret, next.Secret} {
		s.expect(t, 200, "POST", target, anOrder, generic(secret, anOrder, s.wall)...)
	}
	given := got[view](t,
		s.expect(t, 201, "POST", "/v1/connections", `{"slug":"woo","platform":"woocommerce","secret":"woo \"secret\" & <1>"}`, key))
	list := s.expect(t, 200, "GET", "/v1/connections", "", key).Body.String()
	if given.Secret != "" || strings.Contains(list, "secret") {
		t.Errorf("got %q and %s, want no secret repeated", given.Secret, list)
	}
	for _, body := range []string{
		`{"slug":"Main","platform":"generic"}`, `{"slug":"x","platform":"magento"}`,
		`{"slug":"x","platform":"generic","secret":"short"}`,
	} {
		s.expect(t, 400, "POST", "/v1/connections", body, key)
	}
	s.expect(t, 409, "POST", "/v1/connections", `{"slug":"main","platform":"generic"}`, key)
	s.expect(t, 204, "DELETE", "/v1/connections/main", "", key)
	s.wall = s.wall.Add(2 * time.Second)
	s.expect(t, 401, "POST", target, anOrder, generic(next.Secret, anOrder, s.wall)...)
}

// The answer to one request is never given to another. Method, path, query and
// body distinguish requests.
func TestIdempotencyKeyBelongsToOneRequest(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key, once := s.shop("demo"), "Idempotency-Key: k1"
	body := `{"field": "customer.country", "op": "is", "value": "DE"}`
	for _, id := range []string{"demo:email:a", "demo:email:b"} {
		s.store.customers[id] = commerce.Customer{ID: id, Shop: "demo", N: 1}
	}
	s.expect(t, 200, "POST", "/v1/segments/explain?customer=demo:email:a", body, key, once)
	s.expect(t, 422, "POST", "/v1/segments/explain?customer=demo:email:b", body, key, once)
	w := s.expect(t, 200, "POST", "/v1/segments/explain?customer=demo:email:a", body, key, once)
	if w.Header().Get("Idempotent-Replayed") != "true" {
		t.Error("got a fresh answer to the same question, want it replayed")
	}
}

// The time that unpaid orders stay open is given in minutes, hours or days.
func TestConnectionSetsWhenOrdersClose(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.expect(t, 201, "POST", "/v1/connections", `{"slug":"main","platform":"woocommerce"}`, key)
	for said, want := range map[string]string{
		`"90m"`: `"90m"`, `"3h"`: `"180m"`, `"24h"`: `"1d"`, `90`: `"90m"`, `0`: `null`, `"0d"`: `null`, `null`: `"60m"`,
		`"90d"`: `"90d"`,
	} {
		w := s.expect(t, 200, "PATCH", "/v1/connections/main", `{"unpaid_closes_after":`+said+`}`, key)
		if !strings.Contains(w.Body.String(), `"unpaid_closes_after":`+want) {
			t.Errorf("%s: got %s, want %s", said, w.Body, want)
		}
	}
	for _, said := range []string{`""`, `"m"`, `"-1m"`, `"1w"`, `1.5`, `true`, `{}`, `"91d"`, `"99999999999999999999m"`, `"1m"x`} {
		s.expect(t, 400, "PATCH", "/v1/connections/main", `{"unpaid_closes_after":`+said+`}`, key)
	}
}

// A repeated request with the same key gets the same answer and has no effect.
// Another request with the key is refused, and so is one in progress. A refusal
// is not stored.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key, once := s.shop("demo"), "Idempotency-Key: k1"
	s.expect(t, 400, "POST", "/v1/connections", `{"slug":"X","platform":"generic"}`, key, once)
	body := `{"slug":"main","platform":"generic"}`
	first := s.expect(t, 201, "POST", "/v1/connections", body, key, once)
	again := s.expect(t, 201, "POST", "/v1/connections", body, key, once)
	if first.Body.String() != again.Body.String() || again.Header().Get("Idempotent-Replayed") == "" || len(s.store.connections) != 1 {
		t.Errorf("got %s, then %s", first.Body, again.Body)
	}
	s.expect(t, 422, "POST", "/v1/connections", `{"slug":"other","platform":"generic"}`, key, once)
	s.expect(t, 409, "POST", "/v1/connections", body, key)
	s.expect(t, 201, "POST", "/v1/connections", body, s.shop("two"), once)
	s.expect(t, 400, "POST", "/v1/connections", body, key, "Idempotency-Key: "+strings.Repeat("k", 256))
	for id, r := range s.store.replies {
		r.Status = 0
		s.store.replies[id] = r
	}
	s.expect(t, 409, "POST", "/v1/connections", body, key, once)
	s.wall = s.wall.Add(25 * time.Hour)
	s.expect(t, 201, "POST", "/v1/connections", `{"slug":"late","platform":"generic"}`, key, once)
}

// A delivery shows its body as it came, and a quarantined one is read again
// on demand.
func TestDeliveries(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.store.deliveries["demo:c:1"] = commerce.Delivery{
		ID: "demo:c:1", State: commerce.Quarantined, Reason: "/total: missing", Body: []byte(`{"a":"<é>"}`),
		Headers: []commerce.KV{{Key: "X-Topic", Value: "order"}},
	}
	s.store.deliveries["demo:c:2"] = commerce.Delivery{ID: "demo:c:2", State: commerce.Read, Body: []byte{0xff}}
	list := s.expect(t, 200, "GET", "/v1/deliveries?state=quarantined", "", key).Body.String()
	if !strings.Contains(list, "/total: missing") || strings.Contains(list, "demo:c:2") || strings.Contains(list, "<é>") {
		t.Errorf("got %s", list)
	}
	if one := s.expect(t, 200, "GET", "/v1/deliveries/demo:c:1", "", key).Body.String(); !strings.Contains(one, `"body":"{\"a\":\"<é>\"}"`) {
		t.Errorf("got %s", one)
	}
	if one := s.expect(t, 200, "GET", "/v1/deliveries/demo:c:2", "", key).Body.String(); !strings.Contains(one, `"body_base64":"/w=="`) {
		t.Errorf("got %s", one)
	}
	s.expect(t, 202, "POST", "/v1/deliveries/demo:c:1/replay", "", key)
	s.expect(t, 409, "POST", "/v1/deliveries/demo:c:2/replay", "", key)
	if s.marks.shops["demo"] != 1 {
		t.Errorf("got marks %v, want the replayed delivery read", s.marks.shops)
	}
}

// A customer's timeline is everything that happened, in the order it happened,
// also before two of them were found to be one.
func TestTimeline(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	at := func(minute int) time.Time { return s.wall.Add(time.Duration(minute) * time.Minute) }
	s.store.customers["demo:a"] = commerce.Customer{ID: "demo:a"}
	s.store.customers["demo:b"] = commerce.Customer{ID: "demo:b", MergedInto: "demo:a"}
	s.store.events = []commerce.Event{
		{ID: "demo:e1", Customer: "demo:b", Kind: commerce.OrderPlaced, At: at(1)},
		{ID: "demo:e2", Customer: "demo:a", Kind: commerce.OrderPaid, At: at(5)},
		{ID: "demo:e3", Customer: "demo:a", Kind: commerce.OrderShipped, At: at(5)},
	}
	s.store.messages["demo:m"] = campaigns.Message{ID: "demo:m", Customer: "demo:a", State: campaigns.Sent, PlannedAt: at(1), SentAt: at(2)}
	s.store.touches = []campaigns.Touch{{ID: "demo:t", Customer: "demo:a", Kind: campaigns.Clicked, Class: campaigns.HumanAgent, At: at(3)}}
	var ids []string
	for target := "/v1/customers/demo:a/timeline?limit=2"; target != ""; {
		page := got[struct {
			Items []struct{ ID string }
			Next  string
		}](t, s.expect(t, 200, "GET", target, "", key))
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		target = page.Next
	}
	if strings.Join(ids, " ") != "demo:e1 demo:m demo:t demo:e2 demo:e3" {
		t.Errorf("got %v", ids)
	}
}

// Suppressing takes an address and repeats none, neither in answers nor in the
// log.
func TestSuppressions(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key, body := s.shop("demo"), `{"email":"ann@example.com","scope":"marketing"}`
	texts := s.expect(t, 201, "POST", "/v1/suppressions", body, key).Body.String() +
		s.expect(t, 200, "GET", "/v1/suppressions", "", key).Body.String()
	s.expect(t, 204, "POST", "/v1/suppressions/remove", body, key)
	texts += s.expect(t, 404, "POST", "/v1/suppressions/remove", body, key).Body.String()
	texts += s.expect(t, 400, "POST", "/v1/suppressions", `{"email":"ann@example.com","scope":"some"}`, key).Body.String()
	texts += s.expect(t, 400, "POST", "/v1/suppressions", `{"email":"ann@@example.com","scope":"all"}`, key).Body.String()
	if strings.Contains(texts+s.log.String(), "ann@") {
		t.Errorf("the address is in %s%s", texts, s.log)
	}
}

// importer is a fake that reads the file and stores the request.
type importer struct{ asked api.ImportRequest }

func (i *importer) Import(_ context.Context, q api.ImportRequest, file io.Reader) (any, error) {
	i.asked = q
	data, err := io.ReadAll(file)
	return map[string]int{"lines": strings.Count(string(data), "\n")}, err
}

// A file of history is streamed to the importer, beyond the cap of other calls.
func TestImports(t *testing.T) {
	t.Parallel()
	i := &importer{}
	s := setup(t, func(c *api.Config) { c.Importer = i })
	root := s.key(commerce.Installation)
	file := strings.Repeat("a,b\n", 1<<19)
	w := s.expect(t, 200, "POST", "/v1/shops/demo/imports?connection=history&format=csv&map=order%3DName&live=true&name=a.csv", file, root)
	want := api.ImportRequest{Shop: "demo", Connection: "history", Format: "csv", Columns: "order=Name", Name: "a.csv", Live: true,
		Size: int64(len(file))}
	if w.Body.String() != `{"report":{"lines":524288}}`+"\n" || i.asked != want {
		t.Errorf("got %s of %+v", w.Body, i.asked)
	}
	s.expect(t, 400, "POST", "/v1/shops/demo/imports?live=perhaps", file, root)
	s = setup(t)
	s.expect(t, 422, "POST", "/v1/shops/demo/imports", file, s.key(commerce.Installation))
}

// An order shows money as exact text, unknown values as null, and lists as
// lists. It shows nothing of its stored form.
func TestOrderIsShown(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.store.orders["demo:c:1"] = commerce.Order{
		ID: "demo:c:1", Shop: "demo", Connection: "c", External: "1", Outbox: []string{"demo:e"}, Pending: true, Rev: 7,
		OrderState: commerce.OrderState{
			Status: commerce.Open, Payment: commerce.Paid, Total: commerce.Money{Minor: 104, Currency: "JPY"},
			Lines: []commerce.Line{{ID: "1", Product: "p 1", Quantity: 2, UnitPrice: commerce.Decimal{Units: 525, Scale: 1}}},
		},
		Times: commerce.Timeline{PlacedAt: s.wall},
	}
	shown := s.expect(t, 200, "GET", "/v1/orders/demo:c:1", "", key).Body.String()
	for _, want := range []string{
		`"total":{"amount":"104","currency":"JPY"}`, `"tax":null`, `"coupons":[]`,
		`"placed_at":"` + s.wall.Format(time.RFC3339) + `"`, `"paid_at":null`,
		`"product":"demo:c:p~201"`, `"unit_price":{"amount":"52.5","currency":"JPY"}`,
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("got %s, want %s", shown, want)
		}
	}
	for _, stored := range []string{"outbox", "pending", "rev", "fact"} {
		if strings.Contains(shown, `"`+stored) {
			t.Errorf("got %s, which shows %s", shown, stored)
		}
	}
}
