package demo

import (
	"sync"
	"time"
)

// Clock is the stepped clock of a demo. Between steps it is stopped, so work takes no
// simulated time. Once released it runs at the speed of the machine's clock. Safe for
// concurrent use.
type Clock struct {
	wall func() time.Time

	mu       sync.Mutex
	at       time.Time
	released time.Time // by the machine's clock; zero while stopped
}

// NewClock is a clock stopped at an instant. wall is the machine's clock.
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

// release starts the clock.
func (c *Clock) release() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.released = c.wall()
}
