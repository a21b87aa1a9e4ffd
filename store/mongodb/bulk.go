package mongodb

import (
	"context"
	"errors"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Bulk does many writes, unordered.
func (db *DB) Bulk(ctx context.Context, coll string, ops []documents.Op) (totals documents.Totals, results []documents.Result, err error) {
	writes, err := db.schema.Ops(coll, ops)
	if err != nil || len(ops) == 0 {
		return totals, nil, err
	}
	b := &bulk{coll: db.colls[coll], writes: writes, results: make([]documents.Result, len(writes))}
	all := make([]int, len(writes))
	for i := range writes {
		all[i] = i
	}
	again, err := b.run(ctx, all)
	if err == nil && len(again) > 0 {
		again, err = b.run(ctx, again)
	}
	if err == nil {
		err = db.unmatched(ctx, coll, b)
	}
	for _, i := range again {
		if b.results[i].Err == nil {
			b.results[i].Err = errContended
		}
	}
	return b.totals, b.results, err
}

var errContended = errors.New("database: upsert met a duplicate key twice")

type bulk struct {
	coll    *mongo.Collection
	writes  []documents.Write
	totals  documents.Totals
	results []documents.Result
}

// run does the writes at the given positions. again lists the upserts that lost
// a race for their document and find it when they are tried once more.
func (b *bulk) run(ctx context.Context, positions []int) (again []int, err error) {
	models := make([]mongo.WriteModel, len(positions))
	for i, at := range positions {
		models[i] = model(b.writes[at])
	}
	result, err := b.coll.BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
	failed, err := split(err)
	if err != nil {
		return nil, err
	}
	b.totals.Matched += int(result.MatchedCount)
	b.totals.Upserted += int(result.UpsertedCount)
	b.totals.Deleted += int(result.DeletedCount)
	for i, at := range positions {
		kind, cause := b.writes[at].Kind, failed[i]
		_, upserted := result.UpsertedIDs[int64(i)]
		switch {
		case cause == nil && kind == documents.Inserting:
			b.results[at] = documents.Result{Inserted: true}
			b.totals.Inserted++ // the server's own sum may count the duplicates
		case cause == nil:
			b.results[at] = documents.Result{Upserted: upserted}
		case !mongo.IsDuplicateKeyError(cause):
			b.results[at] = documents.Result{Err: translate(cause)}
		case kind == documents.Upserting:
			again = append(again, at)
		}
	}
	return again, nil
}

// split takes the errors of single writes, by position, from that of a bulk.
func split(err error) (failed map[int]error, whole error) {
	var bulk mongo.BulkWriteException
	if !errors.As(err, &bulk) || bulk.WriteConcernError != nil {
		return nil, translate(err)
	}
	failed = map[int]error{}
	for _, e := range bulk.WriteErrors {
		failed[e.Index] = mongo.WriteException{WriteErrors: mongo.WriteErrors{e.WriteError}}
	}
	return failed, nil
}

// unmatched gives the writes whose $inc, $min or $max met null their error. Where all
// matched there are none, and it sends no request. Else one search finds the documents in
// doubt, of which there usually are none.
func (db *DB) unmatched(ctx context.Context, coll string, b *bulk) error {
	targets := 0
	for i, w := range b.writes {
		if w.Change != nil && b.results[i].Err == nil {
			targets++
		}
	}
	if targets == b.totals.Matched+b.totals.Upserted {
		return nil
	}
	var doubtful []documents.Write
	for i, w := range b.writes {
		if b.doubtful(i) {
			doubtful = append(doubtful, w)
		}
	}
	holding, err := db.holdingNull(ctx, coll, doubtful)
	if err != nil {
		return err
	}
	for i, w := range b.writes {
		if !b.doubtful(i) || !holding[w.ID] {
			continue
		}
		err := db.nullError(ctx, coll, w)
		var null *documents.NullFound
		if !errors.As(err, &null) && err != nil {
			return err
		}
		b.results[i].Err = err
	}
	return nil
}

// doubtful reports whether a guard may have kept a write from its document.
func (b *bulk) doubtful(i int) bool {
	w := b.writes[i]
	return w.Change != nil && !b.results[i].Upserted && b.results[i].Err == nil && len(w.Change.Guarded) > 0
}

func model(w documents.Write) mongo.WriteModel {
	switch w.Kind {
	case documents.Inserting:
		return mongo.NewInsertOneModel().SetDocument(w.Doc)
	case documents.Deleting:
		return mongo.NewDeleteOneModel().SetFilter(selected(w))
	}
	return mongo.NewUpdateOneModel().SetFilter(guarded(w)).SetUpdate(w.Change.Raw).SetUpsert(w.Kind == documents.Upserting)
}
