package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"comeback/segments"
)

// conditionPlaces are the places of conditions by their names in the schema, in
// the order of the document.
var conditionPlaces = []struct{ def, title string }{
	{"condition", "Of the customer"}, {"order_where", "Of an order and its lines"}, {"message_where", "Of a message"},
	{"consent_where", "Of a consent"}, {"checkout_where", "Of a checkout"}, {"customer", "Of the customer as a whole"},
}

// publishedSchema reads the JSON Schema of conditions as an editor does.
// jsonObject is an object of a JSON document.
type jsonObject = map[string]any

type publishedSchema struct{ defs map[string]jsonObject }

func conditionSchema(t *testing.T) publishedSchema {
	t.Helper()
	text, err := json.Marshal(segments.Schema())
	var s struct {
		Defs map[string]jsonObject `json:"$defs"`
	}
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err != nil {
		t.Fatal(err)
	}
	return publishedSchema{s.Defs}
}

// named is one name of the schema with its description, split into its parts.
type named struct{ name, doc, kind, unset, among string }

// anyOf lists the alternatives of a schema; references are followed.
func (s publishedSchema) anyOf(part jsonObject) []jsonObject {
	if to, ok := part["$ref"].(string); ok {
		part = s.defs[strings.TrimPrefix(to, "#/$defs/")]
	}
	list, ok := part["anyOf"].([]any)
	if !ok {
		return []jsonObject{part}
	}
	var all []jsonObject
	for _, one := range list {
		all = append(all, s.anyOf(one.(jsonObject))...)
	}
	return all
}

func (s publishedSchema) events(place string) []named {
	if s.defs[place+"_event"] == nil {
		return nil
	}
	var list []named
	for _, e := range s.anyOf(s.defs[place+"_event"]) {
		list = append(list, named{name: e["const"].(string), doc: e["description"].(string)})
	}
	return list
}

// tests are the alternatives of a place that test a field.
func (s publishedSchema) tests(place string) []jsonObject {
	var list []jsonObject
	for _, kind := range s.anyOf(s.defs[place]) {
		if properties, ok := kind["properties"].(jsonObject); ok && properties["field"] != nil && properties["op"] != nil {
			list = append(list, properties)
		}
	}
	return list
}

func (s publishedSchema) fields(place string) []named {
	var list []named
	for _, test := range s.tests(place) {
		among := s.among(test)
		for _, f := range s.anyOf(test["field"].(jsonObject)) {
			n := askedField(f)
			if i := slices.IndexFunc(list, func(known named) bool { return known.name == n.name }); i >= 0 {
				list[i].among = firstOf(list[i].among, among)
				continue
			}
			n.among = among
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b named) int { return strings.Compare(a.name, b.name) })
	return list
}

// askedField reads "a number: what it is; unset: when".
func askedField(f jsonObject) named {
	name, known := f["const"].(string)
	if !known {
		pattern := strings.TrimSuffix(strings.TrimPrefix(f["pattern"].(string), "^"), ".")
		name = strings.ReplaceAll(pattern, `\`, "") + "<key>"
	}
	kind, doc, _ := strings.Cut(f["description"].(string), ": ")
	doc, unset, _ := strings.Cut(doc, "; unset: ")
	return named{name: name, kind: kind, doc: doc, unset: unset}
}

// among are the values of a field, where they are few.
func (s publishedSchema) among(test jsonObject) string {
	value, ok := test["value"].(jsonObject)
	if !ok {
		return ""
	}
	list, ok := value["enum"].([]any)
	if !ok {
		return ""
	}
	var words []string
	for _, v := range list {
		words = append(words, fmt.Sprint(v))
	}
	return strings.Join(words, ", ")
}

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// fieldTables are all fields of conditions.
func fieldTables(t *testing.T) string {
	t.Helper()
	s := conditionSchema(t)
	var b strings.Builder
	for _, place := range conditionPlaces {
		list := s.fields(place.def)
		if len(list) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n### %s\n\n| field | kind | what it is | unset where |\n| --- | --- | --- | --- |\n", place.title)
		for _, f := range list {
			doc := f.doc
			if f.among != "" {
				doc += ": " + f.among
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.name, f.kind, cell(doc), cell(f.unset))
		}
	}
	return b.String() + "\n"
}

// operatorTable lists the operators of each kind of field.
func operatorTable(t *testing.T) string {
	t.Helper()
	s := conditionSchema(t)
	ops := map[string][]string{}
	var kinds []string
	for _, place := range conditionPlaces {
		for _, test := range s.tests(place.def) {
			for _, f := range s.anyOf(test["field"].(jsonObject)) {
				kind := askedField(f).kind
				if ops[kind] == nil {
					kinds = append(kinds, kind)
				}
				for _, op := range test["op"].(jsonObject)["enum"].([]any) {
					if !slices.Contains(ops[kind], op.(string)) {
						ops[kind] = append(ops[kind], op.(string))
					}
				}
			}
		}
	}
	var b strings.Builder
	b.WriteString("| kind | operators |\n| --- | --- |\n")
	for _, kind := range kinds {
		slices.Sort(ops[kind])
		fmt.Fprintf(&b, "| %s | `%s` |\n", kind, strings.Join(ops[kind], "` `"))
	}
	return b.String()
}

// conditionEvents are all events that conditions may count.
func conditionEvents(t *testing.T) string {
	t.Helper()
	s := conditionSchema(t)
	var b strings.Builder
	b.WriteString("| event | what happened |\n| --- | --- |\n")
	for _, place := range conditionPlaces {
		for _, e := range s.events(place.def) {
			fmt.Fprintf(&b, "| `%s` | %s |\n", e.name, cell(e.doc))
		}
	}
	return b.String()
}

// routesTable are all calls of the OpenAPI document.
func routesTable(t *testing.T) string {
	t.Helper()
	type operation struct {
		Summary string
		Tags    []string
	}
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(readText(t, "api/openapi.json")), &doc); err != nil {
		t.Fatal(err)
	}
	groups := map[string][]string{}
	for path, methods := range doc.Paths {
		for method, raw := range methods {
			var op operation
			if method == "parameters" || method == "head" || json.Unmarshal(raw, &op) != nil {
				continue
			}
			groups[op.Tags[0]] = append(groups[op.Tags[0]], fmt.Sprintf("| `%s` | `%s` | %s |\n", path, strings.ToUpper(method), cell(op.Summary)))
		}
	}
	var tags []string
	for tag := range groups {
		tags = append(tags, tag)
	}
	slices.Sort(tags)
	var b strings.Builder
	for _, tag := range tags {
		slices.Sort(groups[tag])
		fmt.Fprintf(&b, "\n### %s\n\n| path | method | |\n| --- | --- | --- |\n%s", tag, strings.Join(groups[tag], ""))
	}
	return b.String() + "\n"
}
