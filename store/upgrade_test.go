package store_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

const master = "0123456789abcdef"

func installed(t *testing.T, s *store.Store) {
	t.Helper()
	must(t, s.CheckFingerprint(t.Context(), master))
	must(t, s.CheckSchema(t.Context(), "v1"))
}

func behind(t *testing.T, s *store.Store) bool {
	t.Helper()
	older, err := s.Behind(t.Context())
	must(t, err)
	return older
}

func silent(string) {}

// A new store has this version; it needs no upgrade.
func TestNewStoreIsCurrent(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := storeAt(docs, newClock())
		installed(t, s)
		if behind(t, s) {
			t.Error("a new store is behind")
		}
	})
}

// A store written by a newer version is refused, and the error names the
// program to start. A store too old to upgrade is refused too.
func TestStoreOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs) // its shop makes it a store from before versions
		installed(t, s)
		later := storeAt(docs, newClock())
		later.LaterSchema(func(context.Context, string) error { return nil })
		must(t, later.CheckSchema(t.Context(), "v9.9"))
		err := s.CheckSchema(t.Context(), "v1")
		if commerce.CodeOf(err) != commerce.Unsupported || !strings.Contains(err.Error(), "v9.9") ||
			!strings.Contains(err.Error(), "start that version or a later one") {
			t.Errorf("written by a newer version: got %v", err)
		}
		later.ForgetSchemas()
		err = later.CheckSchema(t.Context(), "v9.9")
		if commerce.CodeOf(err) != commerce.Unsupported || !strings.Contains(err.Error(), fmt.Sprintf("knows schema %d", s.SchemaNow())) {
			t.Errorf("too old: got %v", err)
		}
	})
}

// A killed upgrade continues where it was: nothing is done twice but the batch
// of the kill, and a finished upgrade does not begin again.
func TestKilledUpgradeGoesOn(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		installed(t, s)
		must(t, s.Upgrade(t.Context(), "s", silent))
		must(t, s.Upgraded(t.Context()))
		fill(t, docs, 1200)
		changed, runs := 0, 0
		killed := errors.New("killed")
		s.LaterSchema(func(ctx context.Context, shop string) error {
			runs++
			return s.Rewrite(ctx, shop, "quality", func(bson.Raw) (bson.D, error) {
				if changed++; changed == 700 {
					return nil, killed
				}
				return bson.D{{Key: "$set", Value: bson.D{{Key: "new", Value: true}}}}, nil
			})
		})
		if err := s.Upgrade(t.Context(), "s", silent); !errors.Is(err, killed) || !behind(t, s) {
			t.Fatalf("got %v, want it killed and behind", err)
		}
		must(t, s.Upgrade(t.Context(), "s", silent))
		must(t, s.Upgrade(t.Context(), "s", silent))
		must(t, s.Upgraded(t.Context()))
		if runs != 2 || changed != 700+700 || behind(t, s) {
			t.Errorf("got %d runs over %d documents, behind %v, want 2 over 1400", runs, changed, behind(t, s))
		}
		n, err := docs.Count(t.Context(), "quality", bson.D{{Key: "shop", Value: "s"}, {Key: "new", Value: true}})
		if n != 1200 || err != nil {
			t.Errorf("got %d changed, %v, want 1200", n, err)
		}
	})
}

func fill(t *testing.T, docs documents.Database, n int) {
	t.Helper()
	list := make([]any, n)
	for i := range list {
		list[i] = bson.D{{Key: "_id", Value: fmt.Sprintf("s:x:%d", i)}, {Key: "shop", Value: "s"}, {Key: "code", Value: "x"}}
	}
	_, err := docs.InsertMany(t.Context(), "quality", list)
	must(t, err)
}
