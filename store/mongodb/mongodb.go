// Package mongodb stores documents in MongoDB 5.0 or newer: the driver for
// production. It checks filters and updates with documents.Schema and then passes
// them on as they are. It needs no transaction, no script, and no unique index
// but _id. A majority must have every write in its journal before the write is
// answered. Reads come from the primary. It imports store/documents, commerce,
// bson and the MongoDB driver.
package mongodb

import (
	"context"
	"fmt"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
)

// DB is a connected database. It is a documents.Database.
type DB struct {
	schema *documents.Schema
	client *mongo.Client
	name   string
	colls  map[string]*mongo.Collection
}

// A call without a deadline of its own ends after callTimeout; finding a server
// takes at most selectTimeout of it.
const (
	callTimeout   = 10 * time.Second
	selectTimeout = 5 * time.Second
)

// Open connects to the database of that name. A server that does not answer is
// Unavailable. BuildIndexes makes the indexes of colls. They serve finding, so that
// calls are right before it, only slow.
func Open(ctx context.Context, uri, database string, colls []documents.Collection) (*DB, error) {
	schema, err := documents.NewSchema(colls)
	if err != nil {
		return nil, err
	}
	journal := true
	opts := options.Client().ApplyURI(uri).SetAppName("comeback").
		SetTimeout(callTimeout).SetServerSelectionTimeout(selectTimeout).
		SetWriteConcern(&writeconcern.WriteConcern{W: writeconcern.WCMajority, Journal: &journal}).
		SetReadPreference(readpref.Primary())
	if err := opts.Validate(); err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "MongoDB address: %w", err)
	}
	client, err := mongo.Connect(opts)
	if err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "MongoDB address: %w", err)
	}
	db := &DB{schema: schema, client: client, name: database, colls: map[string]*mongo.Collection{}}
	for _, name := range schema.Names() {
		db.colls[name] = client.Database(database).Collection(name)
	}
	if err := db.Ping(ctx); err != nil {
		_ = db.Close() // the first error is the one to report
		return nil, fmt.Errorf("open store: %w", err)
	}
	return db, nil
}

// Codec is that of the collections.
func (db *DB) Codec() *documents.Codec { return db.schema.Codec() }

// Ping asks the primary for an answer.
func (db *DB) Ping(ctx context.Context) error {
	return translate(db.client.Ping(ctx, readpref.Primary()))
}

// Close ends the connections; calls under way get a few seconds.
func (db *DB) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), selectTimeout)
	defer cancel()
	err := db.client.Disconnect(ctx)
	if err == nil || isClosed(err) {
		return nil
	}
	return translate(err)
}
