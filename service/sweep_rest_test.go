package service

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"comeback/store/documents"
)

// slowDocs is a database whose writes of events take 20 seconds while slow is
// set.
type slowDocs struct {
	documents.Database
	clock *heldClock
	slow  atomic.Bool
}

func (d *slowDocs) Bulk(ctx context.Context, coll string, ops []documents.Op) (documents.Totals, []documents.Result, error) {
	if coll == "events" && d.slow.Load() {
		d.clock.step(20 * time.Second)
	}
	return d.Database.Bulk(ctx, coll, ops)
}

// Emitting events may take long, as it does after a restart. The next change is
// still found as soon as after any other sweep, not after a minute.
func TestEmittingEventsDelaysNoSweep(t *testing.T) {
	t.Parallel()
	eachSweepWorld(t, func(t *testing.T, w *sweepWorld) {
		docs := &slowDocs{Database: w.docs, clock: w.clock}
		docs.slow.Store(true)
		process := w.process(docs)
		w.segment(t, "buyers", buyers)
		w.buys(t, 1, "ann@example.com", "", 50)
		ok(t, w.settled(t.Context()))
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = process.segments.Run(ctx) })
		t.Cleanup(running.Wait)
		t.Cleanup(stop)
		members := func() (size int64) {
			w.clock.step(5 * time.Millisecond)
			m, err := w.Membership(t.Context(), "s", "buyers")
			if err == nil && m.Emitted {
				size = m.Size
			}
			return size
		}
		await(t, time.Minute, func() bool { return members() == 1 })
		w.buys(t, 2, "bob@example.com", "", 50)
		ok(t, w.settled(t.Context()))
		docs.slow.Store(false)
		before := w.clock.now()
		await(t, time.Minute, func() bool { return members() == 2 })
		if took := w.clock.now().Sub(before); took > 40*time.Second {
			t.Errorf("the second change was found after %v", took)
		}
	})
}
