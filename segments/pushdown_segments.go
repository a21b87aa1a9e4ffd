package segments

import "slices"

// Referred are the segments a condition asks for, itself or by the segments it
// refers to, sorted. Who is listed in them by hand decides too.
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

// ListedIn is what lists, by segment, say of the customer of a number, as
// Params.Listed wants it.
func ListedIn(lists map[string]Lists, n int64) func(segment string) Listing {
	return func(segment string) Listing { return lists[segment].of(n) }
}

// Limits of what is asked of a database about segments of segments.
const (
	mostReferred = 2      // levels of segments that a question goes into
	mostListed   = 20_000 // customers of a list whose numbers are named
)

// membership encloses belonging to a segment.
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

// numbered says that a customer's number is in a set; not ok where it is too large.
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
