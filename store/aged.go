package store

import (
	"sync"
	"time"
)

// aged caches values read by id for 2 s of the clock that its calls pass in.
// The zero value is ready. Its size is bounded: a full cache drops everything.
type aged[T any] struct {
	mu    sync.Mutex
	known map[string]agedValue[T]
}

type agedValue[T any] struct {
	value T
	at    time.Time
}

const (
	agedFor  = 2 * time.Second
	agedMost = 10_000
)

func (c *aged[T]) get(id string, now time.Time) (T, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.known[id]
	return found.value, ok && now.Sub(found.at) < agedFor && !now.Before(found.at)
}

func (c *aged[T]) put(id string, value T, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || len(c.known) > agedMost {
		c.known = map[string]agedValue[T]{}
	}
	c.known[id] = agedValue[T]{value, now}
}

func (c *aged[T]) drop(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.known, id)
}
