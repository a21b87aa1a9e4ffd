package embedded

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// reading is one search under way. Rows come from the ranges of its plan and
// are matched. They are sorted if the index alone does not give the order, and
// passed on until the limit.
type reading struct {
	plan   plan
	search *documents.Search
	each   func(row) error

	covered bool   // by the index: its entries replace the documents
	made    []byte // the last document made of an entry

	seen int
	ties []row // rows of equal sort fields, or of several ranges, not passed on yet
}

// row is a document with its sort key.
type row struct {
	key []byte // of the sort fields
	id  string
	doc bson.Raw
}

// errEnough ends a search at its limit.
var errEnough = errors.New("enough")

func (r *reading) run(ctx context.Context, c *conn) error {
	err := r.read(ctx, c)
	if err == nil {
		err = r.flush()
	}
	if errors.Is(err, errEnough) {
		return nil
	}
	return err
}

func (r *reading) read(ctx context.Context, c *conn) error {
	if !r.search.Sorted {
		return r.plan.eachOf(ctx, c, r.search, r.columns(), r.found(keyRange{}))
	}
	return r.readRanges(ctx, c, len(r.plan.ranges) > 1 && r.plan.index != nil)
}

// readRanges reads one range after the other. To merge several in order, the first
// rows of each are enough, as many as the limit.
func (r *reading) readRanges(ctx context.Context, c *conn, merge bool) error {
	ranges := r.plan.ranges
	if r.search.Below && r.plan.index == nil {
		ranges = slices.Clone(ranges)
		slices.Reverse(ranges)
	}
	for _, kr := range ranges {
		own := &reading{plan: r.plan, search: r.search, each: r.each, covered: r.covered}
		if merge {
			own.each = func(found row) error { r.ties = append(r.ties, found); return nil }
		} else {
			own.seen = r.seen
		}
		err := own.readRange(ctx, c, kr)
		if err == nil {
			err = own.flush()
		}
		if !merge {
			r.seen = own.seen
		}
		if err != nil && !(merge && errors.Is(err, errEnough)) {
			return err
		}
	}
	return nil
}

func (r *reading) readRange(ctx context.Context, c *conn, kr keyRange) error {
	if kr.empty() {
		return nil
	}
	sql, args := r.query(kr)
	return c.each(ctx, sql, r.found(kr), args...)
}

// found passes on the rows of a range that the search selects.
func (r *reading) found(kr keyRange) func(result) (bool, error) {
	kept := r.search.Sorted && (len(r.plan.ranges) > 1 || !r.unique()) // until other rows are read
	return func(v result) (bool, error) {
		found, err := r.row(kr, v)
		if err != nil {
			return true, err
		}
		if !r.plan.exact && !r.search.Match.Match(found.doc) || !r.behindCursor(found) {
			return false, nil
		}
		if kept {
			found.key, found.doc = bytes.Clone(found.key), bytes.Clone(found.doc)
		}
		return false, r.take(found)
	}
}

// row is what the search has reached. Its bytes are valid until the next one.
func (r *reading) row(kr keyRange, v result) (found row, err error) {
	if r.search.Sorted || r.covered {
		found.id = v.text(0)
	}
	if r.plan.index != nil && r.search.Sorted {
		key := v.bytes(2)[kr.prefix:]
		found.key = key[:documents.KeyLength(key, len(r.search.Sort))]
	}
	if !r.covered {
		found.doc = v.bytes(1)
		return found, nil
	}
	found.doc, err = r.plan.covered(r.made[:0], r.search, found.id, v.bytes(2))
	r.made = found.doc
	return found, err
}

// query reads one range in the order of the search, from the cursor on.
func (r *reading) query(kr keyRange) (sql string, args []any) {
	column, order := "id", "id"
	if r.plan.index != nil {
		column = r.plan.index.column
		order = column + ", id"
	}
	from := r.seek(kr, column)
	sql = "SELECT " + r.columns() + from.String()
	switch {
	case !r.search.Sorted:
	case r.search.Below:
		sql += " ORDER BY " + strings.ReplaceAll(order, ",", " DESC,") + " DESC"
	default:
		sql += " ORDER BY " + order
	}
	return sql, from.args
}

// columns are what a row is made of.
func (r *reading) columns() string {
	switch {
	case r.covered:
		return "id, NULL, " + r.plan.index.column
	case r.plan.index != nil && r.search.Sorted:
		return "id, doc, " + r.plan.index.column
	}
	return "id, doc"
}

// seek narrows a range by the cursor. Where the index is in the order of the
// search, it narrows to the exact row, so that SQLite starts there; else to its
// sort fields.
func (r *reading) seek(kr keyRange, column string) *part {
	after := r.search.After
	if after == nil {
		return r.plan.part(r.search, kr)
	}
	sign := " > "
	if r.search.Below {
		sign = " < "
	}
	if r.plan.index == nil {
		from := r.plan.part(r.search, kr)
		from.add("id"+sign+"?", after.ID)
		return from
	}
	key := append(bytes.Clone(kr.lo[:kr.prefix]), r.cursorKey()...)
	unique := r.unique()
	if end := append(bytes.Clone(key), 0xff); r.search.Below && bytes.Compare(end, kr.hi) < 0 {
		kr.hi = narrower(end, unique)
	}
	if !r.search.Below && bytes.Compare(key, kr.lo) >= 0 {
		kr.lo = narrower(key, unique)
	}
	from := r.plan.part(r.search, kr)
	if unique {
		from.add("("+column+", id)"+sign+"(?, ?)", key, after.ID)
	}
	return from
}

// narrower leaves the bound to the row comparison where there is one: of two
// bounds SQLite may start at the wider.
func narrower(bound []byte, unique bool) []byte {
	if unique {
		return nil
	}
	return bound
}

// unique reports whether the index's order is the search's: no field follows
// the sort fields, so _id does.
func (r *reading) unique() bool {
	return r.plan.index == nil || r.plan.bound+len(r.search.Sort) == len(r.plan.index.Fields)
}

func (r *reading) cursorKey() (key []byte) {
	for _, v := range r.search.After.Values {
		key = documents.AppendKey(key, v)
	}
	return key
}

func (r *reading) behindCursor(found row) bool {
	if r.search.After == nil {
		return true
	}
	return r.compare(row{key: r.cursorKey(), id: r.search.After.ID}, found) < 0
}

func (r *reading) compare(a, b row) int {
	c := bytes.Compare(a.key, b.key)
	if c == 0 {
		c = strings.Compare(a.id, b.id)
	}
	if r.search.Below {
		return -c
	}
	return c
}

// take passes a row on, or stores it until its equals are read.
func (r *reading) take(found row) error {
	if !r.search.Sorted || r.unique() {
		return r.hand(found)
	}
	if len(r.ties) > 0 && !bytes.Equal(r.ties[0].key, found.key) {
		if err := r.flush(); err != nil {
			return err
		}
	}
	r.ties = append(r.ties, found)
	return nil
}

func (r *reading) flush() error {
	ties := r.ties
	r.ties = nil
	slices.SortFunc(ties, r.compare)
	for _, found := range ties {
		if err := r.hand(found); err != nil {
			return err
		}
	}
	return nil
}

func (r *reading) hand(found row) error {
	if err := r.each(found); err != nil {
		return err
	}
	r.seen++
	if r.search.Limit > 0 && r.seen == r.search.Limit {
		return errEnough
	}
	return nil
}
