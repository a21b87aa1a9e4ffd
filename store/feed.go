package store

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/segments"
	"comeback/segments/indexcache"
	"comeback/store/documents"
)

// Rows streams a shop's customers to an index, by number. Merged and deleted
// ones come as Gone. A row is valid until the next; only its texts may be
// retained. It reads some hundred customers ahead while the caller consumes
// rows. The stream ends with its first error.
func (s *Store) Rows(ctx context.Context, shop string) iter.Seq2[*segments.Row, error] {
	return func(yield func(*segments.Row, error) bool) {
		ctx, stop := context.WithCancel(ctx)
		free, full := make(chan *filledRows, portions), make(chan *filledRows, portions)
		for range portions {
			free <- &filledRows{}
		}
		go s.fillAhead(ctx, shop, free, full)
		defer func() {
			stop()
			for range full { // until the filling goroutine has ended
			}
		}()
		for p := range full {
			for i := range p.n {
				if !yield(&p.rows[i], nil) {
					return
				}
			}
			if p.err != nil {
				yield(nil, p.err)
				return
			}
			p.n = 0
			free <- p
		}
	}
}

// RowsOf reads customers again, each into a row of its own. It leaves out
// unknown ids; the order of the rows is not that of ids.
func (s *Store) RowsOf(ctx context.Context, shop string, ids []string) ([]*segments.Row, error) {
	rows := make([]*segments.Row, 0, len(ids))
	var f filler
	for chunk := range slices.Chunk(ids, inChunk) {
		named := bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: stringsOf(chunk)}}}
		err := s.docs.Find(ctx, colCustomers, documents.Query{Filter: of(shop, named), Fields: rowFields}, func(doc bson.Raw) error {
			row := &segments.Row{}
			rows = append(rows, row)
			return fillRow(&f, doc, row)
		})
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// Changes lists the customers written at or after from, in no order. It reads
// the index alone, no document. Gone are those merged or deleted.
func (s *Store) Changes(ctx context.Context, shop string, from time.Time) ([]indexcache.Change, error) {
	var list []indexcache.Change
	for c, err := range s.Revisions(ctx, shop, from) {
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// Revisions is Changes one by one: from the zero time those of all customers. A
// customer written meanwhile may come twice, and is never missed.
func (s *Store) Revisions(ctx context.Context, shop string, from time.Time) iter.Seq2[indexcache.Change, error] {
	q := documents.Query{Filter: of(shop, bson.E{Key: "changed_at", Value: bson.D{{Key: "$gte", Value: from}}}),
		Fields: []string{"changed_at", "n", "rev", "merged_into", "gone_at"}}
	return func(yield func(indexcache.Change, error) bool) {
		var f filler
		stopped := false
		err := s.docs.Find(ctx, colCustomers, q, func(doc bson.Raw) error {
			var c indexcache.Change
			f.wrong = ""
			if fill(&f, doc, changeSlots, &c); f.wrong != "" {
				return invalid("stored customer %q: %s", c.ID, f.wrong)
			}
			if stopped = !yield(c, nil); stopped {
				return errStopped
			}
			return nil
		})
		if err != nil && !stopped {
			yield(indexcache.Change{}, err)
		}
	}
}

var changeSlots = []slot[indexcache.Change]{
	{"_id", func(f *filler, v documents.Element, c *indexcache.Change) { c.ID = string(f.textOf(v)) }},
	{"changed_at", func(f *filler, v documents.Element, c *indexcache.Change) { c.At = f.instant(v) }},
	{"n", func(f *filler, v documents.Element, c *indexcache.Change) { c.N = f.whole(v) }},
	{"rev", func(f *filler, v documents.Element, c *indexcache.Change) { c.Rev = f.whole(v) }},
	{"merged_into", func(f *filler, v documents.Element, c *indexcache.Change) { c.Gone = c.Gone || len(f.textOf(v)) > 0 }},
	{"gone_at", func(f *filler, v documents.Element, c *indexcache.Change) { c.Gone = c.Gone || !f.instant(v).IsZero() }},
}

// errStopped ends a search whose consumer has enough.
var errStopped = errors.New("stopped")
