package segments

import (
	"slices"
	"time"
)

// moments are the instants of an event that may happen to a record several
// times. The zero value is none.
type moments struct {
	starts []uint32 // of each record in ms, and the end; nil: there are none
	ms     []int64  // unset: not known
}

// of lists the instants of a record.
func (m *moments) of(i uint32) []int64 {
	if m.starts == nil {
		return nil
	}
	return m.ms[m.starts[i]:m.starts[i+1]]
}

func (m *moments) bytes() int { return 4*cap(m.starts) + 8*cap(m.ms) }

// momentsBuilder collects moments, record by record.
type momentsBuilder struct {
	starts []uint32 // of the records up to the last that has one
	ms     []int64
}

// add appends an instant of record i.
func (b *momentsBuilder) add(i int, at time.Time) {
	for len(b.starts) <= i {
		b.starts = append(b.starts, uint32(len(b.ms)))
	}
	b.ms = append(b.ms, milliseconds(at))
}

// seal is the moments of n records. The builder is empty afterwards.
func (b *momentsBuilder) seal(n int) (m moments) {
	if len(b.ms) > 0 {
		for len(b.starts) <= n {
			b.starts = append(b.starts, uint32(len(b.ms)))
		}
		m = moments{slices.Clone(b.starts), slices.Clone(b.ms)}
	}
	b.starts, b.ms = b.starts[:0], b.ms[:0]
	return m
}
