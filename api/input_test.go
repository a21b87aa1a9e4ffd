package api_test

import (
	"strings"
	"testing"

	"comeback/api"
	"comeback/commerce"
)

const newShop = `{"id":"demo","name":"Demo","market":"cn","zone":"Asia/Shanghai","currency":"CNY"}`

// A body is taken as it is documented or refused whole, with every fault named
// by its place.
func TestBodiesAreReadStrictly(t *testing.T) {
	t.Parallel()
	s := setup(t)
	root := s.key(commerce.Installation)
	for name, c := range map[string]struct{ body, pointer, detail string }{
		"an unknown key":          {`{"name":"a","nam":"b"}`, "/nam", `unknown key "nam"`},
		"a key in other letters":  {`{"Name":"a"}`, "/Name", `unknown key "Name"`},
		"a key given twice":       {`{"name":"a","name":"b"}`, "/name", ""},
		"another type":            {`{"name":1}`, "/name", "a number: write text"},
		"an operator for a value": {`{"name":{"$ne":null}}`, "/name", "an object: write text"},
		"null":                    {`{"name":null}`, "/name", "null: write text"},
		"a time that is none":     {`{"name":"a","expires_at":"tomorrow"}`, "/expires_at", "write a time such as 2026-01-31T12:00:00Z"},
		"a time gone by": {
			`{"name":"a","expires_at":"2001-01-01T00:00:00Z"}`, "/expires_at",
			"lies in the past: write a future time, or leave it out for a key that never expires",
		},
		"more behind the object": {`{"name":"a"} {}`, "", ""},
		"a list":                 {`[]`, "", "a list: write an object"},
		"cut off":                {`{"name":`, "/name", ""},
		"a line break":           {`{"name":"a\nb"}`, "/name", "contains a line break or control character, remove it"},
		"nothing said":           {`{}`, "/name", "missing, write it"},
	} {
		w := s.expect(t, 400, "POST", "/v1/keys", c.body, root)
		p := got[struct {
			Code   string
			Errors []struct{ Pointer, Detail string }
		}](t, w)
		if p.Code != "invalid" || len(p.Errors) == 0 || p.Errors[0].Pointer != c.pointer || c.detail != "" && p.Errors[0].Detail != c.detail {
			t.Errorf("%s: got %s", name, w.Body)
		}
	}
	s.expect(t, 400, "POST", "/v1/keys", "", root)
	s.expect(t, 413, "POST", "/v1/keys", `{"name":"`+strings.Repeat("a", 1<<20)+`"}`, root)
	refused := s.do("POST", "/v1/keys", `{"nmae":"a","expires":"b"}`, root)
	p := got[struct{ Errors []struct{ Suggestion string } }](t, refused)
	if len(p.Errors) != 2 || p.Errors[0].Suggestion != "name" {
		t.Errorf("got %+v, want both faults and a suggestion", p)
	}
}

// No text of any body may be an object: an operator never reaches the store.
func TestOperatorsAreNotValues(t *testing.T) {
	t.Parallel()
	s := setup(t)
	root, shop := s.key(commerce.Installation), s.shop("demo")
	for target, fields := range map[string]string{
		"POST /v1/shops":                   "id name market zone currency language jurisdiction trade url sender results",
		"PATCH /v1/shop":                   "rev name market zone language jurisdiction trade url",
		"POST /v1/keys":                    "name expires_at shop",
		"POST /v1/connections":             "slug platform source secret",
		"PATCH /v1/connections/main":       "rev source secret unpaid_closes_after",
		"POST /v1/suppressions":            "email phone scope reason",
		"POST /v1/suppressions/remove":     "email phone scope",
		"POST /v1/campaigns/demo/activate": "version",
	} {
		method, path, _ := strings.Cut(target, " ")
		for field := range strings.FieldsSeq(fields) {
			for _, value := range []string{`{"$ne":null}`, `{"$gt":""}`, `["a"]`} {
				key := shop
				if path == "/v1/shops" || path == "/v1/keys" {
					key = root
				}
				w := s.expect(t, 400, method, path, `{"`+field+`":`+value+`}`, key)
				if p := got[struct{ Errors []struct{ Pointer string } }](t, w); len(p.Errors) == 0 ||
					!strings.HasPrefix(p.Errors[0].Pointer, "/"+field) {
					t.Errorf("%s %s: got %s, want the field named", target, field, w.Body)
				}
			}
		}
	}
}

// A list takes the filters it knows; a misspelt one must not pass for none.
func TestQueriesAreReadStrictly(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	for _, query := range []string{
		"limit=0", "limit=201", "limit=x", "limit=1&limit=2", "sate=quarantined", "state=lost", "state=", "state[$ne]=read",
		"cursor=%24",
	} {
		status := 400
		if query == "cursor=%24" {
			status = 200 // the fake's cursors are ids
		}
		s.expect(t, status, "GET", "/v1/deliveries?"+query, "", key)
	}
	s.expect(t, 400, "GET", "/v1/customers/demo:x/timeline?cursor=%24", "", key)
	s.expect(t, 400, "GET", "/v1/connections?limit=1", "", key)
}

// A list continues after its last line until it ends, with the same filters.
func TestPaging(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	for _, id := range []string{"demo:c:1", "demo:c:2", "demo:c:3", "demo:c:4", "demo:c:5"} {
		s.store.orders[id] = commerce.Order{ID: id, Customer: "demo:x"}
	}
	type orders struct {
		Items []struct{ ID string }
		Next  string
	}
	var ids []string
	target := "/v1/orders?limit=2&customer=demo:x"
	for pages := 0; target != ""; pages++ {
		w := s.expect(t, 200, "GET", target, "", key)
		page := got[orders](t, w)
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		if link := w.Header().Get("Link"); (link == "") != (page.Next == "") {
			t.Errorf("got Link %q and next %q", link, page.Next)
		}
		if page.Next != "" && !strings.Contains(page.Next, "customer=") || pages > 3 {
			t.Fatalf("got next %q on page %d", page.Next, pages)
		}
		target = page.Next
	}
	if strings.Join(ids, " ") != "demo:c:1 demo:c:2 demo:c:3 demo:c:4 demo:c:5" {
		t.Errorf("got %v", ids)
	}
}

// A client's own claim about its address counts only behind a trusted proxy.
func TestForwardedAddressNeedsATrustedProxy(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		proxies []string
		want    string
	}{{nil, "192.0.2.1"}, {[]string{"192.0.2.0/24"}, "203.0.113.7"}} {
		s := setup(t, func(cfg *api.Config) { cfg.TrustedProxies = c.proxies })
		if got := clientIP(s, "X-Forwarded-For: 203.0.113.7"); got != c.want {
			t.Errorf("behind %v: got %s, want %s", c.proxies, got, c.want)
		}
	}
}
