package jobs

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/failpoint"
)

// ledger writes how far messages are, of all batches of a process. While one write is under
// way, what further conversations have to write is collected, and is the next write. So one
// write serves as many conversations as there are.
type ledger struct {
	store outbound
	log   *slog.Logger

	mu      sync.Mutex
	begun   []*mark
	ended   []outcome
	writing bool
}

// mark is a message whose mail follows as soon as that is written.
type mark struct {
	message campaigns.Message
	ours    bool
	err     error
	written chan struct{}
}

// outcome is what became of a message of an account.
type outcome struct {
	message campaigns.Message
	account *account
}

// account is one batch's part of the ledger.
type account struct {
	*ledger
	ctx context.Context // where it ends, the process does: nothing is written again

	open   sync.WaitGroup // outcomes that are not written
	mu     sync.Mutex
	failed error // of an outcome that could not be stored
}

// outcomesFor is how long outcomes are tried again to be written. The lease of a message is
// longer.
const outcomesFor = 30 * time.Second

// account opens the account of a batch. ctx is that of its worker.
func (l *ledger) account(ctx context.Context) *account { return &account{ledger: l, ctx: ctx} }

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
func (a *account) end(m campaigns.Message) {
	a.open.Add(1)
	a.ledger.mu.Lock()
	defer a.ledger.mu.Unlock()
	a.ended = append(a.ended, outcome{m, a})
	a.start()
}

// flush waits until the outcomes are written. It returns the error of one that could not be:
// its message is uncertain when its lease is over.
func (a *account) flush() error {
	a.open.Wait()
	return a.failed
}

func (a *account) done(err error) {
	a.mu.Lock()
	if a.failed == nil {
		a.failed = err
	}
	a.mu.Unlock()
	a.open.Done()
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
		l.write(begun, ended)
		l.mu.Lock()
	}
	l.writing = false
}

// write writes marks and outcomes together. Where that fails because of one of them, it
// writes each for itself. While the database is away it writes the outcomes later.
func (l *ledger) write(begun []*mark, ended []outcome) {
	marks, outcomes := make([]campaigns.Message, len(begun)), make([]campaigns.Message, len(ended))
	for i, w := range begun {
		marks[i] = w.message
	}
	for i, o := range ended {
		outcomes[i] = o.message
	}
	ours, err := l.store.WriteMessages(context.Background(), marks, outcomes)
	if err != nil && commerce.CodeOf(err) != commerce.Unavailable && len(begun)+len(ended) > 1 {
		l.writeEach(begun, ended)
		return
	}
	for i, w := range begun {
		if w.err = err; err == nil {
			w.ours = ours[i]
		}
		close(w.written)
	}
	for _, o := range ended {
		if commerce.CodeOf(err) == commerce.Unavailable {
			go o.retry(err)
		} else {
			failpoint.Hit(failpoint.AfterResult)
			o.account.done(err)
		}
	}
}

func (l *ledger) writeEach(begun []*mark, ended []outcome) {
	for _, w := range begun {
		l.write([]*mark{w}, nil)
	}
	for _, o := range ended {
		l.write(nil, []outcome{o})
	}
}

// retry writes an outcome again while the database is away: without it, a mail that arrived
// would be uncertain.
func (o outcome) retry(err error) {
	a := o.account
	trying, end := context.WithTimeout(a.ctx, outcomesFor)
	defer end()
	for commerce.CodeOf(err) == commerce.Unavailable && trying.Err() == nil {
		pause(trying, time.Second)
		_, err = a.store.WriteMessages(context.WithoutCancel(a.ctx), nil, []campaigns.Message{o.message})
	}
	if err != nil {
		a.log.Error("the outcome of a message is not stored: it becomes uncertain", "shop", o.message.Shop, "message", o.message.ID, "error", err)
	}
	a.done(err)
}
