package embedded

import (
	"bytes"
	"cmp"
	"slices"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// plan is how a search reads its table: ranges of one index, or of the ids.
// Every row read is still matched, unless exact says that the ranges are the
// answer.
type plan struct {
	table  *table
	index  *index // nil: by id
	ranges []keyRange
	// bound is the number of leading fields that each range limits to one
	// value.
	bound int
	exact bool
	worth int // how much of the search it uses
}

// keyRange is a range of keys, from lo to below hi; of ids, for a plan by id.
type keyRange struct {
	lo, hi []byte
	prefix int // length of the bound fields' keys
}

// maxRanges limits the product of $in of many values on many fields.
const maxRanges = 10_000

// plans are the ways to find what a search selects. The first binds most; of two that bind
// as much it has fewer ranges. There is only one where the search names ids or has an order,
// or where an index alone is the answer.
func plans(t *table, s *documents.Search) []plan {
	byID := planByID(t, s)
	if byID.bound > 0 {
		return []plan{byID}
	}
	var list []plan
	for i := range t.indexes {
		x := &t.indexes[i]
		served := s.Serves(x.Index)
		if served < 0 || s.Sorted && len(s.Sort) == 0 && !bindsAll(s, x) {
			continue
		}
		p := planByIndex(t, x, s, served)
		if len(s.Sort) > 0 && p.worth == 0 {
			p.worth = 1
		}
		if p.worth > 0 {
			list = append(list, p)
		}
	}
	if len(list) == 0 {
		return []plan{byID}
	}
	slices.SortStableFunc(list, func(a, b plan) int {
		return cmp.Or(cmp.Compare(b.worth, a.worth), cmp.Compare(len(a.ranges), len(b.ranges)))
	})
	if s.Sorted {
		return list[:1]
	}
	if i := slices.IndexFunc(list, func(p plan) bool { return p.exact }); i >= 0 {
		return list[i : i+1]
	}
	return list
}

func bindsAll(s *documents.Search, x *index) bool {
	return !slices.ContainsFunc(x.Fields, func(f string) bool { return binding(s.Match.Tests, f) < 0 })
}

// binding is the position of the test that limits field to one value or a few,
// -1 without.
func binding(tests []documents.Test, field string) int {
	return slices.IndexFunc(tests, func(t documents.Test) bool { return t.Field == field && (t.Op == "$eq" || t.Op == "$in") })
}

func planByIndex(t *table, x *index, s *documents.Search, served int) plan {
	p := plan{table: t, index: x, ranges: []keyRange{{hi: []byte{0xff}}}}
	used := usedShop(s)
	for i, test := range s.Match.Tests {
		if x.Only.Implies(test) && test.Field == x.Only.Field {
			used[i] = true
		}
	}
	for _, f := range x.Fields {
		if len(s.Sort) > 0 && p.bound == served {
			break
		}
		i := binding(s.Match.Tests, f)
		if i < 0 {
			break
		}
		keys := values(s.Match.Tests[i])
		if len(s.Sort) == 0 && len(p.ranges)*len(keys) > maxRanges {
			break
		}
		p.bind(keys)
		used[i] = true
	}
	p.worth = 4 * p.bound
	if p.bound < len(x.Fields) && p.narrow(s.Match.Tests, x.Fields[p.bound], used) {
		p.worth += 2
	}
	p.exact = len(used) == len(s.Match.Tests)
	return p
}

func usedShop(s *documents.Search) map[int]bool {
	used := map[int]bool{}
	if i := binding(s.Match.Tests, "shop"); s.Shop != "" && i >= 0 {
		used[i] = true
	}
	return used
}

// values are the different operands of $eq or $in, as sorted keys.
func values(t documents.Test) [][]byte {
	list, size := operands(t), 0
	for _, v := range list {
		size += len(v.Value) + 16
	}
	keys, room := make([][]byte, 0, len(list)), make([]byte, 0, size)
	for _, v := range list {
		start := len(room)
		room = documents.AppendKey(room, v)
		keys = append(keys, room[start:len(room):len(room)])
	}
	slices.SortFunc(keys, bytes.Compare)
	return slices.CompactFunc(keys, bytes.Equal)
}

func operands(t documents.Test) []bson.RawValue {
	if t.Op == "$eq" {
		return []bson.RawValue{t.Value}
	}
	return t.List
}

// bind continues every range with every key. A range ends before all keys that continue it.
func (p *plan) bind(keys [][]byte) {
	size := 0
	for _, key := range keys {
		size += len(p.ranges) * (len(key) + 1)
	}
	for _, kr := range p.ranges {
		size += len(keys) * len(kr.lo)
	}
	ranges, room := make([]keyRange, 0, len(p.ranges)*len(keys)), make([]byte, 0, size)
	for _, kr := range p.ranges {
		for _, key := range keys {
			start := len(room)
			room = append(append(append(room, kr.lo...), key...), 0xff)
			end := len(room)
			ranges = append(ranges, keyRange{lo: room[start : end-1 : end-1], hi: room[start:end:end], prefix: end - 1 - start})
		}
	}
	p.ranges = ranges
	p.bound++
}

// narrow cuts the ranges by the order operators on field.
func (p *plan) narrow(tests []documents.Test, field string, used map[int]bool) (narrowed bool) {
	for i, t := range tests {
		if t.Field != field {
			continue
		}
		from, to, ok := bounds(t)
		if !ok {
			continue
		}
		used[i], narrowed = true, true
		for j := range p.ranges {
			p.ranges[j].cut(from, to)
		}
	}
	return narrowed
}

// bounds are the keys an order operator selects, within its operand's type.
func bounds(t documents.Test) (from, to []byte, ok bool) {
	switch t.Op {
	case "$gt", "$gte", "$lt", "$lte":
	default:
		return nil, nil, false
	}
	key := documents.AppendKey(nil, t.Value)
	class := documents.KeyClass(t.Value)
	from, to = []byte{class}, []byte{class + 1}
	switch t.Op {
	case "$gt":
		from = append(key, 0xff)
	case "$gte":
		from = key
	case "$lt":
		to = key
	case "$lte":
		to = append(key, 0xff)
	}
	return from, to, true
}

// cut cuts a range to the keys whose next field lies from from to below to.
func (kr *keyRange) cut(from, to []byte) {
	prefix := kr.lo[:kr.prefix:kr.prefix]
	if lo := append(prefix, from...); bytes.Compare(lo, kr.lo) > 0 {
		kr.lo = lo
	}
	if hi := append(prefix, to...); bytes.Compare(hi, kr.hi) < 0 {
		kr.hi = hi
	}
}

func (kr keyRange) empty() bool { return kr.hi != nil && bytes.Compare(kr.lo, kr.hi) >= 0 }

// planByID reads the shop's ids, or those the filter names.
func planByID(t *table, s *documents.Search) plan {
	p := plan{table: t, ranges: []keyRange{{}}}
	used := usedShop(s)
	if i := binding(s.Match.Tests, "_id"); i >= 0 && (len(s.Sort) == 0) {
		list := ids(s.Match.Tests[i])
		p.ranges = make([]keyRange, len(list))
		for i, id := range list {
			p.ranges[i] = keyRange{lo: id[:len(id)-1], hi: id}
		}
		p.bound, used[i] = 1, true
	}
	for i, test := range s.Match.Tests {
		if test.Field != "_id" || used[i] {
			continue
		}
		text, isText := test.Value.StringValueOK()
		if _, _, ranged := bounds(test); !ranged || !isText {
			continue
		}
		used[i] = true
		for j := range p.ranges {
			p.ranges[j].cutID(test.Op, text)
		}
	}
	p.exact = len(used) == len(s.Match.Tests)
	return p
}

func (kr *keyRange) cutID(op, id string) {
	bound := []byte(id)
	if op == "$gt" || op == "$lte" {
		bound = append(bound, 0)
	}
	if op == "$gt" || op == "$gte" {
		if bytes.Compare(bound, kr.lo) > 0 {
			kr.lo = bound
		}
		return
	}
	if kr.hi == nil || bytes.Compare(bound, kr.hi) < 0 {
		kr.hi = bound
	}
}

// ids are the different texts among the operands, sorted, each with the NUL that ends it; an
// _id is nothing else.
func ids(t documents.Test) [][]byte {
	list := operands(t)
	out := make([][]byte, 0, len(list))
	for _, v := range list {
		if v.Type == bson.TypeString {
			out = append(out, v.Value[4:])
		}
	}
	slices.SortFunc(out, bytes.Compare)
	return slices.CompactFunc(out, bytes.Equal)
}
