package segments_test

import (
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"comeback/segments"
)

// The shop of the benchmarks.
const (
	benchCustomers = 1_000_000
	benchOrders    = 5_000_000
	benchSeed      = 7
)

// wanted is how many customers each of the eight segments has, on every engine.
var wanted = map[string]int{"S1": 22, "S2": 17848, "S3": 823, "S4": 8010, "S5": 1917, "S6": 7631, "S7": 2344, "S8": 2582}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// built is the index of a shop, and the bytes of heap it takes.
func built(b *testing.B, s *madeShop) (ix *segments.Index, bytes float64) {
	b.Helper()
	before := heap()
	ix = segments.NewIndex(madeParams())
	if err := ix.Build(s.rows()); err != nil {
		b.Fatal(err)
	}
	bytes = heap() - before
	runtime.KeepAlive(s)
	return ix, bytes
}

// BenchmarkSegments measures each of the eight segments: who is in it, as a set.
func BenchmarkSegments(b *testing.B) {
	ix, _ := built(b, makeShop(benchCustomers, benchOrders, benchSeed))
	conditions := eight(b)
	var names []string
	for name := range conditions {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			var members segments.Bitmap
			b.ReportAllocs()
			for b.Loop() {
				ix.Members(conditions[name], shopNow(), &members)
			}
			if got := members.Count(); got != wanted[name] {
				b.Fatalf("got %d members, want %d", got, wanted[name])
			}
			b.ReportMetric(float64(members.Count()), "members")
		})
	}
}

// BenchmarkBuild measures how long the whole shop takes to index, and the heap
// the index takes.
func BenchmarkBuild(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	taken, memory := 0.0, int64(0)
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		before := heap()
		ix := segments.NewIndex(madeParams())
		b.StartTimer()
		if err := ix.Build(s.rows()); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		taken, memory = heap()-before, ix.Memory()
		runtime.KeepAlive(s)
		b.StartTimer()
	}
	b.ReportMetric(taken/1e6, "heap_MB")
	b.ReportMetric(float64(memory)/1e6, "reported_MB")
}

// BenchmarkStream is what the rows of the shop take by themselves: it is in the
// time of BenchmarkBuild, and no part of the index.
func BenchmarkStream(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	b.ResetTimer()
	for b.Loop() {
		n := 0
		for range s.rows() {
			n++
		}
		b.ReportMetric(float64(n), "customers")
	}
}

// BenchmarkThreeLines is the shop with three lines an order: the heap, and the
// segments that ask for lines.
func BenchmarkThreeLines(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	s.lines = 3
	ix, taken := built(b, s)
	conditions := eight(b)
	for _, name := range []string{"S1", "S4", "S8"} {
		b.Run(name, func(b *testing.B) {
			var members segments.Bitmap
			for b.Loop() {
				ix.Members(conditions[name], shopNow(), &members)
			}
			b.ReportMetric(float64(members.Count()), "members")
			b.ReportMetric(taken/1e6, "heap_MB")
		})
	}
}

// freshness is how changes come: so many a second, fetched every poll.
const (
	changesASecond = 200
	pollEvery      = 250 * time.Millisecond
)

// BenchmarkFreshness measures how old a change is when a query sees it, with
// changes coming all the time, fetched at intervals, and other queries running.
// The clock of the changes is counted, the work is measured.
func BenchmarkFreshness(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	ix, _ := built(b, s)
	conditions := eight(b)
	done, readers := make(chan struct{}), sync.WaitGroup{}
	readers.Go(func() {
		var members segments.Bitmap
		for {
			select {
			case <-done:
				return
			default:
				ix.Members(conditions["S2"], shopNow(), &members)
			}
		}
	})
	var ages []float64
	rev, n := int64(1), 0
	for b.Loop() {
		var rows []*segments.Row
		rev++
		for range int(changesASecond * pollEvery.Seconds()) {
			n = (n + 7919) % benchCustomers
			f := newFiller()
			f.fill(s, n)
			f.row.Rev = rev
			rows = append(rows, &f.row)
		}
		began := b.Elapsed()
		if err := ix.Apply(rows); err != nil {
			b.Fatal(err)
		}
		if got := ix.Count(conditions["S3"], shopNow()); got != wanted["S3"] {
			b.Fatalf("got %d members, want %d", got, wanted["S3"])
		}
		work := b.Elapsed() - began
		for i := range rows { // each waited for the poll, the first of them longest
			ages = append(ages, (work + pollEvery*time.Duration(len(rows)-i)/time.Duration(len(rows))).Seconds())
		}
	}
	close(done)
	readers.Wait()
	slices.Sort(ages)
	b.ReportMetric(1000*ages[len(ages)*99/100], "p99_ms")
}
