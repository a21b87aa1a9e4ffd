package strictjson

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Every value knows its line, its column and its pointer.
func TestReadKeepsPlaces(t *testing.T) {
	t.Parallel()
	root, problems := Read([]byte("{\n  \"a/b\": [1, \"你好\", true],\n  \"x\": null}"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	list := root.Member("a/b")
	type told struct {
		kind    Kind
		pointer string
		line    int32
		column  int32
		text    string
	}
	var got []told
	for _, n := range append(list.Items, root.Member("x")) {
		got = append(got, told{n.Kind, n.Pointer(), n.Line, n.Column, n.Text})
	}
	want := []told{
		{Number, "/a~1b/0", 2, 11, "1"},
		{String, "/a~1b/1", 2, 14, "你好"},
		{Bool, "/a~1b/2", 2, 20, ""},
		{Null, "/x", 3, 8, ""},
	}
	if diff := cmp.Diff(got, want, cmp.AllowUnexported(told{})); diff != "" {
		t.Fatalf("got, want:\n%s", diff)
	}
	if root.Members[1].KeyLine != 3 || root.Members[1].KeyColumn != 3 {
		t.Fatalf("key x: got %+v, want line 3 column 3", root.Members[1])
	}
}

// What is not one strict JSON document is refused, at its place.
func TestReadRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"an empty document":                {"", "line 1, column 1: the document ends where a value is expected"},
		"a key given twice":                {`{"a":1,"a":2}`, `line 1, column 8 (/a): key "a" is given twice: keep one`},
		"text after the document":          {"{}\n x", "line 2, column 2: unexpected text after the document: remove it"},
		"a comma too many":                 {`[1,]`, `line 1, column 4 (/1): ']' stands where a value is expected`},
		"a missing colon":                  {`{"a" 1}`, `line 1, column 6 (/a): '1' stands where ":" is expected`},
		"a leading zero":                   {`[01]`, `line 1, column 3: '1' stands where "," or "]" is expected`},
		"a plus":                           {`+1`, `line 1, column 1: '+' stands where a value is expected`},
		"an open text":                     {`"a`, "line 1, column 3: the document ends inside a text: close it with a quote"},
		"a raw tab in a text":              {"\"\t\"", `line 1, column 2: control character '\t' inside a text: write it as \u0009`},
		"half a character":                 {`"\ud800x"`, `line 1, column 2: half a character: \ud800 to \udfff come in pairs`},
		"a single-quoted key":              {`{'a':1}`, `line 1, column 2: '\'' stands where a key in quotes is expected`},
		"bytes that are not UTF-8":         {"\"\xff\"", "line 1, column 2: invalid UTF-8: save the file as UTF-8"},
		"bytes that are not UTF-8 outside": {"\xff", "line 1, column 1: a byte that is not UTF-8 stands where a value is expected"},
		"a word cut short":                 {`tru`, `line 1, column 1: 't' stands where a value is expected`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			node, problems := Read([]byte(c.in))
			if node != nil || len(problems) != 1 {
				t.Fatalf("got %v, %v, want one problem", node, problems)
			}
			if got := problems[0].String(); got != c.want {
				t.Fatalf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	t.Run("nesting over 64", func(t *testing.T) {
		t.Parallel()
		if _, problems := Read([]byte(strings.Repeat("[", 65) + strings.Repeat("]", 65))); len(problems) != 1 {
			t.Fatalf("got %v, want one problem", problems)
		}
		if _, problems := Read([]byte(strings.Repeat("[", 64) + strings.Repeat("]", 64))); len(problems) != 0 {
			t.Fatalf("got %v, want none", problems)
		}
	})
}

// A misspelt name is answered with the one meant, a strange one with none.
func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"customer.gender", "customer.age", "order.payment_status", "order.total", "orders.total"}
	for in, want := range map[string]string{
		"customer.gendre": "customer.gender", "gender": "customer.gender", "order.totle": "order.total",
		"Order.Total": "order.total", "order.payment_state": "order.payment_status", "weather": "", "": "",
	} {
		if got := Nearest(in, known); got != want {
			t.Errorf("Nearest(%q): got %q, want %q", in, got, want)
		}
	}
}

// Whatever the bytes, reading ends without a panic, and what is accepted means
// what encoding/json says it means.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{`{"a":[1,-0.5e+3,"\ud83d\ude00\n",true,false,null]}`, `[[]]`, `{"a":1,"a":2}`, "\"\xff\"", `"\u00`, `1e`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		node, problems := Read(data)
		if (node == nil) != (len(problems) > 0) {
			t.Fatalf("got %v with %v", node, problems)
		}
		if node == nil {
			return
		}
		decoder := json.NewDecoder(strings.NewReader(string(data)))
		decoder.UseNumber()
		var want any
		if err := decoder.Decode(&want); err != nil {
			t.Fatalf("accepted what encoding/json refuses: %v", err)
		}
		if diff := cmp.Diff(plain(node), want); diff != "" {
			t.Fatalf("got, want:\n%s", diff)
		}
	})
}

// plain is the node as encoding/json would decode it.
func plain(n *Node) any {
	switch n.Kind {
	case Bool:
		return n.Bool
	case Number:
		return json.Number(n.Text)
	case String:
		return n.Text
	case Array:
		list := make([]any, len(n.Items))
		for i, item := range n.Items {
			list[i] = plain(item)
		}
		return list
	case Object:
		object := map[string]any{}
		for _, m := range n.Members {
			object[m.Key] = plain(m.Value)
		}
		return object
	}
	return nil
}

// A problem without a place of its own is one of the whole text.
func TestProblemOfNothingIsOneOfTheText(t *testing.T) {
	t.Parallel()
	var missing *Node
	if p := missing.Problem("%s is missing", "it"); p.String() != "line 1, column 1: it is missing" {
		t.Errorf("got %q", p)
	}
}
