package segments

import (
	"comeback/commerce"
	"comeback/strictjson"
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// Segment is one version of a segment, parsed from its file. It is immutable and
// safe for concurrent use.
type Segment struct {
	ID          string // see commerce.Slug; the same for every version
	Name        string
	Description string
	Static      bool      // a list of people: it has no condition
	Backfill    bool      // its first evaluation reports every member as entered
	Condition   Condition // nil: of a static one
	Refers      []string  // segments its condition names, each once

	Hash string // hex SHA-256 of Raw
	Raw  []byte // the file, byte for byte
	size int    // tests and groups, with those of the segments it refers to

	anyCase bool // it has a test or figure that ignores the case of texts, or refers to such a segment
}

// Language is the version of the condition language. It rises when the meaning of a
// stored condition changes: 1 since case and width of texts do not matter.
const Language = 1

// Reread reports whether the members found by an earlier version of the language may
// differ for that reason alone.
func (s *Segment) Reread(language int) bool { return language < Language && s.anyCase }

// segmentKeys are those of a segment file.
var segmentKeys = []string{"schema", "id", "name", "description", "condition", "static", "backfill"}

// Longest name and description, in bytes.
const (
	maxName        = 200
	maxDescription = 2000
)

// ReadSegment reads a segment file, strictly:
//
//	{"schema": 1, "id": "vip", "name": "VIP customers", "condition": {...}}
//
// or, instead of a condition, "static": true. others are the shop's segments,
// which the condition may refer to. A reference that leads back to the segment is
// a cycle, which is refused. The segment is nil when a problem is an error. Notes
// come with a segment.
func ReadSegment(data []byte, others *Set) (*Segment, []strictjson.Problem) {
	root, problems := strictjson.Read(data)
	if root == nil {
		return nil, problems
	}
	if id := root.Member("id"); id != nil && id.Kind == strictjson.String {
		others = others.without(id.Text)
	}
	return readSegment(data, root, others)
}

func readSegment(data []byte, root *strictjson.Node, others *Set) (*Segment, []strictjson.Problem) {
	p := newParser(Scope{Segments: others})
	if root.Kind != strictjson.Object {
		p.problem(root, `a segment is an object, such as {"schema": 1, "id": "vip", "name": "VIP", "condition": {...}}, not %s`, root.Kind)
		return nil, p.problems.List()
	}
	p.keys(root, segmentKeys...)
	s := &Segment{ID: p.label(root, "id", maxName, true), Name: p.label(root, "name", maxName, true),
		Description: p.label(root, "description", maxDescription, false)}
	if at := root.Member("id"); s.ID != "" && !commerce.Slug(s.ID) {
		p.problem(at, "id %q: %s", clip(s.ID), commerce.SlugRule)
	}
	if at := root.Member("schema"); at == nil || at.Kind != strictjson.Number || at.Text != "1" {
		p.problem(first(at, root), `write "schema": 1`)
	}
	s.Static, s.Backfill = p.flag(root, "static"), p.flag(root, "backfill")
	switch at := root.Member("condition"); {
	case s.Static && at != nil:
		p.problem(at, "a static segment is a list of people: it has no condition")
	case !s.Static && at == nil:
		p.problem(root, `a segment needs a "condition", or "static": true for a list of people`)
	case at != nil:
		s.Condition = p.closed(at, 1)
	}
	if p.problems.Refused() {
		return nil, p.problems.List()
	}
	sum := sha256.Sum256(data)
	s.Hash, s.Raw = hex.EncodeToString(sum[:]), slices.Clone(data)
	slices.Sort(p.refers)
	s.Refers, s.size, s.anyCase = slices.Compact(p.refers), p.nodes+p.referred, p.anyCase
	return s, p.problems.List()
}

// label reads a text of at most most bytes.
func (p *parser) label(root *strictjson.Node, key string, most int, wanted bool) string {
	at := root.Member(key)
	switch {
	case at == nil && !wanted:
	case at == nil || at.Kind != strictjson.String || wanted && at.Text == "":
		p.problem(first(at, root), "%q takes a text", key)
	case len(at.Text) > most:
		p.problem(at, "%s is too long: at most %d bytes", key, most)
	default:
		return at.Text
	}
	return ""
}

func (p *parser) flag(root *strictjson.Node, key string) bool {
	at := root.Member(key)
	if at != nil && at.Kind != strictjson.Bool {
		p.problem(at, "%q is true or false, not %s", key, at.Kind)
	}
	return at != nil && at.Bool
}

// first is the node to report a problem at: the value of the key, or the object
// without the key.
func first(at, root *strictjson.Node) *strictjson.Node {
	if at != nil {
		return at
	}
	return root
}
