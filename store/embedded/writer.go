package embedded

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// writer owns the one connection that writes. Requests wait in queue. The
// goroutine takes all waiting ones, carries them out in one transaction,
// commits and answers.
type writer struct {
	conn    *conn
	queue   chan *request
	stopped chan struct{}

	mu      sync.RWMutex // read-locked while sending, so that stop may close queue
	closing bool
}

// request is some tasks that are answered together.
type request struct {
	tasks []task
	taken atomic.Bool // by the writer, or by its caller after waiting in vain
	done  chan error
}

const (
	waiting   = 256  // requests that fit in the queue
	portion   = 500  // tasks of one request; a longer bulk is several
	fullGroup = 4000 // tasks after which a group takes no more
)

func startWriter(c *conn) *writer {
	w := &writer{conn: c, queue: make(chan *request, waiting), stopped: make(chan struct{})}
	go w.run()
	return w
}

// submit carries the tasks out and returns once they are on disk. An error
// means that all or some are not; errors of single tasks are in the tasks.
// After ctx is done, the writer begins no further task.
func (w *writer) submit(ctx context.Context, tasks []task) error {
	var requests []*request
	for len(tasks) > 0 {
		n := min(portion, len(tasks))
		r := &request{tasks: tasks[:n:n], done: make(chan error, 1)}
		if err := w.send(ctx, r); err != nil {
			r.done <- err
		}
		requests = append(requests, r)
		tasks = tasks[n:]
	}
	var first error
	for _, r := range requests {
		if err := r.wait(ctx); first == nil {
			first = err
		}
	}
	return first
}

func (w *writer) send(ctx context.Context, r *request) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closing {
		return errClosed
	}
	select {
	case w.queue <- r:
		return nil
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

// wait gives up only while the writer has not begun. Once begun, the writer
// decides within a commit, and its answer is worth that time.
func (r *request) wait(ctx context.Context) error {
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if r.taken.CompareAndSwap(false, true) {
			return unavailable(ctx.Err())
		}
		return <-r.done
	}
}

func (w *writer) run() {
	defer close(w.stopped)
	for r := range w.queue {
		w.group(r)
	}
}

// group carries out r and all waiting requests. An error of the database itself
// undoes the whole group and is the answer to all.
func (w *writer) group(r *request) {
	var group []*request
	_, err := w.conn.exec("BEGIN IMMEDIATE")
	began := err == nil
	for size := 0; r != nil; r = w.next(size) {
		if !r.taken.CompareAndSwap(false, true) {
			continue
		}
		group = append(group, r)
		size += len(r.tasks)
		for i := 0; err == nil && i < len(r.tasks); i++ {
			err = r.tasks[i].run(w.conn)
		}
	}
	if err == nil {
		_, err = w.conn.exec("COMMIT")
	}
	if err != nil && began {
		_, _ = w.conn.exec("ROLLBACK") // fails where SQLite has rolled back by itself
	}
	for _, r := range group {
		r.done <- err
	}
}

// next is a waiting request, nil if there is none. First it lets others run
// once: callers that were just answered are about to send their next request.
func (w *writer) next(size int) *request {
	if size >= fullGroup {
		return nil
	}
	for range 2 {
		select {
		case r := <-w.queue:
			return r
		default:
			runtime.Gosched()
		}
	}
	return nil
}

func (w *writer) stop() error {
	w.mu.Lock()
	w.closing = true
	close(w.queue)
	w.mu.Unlock()
	<-w.stopped
	return w.conn.close()
}
