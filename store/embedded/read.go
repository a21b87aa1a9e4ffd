package embedded

import (
	"context"
	"strings"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Get reads one document.
func (db *DB) Get(ctx context.Context, coll, shop, id string, into any) (found bool, err error) {
	if err := db.schema.Target(coll, shop, id); err != nil {
		return false, err
	}
	err = db.read(ctx, func(c *conn) error {
		return c.each(ctx, db.tables[coll].get, func(v result) (bool, error) {
			found = true
			return true, db.schema.Codec().Unmarshal(v.bytes(0), into)
		}, shop, id)
	})
	return found && err == nil, err
}

// Find passes each matching document to each. Where an index has all the
// requested fields, no document is read.
func (db *DB) Find(ctx context.Context, coll string, q documents.Query, each func(bson.Raw) error) error {
	s, err := db.schema.Search(coll, q)
	if err != nil {
		return err
	}
	if p := plans(db.tables[coll], s)[0]; p.covers(s) {
		r := &reading{plan: p, search: s, covered: true, each: func(r row) error { return each(r.doc) }}
		return db.read(ctx, func(c *conn) error { return r.run(ctx, c) })
	}
	return db.find(ctx, coll, s, func(r row) error {
		doc, err := s.Project(r.doc)
		if err != nil {
			return err
		}
		return each(doc)
	})
}

func (db *DB) find(ctx context.Context, coll string, s *documents.Search, each func(row) error) error {
	list := plans(db.tables[coll], s)
	return db.read(ctx, func(c *conn) error {
		p, err := choose(ctx, c, s, list)
		if err != nil {
			return err
		}
		r := &reading{plan: p, search: s, each: each}
		return r.run(ctx, c)
	})
}

// Count counts the documents that filter selects, in the index alone where that
// is exact.
func (db *DB) Count(ctx context.Context, coll string, filter bson.D) (n int64, err error) {
	s, err := db.schema.Search(coll, documents.Query{Filter: filter})
	if err != nil {
		return 0, err
	}
	p := plans(db.tables[coll], s)[0]
	if !p.exact {
		err := db.find(ctx, coll, s, func(row) error { n++; return nil })
		return n, err
	}
	err = db.read(ctx, func(c *conn) error {
		return p.eachOf(ctx, c, s, "count(*)", func(v result) (bool, error) {
			n += v.number(0)
			return true, nil
		})
	})
	return n, err
}

func (db *DB) read(ctx context.Context, do func(*conn) error) error {
	c, err := db.readers.get(ctx)
	if err != nil {
		return err
	}
	defer db.readers.put(c)
	return do(c)
}

// part is the FROM and WHERE of a query, and its values.
type part struct {
	from       string
	conditions []string
	args       []any
}

func (p *part) add(condition string, values ...any) {
	p.conditions = append(p.conditions, condition)
	p.args = append(p.args, values...)
}

func (p *part) String() string {
	if p.conditions == nil {
		return " FROM " + p.from
	}
	return " FROM " + p.from + " WHERE " + strings.Join(p.conditions, " AND ")
}

// part reads one range.
func (p plan) part(s *documents.Search, kr keyRange) *part {
	out := &part{from: p.table.name}
	column, value := "id", func(key []byte) any { return string(key) }
	if p.index != nil {
		out.from += " INDEXED BY " + p.index.name
		column, value = p.index.column, func(key []byte) any { return key }
	}
	if s.Shop != "" {
		out.add("shop = ?", s.Shop)
	}
	if p.index != nil && !p.index.Only.IsZero() {
		out.add(column + " IS NOT NULL") // SQLite uses the index only where the query repeats its condition
	}
	if len(kr.lo) > 0 {
		out.add(column+" >= ?", value(kr.lo))
	}
	if kr.hi != nil {
		out.add(column+" < ?", value(kr.hi))
	}
	return out
}
