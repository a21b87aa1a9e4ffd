package mongodb

import (
	"context"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Insert stores doc unless its _id is taken.
func (db *DB) Insert(ctx context.Context, coll string, doc any) (inserted bool, err error) {
	w, err := db.schema.Op(coll, documents.InsertOp(doc))
	if err != nil {
		return false, err
	}
	_, err = db.colls[coll].InsertOne(ctx, w.Doc)
	if mongo.IsDuplicateKeyError(err) {
		return false, nil
	}
	return err == nil, translate(err)
}

// InsertMany stores those of docs whose _id is free.
func (db *DB) InsertMany(ctx context.Context, coll string, docs []any) (inserted []bool, err error) {
	return documents.InsertMany(ctx, db, coll, docs)
}

// Update changes the one document that filter selects.
func (db *DB) Update(ctx context.Context, coll string, filter, update bson.D) (matched bool, err error) {
	w, err := db.schema.Op(coll, documents.UpdateOp(filter, update))
	if err != nil {
		return false, err
	}
	result, err := db.colls[coll].UpdateOne(ctx, guarded(w), w.Change.Raw)
	if err != nil {
		return false, translate(err)
	}
	if result.MatchedCount == 0 {
		return false, db.nullError(ctx, coll, w)
	}
	return true, nil
}

// Upsert changes or creates a document. If two callers create it at once, the
// second meets a duplicate key and finds the document when it tries again.
func (db *DB) Upsert(ctx context.Context, coll, shop, id string, update bson.D) (inserted bool, err error) {
	w, err := db.schema.Op(coll, documents.UpsertOp(shop, id, update))
	if err != nil {
		return false, err
	}
	for range 2 {
		var result *mongo.UpdateResult
		result, err = db.colls[coll].UpdateOne(ctx, guarded(w), w.Change.Raw, options.UpdateOne().SetUpsert(true))
		if err == nil {
			return result.UpsertedCount > 0, nil
		}
		if !mongo.IsDuplicateKeyError(err) {
			return false, translate(err)
		}
	}
	if null := db.nullError(ctx, coll, w); null != nil {
		return false, null
	}
	return false, translate(err)
}

// Delete removes one document.
func (db *DB) Delete(ctx context.Context, coll, shop, id string) (deleted bool, err error) {
	if err := db.schema.Target(coll, shop, id); err != nil {
		return false, err
	}
	result, err := db.colls[coll].DeleteOne(ctx, target(shop, id))
	if err != nil {
		return false, translate(err)
	}
	return result.DeletedCount > 0, nil
}

func target(shop, id string) bson.D {
	return bson.D{{Key: "_id", Value: id}, {Key: "shop", Value: shop}}
}

// selected is the filter of a write.
func selected(w documents.Write) any {
	if w.Match != nil {
		return w.Match.Raw
	}
	return target(w.Shop, w.ID)
}

// alsoSelected is the filter of a write with a further test. The id stays outermost, where
// every server looks for it.
func alsoSelected(w documents.Write, test bson.E) bson.D {
	filter := append(target(w.Shop, w.ID), test)
	if w.Match != nil {
		filter = append(filter, bson.E{Key: "$and", Value: bson.A{w.Match.Raw}})
	}
	return filter
}

// guarded is the filter of a write, which also keeps $inc, $min and $max from a
// field with null: the server would compare null with anything.
func guarded(w documents.Write) any {
	if len(w.Change.Guarded) == 0 {
		return selected(w)
	}
	return alsoSelected(w, bson.E{Key: "$nor", Value: nulls(w)})
}

func nulls(w documents.Write) bson.A {
	list := bson.A{}
	for _, path := range w.Change.Guarded {
		list = append(list, bson.D{{Key: path, Value: bson.D{{Key: "$type", Value: 10}}}})
	}
	return list
}

// withNull selects the document of a write, if a guard keeps the write from it.
func withNull(w documents.Write) bson.D {
	return alsoSelected(w, bson.E{Key: "$or", Value: nulls(w)})
}

// holdingNull are the ids of the documents from which guards keep some of the writes.
func (db *DB) holdingNull(ctx context.Context, coll string, writes []documents.Write) (ids map[string]bool, err error) {
	ids = map[string]bool{}
	if len(writes) == 0 {
		return ids, nil
	}
	named, any := make(bson.A, len(writes)), make(bson.A, len(writes))
	for i, w := range writes {
		named[i], any[i] = w.ID, withNull(w)
	}
	filter := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: named}}}, {Key: "$or", Value: any}}
	rows, err := db.colls[coll].Find(ctx, filter, options.Find().SetProjection(bson.D{{Key: "_id", Value: 1}}))
	if err != nil {
		return nil, translate(err)
	}
	var found []struct {
		ID string `bson:"_id"`
	}
	err = rows.All(ctx, &found)
	for _, f := range found {
		ids[f.ID] = true
	}
	return ids, translate(err)
}

// nullError reports whether the guard kept the write from its document.
func (db *DB) nullError(ctx context.Context, coll string, w documents.Write) error {
	if len(w.Change.Guarded) == 0 {
		return nil
	}
	n, err := db.colls[coll].CountDocuments(ctx, withNull(w))
	if err != nil || n == 0 {
		return translate(err)
	}
	return documents.NullError(w.Change.Guarded)
}
