package api_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

type document struct {
	Openapi string
	Paths   map[string]map[string]struct {
		Summary   string
		Security  *[]map[string][]string
		Responses map[string]json.RawMessage
	}
	Components struct{ Schemas map[string]json.RawMessage }
}

// The document lists exactly the routes, describes each, and marks exactly
// those open that need no key.
func TestDocumentListsEveryRoute(t *testing.T) {
	t.Parallel()
	s := setup(t)
	text := s.expect(t, 200, "GET", "/openapi.json", "").Body.Bytes()
	var doc document
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	for _, route := range routes(s) {
		path := regexp.MustCompile(`:(\w+)`).ReplaceAllString(route.Path, "{$1}")
		name := route.Method + " " + route.Path
		served[route.Method+" "+path] = true
		op, listed := doc.Paths[path][strings.ToLower(route.Method)]
		if !listed || op.Summary == "" || len(op.Responses) < 2 {
			t.Errorf("%s: the document says nothing, or not enough", name)
		}
		if open := op.Security != nil && len(*op.Security) == 0; open != (may[name] == "all" || may[name] == "signed") {
			t.Errorf("%s: the document says open %v", name, open)
		}
	}
	for path, operations := range doc.Paths {
		for method := range operations {
			if !served[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s: in the document, but no route", method, path)
			}
		}
	}
	for _, ref := range regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllSubmatch(text, -1) {
		if doc.Components.Schemas[string(ref[1])] == nil {
			t.Errorf("%s: referred to, but not there", ref[1])
		}
	}
}
