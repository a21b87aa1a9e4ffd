package api_test

import (
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
)

// fill gives a shop one document of each kind and returns the ids for path
// parameters.
func (f *fakeStore) fill(shop string, now time.Time) map[string]string {
	id := func(parts ...string) string { return commerce.Key(append([]string{shop}, parts...)...) }
	f.connect(shop, "own-"+shop, "generic", "s3cret-"+shop)
	f.orders[id("own", "1")] = commerce.Order{ID: id("own", "1"), Shop: shop, Connection: "own", External: "1", Customer: id("email", "x")}
	f.checkouts[id("own", "k")] = commerce.Checkout{
		ID: id("own", "k"), Shop: shop, Connection: "own", External: "k", Customer: id("email", "x"),
	}
	f.customers[id("email", "x")] = commerce.Customer{ID: id("email", "x"), Shop: shop, N: 1}
	f.products[id("own", "p")] = commerce.Product{ID: id("own", "p"), Shop: shop}
	f.deliveries[id("own", "d")] = commerce.Delivery{ID: id("own", "d"), Shop: shop, State: commerce.Quarantined, Body: []byte("{")}
	f.imports[id("own", "i")] = commerce.Import{ID: id("own", "i"), Shop: shop, State: commerce.ImportDone, Result: []byte("{}")}
	f.messages[id("c-"+shop, "1", "1", "s")] = campaigns.Message{ID: id("c-"+shop, "1", "1", "s"), Shop: shop, Campaign: "c-" + shop}
	f.conversions[id("own", "1")] = campaigns.Conversion{
		ID: id("own", "1"), Shop: shop, Campaign: "c-" + shop, Message: id("c-"+shop, "1", "1", "s"),
	}
	f.runs[id("c-"+shop, "1", "1", "v1")] = campaigns.Run{
		ID: id("c-"+shop, "1", "1", "v1"), Shop: shop, Campaign: "c-" + shop, Version: 1, Local: "v1", State: campaigns.Running,
	}
	f.enrolments[id("c-"+shop, "1")] = campaigns.Enrolment{ID: id("c-"+shop, "1"), Shop: shop, Campaign: "c-" + shop}
	f.definitions[id("c-"+shop, "1")] = campaigns.Definition{
		ID: id("c-"+shop, "1"), Shop: shop, Campaign: "c-" + shop, Version: 1, State: campaigns.Draft, JSON: aCampaign(),
		CreatedAt: now,
	}
	f.privacy[id("c", "data_request", "1")] = commerce.PrivacyRequest{
		ID: id("c", "data_request", "1"), Shop: shop, Kind: commerce.Disclose, At: now,
	}
	file := []byte(`{"schema": 1, "id": "g-` + shop + `", "name": "All", "condition": {"field": "orders.count", "op": "gte", "value": 0}}`)
	group, problems := segments.ReadSegment(file, nil)
	if group == nil {
		panic(problems)
	}
	f.segments.kept[id("g-"+shop)] = segments.Stored{
		ID: id("g-" + shop), Shop: shop, Segment: "g-" + shop, Version: 1, State: segments.Active, Rev: 1,
	}
	f.segments.files[id("g-"+shop, "1")] = segments.NewDefinition(shop, group, 1, now)
	f.segments.memberships[id("g-"+shop)] = segments.Membership{ID: id("g-" + shop), Shop: shop, Segment: "g-" + shop, Size: 1, At: now}
	f.keys[id("k")] = commerce.APIKey{ID: id("k"), Shop: shop, Hash: []byte("h")}
	return map[string]string{
		"connection": "own-" + shop, "order": id("own", "1"), "checkout": id("own", "k"), "customer": id("email", "x"),
		"product": id("own", "p"), "delivery": id("own", "d"), "import": id("own", "i"),
		"message": id("c-"+shop, "1", "1", "s"), "enrolment": id("c-"+shop, "1"), "campaign": "c-" + shop, "version": "1",
		"key": id("k"), "code": "no_customer",
		"segment": "g-" + shop, "request": id("c", "data_request", "1"),
	}
}

// aCampaign is a file that is valid.
func aCampaign() []byte {
	list, err := campaigns.Ready(commerce.West, "")
	if err != nil {
		panic(err)
	}
	return list[0].JSON
}

// named puts the values of parameters into a route's path.
func named(path string, values map[string]string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") {
			parts[i] = values[part[1:]]
		}
	}
	return strings.Join(parts, "/")
}

// everybody is a condition that matches all customers.
const everybody = `{"field": "orders.count", "op": "gte", "value": 0}`

// bodies are the bodies that calls need before they look up their document.
var bodies = map[string]string{
	"PATCH /v1/connections/:connection":           `{"source":"tea.example"}`,
	"POST /v1/campaigns/:campaign/activate":       `{"version":1}`,
	"POST /v1/campaigns/:campaign/copy":           `{"id":"copied","name":"Copy"}`,
	"PUT /v1/segments/:segment/members/:customer": `{"included":true,"reason":"friend"}`,
	"POST /v1/segments/count":                     everybody,
	"POST /v1/segments/preview":                   everybody,
	"POST /v1/segments/profile":                   everybody,
	"POST /v1/segments/explain":                   everybody,
	"POST /v1/segments/:segment/import":           "id\nx\n",
}

// queries are where calls name documents in their query.
var queries = map[string]string{
	"GET /v1/customers/:customer/explain": "segment=:segment",
	"POST /v1/segments/explain":           "customer=:customer",
	"GET /v1/segments/overlap":            "a=:segment&b=:segment",
}

// address is where a call goes, its parameters filled in.
func address(name string, values map[string]string) string {
	_, path, _ := strings.Cut(name, " ")
	target := named(path, values)
	if query := queries[name]; query != "" {
		for key, value := range values {
			query = strings.ReplaceAll(query, ":"+key, value)
		}
		target += "?" + query
	}
	return target
}

// namesOne reports whether a call names a document.
func namesOne(name string) bool { return strings.Contains(name, ":") || queries[name] != "" }

// sentAs is the Content-Type of a body.
func sentAs(name string) string {
	if name == "POST /v1/segments/:segment/import" {
		return "Content-Type: text/csv"
	}
	return "Content-Type: application/json"
}

// No route and no kind of id reaches a document of another shop. It is not
// found, exactly as if it did not exist.
func TestNoShopReachesAnother(t *testing.T) {
	t.Parallel()
	s := setup(t)
	keys := map[string]string{"one": s.shop("one"), "two": s.shop("two")}
	ids := map[string]map[string]string{"one": s.store.fill("one", s.wall), "two": s.store.fill("two", s.wall)}
	// What a shop has of its own is answered; lists and figures are its own.
	own := map[string]bool{
		"PUT /v1/campaigns/:campaign": true, "POST /v1/ready-campaigns/:campaign/install": true,
		"PUT /v1/segments/:segment": true,
	}
	for _, route := range routes(s) {
		name := route.Method + " " + route.Path
		if may[name] != "shop" && may[name] != "either" || own[name] {
			continue
		}
		for caller, other := range map[string]string{"one": "two", "two": "one"} {
			w := s.do(route.Method, address(name, ids[other]), bodies[name], keys[caller], sentAs(name))
			if namesOne(name) && !isList(name) && w.Code != 404 {
				t.Errorf("%s of another shop: got %d %s, want 404", name, w.Code, w.Body)
			}
			if strings.Contains(strings.ReplaceAll(w.Body.String(), `"instance"`, ""), other+":") && w.Code < 400 {
				t.Errorf("%s of another shop: it is in the answer %s", name, w.Body)
			}
		}
	}
}

// isList reports whether a route lists or counts. Such a route answers with an
// empty list for unknown ids.
func isList(name string) bool {
	return name == "GET /v1/campaigns/:campaign/enrolments" || name == "GET /v1/quality/:code"
}

// Every route finds a shop's own documents, so that the test above does not
// pass for lack of documents.
func TestEveryRouteFindsItsOwn(t *testing.T) {
	t.Parallel()
	for name := range may {
		s := setup(t)
		key, ids := s.shop("one"), s.store.fill("one", s.wall)
		method, path, _ := strings.Cut(name, " ")
		if may[name] != "shop" || !namesOne(name) || strings.Contains(path, "ready-campaigns") || method == "PUT" {
			continue
		}
		if w := s.do(method, address(name, ids), bodies[name], key, sentAs(name)); w.Code >= 300 {
			t.Errorf("%s: got %d %s", name, w.Code, w.Body)
		}
	}
}
