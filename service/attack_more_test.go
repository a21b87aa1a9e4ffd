package service

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// Files that are no history are refused or read line by line, in bounded
// memory. Every page stays readable, with the records of their good lines.
func TestHostileImportsAreRefused(t *testing.T) { // not parallel: it measures what is allocated
	var alone sync.Mutex // the databases take turns, or one measures what the other allocates
	attacked(t, func(t *testing.T, x *target) {
		alone.Lock()
		defer alone.Unlock()
		header := "order,at,product,quantity,price,email\n"
		mapped := "order%3Dorder,at%3Dat,product%3Dproduct,quantity%3Dquantity,price%3Dprice,email%3Demail"
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
			"an open quote": {
				"connection=imp&format=csv&name=x&map=" + mapped, zipped(t, header+"\"") + string(packed("a", 200_000_000)), x.installation,
				413,
			},
			"packed twice":    {"connection=imp&format=ndjson&name=x", zipped(t, zipped(t, "{}")), x.installation, 400},
			"a million names": {"connection=imp&format=csv&name=x", strings.Repeat("c,", 1_000_000) + "\n", x.installation, 400},
			"a path for a file": {
				"connection=imp3&format=csv&name=..%2f..%2fetc%2fpasswd&map=" + mapped, header + "1,2011-01-01,x,1,1.00,a@b.test\n",
				x.installation, 200,
			},
			"an endless year": {"connection=imp4&format=ndjson&name=x", strings.ReplaceAll(
				`{"type":"order","id":"py","updated_at":"END","placed_at":"END","payment_status":"paid","paid_at":"END",`+
					`"currency":"EUR","total":"1.00","lines":[],"buyer":{"id":"py","email":"py@x.test"}}`,
				"END", "9999-12-31T23:59:59-23:59") + "\n", x.installation, 200},
			"odd amounts": {"connection=imp2&format=csv&name=x&map=" + mapped, header +
				"1,2011-01-01,x,9223372036854775807,92233720368547758.07,a@b.test\n" +
				"2,9999-12-31,x,1,1e400,a@b.test\n" +
				"3,0000-00-00,x,NaN,Infinity,a@b.test\n" +
				"4,2011-01-01,x,999999999,999999999999.99,a@b.test\n" +
				"5,2011-01-01 10:00,=cmd,1,1.00,\"=cmd@b.test\"\n", x.installation, 200},
		} {
			allocated := allocating(func() {
				response, answer := x.calls(t, c.key, "POST", "/v1/shops/b/imports?"+c.query, []byte(c.body))
				if len(answer) > 1<<16 {
					t.Errorf("%s: got an answer of %d bytes", name, len(answer))
				}
				if response.StatusCode != c.status {
					t.Errorf("%s: got %d %.300s, want %d", name, response.StatusCode, answer, c.status)
				}
			})
			if allocated > 600<<20 {
				t.Errorf("%s: allocated %d MB", name, allocated>>20)
			}
		}
		buyers := `{"schema":1,"id":"buyers","name":"Buyers","condition":{"field":"orders.count","op":"gte","value":1}}`
		x.ask(t, 201, "POST", "/v1/segments", x.mine, buyers)
		for path, wants := range map[string][]string{
			"/v1/orders?limit=50":                  {`"id":"b:imp2:5"`, `"id":"b:imp3:1"`, `"email":"=cmd@b.test"`, `"email":"a@b.test"`},
			"/v1/customers?limit=50":               {`"email":"a@b.test"`, `"email":"=cmd@b.test"`},
			"/v1/segments/buyers/members?limit=50": {`"email":"a@b.test"`, `"email":"=cmd@b.test"`, `"size":2`},
			"/v1/segments/table": {`"segment":"buyers","name":"Buyers","customers":2`, `"orders":2`,
				`"sales":{"amount":"2.00","currency":"EUR"}`},
			"/v1/segments/buyers/profile":     {`"of":"buyers"`, `"size":2`, `"sales":{"amount":"2.00","currency":"EUR"}`},
			"/v1/segments/buyers/members.csv": {`"a@b.test"`, `"'=cmd@b.test"`, "\"1.00\",\"EUR\""},
		} {
			answer := string(x.ask(t, 200, "GET", path, x.mine, ""))
			for _, want := range wants {
				if !strings.Contains(answer, want) {
					t.Errorf("%s: got %s, want it to say %s", path, answer, want)
				}
			}
		}
	})
}

// Of any number of equal calls at once, one takes effect.
func TestConcurrentEqualCallsHaveOneEffect(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		for name, c := range map[string]struct{ method, path, key, body, header string }{
			"shop":       {"POST", "/v1/shops", x.installation, `{"id":"race","name":"n%d","currency":"EUR","market":"west","zone":"UTC"}`, ""},
			"connection": {"POST", "/v1/connections", x.theirs, `{"slug":"race","platform":"generic"}`, ""},
			"segment": {
				"POST", "/v1/segments", x.theirs,
				`{"schema":1,"id":"race","name":"n%d","condition":{"field":"customer.country","op":"is","value":"DE"}}`, "",
			},
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

// atOnce sends requests at the same time, and counts the answers by status.
func (x *target) atOnce(
	t *testing.T, n int, ask func(i int) (method, path, body string, headers []string),
) (statuses map[int]int, answers []string) {
	t.Helper()
	var mu sync.Mutex
	var running sync.WaitGroup
	statuses = map[int]int{}
	for i := range n {
		running.Go(func() {
			method, path, body, headers := ask(i)
			response, answer := x.calls(t, x.theirs, method, path, []byte(body), headers...)
			mu.Lock()
			defer mu.Unlock()
			statuses[response.StatusCode]++
			answers = append(answers, string(answer))
		})
	}
	running.Wait()
	return statuses, answers
}

// Versions saved at once are all stored under different numbers. Of any number
// activated at once, one is active.
func TestConcurrentVersionsAreAllStoredAndOneIsActive(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		file := strings.Replace(reminder, `"id": "reminder"`, `"id": "race"`, 1)
		statuses, _ := x.atOnce(t, 30, func(i int) (string, string, string, []string) {
			return "PUT", "/v1/campaigns/race", strings.Replace(file, "Reminder", fmt.Sprint("Reminder ", i), 1), nil
		})
		var versions struct {
			Items []struct {
				Version int
				State   string
			}
		}
		list := func() (numbers map[int]bool, active int) {
			t.Helper()
			if err := json.Unmarshal(x.ask(t, 200, "GET", "/v1/campaigns/race/versions", x.theirs, ""), &versions); err != nil {
				t.Fatal(err)
			}
			numbers = map[int]bool{}
			for _, version := range versions.Items {
				numbers[version.Version] = true
				if version.State == "active" {
					active++
				}
			}
			return numbers, active
		}
		numbers, active := list()
		if kept := statuses[200] + statuses[201]; kept == 0 || kept+statuses[409] != 30 || len(numbers) != kept || !numbers[1] ||
			!numbers[kept] || active != 0 {
			t.Fatalf("got the answers %v and the versions %v, %d active; want a number each, in a row", statuses, numbers, active)
		}
		for round := range 10 {
			statuses, answers := x.atOnce(t, 4, func(i int) (string, string, string, []string) {
				return "POST", "/v1/campaigns/race/activate", fmt.Sprintf(`{"version":%d}`, 1+(round+i)%2), nil
			})
			if _, active = list(); active != 1 || statuses[204] == 0 || statuses[204]+statuses[409] != 4 {
				t.Fatalf("round %d: got %d active after the answers %v, want one: %s", round, active, statuses, answers)
			}
		}
	})
}

// Of changes that start from the same state one is made; the others are
// refused.
func TestOneOfConcurrentChangesOfAStateSucceeds(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		segment := `{"schema":1,"id":"race","name":"n%d","condition":{"field":"customer.country","op":"is","value":"DE"}}`
		x.ask(t, 201, "PUT", "/v1/segments/race", x.theirs, fmt.Sprintf(segment, 0))
		statuses, answers := x.atOnce(t, 10, func(i int) (string, string, string, []string) {
			return "PUT", "/v1/segments/race", fmt.Sprintf(segment, i+1), []string{`If-Match: "1"`}
		})
		if statuses[201] != 1 || statuses[412] != 9 {
			t.Errorf("If-Match: got %v, want one change made: %s", statuses, answers)
		}
		made := map[string]bool{}
		statuses, answers = x.atOnce(t, 10, func(int) (string, string, string, []string) {
			return "POST", "/v1/connections", `{"slug":"once","platform":"generic"}`, []string{"Idempotency-Key: once"}
		})
		for _, answer := range answers {
			if strings.Contains(answer, `"secret":`) {
				made[answer] = true
			}
		}
		if len(made) != 1 || statuses[201] == 0 || statuses[201]+statuses[409] != 10 {
			t.Errorf("one Idempotency-Key: got %v, %d different connections", statuses, len(made))
		}
	})
}

// A token that was changed in any way is valid for no purpose, and no token is
// valid for another purpose. No parameter changes the target of a link.
func TestChangedTokensAreRefused(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		x.furnish(t)
		tokens := testTokens(t)
		message := x.items(t, "/v1/messages", x.theirs, "id")[0]
		links := map[string]string{"o": tokens.Open(message), "c": tokens.Click(message, 1), "u": tokens.Unsubscribe(message, "")}
		others := map[string]string{"o": tokens.Open("another"), "c": tokens.Click("another", 1), "u": tokens.Unsubscribe("another", "")}
		for purpose, token := range links {
			for other := range links {
				if other != purpose {
					x.ask(t, 404, "GET", "/"+other+"/"+token, "", "")
				}
			}
			changed := []string{
				token[:len(token)/2], token[:len(token)-1], token + "A", token + "=", token + "%0A", token + "%00",
				strings.ToLower(token), "..%2f" + token, token + token, strings.Repeat("A", 3000),
			}
			for at := range token {
				for _, letter := range "Ab0-_" {
					if byte(letter) != token[at] {
						changed = append(changed, token[:at]+string(letter)+token[at+1:])
					}
				}
			}
			changed = append(changed, bent(t, token, others[purpose])...)
			for _, bad := range changed {
				response, _ := x.calls(t, "", "GET", "/"+purpose+"/"+bad, nil)
				if response.StatusCode != 404 || response.Header.Get("Location") != "" {
					t.Errorf("/%s/%.60s: got %d to %q", purpose, bad, response.StatusCode, response.Header.Get("Location"))
				}
			}
		}
		for _, tail := range []string{"", "?url=https://evil.example", "?redirect=//evil.example", "?cbt=x"} {
			response, _ := x.calls(t, "", "GET", "/c/"+links["c"]+tail, nil)
			if where := response.Header.Get("Location"); response.StatusCode != 302 || !strings.HasPrefix(where, "https://s.example/pay") ||
				strings.Contains(where, "evil") {
				t.Errorf("%s: got %d to %q", tail, response.StatusCode, where)
			}
		}
		answer := x.ask(t, 200, "GET", "/u/"+links["u"], "", "", "X-Forwarded-Host: evil.example", "X-Forwarded-Proto: https")
		if strings.Contains(string(answer), "evil") {
			t.Error("the page names a host of the caller's")
		}
		x.ask(t, 404, "POST", "/u/"+links["c"], "", "")
		for i := range 2000 { // a flood of openings keeps nobody from leaving
			x.ask(t, 200, "GET", "/o/"+links["o"], "", "", fmt.Sprint("User-Agent: ua", i))
		}
		x.ask(t, 200, "POST", "/u/"+links["u"], "", "List-Unsubscribe=One-Click", "Origin: https://evil.example")
		x.ask(t, 200, "POST", "/u/"+links["u"], "", "")
	})
}

// bent returns the token with each bit inverted, and each beginning of it
// joined to the end of another message's token.
func bent(t *testing.T, token, other string) (list []string) {
	t.Helper()
	written := base64.RawURLEncoding
	bits, err := written.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := written.DecodeString(other)
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(bits) * 8 {
		changed := bytes.Clone(bits)
		changed[i/8] ^= 1 << (i % 8)
		list = append(list, written.EncodeToString(changed))
	}
	for at := 1; at < min(len(bits), len(foreign)); at++ {
		for _, spliced := range [][]byte{append(bytes.Clone(bits[:at]), foreign[at:]...), append(bytes.Clone(foreign[:at]), bits[at:]...)} {
			if !bytes.Equal(spliced, bits) && !bytes.Equal(spliced, foreign) {
				list = append(list, written.EncodeToString(spliced))
			}
		}
	}
	return list
}

// zipped is text compressed with gzip.
func zipped(t *testing.T, text string) string {
	t.Helper()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(text))
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return packed.String()
}
