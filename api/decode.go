package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
	"comeback/strictjson"
)

// readBody reads a JSON body into a struct, strictly: a key it does not know
// or that is written twice or in other letters, a value of another type, and
// anything behind the value refuse the whole body, and every fault is named.
func readBody(c *gin.Context, into any) error {
	data, err := rawBody(c)
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return commerce.Errorf(commerce.Invalid, "body: empty, send a JSON object")
	}
	return decode(data, into)
}

// readOptional is readBody for a call whose body may be left out.
func readOptional(c *gin.Context, into any) error {
	data, err := rawBody(c)
	if err != nil || len(data) == 0 {
		return err
	}
	return decode(data, into)
}

func decode(data []byte, into any) error {
	root, problems := strictjson.Read(data)
	if root != nil {
		var found strictjson.Problems
		conform(root, reflect.TypeOf(into).Elem(), &found)
		problems = found.List()
	}
	if err := invalid("body: not what this call takes, see errors", problems); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return commerce.Errorf(commerce.Invalid, "body: %w", err)
	}
	return nil
}

// conform finds where a document differs from the type it is to be read into.
func conform(n *strictjson.Node, t reflect.Type, found *strictjson.Problems) {
	for t.Kind() == reflect.Pointer {
		if n.Kind == strictjson.Null {
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
		expect(n, strictjson.String, "text", found)
	case t.Kind() == reflect.Bool:
		expect(n, strictjson.Bool, "true or false", found)
	case t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		if _, err := strconv.ParseInt(n.Text, 10, 64); n.Kind != strictjson.Number || err != nil {
			found.At(n, "%s: write a whole number", n.Kind)
		}
	case t.Kind() == reflect.Float64:
		conformNumber(n, found)
	default:
		panic("api: no JSON form for " + t.String())
	}
}

func expect(n *strictjson.Node, kind strictjson.Kind, what string, found *strictjson.Problems) {
	if n.Kind != kind {
		found.At(n, "%s: write %s", n.Kind, what)
	}
}

func conformNumber(n *strictjson.Node, found *strictjson.Problems) {
	if n.Kind != strictjson.Number {
		found.At(n, "%s: write a number", n.Kind)
	} else if _, err := strconv.ParseFloat(n.Text, 64); err != nil {
		found.At(n, "%s: larger than any number here", clip(n.Text))
	}
}

func conformTime(n *strictjson.Node, found *strictjson.Problems) {
	at, err := time.Parse(time.RFC3339, n.Text)
	if n.Kind != strictjson.String || err != nil {
		found.At(n, "write a time such as 2026-01-31T12:00:00Z")
		return
	}
	if err := commerce.CheckInstant(at); err != nil {
		found.At(n, "%s", err)
	}
}

func conformList(n *strictjson.Node, t reflect.Type, found *strictjson.Problems) {
	expect(n, strictjson.Array, "a list", found)
	for _, item := range n.Items {
		conform(item, t.Elem(), found)
	}
}

func conformObject(n *strictjson.Node, t reflect.Type, found *strictjson.Problems) {
	expect(n, strictjson.Object, "an object", found)
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
func conformMap(n *strictjson.Node, t reflect.Type, found *strictjson.Problems) {
	expect(n, strictjson.Object, "an object", found)
	for _, m := range n.Members {
		if m.Value.Kind != strictjson.Null || t.Elem().Kind() != reflect.Pointer {
			conform(m.Value, t.Elem(), found)
		}
	}
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
