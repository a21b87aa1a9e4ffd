package segments

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// candidate is a trait, and where its condition comes from.
type candidate struct {
	Trait
	question *question
	answer   int
}

// traits are the traits with enough support, tested, the most telling first.
// Special ones come before all others, by their weight; the others by their
// probability; of equals the more frequent, then by family, field and value.
func (y *survey) traits(size, base, support int, opt ProfileOptions) (list []Trait, tested int) {
	level, most := opt.Level, opt.Most
	if level <= 0 {
		level = defaultLevel
	}
	if most <= 0 {
		most = defaultTraits
	}
	all := y.candidates(size, base, support, opt.Known)
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
		t.Condition = t.question.condition(t.answer)
		list = append(list, t.Trait)
	}
	return list, len(all)
}

// order is below 0 where t is told before o.
func (t *Trait) order(o *Trait) int {
	first := 0
	switch {
	case t.Special && !o.Special:
		first = -1
	case o.Special && !t.Special:
		first = 1
	}
	return cmp.Or(first, cmp.Compare(o.Weight, t.Weight), cmp.Compare(t.P, o.P), cmp.Compare(o.In, t.In), cmp.Compare(o.Rest, t.Rest),
		cmp.Compare(t.Family, o.Family), cmp.Compare(t.Field, o.Field), cmp.Compare(t.Value, o.Value))
}

// candidates are the traits that say something and have the support.
func (y *survey) candidates(size, base, support int, known bool) (list []candidate) {
	for i, q := range y.questions {
		all, others := size, base-size
		if known {
			all, others = int(y.ballots[i].known[ofSegment]), int(y.ballots[i].known[ofRest])
		}
		said := y.ballots[i].repeated(q)
		for answer := 1; answer < len(y.ballots[i].cells); answer++ {
			cell := y.ballots[i].cells[answer]
			in, rest := int(cell[ofSegment]), int(cell[ofRest])
			if in+rest == 0 || in+rest == all+others || all == 0 || others == 0 || said[answer] {
				continue
			}
			expected := float64(all) * float64(in+rest) / float64(all+others)
			if math.Max(float64(in), expected) < float64(support) {
				continue
			}
			trait := Trait{Family: q.family, Field: q.field, Value: q.answers[answer-1], In: in, Of: all, Rest: rest, OfRest: others}
			list = append(list, candidate{trait, q, answer})
		}
	}
	return list
}

// repeated are the bare names that say the same as one path that ends with them.
func (t *ballot) repeated(q *question) map[int]bool {
	if !q.nests {
		return nil
	}
	said := map[int]bool{}
	for i, path := range q.answers {
		cut := strings.LastIndex(path, pathSeparator)
		if cut < 0 {
			continue
		}
		name, found := slices.BinarySearch(q.answers, path[cut+len(pathSeparator):])
		if found && t.cells[name+1] == t.cells[i+1] {
			said[name+1] = true
		}
	}
	return said
}
