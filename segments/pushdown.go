package segments

import (
	"slices"
	"time"
)

// Clause is a query about one stored profile in a form that databases evaluate:
// tests of stored values, and combinations of them. Paths are the bson names of
// commerce.Customer, and inside an Elem those of its element. A clause is
// immutable.
type Clause struct {
	Op     ClauseOp
	Path   string    // of In, Range and Elem; a Range without one is about the element itself
	Values []any     // of In: string, int64, bool; nil means absent
	From   any       // of Range: the first that matches, int64, string or time.Time; nil: no lower end
	To     any       // the first above From that does not; nil: no upper end
	Parts  []*Clause // of All and Any; of Not and Elem one
}

// ClauseOp is the operation of a clause.
type ClauseOp uint8

// ClauseAll without parts always matches, ClauseAny without parts never does.
// ClauseIn matches a list if it matches an entry. ClauseRange never matches a
// list, an absent value, or a value of another type than its ends.
const (
	ClauseAll   ClauseOp = iota // every part matches
	ClauseAny                   // a part matches
	ClauseNot                   // the part does not match
	ClauseIn                    // the value is one of Values
	ClauseRange                 // the value lies from From on and below To
	ClauseElem                  // the part matches an element of the list
)

// Bounds encloses a condition on a customer in two clauses: above matches every
// customer that the condition matches, below matches none that it does not. lists
// are the listings of the segments it refers to. The parameters Customer and
// Listed are ignored. If both are the same clause (exact), it equals the
// condition. A hash, an average or a custom number has no clause: there the bounds
// differ, and Match has to decide. Both rely on what commerce.Recompute guarantees
// about a profile: its figures are those of its orders, each channel has one
// consent, and birthdays are dates or empty.
func Bounds(c Condition, p Params, lists map[string]Lists, now time.Time) (above, below *Clause, exact bool) {
	o := &outliner{planner: planner{plan: plan{evaluation: *newEvaluation(nil, nil, p, now)}}, listed: lists}
	b := o.customer(c)
	return b.above, b.below, b.exact()
}

// outliner converts conditions to clauses. The planner of indexes converts tests
// to numbers, instants and dates for it.
type outliner struct {
	planner
	listed   map[string]Lists
	referred int // depth of the segments being converted, each referred to by the one before
}

// enclosed is a condition between two clauses. An exact one has the same clause
// twice.
type enclosed struct{ above, below *Clause }

func exactly(c *Clause) enclosed { return enclosed{c, c} }

// noMoreThan only excludes: c matches every customer that the condition matches.
func noMoreThan(c *Clause) enclosed { return enclosed{c, never()}.fold() }

// anybody is a condition about which nothing is known.
func anybody() enclosed { return enclosed{always(), never()} }

func always() *Clause { return &Clause{Op: ClauseAll} }
func never() *Clause  { return &Clause{Op: ClauseAny} }

func (b enclosed) exact() bool { return b.above == b.below }

// fold makes bounds exact if above never matches, or below always does.
func (b enclosed) fold() enclosed {
	switch {
	case b.above.isNever():
		return exactly(b.above)
	case b.below.isAlways():
		return exactly(b.below)
	}
	return b
}

// not swaps the bounds: the complement of a larger set is a smaller one.
func (b enclosed) not() enclosed {
	if b.exact() {
		return exactly(b.above.not())
	}
	return enclosed{b.below.not(), b.above.not()}
}

func (b enclosed) negatedIf(negate bool) enclosed {
	if negate {
		return b.not()
	}
	return b
}

func meet(list ...enclosed) enclosed  { return joined(allClauses, list) }
func unite(list ...enclosed) enclosed { return joined(anyClauses, list) }

func joined(join func(...*Clause) *Clause, list []enclosed) enclosed {
	var above, below []*Clause
	exact := true
	for _, b := range list {
		above, below = append(above, b.above), append(below, b.below)
		exact = exact && b.exact()
	}
	if exact {
		return exactly(join(above...))
	}
	return enclosed{join(above...), join(below...)}.fold()
}

// alwaysThere is a field that every document of a list has.
var alwaysThere = map[string]string{ordersPath: "i", messagesPath: "i", consentsPath: "channel", checkoutsPath: "i", linesPath: "q"}

// inList matches if a document in the list at path passes.
func inList(path string, b enclosed) enclosed {
	if b.below.isAlways() {
		b = exactly(present(alwaysThere[path]))
	}
	if b.above.isAlways() {
		b.above = present(alwaysThere[path])
	}
	if b.exact() {
		return exactly(elem(path, b.above))
	}
	return enclosed{elem(path, b.above), elem(path, b.below)}.fold()
}

func (c *Clause) isAlways() bool { return c.Op == ClauseAll && len(c.Parts) == 0 }
func (c *Clause) isNever() bool  { return c.Op == ClauseAny && len(c.Parts) == 0 }

func (c *Clause) not() *Clause {
	switch {
	case c.isAlways():
		return never()
	case c.isNever():
		return always()
	case c.Op == ClauseNot:
		return c.Parts[0]
	}
	return &Clause{Op: ClauseNot, Parts: []*Clause{c}}
}

func allClauses(list ...*Clause) *Clause { return join(ClauseAll, list) }
func anyClauses(list ...*Clause) *Clause { return join(ClauseAny, list) }

// join leaves out the parts that change nothing. A part that decides alone
// replaces the others.
func join(op ClauseOp, list []*Clause) *Clause {
	var parts []*Clause
	for _, c := range list {
		switch {
		case op == ClauseAll && c.isNever() || op == ClauseAny && c.isAlways():
			return c
		case c.Op == op:
			parts = append(parts, c.Parts...)
		default:
			parts = append(parts, c)
		}
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return &Clause{Op: op, Parts: parts}
}

// elem matches if c matches an element of the list at path.
func elem(path string, c *Clause) *Clause {
	if c.isNever() {
		return c
	}
	return &Clause{Op: ClauseElem, Path: path, Parts: []*Clause{c}}
}

func in(path string, values ...any) *Clause {
	return &Clause{Op: ClauseIn, Path: path, Values: values}
}

func amongClause(path string, texts []string) *Clause {
	c := in(path)
	for _, text := range texts {
		c.Values = append(c.Values, text)
	}
	return c
}

func absent(path string) *Clause  { return in(path, nil) }
func present(path string) *Clause { return absent(path).not() }

// numbersIn matches a number in one of the intervals.
func numbersIn(path string, list ...interval) *Clause {
	return rangesIn(path, list, func(n int64) any { return n })
}

// instantsIn matches an instant in one of the intervals, which are in
// milliseconds.
func instantsIn(path string, list ...interval) *Clause {
	return rangesIn(path, list, func(n int64) any { return time.UnixMilli(n).UTC() })
}

func rangesIn(path string, list []interval, as func(int64) any) *Clause {
	var parts []*Clause
	all := everything()
	for _, i := range list {
		c := &Clause{Op: ClauseRange, Path: path}
		if i.lo > all.lo {
			c.From = as(i.lo)
		}
		if i.hi < all.hi {
			c.To = as(i.hi + 1)
		}
		switch {
		case i.lo > i.hi:
			continue
		case c.From == nil && c.To == nil:
			return present(path)
		}
		parts = append(parts, c)
	}
	return anyClauses(parts...)
}

// textsFrom matches a text from from up to to, exclusive. An empty to is no limit.
func textsFrom(path, from, to string) *Clause {
	c := &Clause{Op: ClauseRange, Path: path, From: from}
	if to != "" {
		c.To = to
	}
	return c
}

// startsWith matches a text that begins with prefix: it lies between prefix and
// prefix with its last letter incremented.
func startsWith(path, prefix string) *Clause {
	letters := []rune(prefix)
	for i, last := range slices.Backward(letters) {
		if last == '\U0010ffff' {
			continue
		}
		next := last + 1
		if next == 0xd800 {
			next = 0xe000 // skips the surrogates
		}
		return textsFrom(path, prefix, string(append(letters[:i:i], next)))
	}
	return textsFrom(path, prefix, "")
}
