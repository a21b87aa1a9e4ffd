package service

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/jobs"
	"comeback/segments/indexcache"
)

// target is the whole API over a real store, with two shops: s, the attacked,
// and b, the attacker.
type target struct {
	*harness
	sent         *outbox
	mine, theirs string // keys of b and of s
	installation string
}

const attackedAdmin = "the-admin-token-of-this-process"

func attacked(t *testing.T, run func(t *testing.T, x *target)) {
	t.Helper()
	eachDatabase(t, func(t *testing.T, h *harness) {
		x := &target{harness: h, sent: withCampaigns(t, h)}
		x.serve(t, func(*api.Config) {})
		x.ask(t, 201, "POST", "/v1/shops", attackedAdmin, `{"id":"b","name":"B","currency":"EUR","market":"west","zone":"UTC"}`)
		x.theirs, x.mine = x.newKey(t, "s"), x.newKey(t, "b")
		x.installation = x.newKey(t, "")
		run(t, x)
	})
}

// serve starts the API; change may replace its parts.
func (x *target) serve(t *testing.T, change func(*api.Config)) {
	t.Helper()
	held := x.at
	config := api.Config{
		Store: x.Store, Marker: unmarked{}, Templates: readyTemplates(t), Tokens: testTokens(t),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: held, Wall: held, Deadline: machineDeadline, Metrics: prometheus.NewRegistry(), BaseURL: "http://comeback.test",
		AdminToken: attackedAdmin,
		Importer:   importer{jobs.NewImporter(x.Store, held)}, Indexes: indexcache.New(x.Store, 1<<28, held),
	}
	change(&config)
	edge, err := api.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(edge.Handler())
	t.Cleanup(server.Close)
	x.url = server.URL
}

func (x *target) newKey(t *testing.T, shop string) string {
	t.Helper()
	body := `{"name":"k"}`
	if shop != "" {
		body = `{"name":"k","shop":"` + shop + `"}`
	}
	return field[string](t, x.ask(t, 201, "POST", "/v1/keys", attackedAdmin, body), "key")
}

// ask sends a request and checks that the answer has one of the statuses.
func (x *target) ask(t testing.TB, status int, method, path, key, body string, headers ...string) []byte {
	t.Helper()
	response, answer := x.calls(t, key, method, path, []byte(body), headers...)
	if response.StatusCode != status {
		t.Errorf("%s %s %.120s: got %d %.300s, want %d", method, path, body, response.StatusCode, answer, status)
	}
	return answer
}

// rest works until all that was sent is done.
func (x *target) rest(t *testing.T) {
	t.Helper()
	if err := x.MarkDue(t.Context(), "s", x.at()); err != nil {
		t.Fatal(err)
	}
	settleAll(t, x.harness, 1)
}

// status sends a request and returns the status of the answer.
func (x *target) status(t testing.TB, method, path, key, body string, headers ...string) int {
	t.Helper()
	response, _ := x.calls(t, key, method, path, []byte(body), headers...)
	return response.StatusCode
}

// field is one value of an answer.
func field[T any](t testing.TB, answer []byte, name string) T {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal(answer, &all); err != nil {
		t.Fatalf("%v in %.300s", err, answer)
	}
	value, ok := all[name].(T)
	if !ok {
		t.Fatalf("no %s in %.300s", name, answer)
	}
	return value
}

// items are one field of each item of a list.
func (x *target) items(t testing.TB, path, key, name string) []string {
	t.Helper()
	var page struct{ Items []map[string]any }
	if err := json.Unmarshal(x.ask(t, 200, "GET", path, key, ""), &page); err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, item := range page.Items {
		list = append(list, item[name].(string))
	}
	return list
}

// A key with any mistake opens nothing, and only the header may carry one. A
// revoked key is closed at once, and no key can revoke another shop's.
func TestWrongKeysOpenNothing(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		good, a43 := x.theirs, strings.Repeat("a", 43)
		id := good[:strings.LastIndex(good, "_")]
		for name, key := range map[string]string{
			"wrong secret": id + "_" + a43, "unknown id": "cb_s_" + strings.Repeat("0", 16) + "_" + a43,
			"unknown shop": "cb_nosuch_" + strings.Repeat("0", 16) + "_" + a43,
			"malformed":    "x", "as installation": strings.Replace(good, "cb_s_", "cbi_", 1), "one more": good + "x",
			"prefix": good[:len(good)-1], "upper": strings.ToUpper(good),
			"other shop": strings.Replace(good, "cb_s_", "cb_b_", 1), "shop _": strings.Replace(good, "cb_s_", "cb___", 1),
			"operator": "cb_$where_" + strings.Repeat("0", 16) + "_" + a43,
		} {
			response, answer := x.calls(t, key, "GET", "/v1/orders?limit=1", nil)
			if response.StatusCode != 401 || response.Header.Get("WWW-Authenticate") != "Bearer" ||
				!strings.Contains(string(answer), "missing, unknown, expired or revoked") {
				t.Errorf("%s: got %d %s", name, response.StatusCode, answer)
			}
		}
		for _, header := range []string{
			"Authorization: Basic " + good, "Cookie: key=" + good, "X-Api-Key: " + good, "Authorization: bearer " + good,
			"Authorization: Bearer  " + good, "Authorization: " + good,
		} {
			x.ask(t, 401, "GET", "/v1/shop", "", "", header)
		}
		x.ask(t, 401, "GET", "/v1/shop?key="+good, "", "")
		x.ask(t, 401, "GET", "/v1/shop?access_token="+good, "", "")
		made := x.ask(t, 201, "POST", "/v1/keys", good, `{"name":"tmp"}`)
		revoke := "/v1/keys/" + field[string](t, made, "id")
		x.ask(t, 200, "GET", "/v1/shop", field[string](t, made, "key"), "")
		x.ask(t, 404, "DELETE", revoke, x.mine, "")
		x.ask(t, 204, "DELETE", revoke, good, "")
		x.ask(t, 401, "GET", "/v1/shop", field[string](t, made, "key"), "")
		for _, own := range x.items(t, "/v1/keys", x.installation, "id") {
			x.ask(t, 404, "DELETE", "/v1/keys/"+own, good, "")
		}
	})
}

// A replay of a reply is for the shop that made the request. Ids of shops are
// plain words, and none names the installation.
func TestShopsAndRepliesAreSeparate(t *testing.T) {
	t.Parallel()
	attacked(t, func(t *testing.T, x *target) {
		once := "Idempotency-Key: abc"
		first := x.ask(t, 201, "POST", "/v1/keys", x.theirs, `{"name":"idem"}`, once)
		if again := x.ask(t, 201, "POST", "/v1/keys", x.theirs, `{"name":"idem"}`, once); !bytes.Equal(first, again) {
			t.Errorf("got %s, then %s", first, again)
		}
		if other := x.ask(t, 201, "POST", "/v1/keys", x.mine, `{"name":"idem"}`, once); bytes.Equal(first, other) {
			t.Error("another shop was given the answer")
		}
		x.ask(t, 201, "POST", "/v1/keys", x.installation, `{"name":"idem2"}`, once)
		for _, id := range []string{"_", "a_b", strings.Repeat("a", 61), "-main", "A", "sec-a\n", "../x", "_x", ""} {
			text, _ := json.Marshal(id)
			x.ask(t, 400, "POST", "/v1/shops", x.installation, `{"id":`+string(text)+`,"name":"n","currency":"EUR","market":"west","zone":"UTC"}`)
			x.ask(t, 400, "POST", "/v1/connections", x.mine, `{"slug":`+string(text)+`,"platform":"generic"}`)
		}
		x.ask(t, 404, "POST", "/v1/keys", x.installation, `{"name":"z","shop":"_"}`)
		x.ask(t, 404, "GET", "/v1/keys?shop=_", x.installation, "")
		for _, at := range []string{"9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"} {
			x.ask(t, 400, "POST", "/v1/keys", x.theirs, `{"name":"far","expires_at":"`+at+`"}`)
		}
		if list := x.items(t, "/v1/keys", x.theirs, "id"); len(list) != 2 {
			t.Errorf("got keys %v, want the two that were made", list)
		}
	})
}
