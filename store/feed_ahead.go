package store

import (
	"context"
	"iter"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// portion is documents on their way from the database to their consumer.
type portion struct {
	bytes []byte
	ends  []int
	err   error // after the last
}

const (
	portionBytes = 1 << 19
	portions     = 3
)

// ahead is Find as a stream that reads on while its consumer works, so that
// both cores of a small machine are busy. It uses three times half a megabyte.
// The bytes are valid until the next document.
func (s *Store) ahead(ctx context.Context, coll string, q documents.Query) iter.Seq2[bson.Raw, error] {
	return func(yield func(bson.Raw, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		free, full := make(chan *portion, portions), make(chan *portion, portions)
		for range portions {
			free <- &portion{}
		}
		go s.read(ctx, coll, q, free, full)
		defer func() {
			stop()
			for range full { // until the reader has ended
			}
		}()
		for p := range full {
			start := 0
			for _, end := range p.ends {
				if !yield(p.bytes[start:end], nil) {
					return
				}
				start = end
			}
			if p.err != nil {
				yield(nil, p.err)
				return
			}
			p.bytes, p.ends = p.bytes[:0], p.ends[:0]
			free <- p
		}
	}
}

// read fills portions until the search or ctx is over.
func (s *Store) read(ctx context.Context, coll string, q documents.Query, free <-chan *portion, full chan<- *portion) {
	defer close(full)
	p := <-free
	err := s.docs.Find(ctx, coll, q, func(doc bson.Raw) error {
		p.bytes = append(p.bytes, doc...)
		p.ends = append(p.ends, len(p.bytes))
		if len(p.bytes) < portionBytes {
			return nil
		}
		full <- p
		select {
		case p = <-free:
			return nil
		case <-ctx.Done():
			p = &portion{}
			return commerce.Errorf(commerce.Unavailable, "customers: %w", ctx.Err())
		}
	})
	p.err = err
	full <- p
}

// filledRows is rows on their way to their consumer; their memory is used again.
type filledRows struct {
	rows [128]segments.Row
	n    int
	err  error // after the last
}

// fillAhead fills rows with the shop's customers until they or ctx are over.
func (s *Store) fillAhead(ctx context.Context, shop string, free <-chan *filledRows, full chan<- *filledRows) {
	defer close(full)
	var f filler
	p := <-free
	for doc, err := range s.ahead(ctx, colCustomers, documents.Query{Filter: of(shop), Fields: rowFields, Sort: []string{"n"}}) {
		if err == nil {
			err = fillRow(&f, doc, &p.rows[p.n])
		}
		if p.err = err; err != nil {
			break
		}
		if p.n++; p.n < len(p.rows) {
			continue
		}
		full <- p
		select {
		case p = <-free:
		case <-ctx.Done():
			return
		}
	}
	full <- p
}
