package jobs

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"comeback/commerce"
)

// upgrading names the lease of an upgrade.
const upgrading = "upgrade"

// Upgrader upgrades data stored by older versions, shop by shop, before anything
// else works on it. Any number of processes may run one: each shop is upgraded by
// one process, and all of them continue when every shop is done.
type Upgrader struct {
	store  outdated
	holder string
	log    *slog.Logger
	doing  atomic.Pointer[string]
	done   chan struct{}
	// Names are the upgrades that this process did, once Run has returned.
	Names []string
}

type outdated interface {
	shopWalker
	Behind(ctx context.Context) (bool, error)
	Upgrade(ctx context.Context, shop string, begun func(name string)) error
	Upgraded(ctx context.Context) error
	Hold(ctx context.Context, shop, name, holder string) (ours bool, err error)
	Release(ctx context.Context, shop, name, holder string) error
}

// NewUpgrader makes an upgrader and reads the store once: where nothing is to be
// upgraded, it is done at once. holder names this process, unlike any other.
func NewUpgrader(ctx context.Context, store outdated, holder string, log *slog.Logger) (*Upgrader, error) {
	u := &Upgrader{store: store, holder: holder, log: log, done: make(chan struct{})}
	behind, err := store.Behind(ctx)
	if err == nil && !behind {
		close(u.done)
		return u, nil
	}
	u.setDoing("stored data")
	return u, err
}

// Doing names the running upgrade, for people; it is empty when all is done.
func (u *Upgrader) Doing() string {
	select {
	case <-u.done:
		return ""
	default:
		return *u.doing.Load()
	}
}

// Wait waits until all is done; it returns false when ctx ends before.
func (u *Upgrader) Wait(ctx context.Context) bool {
	select {
	case <-u.done:
		return true
	case <-ctx.Done():
		return false
	}
}

// Run upgrades everything and returns, also when ctx ends before. A failed upgrade
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
			u.log.Info("stored data is upgraded")
			close(u.done)
			finished()
		case err != nil && ctx.Err() == nil:
			u.log.Error("upgrade stored data", "error", err)
		}
	}
	round(rounds)
	every(rounds, time.Second, round)
	return nil
}

// round upgrades the shops that no other process upgrades. It returns done when
// none is left.
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

// shop upgrades one shop under its lease, and releases the lease.
func (u *Upgrader) shop(ctx context.Context, shop string) error {
	renew := func(ctx context.Context) bool {
		ours, err := u.store.Hold(ctx, shop, upgrading, u.holder)
		return ours || err != nil
	}
	err := underLease(ctx, renew, func(ctx context.Context) error {
		return u.store.Upgrade(ctx, shop, func(name string) {
			u.log.Info("upgrading stored data", "shop", shop, "what", name)
			u.setDoing(name)
			if !slices.Contains(u.Names, name) {
				u.Names = append(u.Names, name)
			}
		})
	})
	if free := u.store.Release(context.WithoutCancel(ctx), shop, upgrading, u.holder); err == nil {
		err = free
	}
	return err
}

func (u *Upgrader) setDoing(name string) { u.doing.Store(&name) }
