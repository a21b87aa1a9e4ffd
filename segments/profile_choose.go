package segments

import (
	"iter"
	"maps"
	"slices"
)

// mostValues is how many values of a field are counted.
const mostValues = 1 << 15

// choose sets the values of a dimension that are counted, sorted: all, or the most
// frequent.
func (x *counter) choose(d *dimension) {
	known, several := map[string]string{}, false
	for i := range x.profiler.state.parts {
		texts := d.texts(x.profiler.state.parts[i].chunk, x.profiler.shop)
		if texts == nil {
			continue
		}
		for code := uint32(1); code < uint32(texts.len()); code++ {
			key, text := texts.key(code), texts.text(code)
			if key == "" { // a category without a name
				continue
			}
			other, seen := known[key]
			several = several || seen && other != text
			known[key] = text
		}
		if len(known) > mostValues {
			if d.values, d.trimmed = x.frequent(d), true; foldsField(d.field) {
				d.shown = x.spell(d)
			}
			return
		}
	}
	if d.values = slices.Sorted(maps.Keys(known)); several {
		d.shown = x.spell(d)
		return
	}
	for _, key := range d.values {
		d.shown = append(d.shown, known[key])
	}
}

// spell finds the most frequent spelling of each value.
func (x *counter) spell(d *dimension) []string {
	times := map[spelt]uint32{}
	for texts, cells := range x.chunks(d) {
		for code := 1; code < texts.len(); code++ {
			key := texts.key(uint32(code))
			if _, counted := slices.BinarySearch(d.values, key); counted {
				times[spelt{key, texts.text(uint32(code))}] += cells[code][ofRest]
			}
		}
	}
	shown, most := make([]string, len(d.values)), make([]uint32, len(d.values))
	for s, n := range times {
		i, _ := slices.BinarySearch(d.values, s.key)
		if shown[i] == "" || n > most[i] || n == most[i] && s.text < shown[i] {
			shown[i], most[i] = s.text, n
		}
	}
	return shown
}

// spelt is one spelling of a value.
type spelt struct{ key, text string }

// chunks are the texts of a dimension in each chunk, and the customers who have
// each, by code.
func (x *counter) chunks(d *dimension) iter.Seq2[valueTexts, []sides] {
	return func(yield func(valueTexts, []sides) bool) {
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
			if d.count(x, x.to, &found); !yield(texts, found.cells) {
				return
			}
		}
	}
}

// frequent finds the most frequent values with a bounded number of counters
// (Misra and Gries, Finding Repeated Elements, 1982, merged as by Agarwal and
// others, Mergeable Summaries, 2012). They include every value that is more than
// one in mostValues of the entries. Their counts are too small and are not used.
func (x *counter) frequent(d *dimension) []string {
	counters := map[string]uint32{}
	for texts, cells := range x.chunks(d) {
		less := excess(len(cells)-1, func(yield func(uint32)) {
			for _, cell := range cells[1:] {
				yield(cell[ofRest])
			}
		})
		for code, cell := range cells {
			if n := cell[ofRest]; code > 0 && n > less && texts.key(uint32(code)) != "" {
				counters[texts.key(uint32(code))] += n - less
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
