package service

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"comeback/api"
)

// key is a key of shop s.
func (h *harness) key(t testing.TB) (text string) {
	t.Helper()
	key, text := api.NewKey("s", "test", h.at())
	if err := h.AddAPIKey(t.Context(), "s", key); err != nil {
		t.Fatal(err)
	}
	return text
}

// calls sends a request with a key, "" for none, and returns the whole answer.
func (h *harness) calls(t testing.TB, key, method, path string, body []byte, headers ...string) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, h.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Set(name, value)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, answer
}

// repeated is an object with n members, each made by member.
func repeated(n int, member func(i int) string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("," + member(i))
	}
	return "{" + strings.TrimPrefix(b.String(), ",") + "}"
}

// hostileDocuments are JSON bodies below 1 MiB that take much work to check.
func hostileDocuments() map[string]string {
	same, numbered := func(int) string { return `"k":1` }, func(i int) string { return fmt.Sprintf(`"k%d":1`, i) }
	long := func(n int) string { return strings.Repeat("z", n) }
	return map[string]string{
		"a long key over many members":  `{"` + long(900_000) + `":` + repeated(15_000, same) + `}`,
		"many long keys":                repeated(1000, func(int) string { return `"` + long(1000) + `":1` }),
		"long keys around many members": strings.Repeat(`{"`+long(1000)+`":`, 50) + repeated(49_000, same) + strings.Repeat("}", 50),
		"one key very often":            repeated(150_000, same),
		"keys that nobody knows":        repeated(80_000, numbered),
		"a list of nothing":             `{"condition":[` + strings.Repeat("0,", 400_000) + `0]}`,
		"lists in lists":                strings.Repeat("[", 500_000),
		"one key of a megabyte":         `{"` + long(1_000_000) + `":1}`,
		"conditions without end":        `{"all":[` + strings.Repeat(`{"field":"customer.countri","op":"is","value":"DE"},`, 15_000) + `{}]}`,
		"a wrong value very often":      `{"field":"customer.gender","op":"is","value":[` + strings.Repeat(`"femal",`, 100_000) + `"x"]}`,
	}
}

// A document with very many problems is refused with the first hundred and the
// number of the others. Their search takes bounded memory, whatever the keys
// look like.
func TestHostileDocumentIsRefusedWithAHundredProblems(t *testing.T) { // not parallel: it measures what is allocated
	var alone sync.Mutex // the databases take turns, or one measures what the other allocates
	eachDatabase(t, func(t *testing.T, h *harness) {
		alone.Lock()
		defer alone.Unlock()
		for _, call := range []string{
			"PATCH /v1/shop", "POST /v1/segments/count", "POST /v1/segments/validate", "POST /v1/segments", "PUT /v1/campaigns/x",
			"POST /v1/campaigns/validate", "PUT /v1/segments/rules", "POST /v1/keys", "POST /v1/suppressions",
		} {
			method, path, _ := strings.Cut(call, " ")
			key := h.key(t) // with all the calls that it may make
			for name, body := range hostileDocuments() {
				allocated := allocating(func() {
					response, answer := h.calls(t, key, method, path, []byte(body))
					judgeRefusal(t, call+": "+name, response, answer)
				})
				if allocated > 160<<20 {
					t.Errorf("%s: %s: allocated %d MB, want at most 160", call, name, allocated>>20)
				}
			}
		}
	})
}

func allocating(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func judgeRefusal(t *testing.T, what string, response *http.Response, answer []byte) {
	t.Helper()
	var shown struct {
		Valid            *bool
		Errors, Problems []struct{ Pointer, Detail string }
	}
	if err := json.Unmarshal(answer, &shown); err != nil {
		t.Fatalf("%s: got %.200s: %v", what, answer, err)
	}
	list := append(shown.Errors, shown.Problems...)
	refused := response.StatusCode == http.StatusBadRequest || shown.Valid != nil && !*shown.Valid
	if !refused || len(list) == 0 || len(list) > 101 || len(answer) > 300<<10 {
		t.Errorf("%s: got %d, %d problems in %d bytes, want a refusal with at most 101", what, response.StatusCode, len(list), len(answer))
	}
	if last := list[len(list)-1].Detail; len(list) == 101 && !strings.HasPrefix(last, "and ") {
		t.Errorf("%s: got %q last, want how many more there are", what, last)
	}
}
