package segments

import (
	"maps"
	"slices"
)

// mostValues is how many values of a field are counted.
const mostValues = 1 << 15

// choose lists the values of a dimension that are counted, sorted: all, or the
// most frequent.
func (x *counter) choose(d *dimension) (list []string, trimmed bool) {
	known := map[string]struct{}{}
	for i := range x.profiler.state.parts {
		texts := d.texts(x.profiler.state.parts[i].chunk, x.profiler.shop)
		if texts == nil {
			continue
		}
		for code := 1; code < texts.len(); code++ {
			if text := texts.text(uint32(code)); text != "" { // a category without a name
				known[text] = struct{}{}
			}
		}
		if len(known) > mostValues {
			return x.frequent(d), true
		}
	}
	return slices.Sorted(maps.Keys(known)), false
}

// frequent finds the most frequent values with a bounded number of counters
// (Misra and Gries, Finding Repeated Elements, 1982, merged as by Agarwal and
// others, Mergeable Summaries, 2012). They include every value that is more than
// one in mostValues of the entries. Their counts are too small and are not used.
func (x *counter) frequent(d *dimension) []string {
	counters := map[string]uint32{}
	for i := range x.profiler.state.parts {
		p := &x.profiler.state.parts[i]
		texts := d.texts(p.chunk, x.profiler.shop)
		if texts == nil || texts.len() <= 1 {
			continue
		}
		x.enter(p, nil)
		x.to = resize(x.to, texts.len())
		for code := range x.to {
			x.to[code] = uint32(code)
		}
		found := valueCounts{cells: make([]sides, texts.len())}
		d.count(x, x.to, &found)
		less := excess(len(found.cells)-1, func(yield func(uint32)) {
			for _, cell := range found.cells[1:] {
				yield(cell[ofRest])
			}
		})
		for code, cell := range found.cells {
			if n := cell[ofRest]; code > 0 && n > less && texts.text(uint32(code)) != "" {
				counters[texts.text(uint32(code))] += n - less
			}
		}
		less = excess(len(counters), func(yield func(uint32)) {
			for _, n := range counters {
				yield(n)
			}
		})
		for text, n := range counters {
			if counters[text] = n - min(n, less); n <= less {
				delete(counters, text)
			}
		}
	}
	return slices.Sorted(maps.Keys(counters))
}

// excess is the number to subtract from each of n counters so that at most
// mostValues of them remain.
func excess(n int, each func(yield func(uint32))) uint32 {
	if n <= mostValues {
		return 0
	}
	list := make([]uint32, 0, n)
	each(func(count uint32) { list = append(list, count) })
	slices.Sort(list)
	return list[n-mostValues-1]
}
