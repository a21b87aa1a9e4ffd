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
	ix = segments.NewIndex(scoredParams())
	if err := ix.Build(s.rows()); err != nil {
		b.Fatal(err)
	}
	bytes = heap() - before
	runtime.KeepAlive(s)
	return ix, bytes
}

// measured measures who is in a segment, as a set, and holds the set to Match.
func measured(b *testing.B, ix *segments.Index, s *madeShop, c segments.Condition) (members *segments.Bitmap) {
	members = &segments.Bitmap{}
	b.ReportAllocs()
	for b.Loop() {
		ix.Members(c, shopNow(), members)
	}
	b.ReportMetric(float64(members.Count()), "members")
	holdSample(b, s, c, members)
	return members
}

// holdSample asks Match of a few customers from all over the shop, and of a few
// members.
func holdSample(b *testing.B, s *madeShop, c segments.Condition, members *segments.Bitmap) {
	b.Helper()
	f, p := newFiller(), scoredParams()
	ask := func(n int64) {
		f.fill(s, int(n)-1)
		if p.Customer = f.row.ID; segments.Match(c, &f.row.Profile, nil, p, shopNow()) != members.Has(n) {
			b.Fatalf("customer %d: the index says %v, Match the opposite", n, members.Has(n))
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

// BenchmarkOthers measures segments of the same grammar that nobody had in mind
// when the index was made: what helps the eight has to help these.
func BenchmarkOthers(b *testing.B) {
	s := makeShop(benchCustomers, benchOrders, benchSeed)
	ix, _ := built(b, s)
	conditions := read(b, "others.json")
	for _, name := range slices.Sorted(maps.Keys(conditions)) {
		b.Run(name, func(b *testing.B) { measured(b, ix, s, conditions[name]) })
	}
}

// BenchmarkBuild measures how long the whole shop takes to index, and the heap
// the index takes. Making the stream is in its time: stream_s tells how much of
// it, decoded_s what a stream already made would take.
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

// BenchmarkThreeLines is the shop with three lines an order: the heap, and the
// segments that ask for lines.
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
