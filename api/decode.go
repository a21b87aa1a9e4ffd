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
	"comeback/segments"
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
	root, problems := segments.ReadJSON(data)
	if root != nil && !segments.Refused(problems) {
		problems = append(problems, conform(root, reflect.TypeOf(into).Elem())...)
	}
	if err := invalid("body: not what this call takes, see errors", problems); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return commerce.Errorf(commerce.Invalid, "body: %w", err)
	}
	return nil
}

// conform lists where a document differs from the type it is to be read into.
func conform(n *segments.Node, t reflect.Type) []segments.Problem {
	for t.Kind() == reflect.Pointer {
		if n.Kind == segments.Null {
			return []segments.Problem{n.Problem("null: leave the key out to leave the value as it is")}
		}
		t = t.Elem()
	}
	if t == reflect.TypeFor[json.RawMessage]() {
		return nil
	}
	if t == reflect.TypeFor[time.Time]() {
		return conformTime(n)
	}
	switch t.Kind() {
	case reflect.Struct:
		return conformObject(n, t)
	case reflect.Slice:
		return conformList(n, t)
	case reflect.String:
		return expect(n, segments.String, "text")
	case reflect.Bool:
		return expect(n, segments.Bool, "true or false")
	case reflect.Int, reflect.Int64:
		if _, err := strconv.ParseInt(n.Text, 10, 64); n.Kind != segments.Number || err != nil {
			return []segments.Problem{n.Problem("%s: write a whole number", n.Kind)}
		}
		return nil
	}
	if t.Kind() == reflect.Float64 {
		return conformNumber(n)
	}
	panic("api: no JSON form for " + t.String())
}

func expect(n *segments.Node, kind segments.Kind, what string) []segments.Problem {
	if n.Kind != kind {
		return []segments.Problem{n.Problem("%s: write %s", n.Kind, what)}
	}
	return nil
}

func conformNumber(n *segments.Node) []segments.Problem {
	if n.Kind != segments.Number {
		return []segments.Problem{n.Problem("%s: write a number", n.Kind)}
	}
	if _, err := strconv.ParseFloat(n.Text, 64); err != nil {
		return []segments.Problem{n.Problem("%s: larger than any number here", clip(n.Text))}
	}
	return nil
}

func conformTime(n *segments.Node) []segments.Problem {
	at, err := time.Parse(time.RFC3339, n.Text)
	if n.Kind != segments.String || err != nil {
		return []segments.Problem{n.Problem("write a time such as 2026-01-31T12:00:00Z")}
	}
	if err := commerce.CheckInstant(at); err != nil {
		return []segments.Problem{n.Problem("%s", err)}
	}
	return nil
}

func conformList(n *segments.Node, t reflect.Type) []segments.Problem {
	problems := expect(n, segments.Array, "a list")
	for _, item := range n.Items {
		problems = append(problems, conform(item, t.Elem())...)
	}
	return problems
}

func conformObject(n *segments.Node, t reflect.Type) []segments.Problem {
	problems := expect(n, segments.Object, "an object")
	names, types := jsonFields(t)
	for _, m := range n.Members {
		i := slices.Index(names, m.Key)
		if i < 0 {
			problems = append(problems, m.Unknown(names))
			continue
		}
		problems = append(problems, conform(m.Value, types[i])...)
	}
	return problems
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
