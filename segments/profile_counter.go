package segments

import (
	"slices"
	"sync"
	"sync/atomic"
)

// profiler counts the values of customers in one dimension after the other, in a
// segment and in the rest of the shop.
type profiler struct {
	state      *snapshot
	shop       *shop
	plan       *plan // without conditions, of the shop
	evaluation *evaluation
	dimensions []*dimension
	counts     []valueCounts // of each dimension
}

// dimension is a field of customers whose values are compared.
type dimension struct {
	family, field string
	values        []string // the values counted, folded where case and width do not matter; their codes are 1, 2, ...
	shown         []string // the most frequent spelling of each value; nil: the value
	trimmed       bool     // there are more values

	// find makes the condition that finds the customers with a value; nil: the
	// grammar has none.
	find func(code int, value string) any

	// Either habit is set, or count, which reads texts in most dimensions.
	habit int                                                 // index in a customer's habits
	texts func(c *chunk, s *shop) valueTexts                  // the values of a chunk
	count func(x *counter, numbers []uint32, to *valueCounts) // counts them; numbers are their codes in the dimension
	nests bool                                                // a name may have the same customers as a path that ends with it
}

// valueTexts are texts by code; code 0 is no text. Texts of one key are one value.
type valueTexts interface {
	len() int
	text(code uint32) string
	key(code uint32) string
}

// spelling is the value of a code as people read it.
func (d *dimension) spelling(code int) string {
	if d.shown == nil {
		return d.values[code-1]
	}
	return d.shown[code-1]
}

// valueCounts counts customers by value.
type valueCounts struct {
	known sides
	cells []sides // by code; 0: values that are not counted
}

// sides counts customers: of the rest, of the segment, and rows that are not
// current.
type sides [3]uint32

const (
	ofRest = iota
	ofSegment
	ofNobody
)

func (s *sides) add(o sides) {
	for i, n := range o {
		s[i] += n
	}
}

// newProfiler lists the dimensions, and chooses the values that are counted.
func newProfiler(state *snapshot, s *shop, v *evaluation) *profiler {
	pr := &profiler{state: state, shop: s, plan: &plan{shop: s}, evaluation: v}
	pr.dimensions = slices.Concat(habitDimensions(v.params.Fitted), textDimensions(), pr.keyedDimensions(), messageDimensions())
	var taken atomic.Int64
	pr.work(func(x *counter) {
		for i := taken.Add(1); i <= int64(len(pr.dimensions)); i = taken.Add(1) {
			if d := pr.dimensions[i-1]; d.texts != nil {
				x.choose(d)
			}
		}
	})
	pr.counts = pr.blank()
	return pr
}

// work runs counters on all processors.
func (pr *profiler) work(with func(x *counter)) {
	pr.state.share(func(func() *part) { with(&counter{profiler: pr}) })
}

func (pr *profiler) blank() []valueCounts {
	list := make([]valueCounts, len(pr.dimensions))
	for i, d := range pr.dimensions {
		list[i].cells = make([]sides, len(d.values)+1)
	}
	return list
}

// count counts all customers.
func (pr *profiler) count(members *Bitmap) {
	var summing sync.Mutex
	pr.state.share(func(next func() *part) {
		x, own := &counter{profiler: pr}, pr.blank()
		for p := next(); p != nil; p = next() {
			x.enter(p, members)
			x.countHabits(own)
			for i, d := range pr.dimensions {
				if d.count != nil {
					d.count(x, x.numbers(d), &own[i])
				}
			}
		}
		summing.Lock()
		defer summing.Unlock()
		for i := range own {
			pr.counts[i].known.add(own[i].known)
			for k := range own[i].cells {
				pr.counts[i].cells[k].add(own[i].cells[k])
			}
		}
	})
}

// trimmed are the fields of which only some values were counted.
func (pr *profiler) trimmed() (fields []string) {
	for _, d := range pr.dimensions {
		if d.trimmed {
			fields = append(fields, d.field)
		}
	}
	return fields
}

// counter counts one chunk after the other; it belongs to one goroutine.
type counter struct {
	profiler *profiler
	ch       *chunk
	side     []uint8 // of each row
	rows     bitset

	codes  []int64
	seen   []uint32
	to     []uint32
	habit  habitReader
	worker worker // for favourite categories
}

// enter sets the sides of a part's customers. Without a set all are of the rest.
func (x *counter) enter(p *part, members *Bitmap) {
	x.ch = p.chunk
	x.side = resize(x.side, p.customers.n)
	for row := range x.side {
		x.side[row] = ofRest
		if !p.has(uint32(row)) {
			x.side[row] = ofNobody
		}
	}
	if members == nil {
		return
	}
	for row := range p.members(members, &x.rows).all() {
		x.side[row] = ofSegment
	}
}

// numbers are the dimension's codes by the chunk's codes; nil where the chunk has
// no value.
func (x *counter) numbers(d *dimension) []uint32 {
	if d.texts == nil {
		return nil
	}
	list := d.texts(x.ch, x.profiler.shop)
	if list == nil || list.len() <= 1 {
		return nil
	}
	x.to = resize(x.to, list.len())
	x.to[0] = 0
	at := 0
	for code := 1; code < list.len(); code++ {
		x.to[code] = 0
		text := list.key(uint32(code))
		if at < len(d.values) && d.values[at] == text { // dictionaries are sorted, as values are
			x.to[code] = uint32(at) + 1
			at++
			continue
		}
		found, ok := slices.BinarySearch(d.values, text)
		if ok {
			x.to[code] = uint32(found) + 1
			found++
		}
		at = found
	}
	return x.to
}

// marks is a buffer of n zeros.
func (x *counter) marks(n int) []uint32 {
	x.seen = resize(x.seen, n)
	clear(x.seen)
	return x.seen
}
