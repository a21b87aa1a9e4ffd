package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// Files that are no history are refused or read line by line, in bounded memory,
// and leave every page readable.
func TestHostileImportsAreRefused(t *testing.T) { // not parallel: it measures what is allocated
	attacked(t, func(t *testing.T, x *target) {
		header := "order,at,product,quantity,price,email\n"
		columns := strings.TrimPrefix(repeated(200_000, func(i int) string { return fmt.Sprint("c", i) }), "{")
		for name, c := range map[string]struct {
			query, body, key string
			status           int
		}{
			"zeros":             {"connection=imp&format=ndjson&name=x", string(packed("a", 200_000_000)), x.installation, 413},
			"blank lines":       {"connection=imp&format=ndjson&name=x", string(packed("\n", 200_000_000)), x.installation, 400},
			"one CSV line":      {"connection=imp&format=csv&name=x", string(packed("a", 200_000_000)), x.installation, 400},
			"very many names":   {"connection=imp&format=csv&name=x", columns + "\n", x.installation, 400},
			"a path for a name": {"connection=..%2f..%2fx&format=csv&name=..%2f..%2fetc%2fpasswd", "a,b\n1,2\n", x.installation, 400},
			"a shop's key":      {"connection=imp&format=ndjson&name=x", "{}", x.theirs, 403},
			"odd amounts": {"connection=imp2&format=csv&name=x&map=order%3Dorder,at%3Dat,product%3Dproduct,quantity%3Dquantity,price%3Dprice,email%3Demail", header + "1,2011-01-01,x,9223372036854775807,92233720368547758.07,a@b.test\n2,9999-12-31,x,1,1e400,a@b.test\n" +
				"3,0000-00-00,x,NaN,Infinity,a@b.test\n4,2011-01-01,x,999999999,999999999999.99,a@b.test\n5,2011-01-01 10:00,=cmd,1,1.00,\"=cmd@b.test\"\n", x.installation, 200},
		} {
			allocated := allocating(func() {
				response, answer := x.calls(t, c.key, "POST", "/v1/shops/b/imports?"+c.query, []byte(c.body))
				if response.StatusCode != c.status {
					t.Errorf("%s: got %d %.300s, want %d", name, response.StatusCode, answer, c.status)
				}
			})
			if allocated > 600<<20 {
				t.Errorf("%s: allocated %d MB", name, allocated>>20)
			}
		}
		for _, path := range []string{"/v1/orders?limit=50", "/v1/customers?limit=50"} {
			if answer := x.ask(t, 200, "GET", path, x.mine, ""); len(answer) == 0 {
				t.Errorf("%s: got an empty page", path)
			}
		}
	})
}

// However many do the same at once, one of them does it.
func TestTheSameAtOnceIsDoneOnce(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		for name, c := range map[string]struct{ method, path, key, body, header string }{
			"shop":       {"POST", "/v1/shops", x.installation, `{"id":"race","name":"n%d","currency":"EUR","market":"west","zone":"UTC"}`, ""},
			"connection": {"POST", "/v1/connections", x.theirs, `{"slug":"race","platform":"generic"}`, ""},
			"segment":    {"POST", "/v1/segments", x.theirs, `{"schema":1,"id":"race","name":"n%d","condition":{"field":"customer.country","op":"is","value":"DE"}}`, ""},
			"shop's rev": {"PATCH", "/v1/shop", x.mine, `{"rev":1,"trade":"t%d"}`, ""},
		} {
			var mu sync.Mutex
			var running sync.WaitGroup
			done := 0
			for i := range 10 {
				running.Go(func() {
					body := c.body
					if strings.Contains(body, "%d") {
						body = fmt.Sprintf(body, i)
					}
					status := x.status(t, c.method, c.path, c.key, body)
					mu.Lock()
					defer mu.Unlock()
					if status < 300 {
						done++
					} else if status != 409 {
						t.Errorf("%s: got %d, want done or 409", name, status)
					}
				})
			}
			running.Wait()
			if done != 1 {
				t.Errorf("%s: got %d done, want one", name, done)
			}
		}
	})
}

// A token that was changed in any way is a token of nothing, for any purpose but
// its own, and no parameter makes a link lead elsewhere.
func TestChangedTokensLeadNowhere(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		x.furnish(t)
		tokens := testTokens(t)
		message := x.items(t, "/v1/messages", x.theirs, "id")[0]
		links := map[string]string{"o": tokens.Open(message), "c": tokens.Click(message, 1), "u": tokens.Unsubscribe(message, "")}
		for purpose, token := range links {
			for other := range links {
				if other != purpose {
					x.ask(t, 404, "GET", "/"+other+"/"+token, "", "")
				}
			}
			changed := []string{token + "A", token + "=", token + "%0A", token + "%00", strings.ToLower(token), "..%2f" + token, token + token, strings.Repeat("A", 3000)}
			for at := range token {
				for _, letter := range "Ab0-_" {
					if byte(letter) != token[at] {
						changed = append(changed, token[:at]+string(letter)+token[at+1:])
					}
				}
			}
			for _, bad := range changed {
				response, _ := x.calls(t, "", "GET", "/"+purpose+"/"+bad, nil)
				if response.StatusCode != 404 || response.Header.Get("Location") != "" {
					t.Errorf("/%s/%.60s: got %d to %q", purpose, bad, response.StatusCode, response.Header.Get("Location"))
				}
			}
		}
		for _, tail := range []string{"", "?url=https://evil.example", "?redirect=//evil.example", "?cbt=x"} {
			response, _ := x.calls(t, "", "GET", "/c/"+links["c"]+tail, nil)
			if where := response.Header.Get("Location"); response.StatusCode != 302 || !strings.HasPrefix(where, "https://s.example/pay") || strings.Contains(where, "evil") {
				t.Errorf("%s: got %d to %q", tail, response.StatusCode, where)
			}
		}
		if answer := x.ask(t, 200, "GET", "/u/"+links["u"], "", "", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https"); strings.Contains(string(answer), "evil") {
			t.Error("the page names a host of the caller's")
		}
		x.ask(t, 404, "POST", "/u/"+links["c"], "", "")
		x.ask(t, 200, "POST", "/u/"+links["u"], "", "List-Unsubscribe=One-Click", "Origin: https://evil.example")
		x.ask(t, 200, "POST", "/u/"+links["u"], "", "")
	})
}
