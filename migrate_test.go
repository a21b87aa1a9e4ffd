package main

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"comeback/store/storetest"
)

// fileHead are the figures of SQLite's header of a file.
type fileHead struct{ pages, free, shrinks uint32 }

func headOf(t *testing.T, file string) fileHead {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	figure := func(at int) uint32 { return binary.BigEndian.Uint32(content[at:]) }
	return fileHead{pages: figure(28), free: figure(36), shrinks: figure(64)}
}

// migrate makes a new store of an old one: with the present indexes and data, in a
// file that shrinks by itself and has hardly any free room. Everything is in it as
// before. A second run finds nothing to do.
func TestMigrateMakesANewStoreOfAnOldOne(t *testing.T) {
	t.Parallel()
	key := sha256.Sum256([]byte("comeback demo 1"))
	b := setup(t, "COMEBACK_SECRET_KEY="+hex.EncodeToString(key[:]), "COMEBACK_LISTEN=127.0.0.1:0")
	file := filepath.Join(b.data(), "comeback.db")
	unpack(t, filepath.Join("service", "testdata", "stores", "0713fc3.db.gz"), file)
	if head := headOf(t, file); head.shrinks != 0 {
		t.Fatal("the store shrinks by itself: it is not old, and the test proves nothing")
	}
	b.wants(t, 0, "the database is up to date", "migrate")
	for _, want := range []string{
		"indexes built: ", "orders.unfinished", "indexes of older versions dropped: ", "orders.pending",
		"stored data upgraded: ", "the names of customers", "file written anew: ",
	} {
		if !strings.Contains(b.out.String(), want) {
			t.Errorf("got %s, want %s", b.out.String(), want)
		}
	}
	if head := headOf(t, file); head.shrinks == 0 || head.free*10 > head.pages {
		t.Errorf("got %+v, want a file that shrinks, and at most a tenth of it free", head)
	}
	b.wants(t, 0, "nothing was to do: the database is up to date", "migrate")
	b.wants(t, 0, "demo", "keys", "list", "--shop", "harbour-tea")
	_, end := b.running(t)
	b.wants(t, exitFailed, "in use by another process; stop it first", "migrate")
	end()
}

// migrate waits until MongoDB has all indexes. A second run finds nothing to do.
func TestMigrateBuildsTheIndexesOfMongoDB(t *testing.T) {
	t.Parallel()
	uri, name := storetest.Database(t)
	b := setup(t, "COMEBACK_MONGO_URI="+strings.Replace(uri, "/?", "/"+name+"?", 1), "COMEBACK_SECRET_KEY="+strings.Repeat("ab", 32),
		"COMEBACK_REDIS_ADDR=127.0.0.1:1", "COMEBACK_PUBLIC_URL=http://x.test")
	b.wants(t, 0, "orders.by_unfinished", "migrate")
	b.wants(t, 0, "nothing was to do: the database is up to date", "migrate")
}
