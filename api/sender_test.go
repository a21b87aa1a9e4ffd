package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// The sender's address is checked by the rule of all addresses, and stored as mail servers
// take it. A refusal names the field.
func TestSenderIsRefusedAtTheDoorOrStoredUsable(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"shop@müller.example":   "shop@xn--mller-kva.example",
		" shop@acme.example ":   "shop@acme.example",
		"a..b@acme.example":     "",
		"shop(1)@acme.example":  "",
		"shop@acme.example.":    "",
		"shop@acme":             "",
		"shop@my_shop.example":  "",
		"sh op@acme.example":    "",
		"Acme <a@acme.example>": "",
	} {
		s := setup(t)
		key := s.shop("demo")
		for _, field := range []string{"from", "reply_to"} {
			body := fmt.Sprintf(`{"rev":%d,"sender":{%q:%q}}`, s.store.shops["demo"].Rev, field, from)
			if want == "" {
				if w := s.expect(t, 400, "PATCH", "/v1/shop", body, key); !strings.Contains(w.Body.String(), `/sender/`+field) {
					t.Errorf("%s %q: got %s, want the field named", field, from, w.Body)
				}
				continue
			}
			if w := s.expect(t, 200, "PATCH", "/v1/shop", body, key); !strings.Contains(w.Body.String(), `"`+field+`":"`+want+`"`) {
				t.Errorf("%s %q: got %s, want %s", field, from, w.Body, want)
			}
		}
	}
}
