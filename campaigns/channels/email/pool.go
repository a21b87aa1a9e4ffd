package email

import (
	"context"
	"slices"
	"sync"
	"time"

	"comeback/campaigns"
)

const (
	// coolFor is how long no connection is tried after one was refused. The caller decides
	// about longer pauses.
	coolFor = time.Second
	// regrowAfter is how long a relay's limit of connections is believed.
	regrowAfter = time.Minute
	// mostDoubts refusals in a row that name nobody are taken to be about the relay.
	mostDoubts = 2
)

// slot is the right to one connection, with the connection while it is open.
type slot struct {
	conn   *connection // nil: closed
	usedAt time.Time
	claim  *claim // nil: idle
}

// pool hands out a fixed number of slots. Connections open one after another: each open
// one lets one more begin. So a wrong password is tried once and not ten times. If the
// relay refuses a connection while others are open, it has a limit, and the pool has no
// more connections than that for a while. If none is open, everybody who waits gets the
// error at once. Mails wait in a line in which shops take turns.
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
	waiting line
	faults  int // answers in a row that may be about the relay
	doubts  doubts
	answers campaigns.Answers
	shares  shares
	closed  bool
	drained chan struct{} // closed when closed and no slot is busy
}

// coolingDown is acquire's error if no connection may be tried yet.
type coolingDown struct{ why string }

func (r coolingDown) Error() string {
	return "not tried: the relay has just refused a connection: " + r.why
}

// refusedOthers is acquire's error if other mails were refused while this one waited.
type refusedOthers struct{ why string }

func (r refusedOthers) Error() string {
	return "not tried: the relay has refused other mails: " + r.why
}

func newPool(s Settings, wall func() time.Time) *pool {
	p := &pool{
		idleLimit: s.Idle, wall: wall, size: s.Connections, most: s.Connections, drained: make(chan struct{}),
		shares: newShares(s.ShopConnections, s.DomainConnections), doubts: doubts{},
	}
	for range s.Connections {
		p.idle = append(p.idle, &slot{})
	}
	return p
}

// acquire takes a slot for a mail, preferably one with an open connection. It waits for its
// shop's turn while others use all usable slots.
func (p *pool) acquire(ctx context.Context, shop, domain string) (*slot, error) {
	c := &claim{shop: shop, domain: domain, served: make(chan struct{})}
	p.mu.Lock()
	p.waiting.add(c)
	p.serve()
	p.mu.Unlock()
	select {
	case <-c.served:
		return c.slot, c.err
	case <-ctx.Done():
		p.leave(c)
		return nil, errStopped
	}
}

// serve gives usable slots to the mails that wait. Where no connection can be had, they get
// the error. Its caller has the lock, and calls it after each change.
func (p *pool) serve() {
	now := p.wall()
	if p.most < p.size && !now.Before(p.growAt) {
		p.most, p.growAt = p.most+1, now.Add(regrowAfter)
	}
	for !p.closed {
		at := p.usable(now)
		if at < 0 {
			break
		}
		c := p.waiting.next(func(c *claim) bool { return p.shares.may(c, now) })
		if c == nil {
			return
		}
		p.give(at, c)
	}
	switch {
	case p.closed:
		p.refuse(errStopped, everyone)
	case p.open == 0 && p.opening == 0 && now.Before(p.coolTo):
		p.refuse(coolingDown{p.why}, everyone)
	}
}

// usable finds the last used slot with a connection, or one that may open one; -1: none.
func (p *pool) usable(now time.Time) int {
	closed := -1
	for i := len(p.idle) - 1; i >= 0; i-- {
		if p.idle[i].conn != nil {
			return i
		}
		closed = i
	}
	if !p.mayOpen(now) {
		return -1
	}
	return closed
}

func (p *pool) give(at int, c *claim) {
	s := p.idle[at]
	p.idle = slices.Delete(p.idle, at, at+1)
	p.busy++
	if s.conn == nil {
		p.opening++
	}
	p.shares.take(c)
	s.claim, c.slot = c, s
	close(c.served)
}

// refuse gives the error to those that wait.
func (p *pool) refuse(why error, which func(*claim) bool) {
	for c := p.waiting.next(which); c != nil; c = p.waiting.next(which) {
		c.err = why
		close(c.served)
	}
}

func everyone(*claim) bool { return true }

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
	p.serve()
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
	p.serve()
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
	p.serve()
}

// lost notes that the slot's connection is closed.
func (p *pool) lost() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
	p.serve()
}

// release returns s to the pool.
func (p *pool) release(s *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.usedAt = p.wall()
	p.idled(s)
}

func (p *pool) idled(s *slot) {
	p.shares.give(s.claim)
	s.claim = nil
	p.idle = append(p.idle, s)
	p.busy--
	p.serve()
	if p.closed && p.busy == 0 {
		close(p.drained)
	}
}

// lower notes that the domain of the slot's mail takes fewer connections than it has.
func (p *pool) lower(s *slot) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shares.lower(s.claim, p.wall())
}

// judged notes an answer of the relay, which names the recipient's domain or not. Where the
// relay, the sender of the shop, or the domain seems to be the reason, the mails that wait for a
// connection are not tried: their caller decides about a probe. The outcome returned states
// whether the domain is the reason.
func (p *pool) judged(s *slot, out campaigns.MailOutcome, named bool) campaigns.MailOutcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	domain := s.claim.domain
	switch {
	case out.State == campaigns.MailSent:
		p.faults = 0
		p.doubts.end(domain)
		p.answers.Accepted(domain, p.wall())
		return out
	case out.Fault.State == "":
		return out
	case out.Fault.OfOne():
		if out.Fault.Domain = named; !named {
			out.Fault.Domain, out.Fault.Unsure = p.answers.Refused(domain, p.wall())
		}
	}
	doubts := p.faults + 1
	if out.Fault.Domain {
		doubts = p.doubts.more(domain)
	} else {
		p.faults = doubts
	}
	if out.Fault.Doubt && doubts < mostDoubts {
		return out
	}
	p.refuse(refusedOthers{out.Reason}, func(c *claim) bool {
		return !(out.Fault.Sender && c.shop != s.claim.shop || out.Fault.Domain && c.domain != domain)
	})
	return out
}

// leave takes a mail out of the line. It may have got a slot at the same moment.
func (p *pool) leave(c *claim) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case c.slot != nil:
		if c.slot.conn == nil {
			p.opening--
		}
		p.idled(c.slot)
	case c.err == nil:
		p.waiting.remove(c)
	}
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
		p.serve()
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
