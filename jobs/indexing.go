package jobs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"comeback/commerce"
)

// indexing names the lease of the process that builds indexes; progressEvery is how often
// it shows how far it is.
const (
	indexing      = "indexes"
	progressEvery = 2 * time.Second
)

// Indexing builds the indexes of the database while the service runs. One process at
// a time builds. The others wait, and show what it does.
type Indexing struct {
	build   indexBuilder
	leases  indexLeases
	holder  string
	log     *slog.Logger
	state   atomic.Pointer[indexState]
	passed  chan struct{}
	Built   []string // by this process, once Run or Try has returned
	Dropped []string // indexes of older versions
}

// indexState is what is shown of the indexes.
type indexState struct {
	names    string // indexes that are being built, or why they are not; empty: all are there
	progress string // as the database shows it; often empty
	failed   bool
}

func (s indexState) String() string {
	if s.progress == "" {
		return s.names
	}
	return s.names + " (" + s.progress + ")"
}

type indexBuilder interface {
	BuildIndexes(ctx context.Context, begun func(what string)) (built, dropped []string, err error)
	IndexProgress(ctx context.Context) string
}

type indexLeases interface {
	Hold(ctx context.Context, shop, name, holder string) (ours bool, err error)
	Release(ctx context.Context, shop, name, holder string) error
	SetDoing(ctx context.Context, shop, name, holder, doing string) error
	Doing(ctx context.Context, shop, name string) (string, error)
}

// NewIndexing makes what builds the indexes; a nil build has none to build. holder
// names this process, unlike any other.
func NewIndexing(build indexBuilder, leases indexLeases, holder string, log *slog.Logger) *Indexing {
	x := &Indexing{build: build, leases: leases, holder: holder, log: log, passed: make(chan struct{})}
	x.show(indexState{names: "all of them are being checked"})
	if build == nil {
		x.end(nil)
	}
	return x
}

// Doing names the indexes that are being built, with the progress that the database
// shows; or why they cannot be built. It is empty when all are there.
func (x *Indexing) Doing() (what string, failed bool) {
	s := x.state.Load()
	return s.String(), s.failed
}

// Wait waits until the indexes are there, or could not be built: work is slow without
// them, and right. It returns false when ctx ends before.
func (x *Indexing) Wait(ctx context.Context) bool {
	select {
	case <-x.passed:
		return true
	case <-ctx.Done():
		return false
	}
}

// Run builds the indexes and returns, also when ctx ends before. What fails is tried
// again each minute, and at once after the database was away.
func (x *Indexing) Run(ctx context.Context) error {
	wait := time.Second
	for ctx.Err() == nil {
		ours, err := x.Try(ctx)
		if ours && err == nil {
			return nil
		}
		if ours && commerce.CodeOf(err) != commerce.Unavailable {
			wait = time.Minute
		}
		pause(ctx, wait)
	}
	return nil
}

// Try builds the indexes unless another process does; then ours is false.
func (x *Indexing) Try(ctx context.Context) (ours bool, err error) {
	if x.build == nil {
		return true, nil
	}
	ours, err = x.leases.Hold(ctx, commerce.Installation, indexing, x.holder)
	if err != nil {
		return false, err
	}
	if !ours {
		if doing, err := x.leases.Doing(ctx, commerce.Installation, indexing); err == nil {
			x.show(indexState{names: doing})
		}
		return false, nil
	}
	err = underLease(ctx, x.renew, x.pass)
	if free := x.leases.Release(context.WithoutCancel(ctx), commerce.Installation, indexing, x.holder); err == nil {
		err = free
	}
	return true, err
}

// pass builds all that is missing, and shows meanwhile how far it is.
func (x *Indexing) pass(ctx context.Context) error {
	building, built := context.WithCancel(ctx)
	var showing sync.WaitGroup
	showing.Go(func() { every(building, progressEvery, x.watch) })
	made, dropped, err := x.build.BuildIndexes(ctx, func(what string) {
		x.show(indexState{names: what})
		x.share(ctx)
	})
	built()
	showing.Wait()
	x.Built, x.Dropped = append(x.Built, made...), append(x.Dropped, dropped...)
	if len(made)+len(dropped) > 0 {
		x.log.Info("indexes are built", "built", made, "dropped", dropped)
	}
	if err != nil && ctx.Err() == nil {
		x.log.Error("build indexes", "error", err)
	}
	if ctx.Err() == nil && commerce.CodeOf(err) != commerce.Unavailable {
		x.end(err)
	}
	return err
}

// watch shows how far the build is, as the database reports it.
func (x *Indexing) watch(ctx context.Context) {
	known := x.state.Load()
	state := *known
	state.progress = x.build.IndexProgress(ctx)
	if state != *known && x.state.CompareAndSwap(known, &state) { // else the next build has begun
		x.share(ctx)
	}
}

// renew renews the lease.
func (x *Indexing) renew(ctx context.Context) bool {
	ours, err := x.leases.Hold(ctx, commerce.Installation, indexing, x.holder)
	x.log.Info("indexes are being built", "what", x.state.Load().String())
	return ours || err != nil
}

// share shows the other processes what this one does.
func (x *Indexing) share(ctx context.Context) {
	doing := x.state.Load().String()
	if err := x.leases.SetDoing(ctx, commerce.Installation, indexing, x.holder, doing); err != nil && ctx.Err() == nil {
		x.log.Warn("show which indexes are being built", "error", err)
	}
}

func (x *Indexing) show(s indexState) { x.state.Store(&s) }

// end lets everything begin that waits for the indexes.
func (x *Indexing) end(err error) {
	if err != nil {
		x.show(indexState{names: err.Error(), failed: true})
	} else {
		x.show(indexState{})
	}
	select {
	case <-x.passed:
	default:
		close(x.passed)
	}
}
