package segments

import (
	"fmt"
	"maps"
)

// List replaces the lists of all segments, by the segment's id. Conditions that
// refer to a segment read them from then on. A segment that is missing lists
// nobody. The sets belong to the index afterwards: do not change them.
func (ix *Index) List(lists map[string]Lists) {
	lists = maps.Clone(lists)
	ix.lists.Store(&lists)
}

// listed is the lists of each segment.
func (ix *Index) listed() map[string]Lists {
	if lists := ix.lists.Load(); lists != nil {
		return *lists
	}
	return nil
}

// of is the entry of a customer in the lists.
func (l Lists) of(n int64) Listing {
	switch {
	case l.Out != nil && l.Out.Has(n):
		return Excluded
	case l.In != nil && l.In.Has(n):
		return Included
	}
	return Unlisted
}

// membership plans a test of membership. In a sweep a segment is planned and
// evaluated once for all conditions that refer to it.
func (b *planner) membership(c membership) node {
	if !b.sweep {
		return b.member(c.of)
	}
	key := fmt.Sprintf("segment %p", c.of) // the pointer identifies the segment within one set
	switch {
	case b.nodes == nil:
		if b.times[key]++; b.times[key] > 1 {
			return constant(false) // counted before
		}
	case b.times[key] < 2:
	case b.nodes[key] != nil:
		return b.nodes[key]
	default:
		shared := &sharedNode{part: b.member(c.of), at: atCustomers, place: b.shared}
		b.shared++
		b.nodes[key] = shared
		return shared
	}
	return b.member(c.of)
}

func (b *planner) member(s *Segment) node {
	n := memberNode{lists: b.lists[s.ID], rest: constant(false)}
	if !s.Static {
		n.rest = b.node(s.Condition, atCustomers)
	}
	if n.lists == (Lists{}) {
		return n.rest
	}
	return n
}

// memberNode is the customers who are listed, and those not listed who match the
// segment's condition.
type memberNode struct {
	lists Lists
	rest  node
}

func (n memberNode) eval(x *worker, in, out bitset) {
	mark := x.mark()
	rest, included := x.bitset(len(in)), x.bitset(len(in))
	x.listed(n.lists.Out, in, included)
	copy(rest, in)
	rest.without(included)
	x.listed(n.lists.In, rest, included)
	rest.without(included)
	n.rest.eval(x, rest, out)
	out.or(included)
	x.release(mark)
}

func (n memberNode) rank(x *worker) (cost, keeps int) {
	cost, keeps = n.rest.rank(x)
	return cost + 20, keeps
}

// listed sets out to the customers of in who are in set.
func (x *worker) listed(set *Bitmap, in, out bitset) {
	switch {
	case set == nil:
		clear(out)
	case x.ch.dense:
		set.from(x.ch.first, out)
		out.and(in)
	default:
		keepEach(in, out, func(row uint32) bool { return set.Has(x.ch.numberOf(row)) })
	}
}
