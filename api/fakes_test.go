package api_test

import (
	"context"
	"sync"

	"comeback/commerce"
)

// fakeStore keeps what the API asks for in maps.
type fakeStore struct {
	knobs
	mu          sync.Mutex
	connections map[string]commerce.Connection // by id
	secrets     map[string][][]byte
	deliveries  map[string]commerce.Delivery
	lookups     int
}

func newFakeStore() *fakeStore {
	return &fakeStore{
		connections: map[string]commerce.Connection{}, secrets: map[string][][]byte{}, deliveries: map[string]commerce.Delivery{},
	}
}

// found reads a map as the store reads a collection.
func found[T any](f *fakeStore, ctx context.Context, from map[string]T, id string) (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	doc, ok := from[id]
	if err := f.fail(ctx); err != nil {
		return doc, err
	}
	if !ok {
		return doc, commerce.Errorf(commerce.NotFound, "%q: not found in this shop", id)
	}
	return doc, nil
}

func (f *fakeStore) Ping(ctx context.Context) error { return f.fail(ctx) }

func (f *fakeStore) Connection(ctx context.Context, shop, slug string) (commerce.Connection, error) {
	f.mu.Lock()
	f.lookups++
	f.mu.Unlock()
	return found(f, ctx, f.connections, commerce.Key(shop, slug))
}

func (f *fakeStore) Secrets(c commerce.Connection) ([][]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.secrets[c.ID], nil
}

func (f *fakeStore) AddDelivery(ctx context.Context, shop string, d commerce.Delivery) (bool, error) {
	if err := f.fail(ctx); err != nil {
		return false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, ok := f.deliveries[d.ID]; ok {
		return false, nil
	}
	f.deliveries[d.ID] = d
	return true, nil
}

// connect gives a shop a connection with a secret.
func (f *fakeStore) connect(shop, slug, platform, secret string) {
	id := commerce.Key(shop, slug)
	f.connections[id] = commerce.Connection{ID: id, Shop: shop, Slug: slug, Platform: platform, Secret: []byte("sealed"), Rev: 1}
	f.secrets[id] = [][]byte{[]byte(secret)}
}
