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

// relationBuilder collects records of one kind.
type relationBuilder[T any] struct {
	columns *columns[T]
	n       int
	texts   []textBuilder
	ints    [][]int64
	times   [][]int64
	custom  map[string]*textBuilder
}

func newRelationBuilder[T any](c *columns[T]) relationBuilder[T] {
	b := relationBuilder[T]{columns: c, texts: make([]textBuilder, len(c.texts)), ints: make([][]int64, len(c.ints)),
		times: make([][]int64, len(c.times)), custom: map[string]*textBuilder{}}
	for i := range b.texts {
		b.texts[i].folds = foldsField(c.texts[i].name)
	}
	return b
}

// add appends one record. Empty fields cost nothing: missing entries are padded
// when the next value is added.
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
			column = &textBuilder{folds: true}
			b.custom[kv.Key] = column
		}
		column.set(b.n, kv.Value)
	}
}

// seal is the relation. The builder is empty afterwards. beside returns the column
// whose numbers another one often equals; nil where there is none.
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

// write decodes record i. Fields without a column are unchanged.
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

// owned is a relation of records of which customers have few or none. It takes no
// memory in a chunk where there are none. It is immutable.
type owned struct {
	relation
	starts []uint32 // of each customer in the relation, and the end; nil: nobody has one
	owner  hints
}

// of is the range of a customer's records.
func (o *owned) of(row uint32) (from, to uint32) {
	if o.starts == nil {
		return 0, 0
	}
	return o.starts[row], o.starts[row+1]
}

func (o *owned) bytes() int { return o.relation.bytes() + 4*cap(o.starts) + o.owner.bytes() }

// ownedBuilder collects owned records, customer by customer.
type ownedBuilder[T any] struct {
	relationBuilder[T]
	starts []uint32
}

func newOwnedBuilder[T any](c *columns[T]) ownedBuilder[T] {
	return ownedBuilder[T]{relationBuilder: newRelationBuilder(c)}
}

// next begins another customer: records added afterwards belong to it.
func (b *ownedBuilder[T]) next() { b.starts = append(b.starts, uint32(b.n)) }

// seal is the records. The builder is empty afterwards.
func (b *ownedBuilder[T]) seal() (o owned) {
	if b.n > 0 {
		o.starts = closed(b.starts, b.n)
		o.owner = newHints(o.starts)
	}
	o.relation = b.relationBuilder.seal(func(*relation, int) *ints { return nil })
	b.starts = b.starts[:0]
	return o
}
