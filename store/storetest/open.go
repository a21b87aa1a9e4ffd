// Package storetest tests both drivers for one meaning. Run is the suite of
// conformance and races, Bench the benchmarks. Each lets the tests of other
// packages run on both drivers. Only tests import it.
package storetest

import (
	"context"
	"crypto/rand"
	"hash/fnv"
	"os"
	"strings"
	"testing"
	"time"

	"comeback/store/documents"
	"comeback/store/embedded"
	"comeback/store/mongodb"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Open opens a fresh database of one driver, closed and removed after the test.
type Open func(tb testing.TB, colls []documents.Collection) documents.Database

// Each runs a test on a fresh database of every driver. It skips MongoDB where
// no server is named, see MongoDB.
func Each(t *testing.T, colls []documents.Collection, run func(t *testing.T, d documents.Database)) {
	t.Helper()
	on(t, "embedded", Embedded, colls, run)
	on(t, "mongodb", MongoDB, colls, run)
}

// One is Each on one of the drivers. The seed of the run and the test's name choose
// it, so that runs take both.
func One(t *testing.T, colls []documents.Collection, run func(t *testing.T, d documents.Database)) {
	t.Helper()
	chosen := fnv.New32()
	_, _ = chosen.Write([]byte(t.Name() + os.Getenv("COMEBACK_TEST_SEED")))
	if chosen.Sum32()%2 == 0 || os.Getenv("COMEBACK_TEST_MONGO_URI") == "" {
		on(t, "embedded", Embedded, colls, run)
		return
	}
	on(t, "mongodb", MongoDB, colls, run)
}

func on(t *testing.T, driver string, open Open, colls []documents.Collection, run func(t *testing.T, d documents.Database)) {
	t.Helper()
	t.Run(driver, func(t *testing.T) {
		t.Parallel()
		run(t, open(t, colls))
	})
}

// Embedded opens a database file of the test's own.
func Embedded(tb testing.TB, colls []documents.Collection) documents.Database {
	tb.Helper()
	db, err := embedded.Open(tb.Context(), tb.TempDir(), colls)
	if err != nil {
		tb.Fatalf("open embedded: %v", err)
	}
	tb.Cleanup(func() { closeAll(tb, db) })
	return db
}

// MongoDB opens a database of the test's own, see Database.
func MongoDB(tb testing.TB, colls []documents.Collection) documents.Database {
	tb.Helper()
	uri, name := Database(tb)
	db, err := mongodb.Open(tb.Context(), uri, name, colls)
	if err != nil {
		tb.Fatalf("open mongodb: %v", err)
	}
	tb.Cleanup(func() { closeAll(tb, db) })
	if _, _, err := db.BuildIndexes(tb.Context(), func(string) {}); err != nil {
		tb.Fatalf("build the indexes: %v", err)
	}
	return db
}

// Database names a database of the test's own on the server of
// COMEBACK_TEST_MONGO_URI. It is dropped after the test. Without the variable
// the test is skipped; with COMEBACK_TEST_SERVICES=required it fails.
func Database(tb testing.TB) (uri, name string) {
	tb.Helper()
	uri = os.Getenv("COMEBACK_TEST_MONGO_URI")
	if uri == "" && os.Getenv("COMEBACK_TEST_SERVICES") == "required" {
		tb.Fatal("COMEBACK_TEST_MONGO_URI is not set, and COMEBACK_TEST_SERVICES=required")
	}
	if uri == "" {
		tb.Skip("COMEBACK_TEST_MONGO_URI names no MongoDB server")
	}
	name = "test_" + strings.ToLower(rand.Text()[:12])
	tb.Cleanup(func() { drop(tb, uri, name) })
	return uri, name
}

func closeAll(tb testing.TB, d documents.Database) {
	if err := d.Close(); err != nil {
		tb.Errorf("close: %v", err)
	}
}

func drop(tb testing.TB, uri, name string) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		tb.Errorf("drop %s: %v", name, err)
		return
	}
	if err := client.Database(name).Drop(ctx); err != nil {
		tb.Errorf("drop %s: %v", name, err)
	}
	if err := client.Disconnect(ctx); err != nil {
		tb.Errorf("drop %s: %v", name, err)
	}
}
