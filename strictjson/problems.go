package strictjson

import "fmt"

// MostProblems is how many problems of one document are listed.
const MostProblems = 100

// Problems collects what is wrong with one document: the first 100, and how many
// more there are. The others are only counted. The zero value is empty.
type Problems struct {
	list []Problem
	left int
	bad  bool // an error is among those left out
}

// Full reports whether another problem would only be counted.
func (l *Problems) Full() bool { return len(l.list) >= MostProblems }

// Add adds a problem.
func (l *Problems) Add(p Problem) {
	if !l.Full() && p.left == 0 {
		l.list = append(l.list, p)
		return
	}
	l.left += max(p.left, 1)
	l.bad = l.bad || !p.Note
}

// At adds a problem of n.
func (l *Problems) At(n *Node, format string, args ...any) {
	if l.Full() {
		l.Add(Problem{})
		return
	}
	l.Add(n.Problem(format, args...))
}

// Unknown takes the problem of a key that nobody knows, with the nearest of known.
func (l *Problems) Unknown(m Member, known []string) {
	if l.Full() {
		l.Add(Problem{})
		return
	}
	l.Add(m.Unknown(known))
}

// AddAll takes a list of another collector.
func (l *Problems) AddAll(list []Problem) {
	for _, p := range list {
		l.Add(p)
	}
}

// Refused reports whether one of them is an error, not a note.
func (l *Problems) Refused() bool { return l.bad || Refused(l.list) }

// List is what to tell: nil when nothing is wrong. Where more than 100 were
// found the last says how many.
func (l *Problems) List() []Problem {
	if l.left == 0 {
		return l.list
	}
	return append(l.list[:len(l.list):len(l.list)], Problem{Message: fmt.Sprintf("and %d more", l.left), Note: !l.bad, left: l.left})
}
