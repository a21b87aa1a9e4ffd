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
	marks := make([]campaigns.Message, len(begun))
	for i, w := range begun {
		marks[i] = w.message
	}
	ours, err := l.store.WriteMessages(context.Background(), marks, messagesOf(ended))
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
	if commerce.CodeOf(err) == commerce.Unavailable && len(ended) > 0 {
		go l.retry(ended, err)
		return
	}
	settle(ended, err)
	if len(ended) > 0 {
		failpoint.Hit(failpoint.AfterResult)
	}
}

// settle ends outcomes that are stored, or cannot be.
func settle(ended []outcome, err error) {
	for _, o := range ended {
		o.account.done(err)
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

// retry writes outcomes again while the database is away: without them, mails that arrived
// would be uncertain. All of them are of this process, and end with it.
func (l *ledger) retry(ended []outcome, err error) {
	own := ended[0].account.ctx
	trying, end := context.WithTimeout(own, outcomesFor)
	defer end()
	list := messagesOf(ended)
	for commerce.CodeOf(err) == commerce.Unavailable && trying.Err() == nil {
		pause(trying, time.Second)
		_, err = l.store.WriteMessages(context.WithoutCancel(own), nil, list)
	}
	if err != nil && commerce.CodeOf(err) != commerce.Unavailable {
		l.writeEach(nil, ended)
		return
	}
	if err != nil {
		l.log.Error("outcomes are not stored: their messages become uncertain", "messages", len(list), "error", err)
	}
	settle(ended, err)
}

func messagesOf(ended []outcome) []campaigns.Message {
	list := make([]campaigns.Message, len(ended))
	for i, o := range ended {
		list[i] = o.message
	}
	return list
}
