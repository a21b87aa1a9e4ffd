package service

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// secretOfS matches data that only shop s has: another key that gets it shows a
// leak.
var secretOfS = regexp.MustCompile(`SECRETS|zaphod2?@s\.test|only-s`)

// furnish gives shop s one record of each kind and returns the values of path
// parameters.
func (x *target) furnish(t *testing.T) map[string]string {
	t.Helper()
	at := x.at().UTC().Format(time.RFC3339)
	activate(t, x.Store, strings.Replace(strings.Replace(reminder, `"id": "reminder"`, `"id": "only-s"`, 1), "Reminder", "SECRETS", 1))
	x.ask(
		t, 201, "PUT", "/v1/segments/only-s", x.theirs,
		`{"schema":1,"id":"only-s","name":"SECRETS","condition":{"field":"orders.count","op":"gte","value":0}}`,
	)
	x.ask(t, 201, "POST", "/v1/connections", x.theirs, `{"slug":"only-s","platform":"generic","source":"SECRETS"}`)
	x.ask(t, 201, "POST", "/v1/suppressions", x.theirs, `{"email":"zaphod@s.test","scope":"marketing"}`)
	order := `{"type":"order","id":"1","updated_at":"` + at + `","placed_at":"` + at + `","payment_status":"unpaid","currency":"EUR",
		"total":"9.00","lines":[{"id":"1","product":"p","title":"SECRETS","quantity":1,"unit_price":"9.00","net":"9.00"}],
		"buyer":{"id":"7","email":"zaphod@s.test","verified":true},"pay_url":"https://s.example/pay"}`
	for _, body := range []string{
		order,
		strings.NewReplacer(`"order","id":"1"`, `"order","id":"2"`, `"id":"7","email":"zaphod`, `"id":"8","email":"zaphod2`).Replace(order),
		`{"type":"product","id":"p","title":"SECRETS","updated_at":"` + at + `"}`,
	} {
		if status, err := x.send(t.Context(), delivery{platform: "generic", body: []byte(body)}); err != nil || status != 200 {
			t.Fatalf("got %d, %v", status, err)
		}
	}
	settleAll(t, x.harness, 1)
	x.moveTo(x.at().Add(2 * time.Hour))
	settleAll(t, x.harness, 1)
	x.ask(t, 200, "POST", "/v1/imports?connection=only-s&format=ndjson&name=SECRETS", x.theirs,
		`{"type":"product","id":"q","title":"SECRETS","updated_at":"`+at+`"}`)
	ids := map[string]string{
		"connection": "only-s", "campaign": "only-s", "segment": "only-s", "version": "1", "code": "no_address", "shop": "s",
		"request": "x", "checkout": "s:generic:1",
	}
	for name, path := range map[string]string{
		"order": "/v1/orders", "customer": "/v1/customers", "product": "/v1/products", "delivery": "/v1/deliveries",
		"message": "/v1/messages", "import": "/v1/imports", "enrolment": "/v1/campaigns/only-s/enrolments", "key": "/v1/keys",
	} {
		list := x.items(t, path, x.theirs, "id")
		if len(list) == 0 {
			t.Fatalf("shop s has no %s", name)
		}
		ids[name] = list[0]
	}
	return ids
}

// routes are the calls of the published OpenAPI document, as "METHOD path".
func (x *target) routes(t *testing.T) []string {
	t.Helper()
	var described struct{ Paths map[string]map[string]any }
	if err := json.Unmarshal(x.ask(t, 200, "GET", "/openapi.json", "", ""), &described); err != nil {
		t.Fatal(err)
	}
	var list []string
	for path, methods := range described.Paths {
		for method := range methods {
			if strings.HasPrefix(path, "/v1/") && method != "parameters" {
				list = append(list, strings.ToUpper(method)+" "+path)
			}
		}
	}
	return list
}

var parameter = regexp.MustCompile(`\{(\w+)\}`)

// The key of another shop neither reads nor changes anything by the ids of shop
// s, in any spelling. Without a key no call is answered, and a key of the
// installation opens no shop.
func TestKeyNeverReachesAnotherShop(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		ids := x.furnish(t)
		seen := []string{
			"/v1/shop", "/v1/orders", "/v1/customers", "/v1/products", "/v1/connections", "/v1/campaigns", "/v1/segments",
			"/v1/suppressions", "/v1/keys", "/v1/messages",
		}
		before := x.snapshot(t, seen)
		for _, route := range x.routes(t) {
			method, path, _ := strings.Cut(route, " ")
			for _, spell := range []func(string) string{
				func(id string) string { return id }, url.PathEscape, func(id string) string { return strings.Replace(id, "s:", "b:", 1) },
				func(id string) string { return id + "%00" }, func(id string) string { return "..%2fs%2f" + id }, strings.ToUpper,
			} {
				at := parameter.ReplaceAllStringFunc(path, func(p string) string { return spell(ids[p[1:len(p)-1]]) })
				x.reaches(t, method, at, path, ids)
			}
		}
		if after := x.snapshot(t, seen); before != after {
			t.Errorf("shop s has changed: got\n%s\nwant\n%s", after, before)
		}
	})
}

func (x *target) snapshot(t *testing.T, paths []string) string {
	t.Helper()
	text := ""
	for _, path := range paths {
		text += regexp.MustCompile(`"last_used_at":"[^"]*"`).ReplaceAllString(string(x.ask(t, 200, "GET", path, x.theirs, "")), "") + "\n"
	}
	return text
}

// bodyAbout is a body for a call that names data of shop s.
func bodyAbout(method, path string, ids map[string]string) string {
	switch {
	case method == "GET" || method == "DELETE":
		return ""
	case strings.HasSuffix(path, "explain"):
		return `{"condition":{"segment":"only-s"},"customer":"` + ids["customer"] + `"}`
	case strings.HasSuffix(path, "count"), strings.HasSuffix(path, "preview"), strings.HasSuffix(path, "profile"):
		return `{"condition":{"segment":"only-s"}}`
	case path == "/v1/events":
		return `{"id":"x","event":"custom.x","customer":{"id":"` + ids["customer"] + `"}}`
	case path == "/v1/keys":
		return `{"name":"x","shop":"s"}`
	case path == "/v1/shop":
		return `{"rev":1,"id":"s","name":"pwn"}`
	case strings.Contains(path, "/members/"):
		return `{"included":true,"reason":"x"}`
	}
	return `{"version":1}`
}

// reaches calls one address with each key that must not reach it.
func (x *target) reaches(t *testing.T, method, at, path string, ids map[string]string) {
	t.Helper()
	body := bodyAbout(method, path, ids)
	response, answer := x.calls(t, x.mine, method, at, []byte(body))
	named := strings.Contains(path, "{") && !strings.Contains(path, "{version}") && !strings.Contains(path, "{code}")
	switch status := response.StatusCode; {
	case secretOfS.MatchString(strings.ReplaceAll(string(answer), at, "")) && status < 300:
		t.Errorf("%s %s: shows shop s: %.300s", method, at, answer)
	case status >= 500:
		t.Errorf("%s %s: got %d %.200s", method, at, status, answer)
	case named && status < 300 && method != "GET" && !strings.Contains(path, "ready-campaigns"):
		t.Errorf("%s %s: got %d %.200s, want it refused", method, at, status, answer)
	}
	if status := x.status(t, method, at, "", body); status != 401 && status != 404 && status != 400 {
		t.Errorf("%s %s without a key: got %d, want 401", method, at, status)
	}
	ours := strings.HasPrefix(path, "/v1/shops") || strings.HasPrefix(path, "/v1/keys") || path == "/v1/sending" || path == "/v1/backup" ||
		path == "/v1/sending/stop" || path == "/v1/sending/resume"
	if ours {
		return
	}
	if status := x.status(t, method, at, x.installation, body); status != 403 && status != 404 && status != 400 {
		t.Errorf("%s %s as installation: got %d, want 403", method, at, status)
	}
}

// Filters, cursors and bodies with ids of shop s find nothing in shop b.
func TestFiltersAndCursorsStayInTheirShop(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		ids := x.furnish(t)
		x.ask(t, 201, "PUT", "/v1/segments/own", x.mine, `{"schema":1,"id":"own","name":"O","static":true}`)
		for _, path := range []string{
			"/v1/orders?customer=" + ids["customer"], "/v1/orders?connection=only-s", "/v1/deliveries?connection=only-s",
			"/v1/messages?campaign=only-s", "/v1/messages?customer=" + ids["customer"],
			"/v1/customers?email=zaphod@s.test", "/v1/segments/own/members?customer=x", "/v1/segments/overlap?a=only-s&b=own",
			"/v1/customers/" + ids["customer"] + "/explain?segment=own", "/v1/keys?shop=s", "/v1/messages?enrolment=x",
		} {
			response, answer := x.calls(t, x.mine, "GET", path, nil)
			if response.StatusCode >= 500 || secretOfS.Match([]byte(strings.ReplaceAll(string(answer), "only-s", ""))) ||
				strings.Contains(string(answer), `"id":"s:`) {
				t.Errorf("%s: got %d %.300s", path, response.StatusCode, answer)
			}
		}
		for _, call := range []string{"count", "preview", "validate", "profile"} {
			for _, named := range []string{"only-s", "s:only-s"} {
				if status := x.status(t, "POST", "/v1/segments/"+call, x.mine, `{"condition":{"segment":"`+named+`"}}`); status != 400 &&
					call != "validate" {
					t.Errorf("%s of %s: got %d, want 400", call, named, status)
				}
			}
		}
		x.ask(t, 404, "PUT", "/v1/segments/own/members/"+ids["customer"], x.mine, `{"included":true,"reason":"x"}`)
		for _, list := range []string{"id\n" + ids["customer"], "email\nzaphod@s.test"} {
			got := x.ask(t, 200, "POST", "/v1/segments/own/import?as=included", x.mine, list, "Content-Type: text/csv")
			if field[float64](t, got, "found") != 0 {
				t.Errorf("got %s, want nobody found", got)
			}
		}
		for _, path := range []string{"/v1/orders", "/v1/deliveries", "/v1/messages", "/v1/customers"} {
			if next, _ := url.Parse(field[string](t, x.ask(t, 200, "GET", path+"?limit=1", x.theirs, `{}`), "next")); next != nil {
				if answer := x.ask(t, 200, "GET", next.String(), x.mine, ""); strings.Contains(string(answer), `"id":"s:`) {
					t.Errorf("the cursor of %s shows shop s: %.300s", path, answer)
				}
			}
		}
	})
}
