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

// An amount of money has one shape in every request and answer: decimal text and its
// currency. No name counts minor units or percents.
func TestMoneyHasOneShape(t *testing.T) {
	t.Parallel()
	var doc any
	if err := json.Unmarshal(setup(t).expect(t, 200, "GET", "/openapi.json", "").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	money := regexp.MustCompile(`^(total|subtotal|discount|tax|shipping|deposit|net|net_sales|sales|refunded|revenue|cost|price|spend.*|` +
		`\w+_(price|cost|revenue|amount|sales))$`)
	seen := 0
	eachProperty(doc, func(name string, schema any) {
		text, _ := json.Marshal(schema)
		if regexp.MustCompile(`_(minor|cents|bp|percent)$`).MatchString(name) || strings.Contains(string(text), `"percent"`) {
			t.Errorf("%s %s: write amounts as decimal text, and shares as ratios", name, text)
		}
		if !money.MatchString(name) {
			return
		}
		if seen++; !regexp.MustCompile(`schemas/(Amount|MoneyFigure|StepResult)"`).Match(text) {
			t.Errorf("%s: got %s, want an Amount", name, text)
		}
	})
	if seen < 20 {
		t.Errorf("got %d properties of money: the test proves nothing", seen)
	}
}

// eachProperty calls do with the properties of all schemas in a document, at any depth.
func eachProperty(value any, do func(name string, schema any)) {
	switch v := value.(type) {
	case map[string]any:
		list, _ := v["properties"].(map[string]any)
		for name, schema := range list {
			do(name, schema)
		}
		for _, inner := range v {
			eachProperty(inner, do)
		}
	case []any:
		for _, inner := range v {
			eachProperty(inner, do)
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
