package api

import (
	"context"
	"strings"
	"sync"
	"time"

	"comeback/commerce"
	"comeback/connectors"
)

// connectionCache stores connections for 2 s with their secrets decrypted, so
// that a burst of deliveries reads its connection once. It stores existing
// connections only, so that invented ids use no memory.
type connectionCache struct {
	store hookStore
	wall  func() time.Time
	decoy []byte // secret for unknown connections, so that they cost the same work
	mu    sync.Mutex
	known map[string]cachedConnection
}

type cachedConnection struct {
	commerce.Connection
	secrets connectors.Secrets
	at      time.Time
}

const (
	connectionAge  = 2 * time.Second
	connectionMost = 10_000
	connectionID   = 200 // bytes
)

func newConnectionCache(store hookStore, wall func() time.Time) *connectionCache {
	return &connectionCache{store: store, wall: wall, decoy: random(32), known: map[string]cachedConnection{}}
}

// find returns the connection of an id, at most 2 s old. For an unknown id it
// returns a connection that no signature matches.
func (k *connectionCache) find(ctx context.Context, id string) (cachedConnection, error) {
	if found, fresh := k.fresh(id); fresh {
		return found, nil
	}
	found, err := k.read(ctx, id)
	if err != nil || found.Slug == "" {
		return found, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.known) >= connectionMost {
		clear(k.known)
	}
	k.known[strings.Clone(id)] = found // a copy, so that the request line is not retained
	return found, nil
}

func (k *connectionCache) fresh(id string) (cachedConnection, bool) {
	now := k.wall()
	k.mu.Lock()
	defer k.mu.Unlock()
	found, ok := k.known[id]
	age := now.Sub(found.at)
	return found, ok && age >= 0 && age < connectionAge
}

func (k *connectionCache) read(ctx context.Context, id string) (cachedConnection, error) {
	nobody := cachedConnection{secrets: connectors.Secrets{k.decoy}, at: k.wall()}
	parts := []string{"_", "none"} // no shop has this id; the look-up costs the same
	if len(id) <= connectionID {
		if named, err := commerce.SplitKey(id); err == nil && len(named) == 2 && named[0] != "" && named[1] != "" {
			parts = named
		}
	}
	c, err := k.store.Connection(ctx, parts[0], parts[1])
	if commerce.CodeOf(err) == commerce.NotFound {
		return nobody, nil
	}
	if err != nil {
		return nobody, err
	}
	secrets, err := k.store.Secrets(c)
	return cachedConnection{Connection: c, secrets: secrets, at: nobody.at}, err
}

// forget drops the stored connection after a change in this process, so that
// the next delivery uses the new one. Other processes use it within 2 s.
func (k *connectionCache) forget(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.known, id)
}
