package api_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/api"
	"comeback/commerce"
	"comeback/segments"
	"comeback/segments/indexcache"
)

// boughtAt is four weeks ago.
func boughtAt() time.Time { return today().AddDate(0, 0, -28) }

// buyer is a customer with n orders of 10.00.
func buyer(shop string, n, orders int) commerce.Customer {
	c := commerce.Customer{ID: commerce.Key(shop, "c", strconv.Itoa(n)), Shop: shop, N: int64(n)}
	c.Attributes = commerce.Attributes{
		Email: fmt.Sprintf("c%d@example.com", n), FirstName: "C", LastName: strconv.Itoa(n), City: []string{"Köln", "北京"}[n%2],
	}
	at := boughtAt()
	for i := range orders {
		c.History.Orders = append(
			c.History.Orders,
			commerce.OrderFact{
				ID: fmt.Sprintf("%s:o:%d-%d", shop, n, i), PlacedAt: at, PaidAt: at, Status: commerce.Completed, Payment: commerce.Paid,
				Currency: "EUR", Net: 1000, Total: 1000, Units: 1,
			},
		)
	}
	c.History.Figures = commerce.Figures{Count: int64(orders), Net: int64(orders) * 1000, Total: int64(orders) * 1000}
	if orders > 0 {
		c.History.Figures.FirstAt, c.History.Figures.LastAt = at, at
	}
	return c
}

// crowded is a shop of n customers. Every third has bought: 1 to 3 orders.
func crowded(t testing.TB, n int, change ...func(*api.Config)) (*service, string) {
	t.Helper()
	s := setup(t, change...)
	key := s.shop("demo")
	for i := 1; i <= n; i++ {
		orders := 0
		if i%3 == 0 {
			orders = 1 + i/3%3
		}
		c := buyer("demo", i, orders)
		s.store.customers[c.ID] = c
	}
	return s, key
}

// without is a service without memory for any shop's index.
func without(c *api.Config) { c.Indexes = tooLarge{} }

type tooLarge struct{}

func (tooLarge) Open(context.Context, string) (*indexcache.Handle, error) {
	return nil, commerce.Errorf(commerce.TooLarge, "raise COMEBACK_SEGMENT_MEMORY")
}

func (tooLarge) Current(string) *indexcache.Handle { return nil }

// eachWay runs a test both ways: with the shop's index, and in the store, as
// for a shop too large for an index.
func eachWay(t *testing.T, run func(t *testing.T, change ...func(*api.Config))) {
	t.Helper()
	t.Run("in memory", func(t *testing.T) { t.Parallel(); run(t) })
	t.Run("too large for memory", func(t *testing.T) { t.Parallel(); run(t, without) })
}

type counted struct {
	Size, Base int
	Share      float64
	At         time.Time
	Notes      []any
	Customers  []struct {
		Customer struct {
			ID     string
			Number int
		}
		Match   bool
		Verdict segments.Verdict
	}
}

// A condition or a segment file is counted and shown without being stored. The
// list of the segment to be replaced counts.
func TestCountAndPreview(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, change ...func(*api.Config)) {
		s, key := crowded(t, 30, change...)
		for body, want := range map[string]int{
			buyers: 10, segmentFile("x", buyers): 10, `{"not": ` + buyers + `}`: 20,
			`{"field": "orders.count", "op": "gte", "value": 3}`: 3,
		} {
			v := got[counted](t, s.expect(t, 200, "POST", "/v1/segments/count", body, key))
			if v.Size != want || v.Base != 30 || v.Share != float64(want)/30 || !v.At.Equal(s.wall.Add(time.Hour)) {
				t.Errorf("%s: got %+v, want %d of 30", body, v, want)
			}
		}
		v := got[counted](t, s.expect(t, 200, "POST", "/v1/segments/preview?limit=2", buyers, key))
		if len(v.Customers) != 2 || v.Customers[0].Customer.Number != 3 || v.Customers[1].Customer.Number != 6 || !v.Customers[1].Match ||
			v.Customers[1].Verdict.Seen != "3" {
			t.Errorf("got %+v, want customers 3 and 6 with the reasons", v.Customers)
		}
		notFemale := `{"not": {"field": "customer.gender", "op": "is", "value": "female"}}`
		if v := got[counted](t, s.expect(t, 200, "POST", "/v1/segments/count", notFemale, key)); len(v.Notes) != 1 || v.Size != 30 {
			t.Errorf("got %+v, want a note", v)
		}
		s.expect(t, 201, "POST", "/v1/segments", staticFile, key)
		s.expect(t, 200, "POST", "/v1/segments/list/import", "id\ndemo:c:1\ndemo:c:2\n", key, "Content-Type: text/csv")
		s.wall = s.wall.Add(time.Second) // an index is as old as that at most
		if v := got[counted](t, s.expect(t, 200, "POST", "/v1/segments/count", `{"any": [{"segment": "list"}, `+buyers+`]}`, key)); v.Size != 12 {
			t.Errorf("got %d, want the two of the list and the ten who bought", v.Size)
		}
		if v := got[counted](t, s.expect(t, 200, "POST", "/v1/segments/count", segmentFile("list", buyers), key)); v.Size != 12 {
			t.Errorf("got %d, want those listed by hand too", v.Size)
		}
	})
}

// A faulty condition is refused with its place, as files are.
func TestFaultyConditionsAreRefused(t *testing.T) {
	t.Parallel()
	s, key := crowded(t, 3)
	for _, call := range []string{"count", "preview", "profile", "explain?customer=demo:c:1"} {
		for body, pointer := range map[string]string{
			`{"field": "orders.cont", "op": "gte", "value": 1}`:                   "/field",
			segmentFile("x", `{"field": "orders.cont", "op": "gte", "value": 1}`): "/condition/field",
			`{`: "", `{"segment": "none"}`: "/segment",
		} {
			if p := got[refusal](t, s.expect(t, 400, "POST", "/v1/segments/"+call, body, key)); len(p.Errors) == 0 ||
				p.Errors[0].Pointer != pointer ||
				p.Errors[0].Line < 1 {
				t.Errorf("%s %s: got %+v, want %q named", call, body, p, pointer)
			}
		}
	}
	for _, target := range []string{
		"count?limit=1", "preview?limit=51", "preview?limit=0", "profile?days=-1", "profile?top=501", "explain",
		"explain?customer=",
	} {
		s.expect(t, 400, "POST", "/v1/segments/"+target, buyers, key)
	}
	s.expect(t, 404, "POST", "/v1/segments/explain?customer=demo:c:9", buyers, key)
	s.expect(t, 400, "GET", "/v1/customers/demo:c:1/explain", "", key)
	s.expect(t, 404, "GET", "/v1/customers/demo:c:1/explain?segment=none", "", key)
	none := setup(t, func(c *api.Config) { c.Indexes = nil })
	none.expect(t, 422, "POST", "/v1/segments/count", buyers, none.shop("demo"))
}

func decode(t testing.TB, w *httptest.ResponseRecorder, into any) {
	t.Helper()
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		t.Fatal(err)
	}
}

type membersAnswer struct {
	Items []struct{ Number int }
	Next  string
	Size  int
}

// The pages of members contain everyone once, in order of number, even while
// others join and leave.
func TestMembersPageByPage(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, change ...func(*api.Config)) {
		s, key := crowded(t, 60, change...)
		s.expect(t, 201, "POST", "/v1/segments", segmentFile("buyers", buyers), key)
		var seen []int
		for next := "/v1/segments/buyers/members?limit=7"; next != ""; {
			page := got[membersAnswer](t, s.expect(t, 200, "GET", next, "", key))
			for _, m := range page.Items {
				seen = append(seen, m.Number)
			}
			if page.Size != 20 {
				t.Errorf("got size %d, want 20", page.Size)
			}
			next = page.Next
		}
		var want []int
		for n := 3; n <= 60; n += 3 {
			want = append(want, n)
		}
		if diff := cmp.Diff(seen, want); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
		for _, query := range []string{"cursor=x", "cursor=-1", "cursor=0", "limit=201", "page=2"} {
			s.expect(t, 400, "GET", "/v1/segments/buyers/members?"+query, "", key)
		}
		s.expect(t, 404, "GET", "/v1/segments/none/members", "", key)
		s.expect(t, 200, "POST", "/v1/segments/buyers/archive", "", key)
		for _, call := range []string{"members", "members.csv", "profile"} {
			s.expect(t, 409, "GET", "/v1/segments/buyers/"+call, "", key)
		}
	})
}

// The file of members contains everyone, opens in Chinese Excel, and runs no
// formula.
func TestMembersAsCSV(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, change ...func(*api.Config)) {
		s, key := crowded(t, 1600, change...)
		c := s.store.customers["demo:c:3"]
		c.Attributes.FirstName = `=HYPERLINK("http://evil.example","x")`
		c.Attributes.Phone, c.Attributes.Tags = "+4915112345678", []string{"@a", "b"}
		s.store.customers[c.ID] = c
		s.expect(t, 201, "POST", "/v1/segments", segmentFile("buyers", buyers), key)
		w := s.expect(t, 200, "GET", "/v1/segments/buyers/members.csv", "", key)
		if w.Header().Get("Content-Type") != "text/csv; charset=utf-8" ||
			w.Header().Get("Content-Disposition") != `attachment; filename="buyers.csv"` {
			t.Errorf("got %v", w.Header())
		}
		text, marked := strings.CutPrefix(w.Body.String(), "\ufeff")
		rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
		if !marked || err != nil || len(rows) != 1+533 {
			t.Fatalf("got mark %v, %d rows, %v, want a header and 533 members", marked, len(rows), err)
		}
		want := []string{
			"demo:c:3", "3", "c3@example.com", "'+4915112345678", `'=HYPERLINK("http://evil.example","x")`, "3", "", "", "北京",
			"", "", "'@a, b", "2", "20.00", "EUR", boughtAt().Format(time.RFC3339),
		}
		if diff := cmp.Diff(rows[1], want); diff != "" {
			t.Errorf("got, want: %s", diff)
		}
	})
}

// An export that breaks off does not look like a complete file.
func TestMembersAsCSVBreakOff(t *testing.T) {
	t.Parallel()
	s, key := crowded(t, 30)
	s.expect(t, 201, "POST", "/v1/segments", segmentFile("buyers", buyers), key)
	s.expect(t, 200, "GET", "/v1/segments/buyers/members", "", key)
	s.store.segments.away = commerce.Errorf(commerce.Unavailable, "store: away")
	defer func() {
		if r := recover(); r != http.ErrAbortHandler {
			t.Errorf("got %v, want the connection broken off", r)
		}
	}()
	s.do("GET", "/v1/segments/buyers/members.csv", "", key)
}

// Membership is explained with the values found, for segments and for
// conditions that are not stored, and for every kind of caller.
func TestExplainMembership(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, change ...func(*api.Config)) {
		s, key := crowded(t, 6, change...)
		root := s.key(commerce.Installation)
		s.expect(t, 201, "POST", "/v1/segments", segmentFile("buyers", buyers), key)
		s.expect(t, 200, "PUT", "/v1/segments/buyers/members/demo:c:1", `{"included":true,"reason":"friend"}`, key)
		type answer struct {
			Segment string
			Match   bool
			Verdict segments.Verdict
		}
		for call, want := range map[string]answer{
			"GET /v1/customers/demo:c:3/explain?segment=buyers": {"buyers", true, segments.Verdict{Match: true}},
			"GET /v1/customers/demo:c:2/explain?segment=buyers": {"buyers", false, segments.Verdict{}},
			"GET /v1/customers/demo:c:1/explain?segment=buyers": {"buyers", true, segments.Verdict{Match: true, Seen: "listed as a member"}},
			"POST /v1/segments/explain?customer=demo:c:3":       {"", true, segments.Verdict{Match: true, Seen: "2"}},
		} {
			method, target, _ := strings.Cut(call, " ")
			v := got[answer](t, s.expect(t, 200, method, target, buyers, key))
			if v.Segment != want.Segment || v.Match != want.Match || v.Verdict.Match != want.Match || v.Verdict.Seen != want.Verdict.Seen ||
				v.Verdict.Test == "" {
				t.Errorf("%s: got %+v, want %+v", call, v, want)
			}
		}
		miss := got[answer](t, s.expect(t, 200, "GET", "/v1/customers/demo:c:2/explain?segment=buyers", "", key))
		if len(miss.Verdict.Lacks) != 1 || miss.Verdict.Lacks[0].Kind != segments.Happening {
			t.Errorf("got %+v, want an order", miss.Verdict.Lacks)
		}
		w := s.expect(t, 200, "POST", "/v1/shops/demo/segments/explain?customer=demo:c:3", buyers, root)
		if !got[answer](t, w).Match {
			t.Errorf("got %s", w.Body)
		}
		s.expect(t, 404, "POST", "/v1/shops/none/segments/explain?customer=demo:c:3", buyers, root)
	})
}

// A segment has a profile, a line in the table of segments, and an overlap with
// each other one. For a shop too large for memory the error names the setting.
func TestProfilesTablesAndOverlaps(t *testing.T) {
	t.Parallel()
	s, key := crowded(t, 300)
	s.expect(t, 201, "POST", "/v1/segments", segmentFile("buyers", buyers), key)
	s.expect(t, 201, "POST", "/v1/segments", segmentFile("beijing", `{"field": "customer.city", "op": "is", "value": "北京"}`), key)
	for _, w := range []*httptest.ResponseRecorder{
		s.expect(t, 200, "GET", "/v1/segments/buyers/profile?days=365&top=3", "", key),
		s.expect(t, 200, "POST", "/v1/segments/profile?days=365&top=3", buyers, key),
	} {
		var v struct {
			Of         string
			Days       int
			Size, Base int
			Segment    struct{ Sales struct{ Amount string } }
			Traits     []segments.Trait
		}
		decode(t, w, &v)
		if v.Days != 365 || v.Size != 100 || v.Base != 300 || v.Segment.Sales.Amount != "2000.00" || len(v.Traits) == 0 || len(v.Traits) > 3 {
			t.Errorf("got %+v", v)
		}
	}
	var table struct {
		All      struct{ Customers int }
		Segments []struct {
			Segment, Name string
			Customers     int
		}
	}
	decode(t, s.expect(t, 200, "GET", "/v1/segments/table", "", key), &table)
	if len(table.Segments) != 2 || table.Segments[0].Segment != "beijing" || table.Segments[1].Customers != 100 ||
		table.All.Customers != 300 {
		t.Errorf("got %+v", table)
	}
	var o struct {
		SegmentA string `json:"segment_a"`
		segments.Overlap
	}
	decode(t, s.expect(t, 200, "GET", "/v1/segments/overlap?a=buyers&b=beijing", "", key), &o)
	if o.SegmentA != "buyers" || o.A != 100 || o.B != 150 || o.Both != 50 || o.Base != 300 {
		t.Errorf("got %+v", o)
	}
	s.expect(t, 400, "GET", "/v1/segments/overlap?a=buyers", "", key)
	s.expect(t, 404, "GET", "/v1/segments/overlap?a=buyers&b=none", "", key)
	large, key := crowded(t, 3, without)
	w := large.expect(t, 413, "POST", "/v1/segments/profile", buyers, key)
	if !strings.Contains(w.Body.String(), "COMEBACK_SEGMENT_MEMORY") {
		t.Errorf("got %s, want the setting named", w.Body)
	}
}
