package embedded

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"comeback/commerce"
)

// pool lends connections for reading and keeps them: a new one reads the schema and
// prepares every statement anew. A caller waits while all are lent. Where none is given
// back for patience, it gets an extra one, for that time only: the callback of a search
// may search itself, so a caller may wait for the connection that it has.
type pool struct {
	path     string
	patience time.Duration
	lent     chan struct{} // one for each connection that is lent, but the extra ones

	returned atomic.Int64 // how often a connection that is not extra was given back

	mu     sync.Mutex
	idle   []*conn
	spare  bool // do not map the file
	closed bool
}

// Each connection has its own cache and its own map of the file. More of them than
// processors read no faster, but a search may wait for its callback or for the disk.
const (
	keptReaders = 8
	patience    = 10 * time.Millisecond
)

var errClosed = commerce.Errorf(commerce.Unavailable, "database: closed")

func newPool(path string) *pool {
	return &pool{path: path, patience: patience, lent: make(chan struct{}, keptReaders)}
}

func (p *pool) get(ctx context.Context) (*conn, error) {
	extra, err := p.wait(ctx)
	if err != nil {
		return nil, err
	}
	c, err := p.connection()
	if err != nil {
		p.release(extra)
		return nil, err
	}
	c.extra = extra
	return c, nil
}

// wait returns once a connection is free; extra is true where none was returned in time.
// On a busy machine each is slow, but some are returned.
func (p *pool) wait(ctx context.Context) (extra bool, err error) {
	select {
	case p.lent <- struct{}{}:
		return false, nil
	default:
	}
	for {
		before := p.returned.Load()
		if p.waitOnce(ctx) {
			return false, nil
		}
		if err := ctx.Err(); err != nil {
			return false, unavailable(err)
		}
		if p.returned.Load() == before {
			return true, nil
		}
	}
}

func (p *pool) waitOnce(ctx context.Context) (free bool) {
	waiting, stop := context.WithTimeout(ctx, p.patience)
	defer stop()
	select {
	case p.lent <- struct{}{}:
		return true
	case <-waiting.Done():
		return false
	}
}

func (p *pool) release(extra bool) {
	if !extra {
		p.returned.Add(1)
		<-p.lent
	}
}

// connection is the one that was used last: its cache is the fullest. It opens one if
// there is none; meanwhile others go on.
func (p *pool) connection() (*conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed
	}
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	pragmas := readerPragmas
	if !p.spare {
		pragmas = append(slices.Clone(pragmas), mapped)
	}
	p.mu.Unlock()
	c, err := connect(p.path, pragmas)
	if err != nil {
		return nil, fmt.Errorf("reader: %w", err)
	}
	return c, nil
}

func (p *pool) put(c *conn) {
	extra := c.extra
	if !p.keep(c) {
		c.close()
	}
	p.release(extra)
}

func (p *pool) keep(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.idle) >= keptReaders {
		return false
	}
	p.idle = append(p.idle, c)
	return true
}

// unmapped makes connections map nothing, the stored ones by closing them. One that is
// lent now keeps its map.
func (p *pool) unmapped() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.spare = true
	p.closeIdle()
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.closeIdle()
}

func (p *pool) closeIdle() {
	for _, c := range p.idle {
		c.close()
	}
	p.idle = nil
}
