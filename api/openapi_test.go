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
		OperationID string `json:"operationId"`
		Tags        []string
		Summary     string
		Parameters  []struct {
			Ref  string `json:"$ref"`
			Name string
		}
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

// Every operation has a name of its own and a tag, so that generated clients
// have methods that people recognise. It lists the errors that a client must
// handle by program: limits everywhere, lost races, reused Idempotency-Keys.
func TestDocumentNamesOperationsAndTheirErrors(t *testing.T) {
	t.Parallel()
	var doc document
	if err := json.Unmarshal(setup(t).expect(t, 200, "GET", "/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	named := map[string]string{}
	for path, operations := range doc.Paths {
		for method, op := range operations {
			where := method + " " + path
			if !regexp.MustCompile(`^[a-z][A-Za-z]+$`).MatchString(op.OperationID) || named[op.OperationID] != "" || len(op.Tags) != 1 {
				t.Errorf("%s: has name %q (also of %q) and tags %q", where, op.OperationID, named[op.OperationID], op.Tags)
			}
			named[op.OperationID] = where
			var want []string
			if strings.HasPrefix(path, "/v1/") || strings.HasPrefix(path, "/hooks/") {
				want = append(want, "429")
			}
			for _, p := range op.Parameters {
				switch {
				case p.Name == "If-Match":
					want = append(want, "412")
				case strings.HasSuffix(p.Ref, "/idempotencyKey"):
					want = append(want, "409", "422")
				}
			}
			for _, status := range want {
				if op.Responses[status] == nil {
					t.Errorf("%s: does not list %s", where, status)
				}
			}
		}
	}
}
