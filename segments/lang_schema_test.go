package segments_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"comeback/segments"
	"comeback/strictjson"

	"pgregory.net/rapid"
)

// published is the schema in its JSON form.
func published(t testing.TB) object {
	t.Helper()
	text, err := json.Marshal(segments.Schema())
	if err != nil {
		t.Fatal(err)
	}
	var document object
	if err := json.Unmarshal(text, &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// fits checks a JSON text against a definition of the schema.
func fits(document object, name, text string) error {
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return err
	}
	return validator{document["$defs"].(object)}.check(object{"$ref": "#/$defs/" + name}, value)
}

// validator implements the keywords of JSON Schema that the language uses. It
// fails at any other.
type validator struct{ defs object }

func (v validator) check(schema object, value any) error {
	for keyword, want := range schema {
		if err := v.keyword(keyword, want, schema, value); err != nil {
			return err
		}
	}
	return nil
}

func (v validator) keyword(keyword string, want any, schema object, value any) error {
	text, isText := value.(string)
	members, isObject := value.(object)
	size, measured := measure(keyword, value)
	ok := true
	switch keyword {
	case "description", "additionalProperties":
	case "$ref":
		return v.check(v.defs[want.(string)[len("#/$defs/"):]].(object), value)
	case "anyOf":
		ok = slices.ContainsFunc(want.([]any), func(s any) bool { return v.check(s.(object), value) == nil })
	case "type":
		ok = hasType(want, value)
	case "const":
		ok = want == value
	case "enum":
		ok = slices.ContainsFunc(want.([]any), func(w any) bool { return reflect.DeepEqual(w, value) })
	case "pattern":
		ok = !isText || regexp.MustCompile(want.(string)).MatchString(text)
	case "minLength", "minItems", "minProperties", "minimum":
		ok = !measured || size >= want.(float64)
	case "exclusiveMinimum":
		ok = !measured || size > want.(float64)
	case "maxItems", "maximum":
		ok = !measured || size <= want.(float64)
	case "required":
		ok = !isObject || !slices.ContainsFunc(want.([]any), func(key any) bool { _, given := members[key.(string)]; return !given })
	case "items":
		return v.items(want.(object), value)
	case "properties":
		return v.properties(want.(object), members)
	default:
		return fmt.Errorf("keyword %s is not known here", keyword)
	}
	if !ok {
		return fmt.Errorf("%s %v of %v: got %v", keyword, want, schema["description"], value)
	}
	return nil
}

// measure is the number that a keyword limits. It is not ok for values that the
// keyword does not apply to.
func measure(keyword string, value any) (size float64, ok bool) {
	switch value := value.(type) {
	case string:
		return float64(utf8.RuneCountInString(value)), strings.HasSuffix(keyword, "Length")
	case []any:
		return float64(len(value)), strings.HasSuffix(keyword, "Items")
	case object:
		return float64(len(value)), strings.HasSuffix(keyword, "Properties")
	case float64:
		return value, slices.Contains([]string{"minimum", "exclusiveMinimum", "maximum"}, keyword)
	}
	return 0, false
}

func (v validator) items(schema object, value any) error {
	list, _ := value.([]any)
	for _, item := range list {
		if err := v.check(schema, item); err != nil {
			return err
		}
	}
	return nil
}

// properties checks the members; all our objects refuse other keys.
func (v validator) properties(known, members object) error {
	for key, value := range members {
		schema, ok := known[key].(object)
		if !ok {
			return fmt.Errorf("unknown key %s", key)
		}
		if err := v.check(schema, value); err != nil {
			return err
		}
	}
	return nil
}

func hasType(want, value any) bool {
	if list, several := want.([]any); several {
		return slices.ContainsFunc(list, func(w any) bool { return hasType(w, value) })
	}
	switch value := value.(type) {
	case string:
		return want == "string"
	case bool:
		return want == "boolean"
	case float64:
		return want == "number" || want == "integer" && value == math.Trunc(value)
	case []any:
		return want == "array"
	case object:
		return want == "object"
	}
	return false
}

// The published schema accepts what Parse accepts: an editor never marks a good
// condition.
func TestSchemaAcceptsWhatParseDoes(t *testing.T) {
	t.Parallel()
	document, outer := published(t), t
	rapid.Check(t, func(t *rapid.T) {
		text := written(outer, drawCondition(t))
		if _, problems := tryParse(text, segments.Scope{}); strictjson.Refused(problems) {
			t.Fatal(problems)
		}
		if err := fits(document, "condition", text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	})
}

// The schema refuses wrong names, operators, types and places, which need no
// calendar.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	document := published(t)
	for _, text := range []string{
		`{}`, `[]`, `{"al": []}`, `{"all": []}`, `{"not": []}`, `{"field": "customer.gendre", "op": "set"}`,
		`{"field": "customer.age", "op": "gtee", "value": 5}`, `{"field": "customer.age", "op": "gt", "value": "5"}`,
		`{"field": "customer.age", "op": "gt"}`, `{"field": "customer.age", "op": "set", "value": 1}`,
		`{"field": "customer.gender", "op": "is", "value": "Female"}`, `{"field": "customer.city", "op": "is", "value": ""}`,
		`{"field": "customer.city", "op": "in", "value": []}`, `{"field": "customer.custom.", "op": "set"}`,
		`{"field": "orders.net", "op": "gt", "value": 12.5}`, `{"field": "order.net", "op": "gt", "value": 12}`,
		`{"event": "order.payed"}`, `{"event": "order.paid", "count": 2}`, `{"event": "order.paid", "gte": 2}`,
		`{"event": ["order.paid", "message.sent"]}`,
		`{"event": "order.paid", "where": {"event": "order.paid"}}`, `{"event": "message.sent", "where": {"field": "order.net", "op": "set"}}`,
		`{"event": "order.paid", "sum": "order.channel", "gt": 1}`, `{"share": {"event": "order.paid"}, "gt": 0.5}`,
		`{"sample": {"percent": 0, "seed": "a"}}`,
	} {
		if fits(document, "condition", text) == nil {
			t.Errorf("%s is accepted", text)
		}
		if _, problems := tryParse(text, segments.Scope{}); !strictjson.Refused(problems) {
			t.Errorf("%s is parsed", text)
		}
	}
}
