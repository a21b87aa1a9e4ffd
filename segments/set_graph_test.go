package segments_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"

	"pgregory.net/rapid"
)

// referring is a segment that matches the members of one of others, and customers
// with a known age.
func referring(id string, others ...string) []byte {
	parts := []string{`{"field": "customer.age", "op": "set"}`}
	for _, other := range others {
		parts = append(parts, `{"segment": "`+other+`"}`)
	}
	return segmentFile(id, `{"any": [`+strings.Join(parts, ", ")+`]}`)
}

// A segment is broken if and only if it reaches itself, a broken segment, or one
// that does not exist.
func TestBrokenSegmentsAreThoseThatReachACycle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 8).Draw(t, "segments")
		edges := make([][]int, n)
		var files [][]byte
		for i := range edges {
			edges[i] = rapid.SliceOfN(rapid.IntRange(0, n), 0, 2).Draw(t, "refers") // n is not there
			var others []string
			for _, to := range edges[i] {
				others = append(others, fmt.Sprintf("s%d", to))
			}
			files = append(files, referring(fmt.Sprintf("s%d", i), others...))
		}
		set := segments.NewSet(rapid.Permutation(files).Draw(t, "order"))
		var sound func(i int, on []int) bool
		sound = func(i int, on []int) bool {
			return i < n && !slices.Contains(on, i) &&
				!slices.ContainsFunc(edges[i], func(to int) bool { return !sound(to, append(slices.Clip(on), i)) })
		}
		for i := range n {
			id := fmt.Sprintf("s%d", i)
			if got, want := set.Segment(id) != nil, sound(i, nil); got != want || (set.Broken()[id] == nil) != want {
				t.Fatalf("%s: got %v, want %v; broken %v", id, got, want, set.Broken())
			}
		}
	})
}

// A problem is reported at the segment that has it, and at every segment that
// refers to it.
func TestBrokenSegmentsNameTheCause(t *testing.T) {
	t.Parallel()
	set := segments.NewSet([][]byte{referring("a", "b"), referring("b", "c"),
		segmentFile("c", `{"field": "customer.agee", "op": "set"}`), []byte(`{"id": `)})
	got := set.Broken()
	if want := `segment "b" is not valid itself, because of "c": unknown field "customer.agee"`; got["a"][0].Message != want {
		t.Errorf("got %q, want %q", got["a"][0].Message, want)
	}
	if want := `segment "c" is not valid itself: unknown field "customer.agee"`; got["b"][0].Message != want {
		t.Errorf("got %q, want %q", got["b"][0].Message, want)
	}
	if len(got[""]) == 0 {
		t.Error("a file that is no JSON is not reported")
	}
}

// Long chains and segments that double each other are cut off when they are too
// large, in little time. The problems of the others stay short.
func TestManySegments(t *testing.T) {
	t.Parallel()
	var chain, doubling, circle [][]byte
	for i := range 5000 {
		chain = append(chain, referring(fmt.Sprintf("s%d", i), fmt.Sprintf("s%d", i+1)))
		circle = append(circle, referring(fmt.Sprintf("s%d", i), fmt.Sprintf("s%d", (i+1)%5000)))
	}
	chain = append(chain, referring("s5000"))
	doubling = append(doubling, referring("s0"))
	for i := range 60 {
		before := fmt.Sprintf("s%d", i)
		doubling = append(doubling, referring(fmt.Sprintf("s%d", i+1), before, before))
	}
	for _, c := range []struct {
		name   string
		files  [][]byte
		valid  int
		member string
	}{{"a chain", chain, 668, "s4500"}, {"doubling", doubling, 9, "s8"}, {"a circle", circle, 0, ""}} {
		set := segments.NewSet(c.files)
		if len(set.IDs()) != c.valid || len(set.Broken()) != len(c.files)-c.valid {
			t.Errorf("%s: got %d valid and %d broken of %d", c.name, len(set.IDs()), len(set.Broken()), len(c.files))
		}
		for id, problems := range set.Broken() {
			if len(problems) > 2 || len(problems[0].Message) > 400 {
				t.Fatalf("%s: %s: got %d problems, %d bytes", c.name, id, len(problems), len(problems[0].Message))
			}
		}
		if member, ok := set.Member(c.member); ok == (c.member == "") ||
			ok && segments.Explain(member, &commerce.Profile{}, nil, shanghai(t), instant(t, now)).Match {
			t.Errorf("%s: %s matches a customer without an age", c.name, c.member)
		}
	}
}

// Any text as segment files is read or reported, without a panic.
func FuzzSegments(f *testing.F) {
	for _, seed := range []string{
		string(referring("a", "b")) + "\n" + string(referring("b", "a")), string(referring("a", "b")) + "\n" + string(referring("b")),
		`{"schema": 1, "id": "a", "name": "A", "static": true, "backfill": true}` + "\n" + string(referring("b", "a", "a", "c")),
		`{"schema": 1, "id": "a", "name": "A", "condition": {"not": {"segment": "a"}}}` + "\n{}\n[]\n{\"id\": 5}", "{\"id\": \"a\"}\n\"a\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var files [][]byte
		for line := range strings.Lines(text) {
			files = append(files, []byte(line))
		}
		set := segments.NewSet(files)
		broken := set.Broken()
		for _, id := range set.IDs() {
			s := set.Segment(id)
			for _, other := range s.Refers {
				if set.Segment(other) == nil {
					t.Fatalf("%s refers to %s, which is not there", id, other)
				}
			}
			if len(broken[id]) > 0 {
				t.Fatalf("%s is broken and not", id)
			}
			if again, problems := segments.ReadSegment(s.Raw, set); again == nil || again.Hash != s.Hash {
				t.Fatalf("%s cannot be read again: %v", id, problems)
			}
			member, _ := set.Member(id)
			profile := customer(paid(t, "o1", now, 5))
			agree(t, text, member, &profile, nil, shanghai(t), instant(t, now))
		}
		for id, problems := range broken {
			if len(problems) == 0 || !strictjson.Refused(problems) {
				t.Fatalf("%s is broken for no reason", id)
			}
		}
	})
}
