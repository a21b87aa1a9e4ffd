package service

import (
	"encoding/hex"
	"log/slog"
	"slices"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"comeback/store"
	"comeback/store/mongodb"
	"comeback/store/storetest"
)

// A MongoDB database of an older version gets the present indexes and data. The indexes
// that it does not need any more go, those of an operator stay.
func TestOldMongoDBDatabaseIsMigrated(t *testing.T) {
	t.Parallel()
	uri, name := storetest.Database(t)
	docs, err := mongodb.Open(t.Context(), uri, name, store.Collections())
	ok(t, err)
	copyAll(t, openOld(t), docs)
	ok(t, docs.Close())
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	ok(t, err)
	defer func() { _ = client.Disconnect(t.Context()) }()
	index := func(coll, as string, keys ...string) {
		spec := bson.D{}
		for _, k := range keys {
			spec = append(spec, bson.E{Key: k, Value: 1})
		}
		_, err := client.Database(name).Collection(coll).Indexes().CreateOne(t.Context(),
			mongo.IndexModel{Keys: spec, Options: options.Index().SetName(as)})
		ok(t, err)
	}
	// The server of the tests drops an index in all collections that have its name. So
	// the names are those of one collection.
	index("enrolments", "by_recount", "shop", "recount", "campaign", "_id")
	index("messages", "by_touched", "shop", "touched", "_id")
	index("messages", "reports", "shop", "sent_at")

	c, err := LoadConfig([]string{
		"COMEBACK_MONGO_URI=" + inDatabase(t, uri, name), "COMEBACK_SECRET_KEY=" + hex.EncodeToString(oldKeys().master),
		"COMEBACK_REDIS_ADDR=127.0.0.1:1", "COMEBACK_PUBLIC_URL=http://x.test",
	})
	ok(t, err)
	done, err := Migrate(t.Context(), c.Storage, ownProcess(), slog.New(slog.DiscardHandler))
	ok(t, err)
	same(t, "dropped", done.Dropped, []string{"enrolments.by_recount", "messages.by_touched"})
	if !slices.Contains(done.Built, "events.by_unhandled") || len(done.Upgraded) < 5 {
		t.Errorf("got %+v, want the present indexes and data", done)
	}
	if names := serverIndexes(t, client.Database(name).Collection("messages")); !slices.Contains(names, "reports") {
		t.Errorf("got the indexes %v, want the operator's own too", names)
	}
	again, err := Migrate(t.Context(), c.Storage, ownProcess(), slog.New(slog.DiscardHandler))
	if ok(t, err); !again.Nothing() {
		t.Errorf("the second time: got %+v, want nothing to do", again)
	}
}
