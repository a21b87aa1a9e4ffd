package campaigns_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// shorthand reads JSON as the page of the language writes it: a key may lack its value ("within"),
// values and keys may have alternatives ("a"|"b"), a word stands for a value (c, v), and ... for the
// rest. It fills in what is left out.
type shorthand struct {
	t    testing.TB
	text []rune
	ids  int
}

// expand lists the JSON objects that a text of the page stands for: one for each alternative.
func expand(t testing.TB, text string) (list []map[string]any) {
	t.Helper()
	if !strings.HasPrefix(text, "{") {
		text = "{" + text + "}"
	}
	text = strings.NewReplacer("<name>", "quiz", "<property>", "score", "[ ... ]", "[...]", "{ ... }", "c", "[{ ... }]", "[c]").Replace(text)
	s := &shorthand{t: t, text: []rune(text)}
	for _, value := range s.value("") {
		object, ok := value.(map[string]any)
		if !ok {
			t.Fatalf("%s: got %T, want an object", text, value)
		}
		list = append(list, object)
	}
	if s.next() != 0 {
		t.Fatalf("%s: %q is left", text, string(s.text))
	}
	return list
}

// next is the first character that is no space; 0 at the end.
func (s *shorthand) next() rune {
	for len(s.text) > 0 && unicode.IsSpace(s.text[0]) {
		s.text = s.text[1:]
	}
	if len(s.text) == 0 {
		return 0
	}
	return s.text[0]
}

// take takes a text if it is next.
func (s *shorthand) take(word string) bool {
	if s.next(); !strings.HasPrefix(string(s.text), word) {
		return false
	}
	s.text = s.text[len([]rune(word)):]
	return true
}

func (s *shorthand) string() string {
	end := slices.Index(s.text[1:], '"')
	if end < 0 {
		s.t.Fatalf("%s: a text has no end", string(s.text))
	}
	text := string(s.text[1 : end+1])
	s.text = s.text[end+2:]
	return text
}

// value reads the values of a key: one for each alternative.
func (s *shorthand) value(key string) (list []any) {
	for {
		switch c := s.next(); {
		case c == '{':
			for _, object := range s.object(key) {
				list = append(list, object)
			}
		case c == '[':
			list = append(list, s.list(key)...)
		case c == '"':
			list = append(list, s.string())
		default:
			list = append(list, s.word(key))
		}
		if !s.take("|") {
			return list
		}
	}
}

// word is a number, true, false, or a placeholder.
func (s *shorthand) word(key string) any {
	end := slices.IndexFunc(s.text, func(c rune) bool { return strings.ContainsRune(",|]} ", c) })
	if end <= 0 {
		s.t.Fatalf("%q: a value of %s is wanted", string(s.text), key)
	}
	word := string(s.text[:end])
	s.text = s.text[end:]
	switch word {
	case "c":
		return someCondition()
	case "v":
		return "green"
	}
	var value any
	if err := json.Unmarshal([]byte(word), &value); err != nil {
		s.t.Fatalf("%s: %s is no value", key, word)
	}
	return value
}

func (s *shorthand) list(key string) []any {
	s.take("[")
	if s.take("...") {
		s.take("]")
		return []any{s.filled(key)}
	}
	all := [][]any{nil}
	for !s.take("]") {
		var longer [][]any
		for _, value := range s.value(key) {
			for _, list := range all {
				longer = append(longer, append(slices.Clone(list), value))
			}
		}
		all = longer
		s.take(",")
	}
	var lists []any
	for _, list := range all {
		if key == "split" && len(list) == 1 {
			list = append(list, map[string]any{"name": "other", "weight": 1})
		}
		lists = append(lists, list)
	}
	return lists
}

// object reads an object: one for each choice among its alternatives.
func (s *shorthand) object(of string) []map[string]any {
	s.take("{")
	all, rest := []map[string]any{{}}, false
	for !s.take("}") {
		if s.take("...") {
			rest = true
		} else {
			all = s.member(all)
		}
		s.take(",")
	}
	for _, object := range all {
		if rest {
			maps.Copy(object, restOf(of, object))
		}
	}
	return all
}

// member adds a member, or one of several, to objects.
func (s *shorthand) member(objects []map[string]any) (all []map[string]any) {
	keys := []string{s.string()}
	for s.take("|") {
		s.next()
		keys = append(keys, s.string())
	}
	colon := s.take(":")
	var given []any
	if colon {
		given = s.value(keys[0])
	}
	for _, key := range keys {
		values := given
		if !colon {
			values = []any{s.filled(key)}
		}
		for _, value := range values {
			for _, object := range objects {
				longer := maps.Clone(object)
				longer[key] = value
				all = append(all, longer)
			}
		}
	}
	return all
}

// filled is a value for a key that the page leaves without one.
func (s *shorthand) filled(key string) any {
	s.ids++
	switch key {
	case "id", "name":
		return fmt.Sprintf("x%d", s.ids)
	case "then", "else", "steps":
		return []any{map[string]any{"id": fmt.Sprintf("x%d", s.ids), "wait": "1h",
			"send": map[string]any{"channel": "email", "template": "unpaid-1"}}}
	case "all", "any":
		return []any{someCondition()}
	case "weight":
		return 3
	case "event":
		return "order.paid"
	case "condition":
		return someCondition()
	case "within":
		return "3d"
	case "url":
		return "https://shop.example/hook"
	case "to":
		return "owner@shop.example"
	case "add", "remove", "text":
		return "about " + key
	}
	s.t.Fatalf("the page leaves the value of %q out, and the test knows none", key)
	return nil
}

// restOf is what ... stands for in an object.
func restOf(key string, object map[string]any) map[string]any {
	switch key {
	case "where":
		return map[string]any{"op": "is", "value": "yes"}
	case "caps":
		return map[string]any{"max": 2, "per": "7d"}
	case "templates":
		return map[string]any{"email": "unpaid-1", "sms": "unpaid-1"}
	case "send":
		return map[string]any{"channel": "email", "template": "unpaid-1"}
	}
	return object
}

func someCondition() map[string]any {
	return map[string]any{"field": "customer.tags", "op": "has", "value": "tea"}
}
