package jobs_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"comeback/commerce"
	"comeback/jobs"
)

// taskID is the id of the notification for shop s in the clock's second.
func taskID(c *clock) string {
	return commerce.Key("advance", "s", "0", strconv.FormatInt(c.now().Unix(), 10))
}

func client(t *testing.T, uri string) redis.UniversalClient {
	t.Helper()
	options, err := redis.ParseURL(uri)
	if err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(options)
	t.Cleanup(func() { _ = c.Close() })
	if err := c.FlushDB(t.Context()).Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

// A notification of due work starts the work.
func TestNotificationStartsWork(t *testing.T) {
	eachRedis(t, func(t *testing.T, uri string) {
		client(t, uri)
		c := newClock()
		b := newDueWork(c.now)
		served := make(chan string, 10)
		r := openRedis(t, uri)
		serve(t, r, b, c, 2, func(_ context.Context, shop string) (int, error) {
			n := b.take(shop)
			if n > 0 {
				served <- shop
			}
			return n, nil
		})
		b.add("s", 1)
		if err := jobs.NewDispatcher(b, jobs.NewQueue(r, c.now), 1, c.now, silent).Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		await(t, "the work", served)
	})
}

// An archived task keeps its id forever. It delays a shop by one second at most.
func TestArchivedTaskDelaysOneSecond(t *testing.T) {
	eachRedis(t, func(t *testing.T, uri string) {
		conn := client(t, uri)
		c := newClock()
		b := newDueWork(c.now)
		asynqClient := asynq.NewClientFromRedisClient(conn)
		if _, err := asynqClient.Enqueue(asynq.NewTask("advance", nil), asynq.TaskID(taskID(c)), asynq.Queue("comeback")); err != nil {
			t.Fatal(err)
		}
		if err := asynq.NewInspectorFromRedisClient(conn).ArchiveTask("comeback", taskID(c)); err != nil {
			t.Fatal(err)
		}
		answered(t, uri, b, c)
	})
}

// The active task of a dead worker delays a shop by one second at most.
func TestTaskOfADeadWorkerDelaysOneSecond(t *testing.T) {
	eachRedis(t, func(t *testing.T, uri string) {
		conn := client(t, uri)
		c := newClock()
		b := newDueWork(c.now)
		r := openRedis(t, uri)
		taken, over := make(chan string, 1), make(chan struct{})
		b.add("s", 1)
		serve(t, r, b, c, 1, func(_ context.Context, shop string) (int, error) {
			select {
			case taken <- shop:
				<-over // holds its task, as if it had died
			default:
			}
			return 0, nil
		})
		t.Cleanup(func() { close(over) })
		if err := jobs.NewQueue(r, c.now).Enqueue(t.Context(), "s", 1); err != nil {
			t.Fatal(err)
		}
		await(t, "the first worker", taken)
		if list, err := asynq.NewInspectorFromRedisClient(conn).ListActiveTasks("comeback"); err != nil || len(list) != 1 {
			t.Fatalf("got %d active tasks, %v; want the orphan", len(list), err)
		}
		answered(t, uri, b, c)
	})
}

// Redis may lose everything: the next second's notification comes from the database.
func TestFlushedRedisLosesNothing(t *testing.T) {
	eachRedis(t, func(t *testing.T, uri string) {
		conn := client(t, uri)
		c := newClock()
		b := newDueWork(c.now)
		if err := jobs.NewQueue(openRedis(t, uri), c.now).Enqueue(t.Context(), "s", 1); err != nil {
			t.Fatal(err)
		}
		if err := conn.FlushDB(t.Context()).Err(); err != nil {
			t.Fatal(err)
		}
		answered(t, uri, b, c)
	})
}

// answered adds work to the shop and checks that the dispatcher's rounds of this
// second and the next do it.
func answered(t *testing.T, uri string, b *dueWork, c *clock) {
	t.Helper()
	r := openRedis(t, uri)
	b.add("s", 1)
	dispatcher := jobs.NewDispatcher(b, jobs.NewQueue(r, c.now), 1, c.now, silent)
	for range 2 {
		if err := dispatcher.Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		c.step(time.Second)
	}
	served := make(chan string, 1)
	serve(t, r, b, c, 2, func(_ context.Context, shop string) (int, error) {
		n := b.take(shop)
		if n > 0 {
			served <- shop
		}
		return n, nil
	})
	await(t, "the next second's answer", served)
}

// Work written while a worker makes its last, empty claim is done by that worker or
// stays due. It is never lost.
func TestWorkWrittenDuringTheLastClaimIsNotLost(t *testing.T) {
	t.Parallel()
	c := newClock()
	b := newDueWork(c.now)
	b.add("s", 1)
	rounds, done := 0, 0
	advance := jobs.NewAdvancer(b, []jobs.Stage{stage(func(_ context.Context, shop string) (int, error) {
		n := b.take(shop)
		if n == 0 && rounds == 0 {
			rounds++
			b.add("s", 1) // arrives right behind the empty claim
		}
		done += n
		return n, nil
	})}, c.now, c.now, silent)
	if err := advance.Run(t.Context(), "s"); err != nil {
		t.Fatal(err)
	}
	if done != 2 {
		t.Errorf("got %d pieces of work done, want both", done)
	}
	if w, _ := b.DueOf(t.Context(), "s"); !w.NextDue.IsZero() {
		t.Errorf("got a next due time due at %v, want none", w.NextDue)
	}
}

// Work that a worker writes before its quantum is over stays due, although another
// worker saw nothing due before and settles the shop.
func TestAnotherWorkerDoesNotSettleOverABatch(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{nil, errors.New("the database is away")} {
		c := newClock()
		b := newDueWork(c.now)
		b.add("s", 1)
		seen, _ := b.DueOf(t.Context(), "s")
		advance := jobs.NewAdvancer(b, []jobs.Stage{stage(func(_ context.Context, shop string) (int, error) {
			c.step(time.Minute)
			return b.take(shop), failure
		})}, c.now, c.now, silent)
		if err := advance.Run(t.Context(), "s"); !errors.Is(err, failure) {
			t.Fatalf("got %v, want %v", err, failure)
		}
		if settled, err := b.Settle(t.Context(), "s", seen.Rev); settled || err != nil {
			t.Errorf("after %v: got settled %v, %v, want the batch's work seen", failure, settled, err)
		}
	}
}

// A shop with endless work frees the only worker after a quantum, so that another
// shop is served.
func TestEndlessWorkLeavesRoomForOtherShops(t *testing.T) {
	eachRedis(t, func(t *testing.T, uri string) {
		client(t, uri)
		c := newClock()
		b := newDueWork(c.now)
		b.add("noisy", 1_000_000)
		b.add("quiet", 1)
		r := openRedis(t, uri)
		served := make(chan string, 1)
		serve(t, r, b, c, 1, func(_ context.Context, shop string) (int, error) {
			c.step(100 * time.Millisecond) // every piece of work takes a while
			n := b.take(shop)
			if n > 0 && shop == "quiet" {
				served <- shop
			}
			return n, nil
		})
		if err := jobs.NewDispatcher(b, jobs.NewQueue(r, c.now), 4, c.now, silent).Round(t.Context()); err != nil {
			t.Fatal(err)
		}
		await(t, "the quiet shop's turn", served)
	})
}

// A shop whose work hangs, such as on a mail server that does not answer, occupies
// only its worker slots. Other workers serve other shops.
func TestHangingWorkOccupiesOnlyTheShopsSlots(t *testing.T) {
	eachRedis(t, func(t *testing.T, uri string) {
		client(t, uri)
		c := newClock()
		b := newDueWork(c.now)
		r := openRedis(t, uri)
		hanging, over, served := make(chan string, 10), make(chan struct{}), make(chan string, 1)
		serve(t, r, b, c, 5, func(_ context.Context, shop string) (int, error) {
			if shop == "noisy" {
				hanging <- shop
				<-over
				return 0, nil
			}
			n := b.take(shop)
			if n > 0 {
				served <- shop
			}
			return n, nil
		})
		t.Cleanup(func() { close(over) })
		b.add("noisy", 8)
		queue := jobs.NewQueue(r, c.now)
		if err := queue.Enqueue(t.Context(), "noisy", 8); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			await(t, "a hanging worker", hanging)
		}
		b.add("quiet", 1)
		if err := queue.Enqueue(t.Context(), "quiet", 1); err != nil {
			t.Fatal(err)
		}
		await(t, "the quiet shop's turn", served)
	})
}
