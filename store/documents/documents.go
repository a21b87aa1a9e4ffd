// Package documents is the interface to a database of documents: a closed
// subset of MongoDB's vocabulary, with one meaning for both drivers. It checks
// filters, updates and schemas, matches documents, applies updates and orders
// values, so that the embedded driver and the tests do as MongoDB does.
package documents

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Database is a database of collections, as both drivers offer it. Every
// filter and update is held to one closed subset (see CheckFilter and
// CheckUpdate); anything else is commerce.Invalid and names the operator.
// A database that is away, busy, full or too slow is commerce.Unavailable, and
// the same call may succeed later. All methods may be called concurrently.
//
// Every document has a shop and an _id, both strings, and its _id starts with
// the shop as commerce.Key writes it; what must be unique is an _id.
// A write that was answered survives the death of the process and the machine.
type Database interface {
	// Get reads one document into a struct pointer (or *bson.Raw).
	Get(ctx context.Context, coll, shop, id string, into any) (found bool, err error)

	// Insert stores doc, a struct or bson.D that carries shop and _id, unless a
	// document with its _id is stored: then inserted is false and nothing changes.
	Insert(ctx context.Context, coll string, doc any) (inserted bool, err error)

	// InsertMany is Insert for many; inserted answers for docs of the same
	// position. It is not one transaction: after an error, some may be stored.
	InsertMany(ctx context.Context, coll string, docs []any) (inserted []bool, err error)

	// Update changes the one document that filter selects. The filter names
	// shop and _id by equality; what else it names makes it a compare-and-set.
	// Matched is true also where the update changed nothing.
	Update(ctx context.Context, coll string, filter, update bson.D) (matched bool, err error)

	// Upsert changes the document, or creates it of shop, _id and the update
	// ($setOnInsert counts only then).
	Upsert(ctx context.Context, coll, shop, id string, update bson.D) (inserted bool, err error)

	// Bulk does many writes in one round trip, unordered and not as one
	// transaction: name a document once. results answer for ops of the same
	// position; one failing op leaves the others whole and shows in its result.
	// Who must know which conditional update matched writes a fresh token in it
	// and reads back by that token. err is for the whole: a refused op (then
	// nothing is done), a database that is away (then some may be done).
	Bulk(ctx context.Context, coll string, ops []Op) (totals Totals, results []Result, err error)

	// Find hands each matching document to each, in the order of q.Sort. The
	// bytes are valid during the call only. An error of each ends the search
	// and is returned as it is.
	Find(ctx context.Context, coll string, q Query, each func(bson.Raw) error) error

	// Count is the number of documents filter selects.
	Count(ctx context.Context, coll string, filter bson.D) (int64, error)

	// Tally counts documents by the values of declared fields, and adds up
	// integer fields (absent counts 0). Groups come sorted by their keys; without
	// by there is one group, and none where nothing matches.
	Tally(ctx context.Context, coll string, filter bson.D, by, sums []string) ([]Group, error)

	// Delete removes one document.
	Delete(ctx context.Context, coll, shop, id string) (deleted bool, err error)

	// Ping tells whether reads and writes can be served now.
	Ping(ctx context.Context) error

	// Close waits for the writes under way. Calls after it are Unavailable; a
	// second Close does nothing.
	Close() error
}

// Collection declares a collection to a driver's Open, which creates what is
// missing of it. Undeclared collections are refused.
type Collection struct {
	Name    string
	Indexes []Index
	// Scalars are further fields that range operators may name although no
	// index helps to find them.
	Scalars []string

	scalars []string // all declared fields; filled by NewSchema
	tree    scalarTree
}

// Index declares scalar (dotted) fields, ascending, to find and sort by. They
// never hold an array or a document, nor lie below an array. The shop comes
// first unless Global, _id last; neither is written in Fields. Indexes find,
// they never promise uniqueness.
type Index struct {
	Name   string
	Fields []string
	// Global leaves the shop out, for the calls that do not name it.
	Global bool
}

// Query is a search. The zero Sort promises no order and is the cheapest.
type Query struct {
	// Filter names shop by equality, unless Global.
	Filter bson.D
	// Fields are the only ones returned, beside _id; none means all. Where an
	// index that finds the documents has them all, it alone is read: then whole
	// numbers come as an integer of any width, and what is absent may be null.
	Fields []string
	// Sort lists fields, all plain or all with a leading "-" (descending);
	// equal ones are ordered by _id the same way. It is "_id" or the fields of
	// an index that come first or follow those the filter names by equality
	// or $in. An absent field sorts as the smallest; values of a sort field are
	// of one type.
	Sort []string
	// Limit ends the search after so many documents; 0 means no limit.
	Limit int
	// After continues behind the row of a cursor made with the same Sort.
	After *Cursor
	// Global searches all shops: only for listing shops, due wakes and
	// installation keys.
	Global bool
}

// Totals add up what a bulk did. Matched counts existing documents that an
// update or upsert reached, changed or not.
type Totals struct {
	Inserted, Matched, Upserted, Deleted int
}

// Result is what is known of one op of a bulk: whether it stored a new
// document, or why it failed. An insert that found its _id taken is neither.
type Result struct {
	Inserted, Upserted bool
	Err                error
}

// Group is one line of a tally. Keys stand in the order of by: nil (absent or
// null), bool, int64, float64, string or time.Time; Sums in the order of sums.
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
}

// InsertOp is Insert in a bulk.
func InsertOp(doc any) Op { return Op{kind: Inserting, doc: doc} }

// UpdateOp is Update in a bulk.
func UpdateOp(filter, update bson.D) Op { return Op{kind: Updating, filter: filter, update: update} }

// IsZero tells whether op is none.
func (op Op) IsZero() bool { return op.kind == 0 }

// UpsertOp is Upsert in a bulk.
func UpsertOp(shop, id string, update bson.D) Op {
	return Op{kind: Upserting, shop: shop, id: id, update: update}
}

// DeleteOp is Delete in a bulk.
func DeleteOp(shop, id string) Op { return Op{kind: Deleting, shop: shop, id: id} }

// DeleteIfOp removes the one document that filter selects, which names shop and
// _id by equality as that of an update does.
func DeleteIfOp(filter bson.D) Op { return Op{kind: Deleting, filter: filter} }

// FindAll decodes all documents of a search into a list, never nil.
func FindAll[T any](ctx context.Context, d Database, coll string, q Query) ([]T, error) {
	list := []T{}
	err := d.Find(ctx, coll, q, func(raw bson.Raw) error {
		var item T
		if err := Unmarshal(raw, &item); err != nil {
			return err
		}
		list = append(list, item)
		return nil
	})
	return list, err
}
