package segments

// Lacks tells whether a revision of the customer with number n is newer than
// what the index holds, or knows to be gone.
func (ix *Index) Lacks(n, rev int64) bool {
	if have, ok := ix.Rev(n); ok {
		return have < rev
	}
	ix.writing.Lock()
	defer ix.writing.Unlock()
	gone, ok := ix.gone[n]
	return !ok || gone < rev
}

// Beyond are tombstones of the customers that the index holds and stored does
// not, by id; each is one revision newer than what the index holds.
func (ix *Index) Beyond(stored *Bitmap) map[string]*Row {
	gone := map[string]*Row{}
	for _, p := range ix.state.Load().parts {
		for row := range uint32(p.customers.n) {
			if n := p.numberOf(row); p.holds(row) && !stored.Has(n) {
				id := p.id.at(row)
				gone[id] = &Row{N: n, ID: id, Rev: p.customers.ints[figureRev].value(row) + 1, Gone: true}
			}
		}
	}
	return gone
}
