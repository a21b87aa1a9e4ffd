package strictjson

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/commerce"
)

// Into reads a document into the struct that into points to. A key it does not
// know or that is written twice or in other letters, a value of another type, and
// anything behind the document refuse the whole, and every problem is listed.
// A key that is absent leaves its field as it is; null is no value but in a map of
// pointers and a json.RawMessage. It panics for a type that has no form here.
func Into(data []byte, into any) []Problem {
	root, problems := Read(data)
	if root == nil {
		return problems
	}
	var found Problems
	conform(root, reflect.TypeOf(into).Elem(), &found)
	if problems := found.List(); len(problems) > 0 {
		return problems
	}
	if err := json.Unmarshal(data, into); err != nil {
		return []Problem{root.Problem("%v", err)}
	}
	return nil
}

// conform finds where a document differs from the type it is to be read into.
func conform(n *Node, t reflect.Type, found *Problems) {
	for t.Kind() == reflect.Pointer {
		if n.Kind == Null {
			found.At(n, "null: leave the key out to leave the value as it is")
			return
		}
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
	case t == reflect.TypeFor[time.Time]():
		conformTime(n, found)
	case t.Kind() == reflect.Struct:
		conformObject(n, t, found)
	case t.Kind() == reflect.Slice:
		conformList(n, t, found)
	case t.Kind() == reflect.Map:
		conformMap(n, t, found)
	case t.Kind() == reflect.String:
		expect(n, String, "text", found)
	case t.Kind() == reflect.Bool:
		expect(n, Bool, "true or false", found)
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		if _, err := strconv.ParseInt(n.Text, 10, 64); n.Kind != Number || err != nil {
			found.At(n, "%s: write a whole number", n.Kind)
		}
	case t.Kind() == reflect.Float64:
		conformNumber(n, found)
	default:
		panic("strictjson: no JSON form for " + t.String())
	}
}

func expect(n *Node, kind Kind, what string, found *Problems) {
	if n.Kind != kind {
		found.At(n, "%s: write %s", n.Kind, what)
	}
}

func conformNumber(n *Node, found *Problems) {
	if n.Kind != Number {
		found.At(n, "%s: write a number", n.Kind)
	} else if _, err := strconv.ParseFloat(n.Text, 64); err != nil {
		found.At(n, "%s: larger than any number here", commerce.Clip(n.Text, mostShown))
	}
}

func conformTime(n *Node, found *Problems) {
	var at time.Time
	if n.Kind != String || at.UnmarshalText([]byte(n.Text)) != nil {
		found.At(n, "write a time such as 2026-01-31T12:00:00Z")
		return
	}
	if err := commerce.CheckInstant(at); err != nil {
		found.At(n, "%s", err)
	}
}

func conformList(n *Node, t reflect.Type, found *Problems) {
	expect(n, Array, "a list", found)
	for _, item := range n.Items {
		conform(item, t.Elem(), found)
	}
}

func conformObject(n *Node, t reflect.Type, found *Problems) {
	expect(n, Object, "an object", found)
	names, types := jsonFields(t)
	for _, m := range n.Members {
		i := slices.Index(names, m.Key)
		if i < 0 {
			found.Unknown(m, names)
			continue
		}
		conform(m.Value, types[i], found)
	}
}

// conformMap holds an object of the caller's own keys to the type of its values:
// those that are pointers may be null.
func conformMap(n *Node, t reflect.Type, found *Problems) {
	expect(n, Object, "an object", found)
	for _, m := range n.Members {
		if m.Value.Kind != Null || t.Elem().Kind() != reflect.Pointer {
			conform(m.Value, t.Elem(), found)
		}
	}
}

// Keys are the keys that Into takes for a struct.
func Keys(t reflect.Type) []string {
	names, _ := jsonFields(t)
	return names
}

// jsonFields lists a struct's keys, those of embedded structs too.
func jsonFields(t reflect.Type) (names []string, types []reflect.Type) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			inner, innerTypes := jsonFields(f.Type)
			names, types = append(names, inner...), append(types, innerTypes...)
		case name != "" && name != "-":
			names, types = append(names, name), append(types, f.Type)
		}
	}
	return names, types
}
