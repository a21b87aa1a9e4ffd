package limits_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/api/limits"
	"comeback/commerce"
	"comeback/commerce/clocktest"
)

// The bytes taken never exceed the budget nor a caller's share. Small bodies
// find room where large ones do not, and all bytes come back.
func TestBytesInFlightAreBounded(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const total, each = 8 << 20, 3 << 20
		b, held := limits.NewBytes(total, each), map[string][]int64{}
		sum := func(list []int64) (n int64) {
			for _, x := range list {
				n += x
			}
			return n
		}
		all := func() (n int64) {
			for _, list := range held {
				n += sum(list)
			}
			return n
		}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			who := fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "who"))
			if list := held[who]; len(list) > 0 && rapid.Bool().Draw(t, "give") {
				b.Give(who, list[0])
				held[who] = list[1:]
				continue
			}
			n := rapid.Int64Range(0, each+1).Draw(t, "n")
			room := int64(total)
			if n > limits.Small {
				room = total - total/4
			}
			want := all()+n <= room && sum(held[who])+n <= each
			if got := b.Take(who, 0, n); got != want {
				t.Fatalf("%s takes %d of %v: got %v, want %v", who, n, held, got, want)
			}
			if want {
				held[who] = append(held[who], n)
			}
		}
		for who, list := range held {
			b.Give(who, sum(list))
		}
		if !b.Take("last", 0, each) {
			t.Fatal("got no room after all was given back")
		}
	})
}

// A caller has its burst at once and the rate after it, whatever others do. The
// result shows when to try again.
func TestRatesOfEachCaller(t *testing.T) {
	t.Parallel()
	now := clocktest.Now(t)
	r := limits.NewRates(10, 2)
	for i := range 10 {
		if left := r.Take("a", 1, now); !left.OK || left.Units != 9-i || left.Burst != 10 {
			t.Fatalf("call %d: got %+v", i, left)
		}
	}
	if left := r.Take("a", 1, now); left.OK || left.Wait != time.Second || left.Full != 5*time.Second {
		t.Errorf("one too many: got %+v, want to wait 1 s", left)
	}
	if left := r.Take("b", 10, now); !left.OK {
		t.Errorf("another caller: got %+v", left)
	}
	if left := r.Take("a", 2, now.Add(time.Second)); !left.OK || left.Units != 0 {
		t.Errorf("a second later: got %+v, want the two that came", left)
	}
	if left := r.Take("c", 1000, now); !left.OK {
		t.Errorf("more than there ever are: got %+v, want all of them taken", left)
	}
	r.Charge("d", 7, now)
	r.Charge("d", 7, now)
	if left := r.Peek("d", 1, now); left.OK || left.Units != 0 {
		t.Errorf("charged twice: got %+v, want none left", left)
	}
}

// With any number of callers, the frequent ones stay stored.
func TestCallersAreForgottenByTurns(t *testing.T) {
	t.Parallel()
	now := clocktest.Now(t)
	r := limits.NewRates(100_000, 1)
	r.Take("often", 50_000, now)
	for i := range 60_000 {
		r.Take(fmt.Sprint(i), 1, now)
		if i%1000 == 0 {
			r.Take("often", 1, now)
		}
	}
	if left := r.Peek("often", 1, now); left.Units > 50_000 {
		t.Errorf("got %d units left, want it remembered that they were taken", left.Units)
	}
}

// One caller takes its own places and no more: another's work begins at once.
func TestPlacesOfEachCaller(t *testing.T) {
	t.Parallel()
	p := limits.NewPlaces(3, 2)
	enter := func(who string, ctx context.Context) func() {
		leave, err := p.Enter(ctx, who)
		if err != nil {
			t.Fatalf("%s: %v", who, err)
		}
		return leave
	}
	first, second := enter("slow", t.Context()), enter("slow", t.Context())
	short, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Enter(short, "slow"); commerce.CodeOf(err) != commerce.Unavailable {
		t.Errorf("a third of one: got %v, want it to wait", err)
	}
	other := enter("other", t.Context())
	first()
	second()
	other()

	var at, most atomic.Int64
	var running sync.WaitGroup
	for i := range 50 {
		running.Go(func() {
			leave := enter(fmt.Sprint(i%2), t.Context())
			most.Store(max(most.Load(), at.Add(1)))
			at.Add(-1)
			leave()
		})
	}
	running.Wait()
	if most.Load() > 3 {
		t.Errorf("got %d at once, want at most 3", most.Load())
	}
}
