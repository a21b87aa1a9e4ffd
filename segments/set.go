package segments

import (
	"cmp"
	"comeback/strictjson"
	"maps"
	"slices"
	"strings"
)

// Set is a shop's segments, read together so that they may refer to each other. It
// is immutable and safe for concurrent use. A nil set is empty.
type Set struct {
	segments  map[string]*Segment
	broken    map[string][]strictjson.Problem
	causes    map[string]string // broken segments that refer to a broken one: that one
	rereading string            // the segment that is read again: a reference to it closes a cycle
}

// NewSet reads segment files. A file is broken if it is not valid, if it refers to
// a broken segment, or if it is part of a cycle. The others are not affected. Of
// two files with the same id the last counts. Files without an id are broken under
// the empty id.
func NewSet(files [][]byte) *Set {
	r := &setReader{
		set:   &Set{segments: map[string]*Segment{}, broken: map[string][]strictjson.Problem{}, causes: map[string]string{}},
		files: map[string]file{}, open: map[string]int{},
	}
	for _, data := range files {
		root, problems := strictjson.Read(data)
		if root == nil {
			r.set.broken[""] = append(r.set.broken[""], problems...)
			continue
		}
		id := ""
		if at := root.Member("id"); at != nil {
			id = at.Text
		}
		r.files[id] = file{data, root}
	}
	for _, id := range slices.Sorted(maps.Keys(r.files)) {
		r.read(id)
	}
	return r.set
}

// Segment is the segment with an id. It is nil if there is none, or if it is
// broken.
func (s *Set) Segment(id string) *Segment {
	if s == nil {
		return nil
	}
	return s.segments[id]
}

// IDs are the ids of the segments that are not broken, sorted.
func (s *Set) IDs() []string {
	if s == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(s.segments))
}

// Broken are the segments that cannot be evaluated, with the problems of each.
func (s *Set) Broken() map[string][]strictjson.Problem {
	if s == nil {
		return nil
	}
	return maps.Clone(s.broken)
}

// Member is the condition of being a member of a segment, including its lists. It
// is not ok if there is no such segment.
func (s *Set) Member(id string) (c Condition, ok bool) {
	segment := s.Segment(id)
	if segment == nil {
		return nil, false
	}
	return membership{"", segment}, true
}

// UsedBy are the segments that refer to id directly, sorted.
func (s *Set) UsedBy(id string) []string {
	var users []string
	for _, user := range s.IDs() {
		if slices.Contains(s.segments[user].Refers, id) {
			users = append(users, user)
		}
	}
	return users
}

// without is the set while the segment with that id is read again.
func (s *Set) without(id string) *Set {
	if s == nil {
		return &Set{rereading: id}
	}
	return &Set{segments: s.segments, broken: s.broken, causes: s.causes, rereading: id}
}

// resolve finds the segment of a reference, or the problem of the reference.
func (s *Set) resolve(at *strictjson.Node) (*Segment, *strictjson.Problem) {
	problem := strictjson.Problem{}
	switch way := s.pathTo(at.Text); {
	case way != nil:
		problem = cycle(at, way)
	case s.segments[at.Text] != nil:
		return s.segments[at.Text], nil
	case s.causes[at.Text] != "":
		cause := s.causes[at.Text]
		problem = at.Problem("segment %q is not valid itself, because of %q: %s", clip(at.Text), clip(cause), s.broken[cause][0].Message)
	case s.broken[at.Text] != nil:
		problem = at.Problem("segment %q is not valid itself: %s", clip(at.Text), s.broken[at.Text][0].Message)
	default:
		problem = at.Problem("there is no segment %q", clip(at.Text))
		problem.Suggestion = strictjson.Nearest(at.Text, s.IDs())
	}
	return nil, &problem
}

// cycle is the problem of a reference that leads back to its segment.
func cycle(n *strictjson.Node, way []string) strictjson.Problem {
	if len(way) > 10 {
		way = slices.Concat(way[:5], []string{"..."}, way[len(way)-4:])
	}
	return n.Problem("a segment cannot refer to itself: %s", strings.Join(way, " > "))
}

// pathTo is the path from the segment with that id back to the segment that is
// read again. It is nil if there is none.
func (s *Set) pathTo(id string) []string {
	if s.rereading == "" {
		return nil
	}
	var seek func(id string, seen map[string]bool) []string
	seek = func(id string, seen map[string]bool) []string {
		if id == s.rereading {
			return []string{id}
		}
		if segment := s.segments[id]; segment != nil && !seen[id] {
			seen[id] = true
			for _, next := range segment.Refers {
				if rest := seek(next, seen); rest != nil {
					return append([]string{id}, rest...)
				}
			}
		}
		return nil
	}
	if way := seek(id, map[string]bool{}); way != nil {
		return append([]string{s.rereading}, way...)
	}
	return nil
}

// setReader reads segments in the order of their references.
type setReader struct {
	set   *Set
	files map[string]file
	path  []string       // segments being read, each of which refers to the next
	open  map[string]int // index of each in path
}

type file struct {
	data []byte
	root *strictjson.Node
}

func (r *setReader) read(id string) {
	if r.set.segments[id] != nil || r.set.broken[id] != nil {
		return
	}
	f := r.files[id]
	refers := references(f.root.Member("condition"))
	r.open[id], r.path = len(r.path), append(r.path, id)
	for _, next := range refers {
		if at, open := r.open[next.Text]; open {
			r.set.broken[id] = append(r.set.broken[id], cycle(next, append(slices.Clone(r.path[at:]), next.Text)))
		} else if _, known := r.files[next.Text]; known {
			r.read(next.Text)
		}
	}
	r.path = r.path[:len(r.path)-1]
	delete(r.open, id)
	if r.set.broken[id] != nil {
		return
	}
	s, problems := readSegment(f.data, f.root, r.set)
	if s != nil {
		r.set.segments[id] = s
		return
	}
	r.set.broken[id] = slices.DeleteFunc(problems, func(p strictjson.Problem) bool { return p.Note })
	r.set.causes[id] = r.cause(refers, r.set.broken[id][0])
}

// cause is the broken segment that a problem is about. It is empty if the problem
// is about something else.
func (r *setReader) cause(refers []*strictjson.Node, problem strictjson.Problem) string {
	i := slices.IndexFunc(refers, func(n *strictjson.Node) bool { return n.Pointer() == problem.Pointer && r.set.broken[n.Text] != nil })
	if i < 0 {
		return ""
	}
	return cmp.Or(r.set.causes[refers[i].Text], refers[i].Text)
}

// References lists the nodes of a condition, or of a file with conditions, that name segments.
func References(n *strictjson.Node) []*strictjson.Node { return references(n) }

// Missing is the problem of a node that names a segment, where the set has no such segment or
// cannot evaluate it.
func (s *Set) Missing(at *strictjson.Node) (p strictjson.Problem, missing bool) {
	if s == nil {
		s = &Set{}
	}
	if _, problem := s.resolve(at); problem != nil {
		return *problem, true
	}
	return p, false
}

func references(n *strictjson.Node) []*strictjson.Node {
	var found []*strictjson.Node
	switch {
	case n == nil:
	case n.Kind == strictjson.Array:
		for _, item := range n.Items {
			found = append(found, references(item)...)
		}
	case n.Kind == strictjson.Object:
		for _, m := range n.Members {
			if m.Key == "segment" && m.Value.Kind == strictjson.String {
				found = append(found, m.Value)
				continue
			}
			found = append(found, references(m.Value)...)
		}
	}
	return found
}
