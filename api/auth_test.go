package api_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/api"
	"comeback/commerce"
)

// A key is shown once and stored as a hash. It allows only the calls of its
// kind.
func TestKeyIsShownOnce(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.shop("demo")
	root := s.key(commerce.Installation)
	made := got[struct{ ID, Key, Shop string }](t, s.expect(t, 201, "POST", "/v1/keys", `{"shop":"demo","name":"till"}`, root))
	if !strings.HasPrefix(made.Key, "cb_demo_") || made.Shop != "demo" {
		t.Fatalf("got %+v", made)
	}
	stored := s.store.keys[made.ID]
	secret := made.Key[strings.LastIndex(made.Key, "_")+1:]
	if sum := sha256.Sum256([]byte(secret)); !bytes.Equal(stored.Hash, sum[:]) || len(secret) != 43 {
		t.Errorf("got %x of %q, want its SHA-256", stored.Hash, secret)
	}
	if list := s.expect(t, 200, "GET", "/v1/keys?shop=demo", "", root).Body.String(); strings.Contains(list, secret) ||
		!strings.Contains(list, made.ID) {
		t.Errorf("the list shows %s", list)
	}
	s.expect(t, 200, "GET", "/v1/shop", "", "Authorization: Bearer "+made.Key)
	if used := s.store.keys[made.ID].LastUsedAt; !used.Equal(s.wall) {
		t.Errorf("got last used %v, want %v", used, s.wall)
	}
	if strings.Contains(s.log.String(), secret) {
		t.Error("the log holds the secret")
	}
}

// Two keys work at once, so that one can take the place of the other; one that
// is revoked or over opens nothing.
func TestRotation(t *testing.T) {
	t.Parallel()
	s := setup(t)
	old := s.shop("demo")
	next := got[struct{ ID, Key string }](t,
		s.expect(t, 201, "POST", "/v1/keys", fmt.Sprintf(`{"name":"b","expires_at":%q}`, s.wall.Add(time.Hour).Format(time.RFC3339)), old))
	bearer := "Authorization: Bearer " + next.Key
	s.expect(t, 200, "GET", "/v1/orders", "", old)
	s.expect(t, 200, "GET", "/v1/orders", "", bearer)
	for id := range s.store.keys {
		if id != next.ID {
			s.expect(t, 204, "DELETE", "/v1/keys/"+id, "", bearer)
		}
	}
	s.expect(t, 401, "GET", "/v1/orders", "", old)
	s.expect(t, 200, "GET", "/v1/orders", "", bearer)
	s.wall = s.wall.Add(time.Hour)
	s.expect(t, 401, "GET", "/v1/orders", "", bearer)
}

// A shop key makes, lists and revokes keys of its own shop, whatever it names.
func TestShopKeysStayInTheirShop(t *testing.T) {
	t.Parallel()
	s := setup(t)
	one := s.shop("one")
	s.shop("two")
	s.expect(t, 400, "POST", "/v1/keys", `{"shop":"two","name":"x"}`, one)
	s.expect(t, 400, "GET", "/v1/keys?shop=two", "", one)
	for id, k := range s.store.keys {
		if k.Shop == "two" {
			s.expect(t, 404, "DELETE", "/v1/keys/"+id, "", one)
		}
	}
	root := s.key(commerce.Installation)
	s.expect(t, 404, "POST", "/v1/keys", `{"shop":"three","name":"x"}`, root)
	made := got[struct{ Key, Shop string }](t, s.expect(t, 201, "POST", "/v1/keys", `{"name":"x"}`, root))
	if !strings.HasPrefix(made.Key, "cbi_") || made.Shop != "" {
		t.Errorf("got %+v, want an installation key", made)
	}
	s.expect(t, 200, "GET", "/v1/shops", "", "Authorization: Bearer "+made.Key)
}

// Whatever is wrong with a key, the answer and the work are the same.
func TestRefusedKeys(t *testing.T) {
	t.Parallel()
	s := setup(t)
	good := strings.TrimPrefix(s.shop("demo"), "Authorization: Bearer ")
	id := good[:strings.LastIndex(good, "_")]
	answers := map[string]bool{}
	for name, key := range map[string]string{
		"none": "", "nonsense": "x", "another secret": id + "_" + strings.Repeat("a", 43),
		"another shop":  strings.Replace(good, "demo", "other", 1),
		"an unknown id": "cb_demo_0123456789abcdef_" + strings.Repeat("a", 43), "one letter more": good + "a", "a line break": good + "\n",
		"as installation key": strings.Replace(good, "cb_demo_", "cbi_", 1),
	} {
		s.store.lookups = 0
		w := s.expect(t, 401, "GET", "/v1/orders", "", "Authorization: Bearer "+key)
		p := got[struct{ Code, Detail string }](t, w)
		answers[p.Code+p.Detail] = true
		if s.store.lookups != 1 || w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: got %d look-ups and %v, want 1 and a challenge", name, s.store.lookups, w.Header())
		}
	}
	s.expect(t, 401, "GET", "/v1/orders", "", "Authorization: Basic "+good)
	if len(answers) != 1 {
		t.Errorf("got answers %v, want one", answers)
	}
	s.store.breakWith(commerce.Errorf(commerce.Unavailable, "away"))
	s.expect(t, 503, "GET", "/v1/orders", "", "Authorization: Bearer "+good)
}

// The process's own token is an installation key, where there is one.
func TestAdminToken(t *testing.T) {
	t.Parallel()
	s := setup(t, func(c *api.Config) { c.AdminToken = "0123" })
	s.expect(t, 200, "GET", "/v1/shops", "", "Authorization: Bearer 0123")
	s.expect(t, 401, "GET", "/v1/shops", "", "Authorization: Bearer 012")
	s.expect(t, 403, "GET", "/v1/orders", "", "Authorization: Bearer 0123")
	s.expect(t, 401, "GET", "/v1/shops", "", "Authorization: 0123")
	s = setup(t)
	s.expect(t, 401, "GET", "/v1/shops", "", "Authorization: Bearer ")
}

// may names the callers of each route. A new route without a line fails.
var may = map[string]string{
	"GET /livez": "all", "GET /readyz": "all", "GET /metrics": "all", "GET /openapi.json": "all", "GET /schemas/:schema": "all",
	"POST /hooks/:platform/:connection": "signed",
	"GET /o/:token":                     "signed", "HEAD /o/:token": "signed", "GET /c/:token": "signed", "HEAD /c/:token": "signed",
	"GET /u/:token": "signed", "HEAD /u/:token": "signed", "POST /u/:token": "signed",
	"POST /v1/shops": "installation", "GET /v1/shops": "installation", "GET /v1/shops/:shop": "installation",
	"PATCH /v1/shops/:shop":        "installation",
	"POST /v1/shops/:shop/imports": "installation", "GET /v1/shops/:shop/imports": "installation",
	"GET /v1/shops/:shop/imports/:import": "installation",
	"POST /v1/imports":                    "shop", "GET /v1/imports": "shop", "GET /v1/imports/:import": "shop",
	"POST /v1/keys": "either", "GET /v1/keys": "either", "GET /v1/sending": "either", "DELETE /v1/keys/:key": "either",
	"POST /v1/sending/stop": "either", "POST /v1/sending/resume": "either", "POST /v1/sending/breaker/reset": "shop",
	"GET /v1/shops/:shop/sending": "installation", "POST /v1/shops/:shop/sending/stop": "installation",
	"POST /v1/shops/:shop/sending/resume": "installation", "POST /v1/shops/:shop/sending/breaker/reset": "installation",
	"GET /v1/shop": "shop", "PATCH /v1/shop": "shop",
	"POST /v1/connections": "shop", "GET /v1/connections": "shop", "GET /v1/connections/:connection": "shop",
	"PATCH /v1/connections/:connection":       "shop",
	"POST /v1/connections/:connection/rotate": "shop", "DELETE /v1/connections/:connection": "shop",
	"GET /v1/deliveries": "shop", "GET /v1/deliveries/:delivery": "shop", "POST /v1/deliveries/:delivery/replay": "shop",
	"GET /v1/orders": "shop", "GET /v1/orders/:order": "shop",
	"POST /v1/events":   "shop",
	"GET /v1/checkouts": "shop", "GET /v1/checkouts/:checkout": "shop",
	"GET /v1/customers": "shop", "GET /v1/customers/:customer": "shop", "GET /v1/customers/:customer/timeline": "shop",
	"POST /v1/customers/:customer/split": "shop",
	"GET /v1/backup":                     "installation",
	"GET /v1/products":                   "shop", "GET /v1/products/:product": "shop",
	"GET /v1/quality": "shop", "GET /v1/quality/:code": "shop",
	"GET /v1/privacy-requests": "shop", "POST /v1/privacy-requests": "shop", "GET /v1/privacy-requests/:request": "shop",
	"GET /v1/privacy-requests/:request/export": "shop", "GET /v1/audit": "shop",
	"GET /v1/suppressions": "shop", "POST /v1/suppressions": "shop", "POST /v1/suppressions/remove": "shop",
	"GET /v1/ready-campaigns": "shop", "POST /v1/ready-campaigns/:campaign/install": "shop", "POST /v1/campaigns/validate": "shop",
	"POST /v1/campaigns/:campaign/copy": "shop",
	"GET /v1/campaigns":                 "shop", "PUT /v1/campaigns/:campaign": "shop", "GET /v1/campaigns/:campaign": "shop",
	"GET /v1/campaigns/:campaign/versions": "shop", "GET /v1/campaigns/:campaign/versions/:version": "shop",
	"POST /v1/campaigns/:campaign/activate": "shop", "POST /v1/campaigns/:campaign/pause": "shop",
	"POST /v1/campaigns/:campaign/resume": "shop", "POST /v1/campaigns/:campaign/archive": "shop",
	"GET /v1/campaigns/:campaign/results": "shop", "GET /v1/campaigns/:campaign/reach": "shop",
	"GET /v1/campaigns/:campaign/runs":  "shop",
	"GET /v1/campaigns/:campaign/calls": "shop", "GET /v1/webhook-secret": "shop", "POST /v1/webhook-secret/rotate": "shop",
	"GET /v1/campaigns/:campaign/conversions": "shop", "GET /v1/campaigns/:campaign/enrolments": "shop",
	"GET /v1/enrolments/:enrolment": "shop", "GET /v1/enrolments/:enrolment/explain": "shop",
	"POST /v1/segments": "shop", "GET /v1/segments": "shop", "POST /v1/segments/validate": "shop",
	"PUT /v1/segments/:segment": "shop", "GET /v1/segments/:segment": "shop",
	"GET /v1/segments/:segment/versions": "shop", "GET /v1/segments/:segment/versions/:version": "shop",
	"POST /v1/segments/:segment/archive": "shop", "POST /v1/segments/:segment/restore": "shop",
	"GET /v1/segments/:segment/history": "shop", "GET /v1/segments/rules": "shop", "PUT /v1/segments/rules": "shop",
	"GET /v1/segments/:segment/listings": "shop", "PUT /v1/segments/:segment/members/:customer": "shop",
	"DELETE /v1/segments/:segment/members/:customer": "shop", "POST /v1/segments/:segment/import": "shop",
	"POST /v1/segments/count": "shop", "POST /v1/segments/preview": "shop", "POST /v1/segments/explain": "shop",
	"POST /v1/segments/profile":           "shop",
	"POST /v1/shops/:shop/segments/count": "installation", "POST /v1/shops/:shop/segments/explain": "installation",
	"POST /v1/shops/:shop/segments/profile": "installation",
	"GET /v1/segments/table":                "shop", "GET /v1/segments/overlap": "shop", "GET /v1/segments/:segment/profile": "shop",
	"GET /v1/segments/:segment/members": "shop", "GET /v1/segments/:segment/members.csv": "shop",
	"GET /v1/customers/:customer/explain": "shop",
	"GET /v1/messages":                    "shop", "GET /v1/messages/:message": "shop", "GET /v1/messages/:message/explain": "shop",
}

func routes(s *service) []gin.RouteInfo { return s.handler.(*gin.Engine).Routes() }

// Every route refuses the wrong kinds of key, and calls without a key.
func TestRoutesRequireTheirKindOfKey(t *testing.T) {
	t.Parallel()
	s := setup(t)
	keys := map[string]string{"": "X-None: 1", "shop": s.shop("demo"), "installation": s.key(commerce.Installation)}
	seen := map[string]bool{}
	for _, route := range routes(s) {
		name := route.Method + " " + route.Path
		seen[name] = true
		who, known := may[name]
		if !known {
			t.Errorf("%s: nobody said who may call it", name)
		}
		for kind, key := range keys {
			code := s.do(route.Method, strings.ReplaceAll(route.Path, ":", ""), "{}", key).Code
			switch {
			case who == "all" || who == "signed":
			case kind == "" && code != 401:
				t.Errorf("%s without a key: got %d, want 401", name, code)
			case kind != "" && who != "either" && who != kind && code != 403:
				t.Errorf("%s with a key of kind %s: got %d, want 403", name, kind, code)
			case kind != "" && (who == "either" || who == kind) && (code == 401 || code == 403):
				t.Errorf("%s with a key of kind %s: got %d, want it open", name, kind, code)
			}
		}
	}
	for name := range may {
		if !seen[name] {
			t.Errorf("%s: is no route any more", name)
		}
	}
}
