package segments

// owned is a relation of records that customers have few of, or none. It takes
// no memory in a chunk where there are none. It is immutable.
type owned struct {
	relation
	starts []uint32 // of each customer in the relation, and the end; nil: nobody has one
	owner  hints
}

// of is where a customer's own begin and end.
func (o *owned) of(row uint32) (from, to uint32) {
	if o.starts == nil {
		return 0, 0
	}
	return o.starts[row], o.starts[row+1]
}

func (o *owned) bytes() int { return o.relation.bytes() + 4*cap(o.starts) + o.owner.bytes() }

// ownedBuilder gathers owned records, customer by customer.
type ownedBuilder[T any] struct {
	relationBuilder[T]
	starts []uint32
}

func newOwnedBuilder[T any](c *columns[T]) ownedBuilder[T] {
	return ownedBuilder[T]{relationBuilder: newRelationBuilder(c)}
}

// next begins another customer: what is added is theirs.
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
