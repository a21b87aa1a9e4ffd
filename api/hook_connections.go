package api

import (
	"context"
	"sync"
	"time"

	"comeback/commerce"
	"comeback/connectors"
)

// connectionCache holds connections for 2 s with their secrets opened, so that
// a shop's burst of deliveries reads its connection once. What it does not
// find it remembers too, apart and bounded: nobody who asks for connections
// that do not exist drives out those that do.
type connectionCache struct {
	store   hookStore
	wall    func() time.Time
	decoy   []byte // what deliveries for nobody are checked against, so that they cost the same
	mu      sync.Mutex
	known   map[string]cachedConnection
	unknown map[string]cachedConnection
}

type cachedConnection struct {
	commerce.Connection
	secrets connectors.Secrets
	at      time.Time
}

const (
	connectionAge  = 2 * time.Second
	connectionMost = 10_000
)

func newConnectionCache(store hookStore, wall func() time.Time) *connectionCache {
	return &connectionCache{store: store, wall: wall, decoy: random(32), known: map[string]cachedConnection{}, unknown: map[string]cachedConnection{}}
}

// find returns the connection of an id as it was at most 2 s ago. For an id
// that names none it returns one that no secret of the world opens.
func (k *connectionCache) find(ctx context.Context, id string) (cachedConnection, error) {
	if found, fresh := k.fresh(id); fresh {
		return found, nil
	}
	found, err := k.read(ctx, id)
	if err != nil {
		return cachedConnection{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	into := &k.known
	if found.Slug == "" {
		into = &k.unknown
	}
	if len(*into) >= connectionMost {
		*into = map[string]cachedConnection{}
	}
	(*into)[id] = found
	return found, nil
}

func (k *connectionCache) fresh(id string) (cachedConnection, bool) {
	now := k.wall()
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, cache := range []map[string]cachedConnection{k.known, k.unknown} {
		found, ok := cache[id]
		if age := now.Sub(found.at); ok && age >= 0 && age < connectionAge {
			return found, true
		}
	}
	return cachedConnection{}, false
}

func (k *connectionCache) read(ctx context.Context, id string) (cachedConnection, error) {
	nobody := cachedConnection{secrets: connectors.Secrets{k.decoy}, at: k.wall()}
	parts, err := commerce.SplitKey(id)
	if err != nil || len(parts) != 2 || parts[0] == "" || parts[1] == "" || len(id) > 200 {
		parts = []string{"_", "none"} // no shop is called so; the look-up costs the same
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
