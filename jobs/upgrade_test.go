package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"

	"comeback/commerce"
	"comeback/jobs"
)

// oldData is a store of older data, shared by processes. A running upgrade waits
// until another process has tried.
type oldData struct {
	mu      sync.Mutex
	holders map[string]string
	done    map[string]int
	current bool
	fails   int
}

func (o *oldData) EachShop(_ context.Context, each func(commerce.Shop) error) error {
	return errors.Join(each(commerce.Shop{ID: "a"}), each(commerce.Shop{ID: "b"}))
}

func (o *oldData) Behind(context.Context) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.current, nil
}

func (o *oldData) Upgrade(_ context.Context, shop string, begun func(string)) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	begun("test")
	if o.fails > 0 {
		o.fails--
		return errors.New("away")
	}
	o.done[shop]++
	return nil
}

func (o *oldData) Upgraded(context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.done["a"] == 0 || o.done["b"] == 0 {
		return errors.New("marked as done, and is not")
	}
	o.current = true
	return nil
}

func (o *oldData) Hold(_ context.Context, shop, _, holder string) (bool, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if other := o.holders[shop]; other != "" && other != holder {
		return false, nil
	}
	o.holders[shop] = holder
	return true, nil
}

func (o *oldData) Release(_ context.Context, shop, _, holder string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.holders[shop] == holder {
		delete(o.holders, shop)
	}
	return nil
}

// Several processes that start at once over older data all continue when every shop
// is upgraded. A failure is tried again, and another process's shop is awaited.
func TestProcessesUpgradeOldData(t *testing.T) {
	t.Parallel()
	o := &oldData{holders: map[string]string{"a": "busy"}, done: map[string]int{}, fails: 1}
	ctx := t.Context()
	var running sync.WaitGroup
	var all []*jobs.Upgrader
	for _, holder := range []string{"x", "y", "busy"} {
		u, err := jobs.NewUpgrader(ctx, o, holder, slog.New(slog.DiscardHandler))
		if err != nil || u.Doing() == "" {
			t.Fatal(err, u.Doing())
		}
		all = append(all, u)
		running.Go(func() {
			if err := u.Run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	for _, u := range all {
		if !u.Wait(ctx) || u.Doing() != "" {
			t.Error("not brought up")
		}
	}
	running.Wait()
	if u, err := jobs.NewUpgrader(ctx, o, "later", slog.New(slog.DiscardHandler)); err != nil || u.Doing() != "" {
		t.Errorf("got %v, %v, want nothing to do", u.Doing(), err)
	}
}
