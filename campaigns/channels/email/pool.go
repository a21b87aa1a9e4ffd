package email

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	firstBackOff = time.Second
	lastBackOff  = time.Minute
)

// slot is the right to one connection, with the connection while it is open.
type slot struct {
	conn     *connection // nil: closed
	usedAt   time.Time
	failures int       // in a row
	offUntil time.Time // no new connection before this
}

// pool hands out a fixed number of slots. A slot backs off for a while after a 421
// or if its server cannot be reached. If all slots back off, acquire returns an
// error at once and callers do not wait.
type pool struct {
	idleLimit time.Duration
	wall      func() time.Time

	mu      sync.Mutex
	idle    []*slot // the last used at the end
	busy    int
	waiters []chan struct{}
	closed  bool
	drained chan struct{} // closed when closed and no slot is busy
}

// backingOff is acquire's error if no slot may connect yet.
type backingOff struct{ wait time.Duration }

func (r backingOff) Error() string {
	return fmt.Sprintf("the relay refused connections; next attempt in %s", r.wait.Round(time.Millisecond))
}

func newPool(size int, idleLimit time.Duration, wall func() time.Time) *pool {
	p := &pool{idleLimit: idleLimit, wall: wall, drained: make(chan struct{})}
	for range size {
		p.idle = append(p.idle, &slot{})
	}
	return p
}

// acquire takes a slot, preferably one with an open connection. It waits while
// others use all usable slots.
func (p *pool) acquire(ctx context.Context) (*slot, error) {
	for {
		s, turn, err := p.take()
		if s != nil || err != nil {
			return s, err
		}
		select {
		case <-turn:
		case <-ctx.Done():
			p.leave(turn)
			return nil, errStopped
		}
	}
}

// take looks once at the pool. It returns a slot, an error, or a channel to wait
// for.
func (p *pool) take() (*slot, chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		p.next()
		return nil, nil, errStopped
	}
	now := p.wall()
	best, soonest := -1, time.Duration(0)
	for i, s := range p.idle {
		wait := s.offUntil.Sub(now)
		switch {
		case s.conn != nil, wait <= 0 && (best < 0 || p.idle[best].conn == nil):
			best = i
		case soonest == 0 || wait < soonest:
			soonest = wait
		}
	}
	if best >= 0 {
		s := p.idle[best]
		p.idle = slices.Delete(p.idle, best, best+1)
		p.busy++
		return s, nil, nil
	}
	if p.busy == 0 {
		p.next()
		return nil, nil, backingOff{wait: soonest}
	}
	turn := make(chan struct{})
	p.waiters = append(p.waiters, turn)
	return nil, turn, nil
}

// release returns s to the pool and notifies one waiter.
func (p *pool) release(s *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.usedAt = p.wall()
	p.idle = append(p.idle, s)
	p.busy--
	p.next()
	if p.closed && p.busy == 0 {
		close(p.drained)
	}
}

// next notifies the first waiter. A notified waiter that takes no slot must call
// next again, or the waiters behind it would wait without end.
func (p *pool) next() {
	if len(p.waiters) > 0 {
		close(p.waiters[0])
		p.waiters = p.waiters[1:]
	}
}

func (p *pool) leave(turn chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := slices.Index(p.waiters, turn)
	if at < 0 {
		p.next() // notified at the same moment: notify the next one
		return
	}
	p.waiters = slices.Delete(p.waiters, at, at+1)
}

// closeIdle closes the connections unused for longer than the idle limit.
func (p *pool) closeIdle() {
	now := p.wall()
	p.quit(func(s *slot) bool { return now.Sub(s.usedAt) >= p.idleLimit })
}

// close refuses new work, waits for mails under way and closes all connections.
func (p *pool) close() {
	p.mu.Lock()
	if !p.closed {
		p.closed = true
		p.next()
		if p.busy == 0 {
			close(p.drained)
		}
	}
	p.mu.Unlock()
	<-p.drained
	p.quit(func(*slot) bool { return true })
}

// quit closes the idle connections that match. It sends QUIT outside the lock,
// because a relay that does not answer must not block the others.
func (p *pool) quit(match func(*slot) bool) {
	p.mu.Lock()
	var gone []*connection
	for _, s := range p.idle {
		if s.conn != nil && match(s) {
			gone = append(gone, s.conn)
			s.conn = nil
		}
	}
	p.mu.Unlock()
	for _, c := range gone {
		c.quit()
	}
}

// failed makes s back off, twice as long after each failure in a row.
func (s *slot) failed(now time.Time) {
	rest := firstBackOff
	for range min(s.failures, 10) {
		rest *= 2
	}
	s.failures++
	s.offUntil = now.Add(min(rest, lastBackOff))
}

// drop closes the connection at once, whatever state it is in.
func (s *slot) drop() {
	if s.conn != nil {
		s.conn.kill()
		s.conn = nil
	}
}
