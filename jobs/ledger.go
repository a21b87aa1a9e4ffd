package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// ledger writes how far the messages of a batch are. While one write is under way, what
// further conversations have to write is collected, and is the next write. So a write serves
// as many conversations as there are.
type ledger struct {
	store   outbound
	shop    string
	stopped func() bool // the process ends: nothing is written again
	log     *slog.Logger

	mu      sync.Mutex
	begun   []*mark
	ended   []campaigns.Message
	writing bool
	idle    *sync.Cond // nothing is being written
	failed  error      // of an outcome that could not be stored
}

// mark is a message whose mail follows as soon as that is written.
type mark struct {
	message campaigns.Message
	ours    bool
	err     error
	written chan struct{}
}

// outcomesFor is how long outcomes are tried again to be written. The lease of a message is
// longer.
const outcomesFor = 30 * time.Second

func newLedger(store outbound, shop string, stopped func() bool, log *slog.Logger) *ledger {
	l := &ledger{store: store, shop: shop, stopped: stopped, log: log}
	l.idle = sync.NewCond(&l.mu)
	return l
}

// begin writes that m is being handed over and returns when that is stored.
func (l *ledger) begin(m campaigns.Message) (ours bool, err error) {
	w := &mark{message: m, written: make(chan struct{})}
	l.mu.Lock()
	l.begun = append(l.begun, w)
	l.start()
	l.mu.Unlock()
	<-w.written
	return w.ours, w.err
}

// end writes the outcome of m, and does not wait for it.
func (l *ledger) end(m campaigns.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = append(l.ended, m)
	l.start()
}

// flush waits until everything is written. It returns the error of an outcome that could not
// be: its message is uncertain when its lease is over.
func (l *ledger) flush() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.writing {
		l.idle.Wait()
	}
	return l.failed
}

// start begins to write, unless that is under way. The caller has the lock.
func (l *ledger) start() {
	if !l.writing {
		l.writing = true
		go l.run()
	}
}

func (l *ledger) run() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.begun)+len(l.ended) > 0 {
		begun, ended := l.begun, l.ended
		l.begun, l.ended = nil, nil
		l.mu.Unlock()
		err := l.write(context.Background(), begun, ended)
		l.mu.Lock()
		if l.failed == nil {
			l.failed = err
		}
	}
	l.writing = false
	l.idle.Broadcast()
}

// write writes marks and outcomes together. Where that fails because of one of them, it
// writes each for itself. It returns the error of an outcome.
func (l *ledger) write(ctx context.Context, begun []*mark, ended []campaigns.Message) error {
	messages := make([]campaigns.Message, len(begun))
	for i, w := range begun {
		messages[i] = w.message
	}
	ours, err := l.store.WriteMessages(ctx, l.shop, messages, ended)
	if err != nil && commerce.CodeOf(err) != commerce.Unavailable && len(begun)+len(ended) > 1 {
		return l.writeEach(ctx, begun, ended)
	}
	for i, w := range begun {
		if w.err = err; err == nil {
			w.ours = ours[i]
		}
		close(w.written)
	}
	if err == nil || len(ended) == 0 {
		return nil
	}
	return l.retry(ctx, ended, err)
}

func (l *ledger) writeEach(ctx context.Context, begun []*mark, ended []campaigns.Message) (first error) {
	for _, w := range begun {
		_ = l.write(ctx, []*mark{w}, nil) // the mark has the error
	}
	for _, m := range ended {
		if err := l.write(ctx, nil, []campaigns.Message{m}); first == nil {
			first = err
		}
	}
	return first
}

// retry writes outcomes again while the database is away: without them, mails that arrived
// would be uncertain.
func (l *ledger) retry(ctx context.Context, ended []campaigns.Message, err error) error {
	trying, end := context.WithTimeout(ctx, outcomesFor)
	defer end()
	for commerce.CodeOf(err) == commerce.Unavailable && trying.Err() == nil && !l.stopped() {
		pause(trying, time.Second)
		_, err = l.store.WriteMessages(ctx, l.shop, nil, ended)
	}
	if err != nil {
		l.log.Error("outcomes of messages are not stored: their messages become uncertain", "shop", l.shop, "messages", len(ended), "error", err)
	}
	return err
}
