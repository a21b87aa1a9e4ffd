package segments

import "slices"

// Referred are the segments that a condition refers to, directly or by other
// segments, sorted. The listings of these segments decide too.
func Referred(c Condition) []string {
	found := map[string]bool{}
	refer(c, found)
	var ids []string
	for id := range found {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func refer(c Condition, found map[string]bool) {
	switch c := c.(type) {
	case group:
		for _, part := range c.parts {
			refer(part, found)
		}
	case not:
		refer(c.part, found)
	case membership:
		if !found[c.of.ID] {
			found[c.of.ID] = true
			refer(c.of.Condition, found)
		}
	}
}

// ListedIn is the listing, by segment, of the customer with a number, in the form
// of Params.Listed.
func ListedIn(lists map[string]Lists, n int64) func(segment string) Listing {
	return func(segment string) Listing { return lists[segment].of(n) }
}

// Limits of clauses about segments.
const (
	mostReferred = 2      // levels of references that a clause follows
	mostListed   = 20_000 // most customer numbers in a clause
)

// membership encloses being a member of a segment.
func (o *outliner) membership(c membership) enclosed {
	rest := exactly(never())
	if !c.of.Static {
		o.referred++
		if rest = anybody(); o.referred <= mostReferred {
			rest = o.customer(c.of.Condition)
		}
		o.referred--
	}
	l, listed := o.listed[c.of.ID]
	if !listed || l == (Lists{}) {
		return rest
	}
	excluded, ok := numbered(l.Out)
	included, fits := numbered(l.In)
	if !ok || !fits {
		return anybody()
	}
	return meet(exactly(excluded.not()), unite(exactly(included), rest))
}

// numbered matches a customer whose number is in a set. It is not ok if the set is
// too large.
func numbered(set *Bitmap) (c *Clause, ok bool) {
	if set == nil || set.Count() == 0 {
		return never(), true
	}
	if set.Count() > mostListed {
		return nil, false
	}
	c = in("n")
	for n := range set.All() {
		c.Values = append(c.Values, n)
	}
	return c, true
}
