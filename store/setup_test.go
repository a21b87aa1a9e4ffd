package store_test

import (
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
)

// clock is a settable clock, safe for concurrent use.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: noon} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// storeAt is a process over docs, whose two clocks are c.
func storeAt(docs documents.Database, c *clock) *store.Store {
	key := []byte(strings.Repeat("k", 32))
	return store.New(docs, store.Keys{Identity: key, Secrets: key}, c.now, c.now, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// shopAt is a process over docs with the shop s, and its clock.
func shopAt(t testing.TB, docs documents.Database) (*store.Store, *clock) {
	t.Helper()
	c := newClock()
	s := storeAt(docs, c)
	must(t, s.AddShop(t.Context(), commerce.Shop{ID: "s", Currency: "EUR", Zone: "UTC", CreatedAt: noon}))
	return s, c
}

// recomputeShop computes every dirty profile, as the worker does.
func recomputeShop(ctx context.Context, s *store.Store, shop string) error {
	for {
		ids, err := s.Dirty(ctx, shop, 100)
		if err != nil || len(ids) == 0 {
			return err
		}
		if _, err := s.RecomputeMany(ctx, shop, ids); err != nil {
			return err
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// meddling is a database in which something happens right before the next
// update or bulk, once.
type meddling struct {
	documents.Database
	meddle func()
}

func (m *meddling) Update(ctx context.Context, coll string, filter, update bson.D) (matched bool, err error) {
	if meddle := m.meddle; meddle != nil {
		m.meddle = nil
		meddle()
	}
	return m.Database.Update(ctx, coll, filter, update)
}

func (m *meddling) Bulk(ctx context.Context, coll string, ops []documents.Op) (documents.Totals, []documents.Result, error) {
	if meddle := m.meddle; meddle != nil {
		m.meddle = nil
		meddle()
	}
	return m.Database.Bulk(ctx, coll, ops)
}
