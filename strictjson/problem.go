package strictjson

import (
	"fmt"
	"slices"
	"strings"

	"comeback/commerce"
)

// Problem is one thing wrong with what an author wrote, or, with Note, one
// thing that is legal but surprising.
type Problem struct {
	Pointer    string `json:"pointer"`
	Line       int    `json:"line"`
	Column     int    `json:"column"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"` // the nearest valid name
	Note       bool   `json:"note,omitempty"`       // a lint note, not an error

	left int // the number of problems left out, in the last problem of a list; else 0
}

// String is the problem on one line: place, message, suggestion.
func (p Problem) String() string {
	text := fmt.Sprintf("line %d, column %d", p.Line, p.Column)
	if p.Pointer != "" {
		text += " (" + p.Pointer + ")"
	}
	if p.Note {
		text += ": note"
	}
	text += ": " + p.Message
	if p.Suggestion != "" {
		text += fmt.Sprintf("; did you mean %q?", p.Suggestion)
	}
	return text
}

// Refused reports whether one of the problems is an error, not a note.
func Refused(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return !p.Note })
}

// Problem makes an error of n. A nil n is the whole text.
func (n *Node) Problem(format string, args ...any) Problem {
	if n == nil {
		return Problem{Line: 1, Column: 1, Message: fmt.Sprintf(format, args...)}
	}
	return Problem{Pointer: n.Pointer(), Line: int(n.Line), Column: int(n.Column), Message: fmt.Sprintf(format, args...)}
}

// Unknown makes the error for a key of n that nobody knows, with the nearest of known.
func (m Member) Unknown(known []string) Problem {
	return Problem{Pointer: m.Value.Pointer(), Line: int(m.KeyLine), Column: int(m.KeyColumn),
		Message: fmt.Sprintf("unknown key %q", commerce.Clip(m.Key, mostShown)), Suggestion: Nearest(m.Key, known)}
}

// Nearest is the name of known that name was most likely meant to be, "" when
// nothing is near: a few letters off, or the last part of a dotted name. Of
// equally near names the one that begins alike.
func Nearest(name string, known []string) string {
	if name == "" || len(name) > 80 {
		return ""
	}
	folded := strings.ToLower(name)
	best, least := "", 1+max(1, min(4, len([]rune(folded))/3))
	for _, k := range known {
		d := distance(folded, strings.ToLower(k))
		if d > 1 && strings.HasSuffix(strings.ToLower(k), "."+folded) {
			d = 1
		}
		if d < least || d == least && best != "" && common(folded, k) > common(folded, best) {
			best, least = k, d
		}
	}
	return best
}

// common counts the letters two names begin with.
func common(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// distance counts the letters to insert, delete, change or swap with their
// neighbour to make b of a.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, row := make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		next := make([]int, len(y)+1)
		next[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			next[j+1] = min(row[j+1]+1, next[j]+1, row[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(y)]
}
