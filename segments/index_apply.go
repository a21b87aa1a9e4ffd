package segments

import (
	"cmp"
	"slices"
)

// Apply stores changed customers: new ones, newer revisions, and tombstones.
// It ignores revisions that are not newer, so changes may arrive twice and in
// any order. Readers that begin afterwards see all of them. It may be called
// while others read, and waits for another writer. It rejects all rows if one is
// not valid (Invalid) or the index would exceed its limit (TooLarge). The index
// is then unchanged, and behind the store.
func (ix *Index) Apply(rows []*Row) error {
	for _, r := range rows {
		if err := r.check(); err != nil {
			return err
		}
	}
	ix.writing.Lock()
	defer ix.writing.Unlock()
	return ix.apply(ix.state.Load(), rows)
}

// apply publishes the snapshot with the rows.
func (ix *Index) apply(from *snapshot, rows []*Row) error {
	state := &snapshot{parts: slices.Clone(from.parts)}
	added, removed := ix.replace(state, newest(rows))
	if ix.builder == nil {
		ix.builder = newChunkBuilder(ix.rows)
	}
	for i, r := range added {
		if ix.builder.add(r); !ix.builder.full() && i < len(added)-1 {
			continue
		}
		state.add(ix.builder.seal())
		if err := ix.fits(state.size()); err != nil {
			return err
		}
	}
	state.compact(ix.builder)
	ix.state.Store(state)
	for _, r := range added {
		delete(ix.gone, r.N)
	}
	for _, r := range removed {
		ix.gone[r.N] = r.Rev
	}
	return nil
}

// replace removes the rows that newer ones replace. It returns the rows to add, and the tombstones.
func (ix *Index) replace(state *snapshot, rows []*Row) (added, removed []*Row) {
	fresh := make([]bool, len(state.parts)) // parts whose alive set is this snapshot's own
	for _, r := range rows {
		gone, ok := ix.gone[r.N]
		switch {
		case ok && gone >= r.Rev, !state.remove(r, fresh):
		case r.Gone:
			removed = append(removed, r)
		default:
			added = append(added, r)
		}
	}
	return added, removed
}

// newest is the last revision of each customer, by number.
func newest(rows []*Row) []*Row {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(a, b *Row) int { return cmp.Or(cmp.Compare(a.N, b.N), cmp.Compare(b.Rev, a.Rev)) })
	return slices.CompactFunc(rows, func(a, b *Row) bool { return a.N == b.N })
}

// remove takes out the row that a newer one replaces. It returns false where the
// snapshot has a row that is as new.
func (s *snapshot) remove(r *Row, fresh []bool) bool {
	for i := range s.parts {
		p := &s.parts[i]
		row, found := p.find(r.N)
		if !found || !p.has(row) {
			continue
		}
		if p.customers.ints[figureRev].value(row) >= r.Rev {
			return false
		}
		if i >= len(fresh) || !fresh[i] {
			p.own()
			fresh[i] = true
		}
		p.alive.remove(row)
		p.count--
		return true
	}
	return true
}

// own gives the part a set of its own, so that the set of older snapshots is unchanged.
func (p *part) own() {
	if p.alive == nil {
		p.alive = newBitset(p.customers.n)
		p.alive.fill(p.customers.n)
		return
	}
	p.alive = slices.Clone(p.alive)
}

// Limits that keep the parts few and full: a small part is merged with those
// after it that are not much smaller. One that lost a quarter of its rows is
// rewritten.
const (
	compactTimes = 4
	compactLost  = 4
)

// compact merges parts, and counts the customers. The work for one change is
// bounded: its row is rewritten log(chunkRows) times.
func (s *snapshot) compact(b *chunkBuilder) {
	s.parts = slices.DeleteFunc(s.parts, func(p part) bool { return p.count == 0 })
	slices.SortStableFunc(s.parts, func(a, b part) int { return cmp.Compare(b.count, a.count) })
	for i := range s.parts {
		if p := &s.parts[i]; p.count < p.customers.n-p.customers.n/compactLost {
			*p = rewritten(b, *p)
		}
	}
	for n := len(s.parts); n > 1; n = len(s.parts) {
		// The last two are the smallest.
		a, z := s.parts[n-2], s.parts[n-1]
		if a.count > compactTimes*z.count || a.count+z.count > b.most || !fit(a, z) {
			break
		}
		s.parts = append(s.parts[:n-2], rewritten(b, a, z))
		for k := n - 2; k > 0 && s.parts[k].count > s.parts[k-1].count; k-- {
			s.parts[k], s.parts[k-1] = s.parts[k-1], s.parts[k]
		}
	}
	s.count = 0
	for _, p := range s.parts {
		s.count += p.count
	}
}

// fit reports whether the facts of two parts fit into one chunk.
func fit(a, b part) bool {
	return a.orders.n+b.orders.n < chunkFacts && a.lines.n+b.lines.n < chunkFacts &&
		a.messages.n+b.messages.n < chunkFacts && a.checkouts.n+b.checkouts.n < chunkFacts
}

// rewritten is one part with the current rows of several, by number.
func rewritten(b *chunkBuilder, parts ...part) part {
	type place struct {
		number int64
		part   int
		row    uint32
	}
	var rows []place
	for i, p := range parts {
		for row := range uint32(p.customers.n) {
			if p.has(row) {
				rows = append(rows, place{p.numberOf(row), i, row})
			}
		}
	}
	slices.SortFunc(rows, func(a, b place) int { return cmp.Compare(a.number, b.number) })
	var r Row
	for _, at := range rows {
		parts[at.part].read(at.row, &r, true)
		b.add(&r)
	}
	return partOf(b.seal())
}

// clone is a deep copy of the row.
func (r *Row) clone() *Row {
	c := *r
	c.Attributes.Tags, c.Attributes.Custom = slices.Clone(r.Attributes.Tags), slices.Clone(r.Attributes.Custom)
	c.Checkouts = slices.Clone(r.Checkouts)
	c.Consents, c.Engagement, c.History.Orders = slices.Clone(r.Consents), slices.Clone(r.Engagement), slices.Clone(r.History.Orders)
	c.History.Loose = slices.Clone(r.History.Loose)
	if r.Attributes.Points != nil {
		points := *r.Attributes.Points
		c.Attributes.Points = &points
	}
	for i := range c.History.Orders {
		o := &c.History.Orders[i]
		for k := range orderLists {
			list := orderLists[k].of(o)
			*list = slices.Clone(*list)
		}
		o.Refunds, o.Lines, o.Custom = slices.Clone(o.Refunds), slices.Clone(o.Lines), slices.Clone(o.Custom)
		o.Requested, o.Closed = slices.Clone(o.Requested), slices.Clone(o.Closed)
		for k := range o.Lines {
			o.Lines[k].Custom = slices.Clone(o.Lines[k].Custom)
		}
	}
	return &c
}

// Lacks reports whether a revision of the customer with number n is newer than
// the revision or the tombstone in the index.
func (ix *Index) Lacks(n, rev int64) bool {
	if have, ok := ix.Rev(n); ok {
		return have < rev
	}
	ix.writing.Lock()
	defer ix.writing.Unlock()
	gone, ok := ix.gone[n]
	return !ok || gone < rev
}

// Beyond returns tombstones of the customers that are in the index and not in
// stored, by id. Each is one revision newer than that in the index.
func (ix *Index) Beyond(stored *Bitmap) map[string]*Row {
	gone := map[string]*Row{}
	for _, p := range ix.state.Load().parts {
		for row := range uint32(p.customers.n) {
			if n := p.numberOf(row); p.has(row) && !stored.Has(n) {
				id := p.id.at(row)
				gone[id] = &Row{N: n, ID: id, Rev: p.customers.ints[figureRev].value(row) + 1, Gone: true}
			}
		}
	}
	return gone
}
