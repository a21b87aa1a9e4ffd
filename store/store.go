// Package store stores the product's data: one file a collection, written once
// against documents.Database. The drivers are mongodb for production and
// embedded for a SQLite file; storetest tests both for one meaning. The store
// has no business rule and no queue. It may import the domain packages for
// their types, and bson; only its drivers import a database.
package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// Leases run on the wall clock. A holder renews every RenewEvery, so a dead
// one is noticed after LeaseFor and a slow one never.
const (
	// LeaseFor is how long a lease lasts unless it is renewed.
	LeaseFor = 60 * time.Second
	// RenewEvery is how often its holder renews it.
	RenewEvery = 15 * time.Second
)

// Store contains the product's documents. New makes it. All methods may be
// called concurrently, take the shop first and touch no other shop.
type Store struct {
	docs    documents.Database
	keys    Keys
	now     func() time.Time
	wall    func() time.Time
	log     *slog.Logger
	numbers *numbers
	shops   *aged[commerce.Shop]
	agreed  *aged[commerce.Terms] // by connection
	trees   *treeCache
	// retention is set once, before use.
	retention commerce.Retention
	// upgrades are those of this program; tests have others.
	upgrades []upgrade
}

// Keys are the store's two secrets, 32 bytes each, derived from the
// installation's master key. Identity never rotates: identities are found by
// it.
type Keys struct {
	Identity []byte
	Secrets  []byte
}

// New makes a store over docs, which was opened with Collections. now is the
// clock of due times, wall that of leases and of changed_at.
func New(docs documents.Database, keys Keys, now, wall func() time.Time, log *slog.Logger) *Store {
	return &Store{
		docs: docs, keys: keys, now: now, wall: wall, log: log, numbers: &numbers{}, shops: &aged[commerce.Shop]{},
		agreed: &aged[commerce.Terms]{}, trees: &treeCache{}, upgrades: upgrades(),
	}
}

// Ping returns an error unless the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.docs.Ping(ctx) }

// token makes a fresh claim id.
func token() string {
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// digest is a short stable hash for ids.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}

// byID is the filter of one document.
func byID(shop, id string, more ...bson.E) bson.D {
	return append(bson.D{{Key: "shop", Value: shop}, {Key: "_id", Value: id}}, more...)
}

// of is the filter of a shop's documents.
func of(shop string, more ...bson.E) bson.D {
	return append(bson.D{{Key: "shop", Value: shop}}, more...)
}

// absent is the test that a document has no such field.
func absent(field string) bson.E {
	return bson.E{Key: field, Value: bson.D{{Key: "$exists", Value: false}}}
}

func set(fields ...bson.E) bson.E { return bson.E{Key: "$set", Value: bson.D(fields)} }

// replacing is the update that makes a stored document equal to doc: its
// fields set, the optional ones it lacks unset.
func (s *Store) replacing(doc any, optional ...string) (bson.D, error) {
	raw, err := s.docs.Codec().Marshal(doc)
	if err != nil {
		return nil, err
	}
	elements, err := raw.Elements()
	if err != nil {
		return nil, err
	}
	present := map[string]bool{}
	fields := bson.D{}
	for _, e := range elements {
		present[e.Key()] = true
		if e.Key() != "_id" && e.Key() != "shop" {
			fields = append(fields, bson.E{Key: e.Key(), Value: e.Value()})
		}
	}
	update := bson.D{{Key: "$set", Value: fields}}
	gone := bson.D{}
	for _, name := range optional {
		if !present[name] {
			gone = append(gone, bson.E{Key: name, Value: ""})
		}
	}
	if len(gone) > 0 {
		update = append(update, bson.E{Key: "$unset", Value: gone})
	}
	return update, nil
}

// get reads one document; found is false and the value zero when there is none.
// An id of another shop is not found, as any other unknown id.
func get[T any](ctx context.Context, s *Store, coll, shop, id string) (doc T, found bool, err error) {
	if id != shop && !strings.HasPrefix(id, commerce.Key(shop)+":") {
		return doc, false, nil
	}
	found, err = s.docs.Get(ctx, coll, shop, id, &doc)
	return doc, found, err
}

// find is FindAll over the store's documents.
func find[T any](ctx context.Context, s *Store, coll string, q documents.Query) ([]T, error) {
	return documents.FindAll[T](ctx, s.docs, coll, q)
}

// findIDs returns the _id of up to limit documents that filter selects.
func (s *Store) findIDs(ctx context.Context, coll string, filter bson.D, limit int) (ids []string, err error) {
	q := documents.Query{Filter: filter, Fields: []string{"_id"}, Limit: limit}
	err = s.docs.Find(ctx, coll, q, func(raw bson.Raw) error {
		ids = append(ids, raw.Lookup("_id").StringValue())
		return nil
	})
	return ids, err
}

// missing is the error for an id that names nothing of the shop.
func missing(what, id string) error {
	return commerce.Errorf(commerce.NotFound, "%s %q: not found in this shop", what, id)
}

func invalid(format string, args ...any) error {
	return commerce.Errorf(commerce.Invalid, format, args...)
}
