package segments

// postings are the positions of each code of a column, in rising order. Code 0,
// no value, has none. The zero value means that none are stored.
type postings struct {
	starts []uint32 // of each code in pos; it ends where the next starts
	pos    []uint32
}

// newPostings lists the positions of each of n codes.
func newPostings(codes []int64, n int) postings {
	p := postings{starts: make([]uint32, n)}
	for _, code := range codes {
		if code != 0 {
			p.starts[code]++
		}
	}
	p.sum()
	for i := len(codes) - 1; i >= 0; i-- {
		if codes[i] != 0 {
			p.put(uint32(i), uint32(codes[i]))
		}
	}
	return p
}

// sum turns counts into the ends of each code; put fills the positions from the end.
func (p *postings) sum() {
	for c := 1; c < len(p.starts); c++ {
		p.starts[c] += p.starts[c-1]
	}
	p.pos = make([]uint32, p.starts[len(p.starts)-1])
}

// put stores a position of a code. Positions are put in falling order, so that
// the start of each code is its first position in the end.
func (p *postings) put(at, code uint32) {
	p.starts[code]--
	p.pos[p.starts[code]] = at
}

func (p *postings) stored() bool { return p.pos != nil }

// of lists the positions of a code.
func (p *postings) of(code uint32) []uint32 {
	if code == 0 {
		return nil
	}
	end := uint32(len(p.pos))
	if int(code)+1 < len(p.starts) {
		end = p.starts[code+1]
	}
	return p.pos[p.starts[code]:end]
}

// count is the number of positions of the codes that are 1 in the table.
func (p *postings) count(table []uint8) int {
	n := 0
	for code := 1; code < len(p.starts); code++ {
		if table[code] == 1 {
			n += len(p.of(uint32(code)))
		}
	}
	return n
}

// among sets out to the positions of in with such a code.
func (p *postings) among(x *worker, in, out bitset, table []uint8) {
	mark := x.mark()
	found := x.clear(len(in))
	for code := 1; code < len(p.starts); code++ {
		if table[code] == 1 {
			for _, i := range p.of(uint32(code)) {
				found.add(i)
			}
		}
	}
	found.and(in)
	copy(out, found)
	x.release(mark)
}

func (p *postings) bytes() int { return 4 * (cap(p.starts) + cap(p.pos)) }
