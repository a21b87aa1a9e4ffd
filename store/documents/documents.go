// Package documents is the interface to a database of documents: a closed
// subset of MongoDB's vocabulary, with one meaning for both drivers. It checks
// filters, updates and schemas, matches documents, applies updates and orders
// values. So the embedded driver and the tests behave as MongoDB does.
package documents

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Database is a database of collections, as both drivers offer it. Every filter
// and update is checked against one closed subset (see CheckFilter and
// CheckUpdate). Anything else is commerce.Invalid, with the operator in the
// text. A database that is away, busy, full or too slow is
// commerce.Unavailable; the same call may succeed later. All methods may be
// called concurrently.
//
// Every document has a shop and an _id, both strings. Its _id starts with the
// shop as commerce.Key writes it. A value that must be unique is part of an
// _id. An answered write survives the death of the process and of the machine.
type Database interface {
	// Get reads one document into a struct pointer (or *bson.Raw).
	Get(ctx context.Context, coll, shop, id string, into any) (found bool, err error)

	// Insert stores doc, a struct or bson.D that carries shop and _id. If a
	// document with its _id is stored already, inserted is false and nothing
	// changes.
	Insert(ctx context.Context, coll string, doc any) (inserted bool, err error)

	// InsertMany is Insert for many; inserted has the answer for docs at the
	// same position. It is not one transaction: after an error, some may be
	// stored.
	InsertMany(ctx context.Context, coll string, docs []any) (inserted []bool, err error)

	// Update changes the one document that filter selects. The filter names
	// shop and _id by equality; any further field makes it a compare-and-set.
	// matched is also true where the update changed nothing.
	Update(ctx context.Context, coll string, filter, update bson.D) (matched bool, err error)

	// Upsert changes the document, or creates it of shop, _id and the update
	// ($setOnInsert counts only then).
	Upsert(ctx context.Context, coll, shop, id string, update bson.D) (inserted bool, err error)

	// Bulk does many writes in one round trip, unordered and not as one
	// transaction. Name each document once. results has the answer for ops at
	// the same position. A failing op leaves the others unaffected and shows in
	// its result. A caller that must know which conditional update matched
	// writes a fresh token in it and reads back by that token. err concerns the
	// whole: after a refused op nothing is done; if the database is away, some
	// writes may be done.
	Bulk(ctx context.Context, coll string, ops []Op) (totals Totals, results []Result, err error)

	// Find passes each matching document to each, in the order of q.Sort. The
	// bytes are valid only during the call. An error of each ends the search
	// and is returned unchanged.
	Find(ctx context.Context, coll string, q Query, each func(bson.Raw) error) error

	// Count is the number of documents filter selects.
	Count(ctx context.Context, coll string, filter bson.D) (int64, error)

	// Tally counts documents by the values of declared fields, and adds up
	// integer fields (absent counts 0). Groups come sorted by their keys; without
	// by there is one group, and none where nothing matches.
	Tally(ctx context.Context, coll string, filter bson.D, by, sums []string) ([]Group, error)

	// ShopsWith lists the shops that have documents in an index with Only. It
	// is the way to find unfinished work of all shops in one call.
	ShopsWith(ctx context.Context, coll, index string) ([]string, error)

	// Delete removes one document.
	Delete(ctx context.Context, coll, shop, id string) (deleted bool, err error)

	// Codec encodes and decodes documents as this database does.
	Codec() *Codec

	// Ping tells whether reads and writes can be served now.
	Ping(ctx context.Context) error

	// Close waits for the writes under way. Calls after it are Unavailable; a
	// second Close does nothing.
	Close() error
}

// Collection declares a collection to a driver's Open, which creates its
// missing parts. Undeclared collections are refused.
type Collection struct {
	Name    string
	Indexes []Index
	// Retired are indexes that older versions made. A driver drops them, and no
	// others, once the present ones are built.
	Retired []Index
	// Scalars are further fields that range operators may name although no
	// index helps to find them.
	Scalars []string

	scalars []string // all declared fields; filled by NewSchema
	tree    scalarTree
}

// Index declares scalar (dotted) fields, ascending, to find and sort by. They
// never contain an array or a document, and never lie below an array. The shop
// comes first unless Global, _id last; do not write them in Fields. Indexes
// serve finding; they promise no uniqueness.
type Index struct {
	Name   string
	Fields []string
	// Global leaves the shop out, for the calls that do not name it.
	Global bool
	// Only limits the index to some documents. A search uses it only where its
	// filter selects none but these.
	Only Only
}

// Only selects the documents of an index: those whose field has the value, a
// boolean or string; with a nil value those that have the field. The zero Only
// selects all.
type Only struct {
	Field string
	Value any
}

// Query is a search. The zero Sort promises no order and is the cheapest.
type Query struct {
	// Filter names shop by equality, unless Global.
	Filter bson.D
	// Fields are the only ones returned, beside _id; none means all. If an
	// index that finds the documents has them all, only the index is read. Then
	// whole numbers come as an integer of any width, and absent values may be
	// null.
	Fields []string
	// Sort lists fields, all plain or all with a leading "-" (descending).
	// Equal documents are ordered by _id the same way. It is "_id" or fields of
	// an index; these come first or follow the fields that the filter names by
	// equality or $in. An absent field sorts as the smallest. Values of a sort
	// field have one type.
	Sort []string
	// Limit ends the search after this many documents; 0 means no limit.
	Limit int
	// After continues behind the row of a cursor made with the same Sort.
	After *Cursor
	// Global searches all shops. Use it only to list shops, due shops and
	// installation keys.
	Global bool
}

// Totals add up the writes of a bulk. Matched counts existing documents that an
// update or upsert reached, changed or not.
type Totals struct {
	Inserted, Matched, Upserted, Deleted int
}

// Result is the outcome of one op of a bulk: whether it stored a new document,
// or why it failed. Both are zero for an insert whose _id was taken.
type Result struct {
	Inserted, Upserted bool
	Err                error
}

// Group is one line of a tally. Keys are in the order of by: nil (absent or
// null), bool, int64, float64, string or time.Time. Sums are in the order of
// sums.
type Group struct {
	Keys  []any
	Count int64
	Sums  []int64
}

// Op is one write of a bulk; made by InsertOp, UpdateOp, UpsertOp, DeleteOp,
// DeleteIfOp.
type Op struct {
	kind           Kind
	shop, id       string
	doc            any
	filter, update bson.D
	change         *Change // update, where it is checked already
}

// InsertOp is Insert in a bulk.
func InsertOp(doc any) Op { return Op{kind: Inserting, doc: doc} }

// UpdateOp is Update in a bulk.
func UpdateOp(filter, update bson.D) Op { return Op{kind: Updating, filter: filter, update: update} }

// IsZero reports whether op is the zero value.
func (op Op) IsZero() bool { return op.kind == 0 }

// UpsertOp is Upsert in a bulk.
func UpsertOp(shop, id string, update bson.D) Op {
	return Op{kind: Upserting, shop: shop, id: id, update: update}
}

// DeleteOp is Delete in a bulk.
func DeleteOp(shop, id string) Op { return Op{kind: Deleting, shop: shop, id: id} }

// DeleteIfOp removes the one document that filter selects. The filter names
// shop and _id by equality, as that of an update does.
func DeleteIfOp(filter bson.D) Op { return Op{kind: Deleting, filter: filter} }

// InsertMany is the method of that name, written once for both drivers with d's
// Bulk. The first failed insert is the error of all.
func InsertMany(ctx context.Context, d Database, coll string, docs []any) (inserted []bool, err error) {
	ops := make([]Op, len(docs))
	for i, doc := range docs {
		ops[i] = InsertOp(doc)
	}
	_, results, err := d.Bulk(ctx, coll, ops)
	if err != nil {
		return nil, err
	}
	inserted = make([]bool, len(docs))
	for i, r := range results {
		if r.Err != nil {
			return nil, r.Err
		}
		inserted[i] = r.Inserted
	}
	return inserted, nil
}

// FindAll decodes all documents of a search into a list, never nil.
func FindAll[T any](ctx context.Context, d Database, coll string, q Query) ([]T, error) {
	list, codec := []T{}, d.Codec()
	err := d.Find(ctx, coll, q, func(raw bson.Raw) error {
		var item T
		list = append(list, item) // it is decoded in its place, because many are large
		return codec.Unmarshal(raw, &list[len(list)-1])
	})
	return list, err
}
