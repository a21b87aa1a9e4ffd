package strictjson

import (
	"slices"

	"comeback/commerce"
)

// mostShown is how many characters of what a person wrote a message repeats.
const mostShown = 60

// A document that people write is far below these limits. A value takes some
// 100 bytes of memory, so their number bounds what a small body can take.
const (
	maxWritten       = 4 << 20
	maxWrittenValues = 20_000
)

// Read reads one document that a person wrote. The node is nil when there is a
// problem. A syntax error ends reading; duplicate keys are listed like all
// problems, the first 100 of them.
func Read(data []byte) (*Node, []Problem) {
	if len(data) > maxWritten {
		return nil, []Problem{{Line: 1, Column: 1, Message: "the document is too large: at most 4 MiB"}}
	}
	r := reader{scanner: scan(data), place: place{line: 1, column: 1}}
	r.maxValues = maxWrittenValues
	r.space()
	n := r.value(nil, 0)
	if n == nil || !r.end() {
		r.problems.Add(r.problem())
	}
	if problems := r.problems.List(); len(problems) > 0 {
		return nil, problems
	}
	return n, nil
}

type reader struct {
	scanner
	place    place
	about    *Node // what the fault is in; nil: the document
	problems Problems
}

// problem is what is wrong, where the scanner is.
func (r *reader) problem() Problem {
	line, column := r.place.move(r.data, r.at)
	about := r.about
	if r.wrong == tooMany {
		about = nil
	}
	return Problem{Pointer: about.Pointer(), Line: int(line), Column: int(column), Message: r.author()}
}

// in notes what the fault is in, unless something inside it was noted.
func (r *reader) in(n *Node) bool {
	if r.about == nil {
		r.about = n
	}
	return false
}

// value reads the value that begins here. It becomes number at of its parent.
func (r *reader) value(parent *Node, at int) *Node {
	n := &Node{parent: parent, at: int32(at)}
	n.Line, n.Column = r.place.move(r.data, r.at)
	var ok bool
	if n.Kind, ok = r.begin(); ok {
		ok = r.inside(n)
	}
	if !ok {
		r.in(n)
		return nil
	}
	return n
}

func (r *reader) inside(n *Node) (ok bool) {
	switch n.Kind {
	case Object:
		return r.members(n)
	case Array:
		return r.items(n)
	case String:
		n.Text, ok = r.text(len(r.data))
	case Number:
		n.Text, ok = r.number()
	case Bool:
		n.Bool, ok = r.first == 't', true
	case Null:
		ok = true
	}
	return ok
}

func (r *reader) items(n *Node) bool {
	for r.more(']', len(n.Items)) {
		item := r.value(n, len(n.Items))
		if item == nil {
			return false
		}
		n.Items = append(n.Items, item)
	}
	return r.wrong == 0
}

func (r *reader) members(n *Node) bool {
	var given keys
	for r.more('}', len(n.Members)) {
		if !r.member(n, &given) {
			return false
		}
	}
	return r.wrong == 0
}

func (r *reader) member(n *Node, given *keys) (ok bool) {
	var m Member
	m.KeyLine, m.KeyColumn = r.place.move(r.data, r.at)
	if m.Key, ok = r.key(); !ok {
		return false
	}
	// The member is added before its value is read: the pointer of what is wrong in there has the key.
	at := len(n.Members)
	n.Members = append(n.Members, m)
	if given.twice(n.Members) {
		r.problems.At(n.keyOf(at), "key %q is given twice: keep one", commerce.Clip(m.Key, mostShown))
	}
	if !r.colon() {
		return r.in(n.keyOf(at))
	}
	n.Members[at].Value = r.value(n, at)
	return n.Members[at].Value != nil
}

// keyOf is the place of a key whose value is not read yet.
func (n *Node) keyOf(at int) *Node {
	return &Node{parent: n, at: int32(at), Line: n.Members[at].KeyLine, Column: n.Members[at].KeyColumn}
}

// keys are the keys of one object, once they are too many to compare each with each.
type keys map[string]struct{}

const fewKeys = 8

// twice is true where the last member has the key of one before it.
func (k *keys) twice(members []Member) bool {
	before, last := members[:len(members)-1], members[len(members)-1].Key
	if len(before) <= fewKeys {
		return slices.ContainsFunc(before, func(m Member) bool { return m.Key == last })
	}
	if *k == nil {
		*k = keys{}
		for _, m := range before {
			(*k)[m.Key] = struct{}{}
		}
	}
	_, given := (*k)[last]
	(*k)[last] = struct{}{}
	return given
}

// place is where in the text of a document a byte is.
type place struct {
	at           int
	line, column int32
}

// move goes on to the byte at, and says its line and column.
func (p *place) move(data []byte, at int) (line, column int32) {
	for _, c := range data[p.at:at] {
		switch {
		case c == '\n':
			p.line, p.column = p.line+1, 1
		case c&0xc0 != 0x80: // not the second byte of a character or a later one
			p.column++
		}
	}
	p.at = at
	return p.line, p.column
}
