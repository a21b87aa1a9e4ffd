package demo

import (
	"sync"
	"time"
)

// Clock is the clock a demo steps. It stands still between steps, so that
// work takes no simulated time, and goes on at the wall's pace once released.
type Clock struct {
	wall func() time.Time

	mu       sync.Mutex
	at       time.Time
	released time.Time // on the wall; zero while it stands
}

// NewClock is a clock that stands at an instant. wall is the machine's.
func NewClock(at time.Time, wall func() time.Time) *Clock {
	return &Clock{wall: wall, at: at}
}

// Now is the simulated time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.released.IsZero() {
		return c.at
	}
	return c.at.Add(c.wall().Sub(c.released))
}

// jump sets the clock forward; it never goes back.
func (c *Clock) jump(to time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if to.After(c.at) {
		c.at = to
	}
}

// release lets it run.
func (c *Clock) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.released = c.wall()
}
