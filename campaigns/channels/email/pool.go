package email

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// coolFor is how long no connection is tried after one was refused. The caller decides
	// about longer pauses.
	coolFor = time.Second
	// regrowAfter is how long a relay's limit of connections is believed.
	regrowAfter = time.Minute
)

// slot is the right to one connection, with the connection while it is open.
type slot struct {
	conn   *connection // nil: closed
	usedAt time.Time
}

// pool hands out a fixed number of slots. Connections open one after another: each open
// one lets one more begin. So a wrong password is tried once and not ten times. If the
// relay refuses a connection while others are open, it has a limit, and the pool has no
// more connections than that for a while. If none is open, everybody who waits gets the
// error at once.
type pool struct {
	idleLimit time.Duration
	wall      func() time.Time

	mu      sync.Mutex
	idle    []*slot // the last used at the end
	busy    int
	opening int // busy slots without a connection yet
	open    int // connections, in idle and busy slots
	most    int // connections at once: below the number of slots where the relay has a limit
	size    int
	growAt  time.Time // when most may grow again
	coolTo  time.Time // no new connection before this
	why     string    // of coolTo
	waiters []chan struct{}
	closed  bool
	drained chan struct{} // closed when closed and no slot is busy
}

// coolingDown is acquire's error if no connection may be tried yet.
type coolingDown struct{ why string }

func (r coolingDown) Error() string {
	return "not tried: the relay has just refused a connection: " + r.why
}

func newPool(size int, idleLimit time.Duration, wall func() time.Time) *pool {
	p := &pool{idleLimit: idleLimit, wall: wall, size: size, most: size, drained: make(chan struct{})}
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
	if p.most < p.size && !now.Before(p.growAt) {
		p.most, p.growAt = p.most+1, now.Add(regrowAfter)
	}
	best := slices.IndexFunc(p.idle, func(s *slot) bool { return s.conn == nil })
	for i, s := range p.idle {
		if s.conn != nil {
			best = i
		}
	}
	if best >= 0 && (p.idle[best].conn != nil || p.mayOpen(now)) {
		s := p.idle[best]
		p.idle = slices.Delete(p.idle, best, best+1)
		p.busy++
		if s.conn == nil {
			p.opening++
		}
		if p.mayOpen(now) {
			p.next()
		}
		return s, nil, nil
	}
	if p.open == 0 && p.opening == 0 {
		p.next()
		return nil, nil, coolingDown{p.why}
	}
	turn := make(chan struct{})
	p.waiters = append(p.waiters, turn)
	return nil, turn, nil
}

// mayOpen reports whether one more connection may begin.
func (p *pool) mayOpen(now time.Time) bool {
	return p.opening <= p.open && p.open+p.opening < p.most && !now.Before(p.coolTo)
}

// opened notes that the slot's connection is open.
func (p *pool) opened() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening--
	p.open++
	p.next()
}

// refused notes that the relay refused a connection. others reports whether it has taken
// others of ours: then it has a limit, and the caller may wait for one of them.
func (p *pool) refused(why string) (others bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.wall()
	p.opening--
	if p.open > 0 || p.opening > 0 {
		p.most, p.growAt = max(1, p.open+p.opening), now.Add(regrowAfter)
		return true
	}
	p.coolTo, p.why = now.Add(coolFor), why
	return false
}

// reopening notes that the slot's connection is closed and that it opens another.
func (p *pool) reopening(s *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.conn = nil
	p.open--
	p.opening++
}

// abandoned notes that the slot gave up opening a connection.
func (p *pool) abandoned() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opening--
	p.next()
}

// lost notes that the slot's connection is closed.
func (p *pool) lost() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	p.next()
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
			p.open--
		}
	}
	p.mu.Unlock()
	for _, c := range gone {
		c.quit()
	}
}
