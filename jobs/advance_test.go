package jobs_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"comeback/commerce"
	"comeback/jobs"
)

// alone is a stage that one worker of a process does at a time.
type alone func(ctx context.Context, shop string) (int, error)

func (s alone) Work(ctx context.Context, shop string) (int, error) { return s(ctx, shop) }

// A backlog does not delay what is ready: each batch goes through all later stages before
// the next one begins.
func TestBacklogDoesNotDelayWhatIsReady(t *testing.T) {
	t.Parallel()
	c := newClock()
	b := newDueWork(c.now)
	b.add("s", 3) // batches
	var order []string
	ready := 0
	first := stage(func(_ context.Context, shop string) (int, error) {
		n := min(b.take(shop), 1)
		if n > 0 {
			order = append(order, "decided")
		}
		ready += n
		return n, nil
	})
	last := stage(func(context.Context, string) (int, error) {
		n := ready
		if ready = 0; n > 0 {
			order = append(order, fmt.Sprintf("sent %d", n))
		}
		return n, nil
	})
	if err := jobs.NewAdvancer(b, []jobs.Stage{first, last}, c.now, c.now, silent).Run(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	want := []string{"decided", "sent 1", "decided", "sent 1", "decided", "sent 1"}
	if !slices.Equal(order, want) {
		t.Errorf("got %v, want %v", order, want)
	}
}

// Two workers of one process never do one stage of a shop at once: they would compute the
// same profiles twice.
func TestWorkersOfAProcessDoNotDoOneStageTwice(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClock()
		b := newDueWork(c.now)
		b.add("s", 8)
		inside, over := make(chan struct{}, 8), make(chan struct{})
		hanging := alone(func(context.Context, string) (int, error) {
			inside <- struct{}{}
			<-over
			return 0, nil
		})
		a := jobs.NewAdvancer(b, []jobs.Stage{hanging}, c.now, c.now, silent)
		var workers sync.WaitGroup
		workers.Go(func() { _ = a.Run(t.Context(), "s") })
		<-inside
		if err := a.Run(t.Context(), "s"); err != nil { // returns: the stage is taken
			t.Error(err)
		}
		if n := len(inside); n != 0 {
			t.Errorf("got %d further workers in the stage, want none", n)
		}
		close(over)
		workers.Wait()
	})
}

// asked counts how often workers ask when a shop is due.
type asked struct {
	*dueWork
	times atomic.Int32
}

func (b *asked) DueOf(ctx context.Context, shop string) (commerce.Due, error) {
	b.times.Add(1)
	return b.dueWork.DueOf(ctx, shop)
}

func (b *asked) Settle(ctx context.Context, shop string, rev int64) (bool, error) {
	b.times.Add(1)
	return b.dueWork.Settle(ctx, shop, rev)
}

// A worker that finds nothing to do but what another one of its process is doing asks the database
// nothing meanwhile. It goes on when the other one has done something.
func TestWorkerWaitsForAnotherOneOfItsProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClock()
		b := &asked{dueWork: newDueWork(c.now)}
		b.add("s", 1)
		over := make(chan struct{})
		var made, finished, left atomic.Int32
		first := alone(func(_ context.Context, shop string) (int, error) {
			n := b.take(shop)
			if n > 0 {
				<-over
				made.Add(1)
			}
			return n, nil
		})
		second := stage(func(context.Context, string) (int, error) {
			n := made.Swap(0)
			finished.Add(n)
			return int(n), nil
		})
		a := jobs.NewAdvancer(b, []jobs.Stage{first, second}, c.now, c.now, silent)
		var workers sync.WaitGroup
		for range 2 {
			workers.Go(func() {
				_ = a.Run(t.Context(), "s")
				left.Add(1)
			})
			synctest.Wait()
		}
		<-time.After(time.Second)
		if n := b.times.Load(); n != 2 || left.Load() > 0 {
			t.Errorf("asked %d times, and %d workers left while the first was at it; want once each, and none", n, left.Load())
		}
		close(over)
		workers.Wait()
		if n := finished.Load(); n != 1 {
			t.Errorf("got %d pieces of work finished, want 1", n)
		}
	})
}

// patient is a stage that waits for the others, up to a minute.
type patient struct{ stage }

func (patient) Patience() time.Duration { return time.Minute }

// A patient stage is done when the stages before it are, and after its patience at the latest.
func TestPatientStageWaitsForTheOthers(t *testing.T) {
	t.Parallel()
	c := newClock()
	wall := newClock()
	b := newDueWork(c.now)
	b.add("s", 6)
	var order []string
	first := stage(func(_ context.Context, shop string) (int, error) {
		n := min(b.take(shop), 1)
		if n > 0 {
			order = append(order, "sent")
		}
		if len(order) == 3 {
			wall.step(2 * time.Minute)
		}
		return n, nil
	})
	last := patient{func(context.Context, string) (int, error) {
		order = append(order, "counted")
		return 0, nil
	}}
	a := jobs.NewAdvancer(b, []jobs.Stage{first, last}, c.now, wall.now, silent)
	for range 2 { // the first time ends with its quantum
		if err := a.Run(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
	}
	got := strings.Join(order, " ")
	if !strings.HasPrefix(got, "sent sent sent counted sent sent sent counted") {
		t.Errorf("got %s", got)
	}
}
