package api_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"comeback/commerce"
)

// segmentFile is a segment with a condition.
func segmentFile(id, condition string) string {
	return fmt.Sprintf(`{"schema": 1, "id": %q, "name": "Test", "condition": %s}`, id, condition)
}

const (
	buyers      = `{"field": "orders.count", "op": "gte", "value": 1}`
	staticFile  = `{"schema": 1, "id": "list", "name": "A list", "static": true}`
	inTheBuyers = `{"segment": "buyers"}`
)

// refusal is the errors of an answer.
type refusal struct {
	Code, Detail string
	Errors       []struct {
		Pointer, Detail, Suggestion string
		Line, Column                int
		Note                        bool
	}
}

type version struct {
	Segment, State, Hash string
	Version              int
	Rev                  int64
	File                 json.RawMessage
}

// A segment file is stored byte for byte as the version in force, unless it
// equals the one before. Every version stays readable.
func TestSegmentVersions(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	file := segmentFile("buyers", buyers)
	s.expect(t, 201, "POST", "/v1/segments", file, key)
	s.expect(t, 409, "POST", "/v1/segments", file, key)
	s.expect(t, 200, "PUT", "/v1/segments/buyers", file, key)
	if v := got[version](t, s.expect(t, 201, "PUT", "/v1/segments/buyers", file+"\n", key)); v.Version != 2 {
		t.Errorf("got version %d, want 2", v.Version)
	}
	s.expect(t, 400, "PUT", "/v1/segments/other", file, key)
	s.expect(t, 201, "PUT", "/v1/segments/list", staticFile, key)
	if v := got[version](t, s.expect(t, 200, "GET", "/v1/segments/buyers/versions/1", "", key)); string(v.File) !=
		string(compact(t, []byte(file))) {
		t.Errorf("got %s, want the file", v.File)
	}
	s.expect(t, 404, "GET", "/v1/segments/buyers/versions/3", "", key)
	list := s.expect(t, 200, "GET", "/v1/segments?limit=1", "", key)
	if page := got[struct {
		Items []version
		Next  string
	}](t, list); len(page.Items) != 1 || page.Items[0].Segment != "buyers" || page.Items[0].Version != 2 || page.Next == "" {
		t.Errorf("got %s, want the first of two", list.Body)
	}
}

// A change with If-Match is refused if the segment has changed since. A change
// without it applies to any state.
func TestSegmentIfMatch(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	first := s.expect(t, 201, "PUT", "/v1/segments/buyers", segmentFile("buyers", buyers), key).Header().Get("ETag")
	s.expect(t, 201, "PUT", "/v1/segments/buyers", segmentFile("buyers", buyers)+" ", key, "If-Match: "+first)
	for _, call := range [][2]string{{"PUT", "/v1/segments/buyers"}, {"POST", "/v1/segments/buyers/archive"}} {
		w := s.expect(t, 412, call[0], call[1], segmentFile("buyers", buyers), key, "If-Match: "+first)
		if !strings.Contains(w.Body.String(), `\"2\"`) {
			t.Errorf("got %s, want the rev it is at", w.Body)
		}
	}
	s.expect(t, 412, "PUT", "/v1/segments/new", segmentFile("new", buyers), key, `If-Match: "1"`)
	now := s.expect(t, 200, "GET", "/v1/segments/buyers", "", key).Header().Get("ETag")
	s.expect(t, 200, "POST", "/v1/segments/buyers/archive", "", key, "If-Match: W/"+now)
}

// A bare condition where a segment file is expected gets one error, which names the
// remedy.
func TestBareConditionIsNoSegmentFile(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	for _, condition := range []string{buyers, `{"not": ` + buyers + `}`, `{"any": [` + buyers + `]}`} {
		v := got[struct {
			Problems []struct{ Pointer, Detail string }
		}](t, s.expect(t, 200, "POST", "/v1/segments/validate", condition, key))
		p := got[struct {
			Errors []struct{ Pointer, Detail string }
		}](t, s.expect(t, 400, "POST", "/v1/segments", condition, key))
		if len(v.Problems) != 1 || !strings.Contains(v.Problems[0].Detail, `"condition": {...}`) || !slices.Equal(v.Problems, p.Errors) {
			t.Errorf("%s: got %+v and %+v, want one problem with the remedy", condition, v.Problems, p.Errors)
		}
	}
}

// Every fault of a file is named with its place, all at once, and nothing is
// stored.
func TestSegmentFilesAreRefused(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.expect(t, 201, "POST", "/v1/segments", segmentFile("buyers", buyers), key)
	s.expect(t, 201, "POST", "/v1/segments", segmentFile("fans", inTheBuyers), key)
	deep := strings.Repeat(`{"not": `, 11) + buyers + strings.Repeat("}", 11)
	wide := `{"any": [` + strings.Repeat(buyers+", ", 200) + buyers + "]}"
	for name, c := range map[string]struct{ file, pointer, detail, suggestion string }{
		"a field nobody knows": {
			segmentFile("x", `{"field": "customer.gendre", "op": "is", "value": "f"}`), "/condition/field", "gendre",
			"customer.gender",
		},
		"an operator":             {segmentFile("x", `{"field": "customer.gender", "op": "iss", "value": "f"}`), "/condition/op", "iss", "is"},
		"a value of another type": {segmentFile("x", `{"field": "orders.count", "op": "gte", "value": "many"}`), "/condition/value", "", ""},
		"a window": {
			segmentFile("x", `{"event": "order.paid", "last": {"fortnights": 1}}`), "/condition/last/fortnights", "", "",
		},
		"a key": {
			segmentFile("x", `{"field": "customer.gender", "op": "is", "valeu": "f"}`), "/condition/valeu", "valeu", "value",
		},
		"a segment that is not": {segmentFile("x", `{"segment": "buyer"}`), "/condition/segment", "buyer", "buyers"},
		"a way back to itself": {
			segmentFile("buyers", `{"any": [{"segment": "fans"}]}`), "/condition/any/0/segment", "buyers > fans > buyers", "",
		},
		"nested too deep":    {segmentFile("x", deep), "/condition" + strings.Repeat("/not", 10), "10 levels", ""},
		"too many tests":     {segmentFile("x", wide), "/condition/any/199", "200 tests", ""},
		"a reserved word":    {segmentFile("table", buyers), "/id", "reserved by the API", ""},
		"an id that is none": {segmentFile("A B", buyers), "/id", "a-z", ""},
		"a list with a condition": {
			strings.Replace(staticFile, `"static"`, `"condition": `+buyers+`, "static"`, 1), "/condition", "no condition", "",
		},
		"text behind the file":       {segmentFile("x", buyers) + "x", "", "remove it", ""},
		"what is not JSON":           {`{"schema": 1,`, "", "", ""},
		"an unfinished one, by kind": {`[]`, "", "a segment is an object", ""},
	} {
		w := s.expect(t, 400, "PUT", "/v1/segments/x", c.file, key)
		p := got[refusal](t, w)
		if len(p.Errors) == 0 {
			t.Errorf("%s: got %s, want a problem", name, w.Body)
			continue
		}
		first := p.Errors[0]
		if first.Pointer != c.pointer || !strings.Contains(first.Detail, c.detail) || first.Suggestion != c.suggestion ||
			c.pointer != "/id" && (first.Line < 1 || first.Column < 1) {
			t.Errorf("%s: got %+v", name, first)
		}
		v := got[struct {
			Valid    bool
			Problems []any
		}](t, s.expect(t, 200, "POST", "/v1/segments/validate", c.file, key))
		if v.Valid || len(v.Problems) != len(p.Errors) {
			t.Errorf("%s: validate says %+v", name, v)
		}
	}
	s.expect(t, 404, "GET", "/v1/segments/x", "", key)
	notFemale := segmentFile("x", `{"not": {"field": "customer.gender", "op": "is", "value": "female"}}`)
	v := s.expect(t, 200, "POST", "/v1/segments/validate", notFemale, key).Body.String()
	if !strings.Contains(v, `"valid":true`) || !strings.Contains(v, `"note":true`) {
		t.Errorf("got %s, want a note", v)
	}
	s.store.segments.first = s.wall.AddDate(0, 0, -30)
	long := `{"event": "order.paid", "last": {"days": 365}}`
	for call, file := range map[string]string{"validate": segmentFile("x", long), "count": long} {
		if v := s.expect(t, 200, "POST", "/v1/segments/"+call, file, key).Body.String(); !strings.Contains(v, `"note":true`) ||
			!strings.Contains(v, "days") {
			t.Errorf("%s: got %s, want a note that the window is longer than the history", call, v)
		}
	}
	s.expect(t, 413, "POST", "/v1/segments", `{"schema": 1, "name": "`+strings.Repeat("x", 1<<20)+`"}`, key)
}

// A segment that others are made of cannot be archived, nor changed so that
// they would not be valid any more, nor restored before those it is made of.
func TestSegmentsThatDependOnOneAnother(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.expect(t, 201, "POST", "/v1/segments", segmentFile("buyers", buyers), key)
	// 12 x 180 tests are more than a segment may be made of together.
	many := `{"any": [` + strings.TrimSuffix(strings.Repeat(inTheBuyers+", ", 12), ", ") + `]}`
	s.expect(t, 201, "POST", "/v1/segments", segmentFile("fans", many), key)
	w := s.expect(t, 409, "POST", "/v1/segments/buyers/archive", "", key)
	if !strings.Contains(w.Body.String(), "fans refer to it") {
		t.Errorf("got %s, want who refers to it", w.Body)
	}
	large := `{"any": [` + strings.TrimSuffix(strings.Repeat(buyers+", ", 180), ", ") + `]}`
	w = s.expect(t, 400, "PUT", "/v1/segments/buyers", segmentFile("buyers", large), key)
	if !strings.Contains(w.Body.String(), "segment fans refers to it and would no longer be valid") {
		t.Errorf("got %s, want the segment it would break", w.Body)
	}
	shown := s.expect(t, 200, "GET", "/v1/segments/buyers", "", key).Body.String()
	if !strings.Contains(shown, `"used_by":["fans"]`) || !strings.Contains(shown, `"refers":[]`) {
		t.Errorf("got %s", shown)
	}
	s.expect(t, 200, "POST", "/v1/segments/fans/archive", "", key)
	s.expect(t, 200, "POST", "/v1/segments/buyers/archive", "", key)
	w = s.expect(t, 400, "POST", "/v1/segments/fans/restore", "", key)
	if !strings.Contains(w.Body.String(), `there is no segment \"buyers\"`) {
		t.Errorf("got %s, want what is missing", w.Body)
	}
	s.expect(t, 200, "POST", "/v1/segments/buyers/restore", "", key)
	s.expect(t, 200, "POST", "/v1/segments/fans/restore", "", key)
	s.expect(t, 200, "POST", "/v1/segments/fans/restore", "", key)
}

// A user includes customers in a segment, or excludes them, with a reason, and
// can undo it.
func TestListings(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.store.fill("demo", s.wall)
	who := "/v1/segments/g-demo/members/" + commerce.Key("demo", "email", "x")
	for body, pointer := range map[string]string{
		`{"included":true}`: "/reason", `{"reason":"x"}`: "/included", `{"included":1,"reason":"x"}`: "/included",
		`{"included":true,"reason":"a\nb"}`: "/reason", `{"included":true,"reason":"x","by":"me"}`: "/by",
	} {
		if p := got[refusal](t, s.expect(t, 400, "PUT", who, body, key)); len(p.Errors) == 0 || p.Errors[0].Pointer != pointer {
			t.Errorf("%s: got %+v, want %s named", body, p, pointer)
		}
	}
	s.expect(t, 200, "PUT", who, `{"included":false,"reason":"fraud"}`, key)
	list := s.expect(t, 200, "GET", "/v1/segments/g-demo/listings", "", key).Body.String()
	for _, want := range []string{`"included":false`, `"reason":"fraud"`, `"by":"demo:`, `"number":1`} {
		if !strings.Contains(list, want) {
			t.Errorf("got %s, want %s", list, want)
		}
	}
	s.expect(t, 404, "PUT", "/v1/segments/none/members/"+commerce.Key("demo", "email", "x"), `{"included":false,"reason":"x"}`, key)
	s.expect(t, 404, "PUT", "/v1/segments/g-demo/members/nobody", `{"included":false,"reason":"x"}`, key)
	s.expect(t, 204, "DELETE", who, "", key)
	s.expect(t, 204, "DELETE", who, "", key)
	if list := s.expect(t, 200, "GET", "/v1/segments/g-demo/listings", "", key).Body.String(); !strings.Contains(list, `"items":[]`) {
		t.Errorf("got %s, want nobody", list)
	}
}

// A shop sets its rules for scoring customers. Unusable rules are refused by
// name.
func TestScoringRules(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	if v := s.expect(t, 200, "GET", "/v1/segments/rules", "", key).Body.String(); !strings.Contains(v, `"preset":"usual"`) ||
		!strings.Contains(v, "Champions") ||
		!strings.Contains(v, `"thresholds":null`) {
		t.Errorf("got %s, want the ten usual groups", v)
	}
	for body, want := range map[string]string{
		`{"preset":"french"}`: "chinese", `{"period":-1}`: "period",
		`{"preset":"chinese","groups":[{"name":"a"}]}`: "one of the two", `{"groups":[{"name":""}]}`: "missing",
		`{"groups":[{"name":"a","r":{"from":9}}]}`:                               "scores are 1 to 5",
		`{"thresholds":{"recency":[1,2,3],"frequency":[1,2,3,4],"monetary":[]}}`: "thresholds.recency",
		`{"thresholds":{"monetary":[{"amount":"1","currency":"USD"}]}}`:          "write EUR, the currency of the shop",
		`{"thresholds":{"recency":[1,2,3,1e999]}}`:                               "larger than any number",
		`{"trade":"food"}`: "unknown key",
		`{"groups":[{"name":"a","r":{"mean":"beside"}}]}`: "above or below",
	} {
		if w := s.expect(t, 400, "PUT", "/v1/segments/rules", body, key); !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: got %s, want %s", body, w.Body, want)
		}
	}
	put := `{"period":180,"preset":"chinese","thresholds":{"recency":[30,60,90,180],"frequency":[1,2,3,4],"monetary":[
		{"amount":"10","currency":"EUR"},{"amount":"20.50","currency":"EUR"},
		{"amount":"30","currency":"EUR"},{"amount":"40","currency":"EUR"}]}}`
	v := s.expect(t, 200, "PUT", "/v1/segments/rules", put, key).Body.String()
	for _, want := range []string{
		`"preset":"chinese"`, `"name":"重要价值"`, `"mean":"above"`, `{"amount":"20.50","currency":"EUR"}`, `"period":180`,
	} {
		if !strings.Contains(v, want) {
			t.Errorf("got %s, want %s", v, want)
		}
	}
	s.expect(t, 200, "PUT", "/v1/segments/rules", `{"groups":[{"name":"all","r":{"from":1,"to":5}}]}`, key)
	if v := s.expect(t, 200, "GET", "/v1/segments/rules", "", key).Body.String(); !strings.Contains(v, `"preset":""`) ||
		!strings.Contains(v, `{"name":"all","r":{"from":1,"to":5},"f":{},"m":{}}`) {
		t.Errorf("got %s, want the shop's own", v)
	}
}

// A segment's history contains the results of the sweeps. It is empty before
// the first.
func TestSegmentHistory(t *testing.T) {
	t.Parallel()
	s := setup(t)
	key := s.shop("demo")
	s.store.fill("demo", s.wall)
	if v := s.expect(t, 200, "GET", "/v1/segments/g-demo/history", "", key).Body.String(); !strings.Contains(v, `"size":1`) ||
		!strings.Contains(v, `"days":[]`) {
		t.Errorf("got %s", v)
	}
	clear(s.store.segments.memberships)
	if v := s.expect(t, 200, "GET", "/v1/segments/g-demo/history?days=800", "", key).Body.String(); !strings.Contains(v, `"size":null`) {
		t.Errorf("got %s, want it not counted yet", v)
	}
	s.expect(t, 400, "GET", "/v1/segments/g-demo/history?days=801", "", key)
	s.expect(t, 400, "GET", "/v1/segments/g-demo/history?day=1", "", key)
	s.expect(t, 404, "GET", "/v1/segments/none/history", "", key)
}
