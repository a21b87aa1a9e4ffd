package segments

import (
	"slices"
	"time"

	"comeback/commerce"
)

// relation is the columns of all records of one kind in a chunk: its
// customers, their orders, lines or messages. It is immutable.
type relation struct {
	n      int
	texts  []texts
	ints   []ints
	times  []ints // milliseconds
	custom map[string]*texts
}

func (r *relation) bytes() int {
	n := 0
	for i := range r.texts {
		n += r.texts[i].bytes()
	}
	for _, list := range [][]ints{r.ints, r.times} {
		for i := range list {
			n += list[i].bytes()
		}
	}
	for _, t := range r.custom {
		n += t.bytes()
	}
	return n
}

// relationBuilder gathers records of one kind.
type relationBuilder[T any] struct {
	columns *columns[T]
	n       int
	texts   []textBuilder
	ints    [][]int64
	times   [][]int64
	custom  map[string]*textBuilder
}

func newRelationBuilder[T any](c *columns[T]) relationBuilder[T] {
	return relationBuilder[T]{columns: c, texts: make([]textBuilder, len(c.texts)), ints: make([][]int64, len(c.ints)),
		times: make([][]int64, len(c.times)), custom: map[string]*textBuilder{}}
}

// add takes one record. What a column does not have costs nothing: missing
// entries are padded when the next value comes.
func (b *relationBuilder[T]) add(record *T) {
	for i := range b.columns.texts {
		if text := *b.columns.texts[i].of(record); text != "" {
			b.texts[i].set(b.n, text)
		}
	}
	for i := range b.columns.ints {
		if v := *b.columns.ints[i].of(record); v != 0 {
			b.ints[i] = append(extend(b.ints[i], b.n, 0), max(v, unset+1))
		}
	}
	for i := range b.columns.times {
		if t := b.columns.times[i].of(record); !t.IsZero() {
			b.times[i] = append(extend(b.times[i], b.n, unset), t.UnixMilli())
		}
	}
	if b.columns.custom != nil {
		b.addCustom(*b.columns.custom(record))
	}
	b.n++
}

func (b *relationBuilder[T]) addCustom(list []commerce.KV) {
	for i, kv := range list {
		if slices.ContainsFunc(list[:i], func(before commerce.KV) bool { return before.Key == kv.Key }) {
			continue // the first of a key counts
		}
		column, ok := b.custom[kv.Key]
		if !ok {
			column = &textBuilder{}
			b.custom[kv.Key] = column
		}
		column.set(b.n, kv.Value)
	}
}

// seal is the relation. The builder is empty afterwards. beside says which
// column another one's numbers often equal: nil, none.
func (b *relationBuilder[T]) seal(beside func(r *relation, column int) *ints) relation {
	r := relation{n: b.n, texts: make([]texts, len(b.texts)), ints: make([]ints, len(b.ints)), times: make([]ints, len(b.times)),
		custom: map[string]*texts{}}
	for i := range b.texts {
		r.texts[i] = b.texts[i].seal(b.n, b.columns.texts[i].searched)
	}
	for i := range b.ints {
		if near := beside(&r, i); near != nil {
			r.ints[i] = packBeside(b.ints[i], b.n, 0, near)
		} else {
			r.ints[i] = pack(b.ints[i], b.n, 0, false)
		}
		b.ints[i] = b.ints[i][:0]
	}
	for i := range b.times {
		if i > 0 {
			r.times[i] = packBeside(b.times[i], b.n, unset, &r.times[i-1])
		} else {
			r.times[i] = pack(b.times[i], b.n, unset, false)
		}
		r.times[i].coarsely()
		b.times[i] = b.times[i][:0]
	}
	for key, column := range b.custom {
		t := column.seal(b.n, false)
		r.custom[key] = &t
	}
	b.n, b.custom = 0, map[string]*textBuilder{}
	return r
}

// write puts record i back together. What the columns do not hold is left as it is.
func (c *columns[T]) write(r *relation, i uint32, record *T) {
	for k := range c.texts {
		*c.texts[k].of(record) = r.texts[k].at(i)
	}
	for k := range c.ints {
		*c.ints[k].of(record) = r.ints[k].value(i)
	}
	for k := range c.times {
		at := time.Time{}
		if ms, ok := r.times[k].at(i); ok {
			at = time.UnixMilli(ms)
		}
		*c.times[k].of(record) = at
	}
	if c.custom == nil || len(r.custom) == 0 {
		return
	}
	list := c.custom(record)
	*list = (*list)[:0]
	for key, column := range r.custom {
		if text := column.at(i); text != "" {
			*list = append(*list, commerce.KV{Key: key, Value: text})
		}
	}
}
