package jobs

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"comeback/commerce"
)

// upgrading is the name of the duty.
const upgrading = "upgrade"

// Upgrader brings data stored by older versions up, shop by shop, before
// anything else works on it. Any number of processes may run one: each shop is
// brought up by one of them, and all go on when none is left.
type Upgrader struct {
	store  outdated
	holder string
	log    *slog.Logger
	doing  atomic.Pointer[string]
	done   chan struct{}
}

type outdated interface {
	walked
	Behind(ctx context.Context) (bool, error)
	Upgrade(ctx context.Context, shop string, begun func(name string)) error
	Upgraded(ctx context.Context) error
	Hold(ctx context.Context, shop, name, holder string) (ours bool, err error)
	LetGo(ctx context.Context, shop, name, holder string) error
}

// NewUpgrader makes an upgrader and asks the store once: where there is nothing
// to bring up, it is done at once. holder is this process.
func NewUpgrader(ctx context.Context, store outdated, holder string, log *slog.Logger) (*Upgrader, error) {
	u := &Upgrader{store: store, holder: holder, log: log, done: make(chan struct{})}
	behind, err := store.Behind(ctx)
	if err == nil && !behind {
		close(u.done)
		return u, nil
	}
	u.tell("stored data")
	return u, err
}

// Doing is what is being brought up, for people; empty when all is done.
func (u *Upgrader) Doing() string {
	select {
	case <-u.done:
		return ""
	default:
		return *u.doing.Load()
	}
}

// Wait waits until all is done; false when ctx ends before.
func (u *Upgrader) Wait(ctx context.Context) bool {
	select {
	case <-u.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// Run brings everything up and returns, also when ctx ends before. What fails
// is tried again each second: nothing else may begin before it is done.
func (u *Upgrader) Run(ctx context.Context) error {
	if u.Doing() == "" {
		return nil
	}
	rounds, finished := context.WithCancel(ctx)
	defer finished()
	round := func(ctx context.Context) {
		switch done, err := u.round(ctx); {
		case done:
			u.log.Info("stored data is brought up")
			close(u.done)
			finished()
		case err != nil && ctx.Err() == nil:
			u.log.Error("bringing up stored data", "error", err)
		}
	}
	round(rounds)
	every(rounds, time.Second, round)
	return nil
}

// round brings up the shops nobody else is at, and tells when none is left.
func (u *Upgrader) round(ctx context.Context) (done bool, err error) {
	if behind, err := u.store.Behind(ctx); err != nil || !behind {
		return err == nil, err
	}
	left := 0
	err = u.store.EachShop(ctx, func(shop commerce.Shop) error {
		ours, err := u.store.Hold(ctx, shop.ID, upgrading, u.holder)
		if err != nil {
			return err
		}
		if !ours {
			left++
			return nil
		}
		return u.shop(ctx, shop.ID)
	})
	if err == nil && left == 0 {
		err = u.store.Upgraded(ctx)
	}
	return err == nil && left == 0, err
}

// shop brings one up while the duty is ours, and gives it back.
func (u *Upgrader) shop(ctx context.Context, shop string) error {
	held, lost := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() {
		every(held, renewEvery, func(ctx context.Context) {
			if ours, err := u.store.Hold(ctx, shop, upgrading, u.holder); err == nil && !ours {
				lost()
			}
		})
	})
	err := u.store.Upgrade(held, shop, func(name string) {
		u.log.Info("bringing up stored data", "shop", shop, "what", name)
		u.tell(name)
	})
	lost()
	keeper.Wait()
	if free := u.store.LetGo(context.WithoutCancel(ctx), shop, upgrading, u.holder); err == nil {
		err = free
	}
	return err
}

func (u *Upgrader) tell(name string) { u.doing.Store(&name) }
