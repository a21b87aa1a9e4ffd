package api_test

import (
	"strings"
	"testing"
)

// A request names one person and its kind. A faulty field is named, and no
// address is repeated.
func TestPrivacyRequestsNameAPerson(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	ids := s.store.fill("demo", s.wall)
	for body, says := range map[string]string{
		`{"kind": "forget", "customer": "x"}`:                      "erase, or export",
		`{"kind": "erase"}`:                                        "by customer, email or phone",
		`{"kind": "erase", "email": "nobody at example"}`:          "is not an e-mail address",
		`{"kind": "erase", "phone": "0151 2345678"}`:               "country code",
		`{"kind": "erase", "customer": "demo:email:stranger"}`:     "not found",
		`{"kind": "erase", "email": "a@example.com", "all": true}`: "unknown key",
	} {
		w := s.do("POST", "/v1/privacy-requests", body, key, "Content-Type: application/json")
		if w.Code < 400 || !strings.Contains(w.Body.String(), says) || strings.Contains(w.Body.String(), "nobody at") {
			t.Errorf("%s: got %d %s, want it to say %q", body, w.Code, w.Body, says)
		}
	}
	s.expect(t, 201, "POST", "/v1/privacy-requests", `{"kind": "erase", "customer": "`+ids["customer"]+`"}`, key)
	s.expect(t, 409, "GET", "/v1/privacy-requests/demo:api:customer:1/export", "", key)
	s.expect(t, 201, "POST", "/v1/privacy-requests", `{"kind": "export", "email": "a@example.com"}`, key)
	s.expect(t, 200, "GET", "/v1/privacy-requests/demo:api:data_request:1/export", "", key)
}
