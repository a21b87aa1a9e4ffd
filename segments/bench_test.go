package segments_test

import (
	"maps"
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

// wanted is the number of customers in each of the eight segments, the same on
// every engine.
var wanted = map[string]int{"S1": 22, "S2": 17848, "S3": 823, "S4": 8010, "S5": 1917, "S6": 7631, "S7": 2344, "S8": 2582}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}

// built is the index of a shop, with its size on the heap in bytes.
func built(b *testing.B, s *madeShop) (ix *segments.Index, bytes float64) {
	b.Helper()
	before := heap()
	ix = segments.NewIndex(scoredParams())
	if err := ix.Build(s.rows()); err != nil {
		b.Fatal(err)
	}
	bytes = heap() - before
	runtime.KeepAlive(s)
	return ix, bytes
}

// measured measures the evaluation of a segment, and compares the members with
// Match.
func measured(b *testing.B, ix *segments.Index, s *madeShop, c segments.Condition) (members *segments.Bitmap) {
	members = &segments.Bitmap{}
	b.ReportAllocs()
	for b.Loop() {
		ix.Members(c, shopNow(), members)
	}
	b.ReportMetric(float64(members.Count()), "members")
	compareSample(b, s, c, members)
	return members
}

// compareSample compares the members with Match, for some customers of the whole
// shop and some members.
func compareSample(b *testing.B, s *madeShop, c segments.Condition, members *segments.Bitmap) {
	b.Helper()
	f, p := newFiller(), scoredParams()
	ask := func(n int64) {
		f.fill(s, int(n)-1)
		if p.Customer = f.row.ID; segments.Match(c, &f.row.Profile, nil, p, shopNow()) != members.Has(n) {
			b.Fatalf("customer %d: the index has %v, Match the opposite", n, members.Has(n))
		}
	}
	for n := int64(1); n <= int64(len(s.people)); n += 4999 {
		ask(n)
	}
	next := 0
	for n := range members.All() {
		if next--; next < 0 {
			next = members.Count() / 50
			ask(n)
		}
	}
}

// BenchmarkSegments measures each of the eight segments.
func BenchmarkSegments(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	ix, _ := built(b, s)
	conditions := read(b, "eight.json")
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		b.Run(name, func(b *testing.B) {
			if got := measured(b, ix, s, conditions[name]).Count(); got != wanted[name] {
				b.Fatalf("got %d members, want %d", got, wanted[name])
			}
		})
	}
}

// BenchmarkOthers measures segments of the same grammar that the index was not
// designed for. Whatever speeds up the eight has to speed up these too.
func BenchmarkOthers(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	ix, _ := built(b, s)
	conditions := read(b, "others.json")
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		b.Run(name, func(b *testing.B) { measured(b, ix, s, conditions[name]) })
	}
}

// BenchmarkBuild measures the time to index the whole shop, and the heap of the
// index. The time includes making the stream: stream_s is that part, and decoded_s
// is the time for a stream that is already made.
func BenchmarkBuild(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	b.ResetTimer()
	for range s.rows() {
	}
	stream := b.Elapsed()
	taken, memory := 0.0, int64(0)
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		before := heap()
		ix := segments.NewIndex(scoredParams())
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
	b.ReportMetric(stream.Seconds(), "stream_s")
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)-stream.Seconds(), "decoded_s")
}

// BenchmarkThreeLines measures the shop with three lines an order: the heap, and
// the segments with tests on lines.
func BenchmarkThreeLines(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	s.lines = 3
	ix, taken := built(b, s)
	conditions := read(b, "eight.json")
	maps.Copy(conditions, read(b, "others.json"))
	for _, name := range []string{"S1", "S4", "S8", "category spend", "wide taste"} {
		b.Run(name, func(b *testing.B) {
			measured(b, ix, s, conditions[name])
			b.ReportMetric(taken/1e6, "heap_MB")
		})
	}
}

// freshness is the load of changes: changes per second, and the interval of
// fetches.
const (
	changesASecond = 200
	pollEvery      = 250 * time.Millisecond
)

// BenchmarkFreshness measures the age of a change when a query sees it. Changes
// arrive all the time and are fetched at intervals, while other queries run. The
// arrival times are computed, the work is measured.
func BenchmarkFreshness(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	ix, _ := built(b, s)
	conditions := read(b, "eight.json")
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
		if got, ok := ix.Rev(rows[0].N); !ok || got != rev {
			b.Fatalf("got revision %d of a changed customer, want %d", got, rev)
		}
		for i := range rows { // each waited for the poll, the first of them longest
			ages = append(ages, (work + pollEvery*time.Duration(len(rows)-i)/time.Duration(len(rows))).Seconds())
		}
	}
	close(done)
	readers.Wait()
	slices.Sort(ages)
	b.ReportMetric(1000*ages[len(ages)*99/100], "p99_ms")
}
