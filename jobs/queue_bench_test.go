package jobs_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"comeback/jobs"
)

// How long after a notification its work starts, on an idle server.
func BenchmarkNotification(b *testing.B) {
	r, err := jobs.OpenRedis("redis://" + miniredis.RunT(b).Addr())
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	c := newClock()
	dueWork := newDueWork(c.now)
	started := make(chan time.Time, 1)
	advance := jobs.NewAdvancer(dueWork, []jobs.Stage{stage(func(_ context.Context, shop string) (int, error) {
		n := dueWork.take(shop)
		if n > 0 {
			started <- time.Now()
		}
		return n, nil
	})}, c.now, c.now, silent)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- jobs.NewServer(r, advance, 2, silent).Run(ctx) }()
	queue := jobs.NewQueue(r, c.now)
	var waits []time.Duration
	for b.Loop() {
		c.step(time.Second)
		dueWork.add("s", 1)
		enqueued := time.Now()
		if err := queue.Enqueue(ctx, "s", 1); err != nil {
			b.Fatal(err)
		}
		waits = append(waits, (<-started).Sub(enqueued))
	}
	stop()
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	slices.Sort(waits)
	b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "p50_ms")
	b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99_ms")
}
