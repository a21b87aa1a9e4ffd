package api_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
)

// An address with many invalid keys must wait, and the answer shows how long. A
// valid key from that address still works, and a call without a key does not
// count.
func TestGuessingKeysIsSlowedDown(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	guess := func(i int) string {
		return fmt.Sprintf("Authorization: Bearer cb_demo_%016x_%s", i, strings.Repeat("a", 43))
	}
	codes := map[int]int{}
	for i := range 1500 {
		w := s.do("GET", "/v1/shop", "", guess(i))
		codes[w.Code]++
		head := w.Header()
		complete := head.Get("Retry-After") != "" && strings.Contains(head.Get("RateLimit"), "r=0") && head.Get("RateLimit-Policy") != ""
		if w.Code == 429 && !complete {
			t.Fatalf("got %v, want the time to try again", w.Header())
		}
	}
	if codes[401] != 100 || codes[429] != 1400 {
		t.Errorf("got %v, want 100 guesses answered", codes)
	}
	s.expect(t, 200, "GET", "/v1/shop", "", key)
	s.expect(t, 401, "GET", "/v1/shop", "")
	s.expect(t, 429, "GET", "/v1/shop", "", "Authorization: Bearer x")
	s.wall = s.wall.Add(3 * time.Second)
	for want := 401; want == 401; want = 0 {
		for range 3 {
			s.expect(t, 401, "GET", "/v1/shop", "", guess(0))
		}
	}
	s.expect(t, 429, "GET", "/v1/shop", "", guess(0))
}

// A key calls as often as it may, large bodies counting for several calls; others
// do not wait for it.
func TestCallsOfAKeyAreBounded(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key, other := s.shop("demo"), s.shop("other")
	w := s.expect(t, 200, "GET", "/v1/shop", "", key)
	if got := w.Header().Get("RateLimit-Remaining"); got != "5999" {
		t.Errorf("got %q calls left, want 5999", got)
	}
	large := `{"x":"` + strings.Repeat("x", 1<<20-100) + `"}`
	refused := 0
	for range 200 {
		if s.do("PATCH", "/v1/shop", large, key).Code == 429 {
			refused++
		}
	}
	if refused != 200-5999/512 {
		t.Errorf("got %d of 200 large bodies refused, want all but 11", refused)
	}
	s.expect(t, 200, "GET", "/v1/shop", "", other)
	s.wall = s.wall.Add(time.Second)
	s.expect(t, 200, "GET", "/v1/shop", "", key)
}

// Ten thousand deliveries of a shop within a minute, from one address and beside
// others' that prove nothing, are all taken.
func TestAShopsBusiestMinuteIsTaken(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.store.connect("demo", "own", "generic", "s3cret")
	for i := range 10_000 {
		body := strings.Replace(anOrder, `"id":"`, `"id":"`+strconv.Itoa(i), 1)
		if w := s.do("POST", "/hooks/generic/demo:own", body, generic("s3cret", body, s.wall)...); w.Code != 200 {
			t.Fatalf("delivery %d: got %d %s", i, w.Code, w.Body)
		}
		if i%4 == 0 {
			s.do("POST", "/hooks/generic/demo:own", strings.Repeat("x", 50_000))
		}
	}
}

// Deliveries without a valid signature are read while their address has sent
// few of them. A connection with a recent valid signature is not limited.
func TestDeliveriesWithoutSignatureAreLimited(t *testing.T) {
	t.Parallel()
	s := setup(t)
	s.store.connect("demo", "own", "generic", "s3cret")
	s.expect(t, 200, "POST", "/hooks/generic/demo:own", anOrder, generic("s3cret", anOrder, s.wall)...)
	codes := map[int]int{}
	for range 40 {
		codes[s.do("POST", "/hooks/generic/demo:none", strings.Repeat("x", 5<<20)).Code]++
	}
	if codes[401] != 12 || codes[429] != 28 {
		t.Errorf("got %v, want 12 read and 28 refused unread", codes)
	}
	large := strings.Repeat("x", 4<<20+1<<19)
	s.expect(t, 429, "POST", "/hooks/generic/demo:none", large)
	s.expect(t, 200, "POST", "/hooks/generic/demo:own", large, generic("s3cret", large, s.wall)...)
	s.wall = s.wall.Add(time.Minute)
	s.expect(t, 401, "POST", "/hooks/generic/demo:none", large)
}

// Each key records its creator. The number of keys is limited, for one creator
// and for all.
func TestKeysMakeFewKeys(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	type made struct {
		ID        string
		Key       string
		CreatedBy string `json:"created_by"`
	}
	first := got[made](t, s.expect(t, 201, "POST", "/v1/keys", `{"name":"n"}`, key))
	if stored := s.store.keys[first.ID]; first.CreatedBy == "" || stored.CreatedBy != first.CreatedBy ||
		s.store.keys[first.CreatedBy].Shop != "demo" {
		t.Errorf("got %+v, stored %+v; want the key that made it named", first, stored)
	}
	codes := map[int]int{}
	for i := range 120 {
		codes[s.do("POST", "/v1/keys", fmt.Sprintf(`{"name":"n%d"}`, i), "Authorization: Bearer "+first.Key).Code]++
	}
	if codes[201] != 48 || codes[409] != 72 {
		t.Errorf("got %v, want 50 active keys in all", codes)
	}
	codes = map[int]int{}
	for range 300 {
		s.do("DELETE", "/v1/keys/"+first.ID, "", key)
		w := s.do("POST", "/v1/keys", `{"name":"n"}`, key)
		if codes[w.Code]++; w.Code == 201 {
			first = got[made](t, w)
		}
	}
	if codes[201] >= 200 {
		t.Errorf("got %v, want those who revoke what they make stopped too", codes)
	}
	s.wall = s.wall.Add(25 * time.Hour)
	s.expect(t, 201, "POST", "/v1/keys", `{"name":"n"}`, key)
	s.expect(t, 201, "POST", "/v1/keys", `{"name":"n"}`, s.shop("other"))
}

// The secret of our own format is too long to be guessed from a signature. A
// shorter one stored before still works.
func TestSecretsOfOurOwnFormatAreLong(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.expect(t, 400, "POST", "/v1/connections", `{"slug":"a","platform":"generic","secret":"123456789012345"}`, key)
	s.expect(t, 201, "POST", "/v1/connections", `{"slug":"a","platform":"generic","secret":"1234567890123456"}`, key)
	s.expect(t, 201, "POST", "/v1/connections", `{"slug":"b","platform":"woocommerce","secret":"12345678"}`, key)
	s.expect(t, 400, "POST", "/v1/connections/a/rotate", `{"secret":"123456789012345"}`, key)
	s.expect(t, 200, "POST", "/v1/connections/b/rotate", `{"secret":"87654321"}`, key)
	s.store.connect("demo", "old", "generic", "s3cret")
	s.expect(t, 200, "POST", "/hooks/generic/demo:old", anOrder, generic("s3cret", anOrder, s.wall)...)
}

// A file whose tests would take a minute is refused at once, by put and by
// validate.
func TestCampaignsWithTooMuchWorkAreRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	var steps, given []string
	for i := range 50 {
		steps = append(steps, fmt.Sprintf(`{"id":"s%d","wait":"30d","expires":"12h","send":{"channel":"email","template":"unpaid-1"}}`, i))
	}
	for i := range 200 {
		given = append(given, fmt.Sprintf(`"0m order.placed order=o%d customer=c%d"`, i, i))
	}
	file := `{"schema":1,"id":"x","name":"x","class":"service","trigger":{"event":"order.placed"},"key":"order","reentry":"always","steps":[` +
		strings.Join(steps, ",") + `],"tests":[{"name":"t","given":[` + strings.Join(given, ",") +
		`],"expect":{"sent":[]}}]}`
	for _, call := range []string{"PUT /v1/campaigns/x", "POST /v1/campaigns/validate"} {
		method, path, _ := strings.Cut(call, " ")
		w := s.expect(t, 400, method, path, file, key)
		if !strings.Contains(w.Body.String(), `"pointer":"/tests"`) || !strings.Contains(w.Body.String(), "10000 events x steps") {
			t.Errorf("%s: got %s", call, w.Body)
		}
	}
}
