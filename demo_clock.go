package main

import (
	"sync"
	"time"
)

// demoClock is the clock a demo steps. It stands still between steps, so that
// work takes no simulated time, and goes on at the wall's pace once released.
type demoClock struct {
	wall func() time.Time

	mu       sync.Mutex
	at       time.Time
	released time.Time // on the wall; zero while it stands
}

func newDemoClock(at time.Time, wall func() time.Time) *demoClock {
	return &demoClock{wall: wall, at: at}
}

func (c *demoClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.released.IsZero() {
		return c.at
	}
	return c.at.Add(c.wall().Sub(c.released))
}

// jump sets the clock forward; it never goes back.
func (c *demoClock) jump(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.After(c.at) {
		c.at = to
	}
}

// release lets it run.
func (c *demoClock) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.released = c.wall()
}
