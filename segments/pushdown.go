package segments

import (
	"slices"
	"time"
)

// Clause is a question about one stored profile in a form that databases
// answer: tests of what the profile holds, and clauses of them. Paths are the
// bson names of commerce.Customer, below an Elem those of its element. It is
// immutable.
type Clause struct {
	Op     ClauseOp
	Path   string    // of In, Range and Elem; a Range without one asks the element itself
	Values []any     // of In: string, int64, bool; nil stands for absent
	From   any       // of Range: the first that passes, int64, string or time.Time; nil: no lower end
	To     any       // and the first above it that does not; nil: no upper end
	Parts  []*Clause // of All and Any; of Not and Elem one
}

// ClauseOp is what a clause asks.
type ClauseOp uint8

// ClauseAll without parts always holds, ClauseAny without parts never does.
// ClauseIn holds for a list where it does for an entry. ClauseRange never holds
// for what is absent or of another type than its ends, nor for a list.
const (
	ClauseAll   ClauseOp = iota // every part holds
	ClauseAny                   // a part holds
	ClauseNot                   // the part does not hold
	ClauseIn                    // the value is one of Values
	ClauseRange                 // the value lies from From on and below To
	ClauseElem                  // the part holds for an element of the list
)

// Bounds encloses a condition on a customer in two clauses: above holds for all
// it matches, below for none it does not. lists are who is listed in the
// segments it refers to; the parameters' Customer and Listed are not asked.
// Where the two are one (exact), that is the condition. What a hash, an average or a custom number decides has no
// clause: there the bounds are apart and Match has to judge. Both rest on what
// commerce.Recompute promises of a profile: figures that are those of its
// orders, one consent a channel, birthdays that are dates or empty.
func Bounds(c Condition, p Params, lists map[string]Lists, now time.Time) (above, below *Clause, exact bool) {
	o := &outliner{planner: planner{plan: plan{evaluation: *newEvaluation(nil, nil, p, now)}}, listed: lists}
	b := o.customer(c)
	return b.above, b.below, b.exact()
}

// outliner turns conditions into clauses. From the planner of indexes it has
// what tests mean in numbers, instants and dates.
type outliner struct {
	planner
	listed   map[string]Lists
	referred int // segments being asked, each of another
}

// enclosed is a condition between two clauses, the same one where it is exact.
type enclosed struct{ above, below *Clause }

func exactly(c *Clause) enclosed { return enclosed{c, c} }

// noMoreThan says only who cannot match.
func noMoreThan(c *Clause) enclosed { return enclosed{c, never()}.fold() }

// anybody is a condition of which nothing can be said.
func anybody() enclosed { return enclosed{always(), never()} }

func always() *Clause { return &Clause{Op: ClauseAll} }
func never() *Clause  { return &Clause{Op: ClauseAny} }

func (b enclosed) exact() bool { return b.above == b.below }

// fold makes bounds exact that leave nothing open.
func (b enclosed) fold() enclosed {
	switch {
	case b.above.isNever():
		return exactly(b.above)
	case b.below.isAlways():
		return exactly(b.below)
	}
	return b
}

// not swaps the bounds: the complement of what holds for more holds for less.
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

// alwaysThere is a field that all documents of a list have.
var alwaysThere = map[string]string{ordersPath: "i", messagesPath: "i", consentsPath: "channel", checkoutsPath: "i", linesPath: "q"}

// inList says that a document in the list at path passes.
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

// join leaves out the parts that change nothing, and all others where one decides.
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

// elem says that c holds for an element of the list at path.
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

// numbersIn says that a number lies in one of the intervals.
func numbersIn(path string, list ...interval) *Clause {
	return rangesIn(path, list, func(n int64) any { return n })
}

// instantsIn says that an instant, in milliseconds, lies in one of the intervals.
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

// textsFrom says that a text lies from from on and below to; empty is no end.
func textsFrom(path, from, to string) *Clause {
	c := &Clause{Op: ClauseRange, Path: path, From: from}
	if to != "" {
		c.To = to
	}
	return c
}

// startsWith says that a text begins with prefix: it lies between it and the
// same with its last letter one on.
func startsWith(path, prefix string) *Clause {
	letters := []rune(prefix)
	for i, last := range slices.Backward(letters) {
		if last == '\U0010ffff' {
			continue
		}
		next := last + 1
		if next == 0xd800 {
			next = 0xe000 // no letters lie between
		}
		return textsFrom(path, prefix, string(append(letters[:i:i], next)))
	}
	return textsFrom(path, prefix, "")
}
