package jobs

import (
	"sync"
	"time"
)

// pace adapts the size of a worker's batches of messages to the speed of sending, so that the
// facts of a batch are still fresh when its last message goes.
type pace struct {
	mu        sync.Mutex
	most      int
	recovered map[string]time.Time   // by shop, on the wall clock
	claiming  map[string]*sync.Mutex // by shop
}

// leastHandOvers is the smallest batch, recoverEvery how often messages of dead workers are
// looked for while there is no end of messages.
const (
	leastHandOvers = 64
	recoverEvery   = 5 * time.Second
)

func newPace() *pace {
	return &pace{most: leastHandOvers, recovered: map[string]time.Time{}, claiming: map[string]*sync.Mutex{}}
}

func (p *pace) limit() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.most
}

// took adapts the limit to half of what factsFor allows. A batch that was not full says
// nothing, unless it was slow.
func (p *pace) took(messages int, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if messages < p.most && d < factsFor {
		return
	}
	allowed := float64(messages) * float64(factsFor) / float64(2*max(d, time.Millisecond))
	p.most = min(batchSize, max(leastHandOvers, int(allowed)))
}

// claims is locked while messages of the shop are claimed: two workers of a process would find
// the same ones, and one of them would get none.
func (p *pace) claims(shop string) *sync.Mutex {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.claiming[shop] == nil {
		p.claiming[shop] = &sync.Mutex{}
	}
	return p.claiming[shop]
}

// recovers reports whether it is time to look for messages of dead workers.
func (p *pace) recovers(shop string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := now.Sub(p.recovered[shop]); age >= 0 && age < recoverEvery {
		return false
	}
	p.recovered[shop] = now
	return true
}
