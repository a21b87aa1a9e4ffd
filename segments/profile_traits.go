package segments

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// candidate is a trait, and the dimension and code of its value.
type candidate struct {
	Trait
	dimension *dimension
	code      int
}

// traits are the traits with enough support, tested, the strongest first. Special
// ones come first, by their weight; the others follow by their probability. Those that
// the segment's condition implies follow in the same order.
// Between equals the more frequent is first, then family, field and value decide.
func (pr *profiler) traits(size, base, support int, opt ProfileOptions) (list []Trait, tested int) {
	level, most := opt.Level, opt.Most
	if level <= 0 {
		level = defaultLevel
	}
	if most <= 0 {
		most = defaultTraits
	}
	all := pr.candidates(size, base, support, opt.Known)
	pr.markImplied(all, opt.Of)
	p := make([]float64, len(all))
	for i := range all {
		t := &all[i]
		p[i] = twoShares{t.In, t.Of, t.Rest, t.OfRest}.p()
	}
	for i, q := range falseDiscovery(p) {
		t := &all[i]
		t.P, t.Q, t.Special = p[i], q, q <= level
		if t.Special {
			t.compare()
		}
	}
	slices.SortFunc(all, func(a, b candidate) int { return a.order(&b.Trait) })
	for i := range all[:min(len(all), most)] {
		t := &all[i]
		t.compare()
		t.Condition = t.dimension.condition(t.code)
		if titles := pr.shop.params.Titles; titles != nil && t.Field == "line.product" {
			t.Title = titles(t.Value)
		}
		list = append(list, t.Trait)
	}
	return list, len(all)
}

// markImplied marks the traits that the condition of the segment says itself.
func (pr *profiler) markImplied(all []candidate, of Condition) {
	list := statedIn(of, true, false)
	for i := range all {
		t := &all[i]
		t.Implied = slices.ContainsFunc(list, func(s stated) bool { return s.implies(t.dimension, t.code, pr.evaluation) })
	}
}

// order is below 0 where t comes before o.
func (t *Trait) order(o *Trait) int {
	first := 0
	switch {
	case t.Implied != o.Implied && o.Implied:
		return -1
	case t.Implied != o.Implied:
		return 1
	case t.Special && !o.Special:
		first = -1
	case o.Special && !t.Special:
		first = 1
	}
	return cmp.Or(first, cmp.Compare(o.Weight, t.Weight), cmp.Compare(t.P, o.P), cmp.Compare(o.In, t.In), cmp.Compare(o.Rest, t.Rest),
		cmp.Compare(t.Family, o.Family), cmp.Compare(t.Field, o.Field), cmp.Compare(t.Value, o.Value))
}

// candidates are the traits that differ among customers and have the support.
func (pr *profiler) candidates(size, base, support int, known bool) (list []candidate) {
	for i, d := range pr.dimensions {
		all, others := size, base-size
		if known {
			all, others = int(pr.counts[i].known[ofSegment]), int(pr.counts[i].known[ofRest])
		}
		repeated := pr.counts[i].repeated(d)
		for code := 1; code < len(pr.counts[i].cells); code++ {
			cell := pr.counts[i].cells[code]
			in, rest := int(cell[ofSegment]), int(cell[ofRest])
			if in+rest == 0 || in+rest == all+others || all == 0 || others == 0 || repeated[code] {
				continue
			}
			expected := float64(all) * float64(in+rest) / float64(all+others)
			if math.Max(float64(in), expected) < float64(support) {
				continue
			}
			trait := Trait{Family: d.family, Field: d.field, Value: d.spelling(code), In: in, Of: all, Rest: rest, OfRest: others}
			list = append(list, candidate{trait, d, code})
		}
	}
	return list
}

// repeated are the names with the same customers as one path that ends with them.
func (t *valueCounts) repeated(d *dimension) map[int]bool {
	if !d.nests {
		return nil
	}
	repeated := map[int]bool{}
	for i, path := range d.values {
		cut := strings.LastIndex(path, pathSeparator)
		if cut < 0 {
			continue
		}
		name, found := slices.BinarySearch(d.values, path[cut+len(pathSeparator):])
		if found && t.cells[name+1] == t.cells[i+1] {
			repeated[name+1] = true
		}
	}
	return repeated
}
