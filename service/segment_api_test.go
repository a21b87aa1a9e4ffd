package service

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"comeback/api"
	"comeback/commerce"
)

// asks sends a request with a key of shop s and checks the status and texts of
// the answer.
func (h *harness) asks(t *testing.T, key string, status int, call, body string, wants ...string) string {
	t.Helper()
	method, path, _ := strings.Cut(call, " ")
	request, err := http.NewRequestWithContext(t.Context(), method, h.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+key)
	if strings.Contains(path, "/import") {
		request.Header.Set("Content-Type", "text/csv")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode != status {
		t.Errorf("%s: got %d %s, want %d", call, response.StatusCode, text, status)
	}
	for _, want := range wants {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s: got %s, want it to say %s", call, text, want)
		}
	}
	return string(text)
}

// The life of a segment through the API, over the real store and index: made,
// counted, listed by hand and by import, explained, profiled, changed and
// archived. Every answer includes the change before it.
func TestSegmentThroughTheAPI(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		key, text := api.NewKey("s", "test", h.at())
		if err := h.AddAPIKey(t.Context(), "s", key); err != nil {
			t.Fatal(err)
		}
		people := map[string]commerce.Customer{}
		for i, city := range []string{"Köln", "Köln", "北京", "北京"} {
			record := commerce.CustomerRecord{
				Connection: "generic", External: fmt.Sprint(i + 1), Email: fmt.Sprintf("c%d@example.com", i+1), Verified: true,
				Version: h.at(), Attributes: commerce.Attributes{City: city, FirstName: "=1+1"},
			}
			id, err := h.SaveRecord(t.Context(), "s", record)
			if err != nil {
				t.Fatal(err)
			}
			if people[fmt.Sprint(i+1)], err = h.Customer(t.Context(), "s", id); err != nil {
				t.Fatal(err)
			}
		}
		h.settle(t, 1)
		later := func() { h.moveTo(h.at().Add(time.Second)) }
		member := "/v1/segments/bj/members/" + people["1"].ID
		file := `{"schema": 1, "id": "bj", "name": "Beijing", "condition": {"field": "customer.city", "op": "is", "value": "北京"}}`

		h.asks(t, text, 201, "POST /v1/segments", file, `"version":1`)
		h.asks(t, text, 200, "POST /v1/segments/count", file, `"size":2,"base":4,"share":0.5`)
		h.asks(t, text, 200, "GET /v1/segments/bj/members?limit=1", "", `"email":"c3@example.com"`, `"size":2`, `"next":`)
		h.asks(t, text, 200, "PUT "+member, `{"included": true, "reason": "lives there"}`)
		h.asks(t, text, 200, "POST /v1/segments/bj/import?as=excluded", "email\nC3@example.com\nx@example.com\n", `"found":1`, `"unknown":1`)
		later()
		h.asks(t, text, 200, "GET /v1/segments/bj/members", "", `"email":"c1@example.com"`, `"email":"c4@example.com"`, `"size":2`)
		h.asks(t, text, 200, "GET /v1/segments/bj/members.csv", "", `"'=1+1"`, `"c4@example.com"`, "\ufeff\"id\"")
		h.asks(t, text, 200, "GET /v1/customers/"+people["3"].ID+"/explain?segment=bj", "", `"match":false`, "listed as excluded")
		h.asks(t, text, 200, "GET /v1/customers/"+people["2"].ID+"/explain?segment=bj", "", `"seen":"Köln"`, `"lacks":[{`)
		h.asks(t, text, 200, "GET /v1/segments/bj/listings", "", `"reason":"lives there"`, `"by":"`+key.ID+`"`, `"reason":"import"`)
		h.asks(t, text, 204, "DELETE "+member, "")
		h.asks(t, text, 201, "PUT /v1/segments/bj", strings.Replace(file, "北京", "Köln", 1), `"version":2`)
		later()
		h.asks(t, text, 200, "GET /v1/segments/bj/members", "", `"email":"c1@example.com"`, `"email":"c2@example.com"`, `"size":2`)
		h.asks(t, text, 200, "GET /v1/segments/bj/profile", "", `"of":"bj"`, `"size":2,"base":4`)
		h.asks(t, text, 200, "GET /v1/segments/table", "", `"segment":"bj","name":"Beijing","customers":2`)
		h.asks(t, text, 200, "GET /v1/segments/bj/history", "", `"size":null`)
		h.asks(t, text, 200, "PUT /v1/segments/rules", `{"preset": "chinese"}`, `"preset":"chinese"`)
		h.asks(t, text, 200, "POST /v1/segments/bj/archive", "", `"state":"archived"`)
		h.asks(t, text, 409, "GET /v1/segments/bj/members", "")
		h.asks(t, text, 200, "POST /v1/segments/bj/restore", "", `"version":3`)
		h.asks(t, text, 200, "GET /v1/segments/bj/versions", "", `"version":3`, `"version":1`)
	})
}
