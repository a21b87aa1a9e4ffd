package storetest

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Bench measures the operations of both drivers; MongoDB's where a server is
// named. Single operations come from 64 goroutines, batches from one. Each is
// answered when it is on disk.
func Bench(b *testing.B) {
	for _, driver := range []struct {
		name string
		open Open
		docs int // stored at the beginning; fewer for a server that may be the slow one of the tests
	}{{"embedded", Embedded, 10_000}, {"mongodb", MongoDB, 500}} {
		b.Run(driver.name, func(b *testing.B) {
			b.Run("insert", func(b *testing.B) { benchInsert(b, setup(b, driver.open, 0)) })
			b.Run("insertmany", func(b *testing.B) { benchInsertMany(b, setup(b, driver.open, 0)) })
			b.Run("get", func(b *testing.B) { benchGet(b, setup(b, driver.open, driver.docs), driver.docs) })
			b.Run("update", func(b *testing.B) { benchUpdate(b, setup(b, driver.open, driver.docs), driver.docs) })
			b.Run("find100", func(b *testing.B) { benchFind(b, setup(b, driver.open, driver.docs), driver.docs) })
			b.Run("claim", func(b *testing.B) { benchClaim(b, setup(b, driver.open, driver.docs)) })
			b.Run("inc", func(b *testing.B) { benchInc(b, setup(b, driver.open, 1)) })
			b.Run("mails", func(b *testing.B) { benchBatches(b, driver.open, max(driver.docs, 4*batch)) })
		})
	}
}

// setup stores n documents of 6 KB, each due at its number in seconds.
func setup(b *testing.B, open Open, n int) suite {
	b.Helper()
	s := suite{open(b, colls), "shop"}
	for from := 0; from < n; from += 1000 {
		var docs []any
		for i := from; i < min(n, from+1000); i++ {
			docs = append(docs, s.large(i))
		}
		s.mustInsert(b, docs...)
	}
	b.ResetTimer()
	return s
}

// large is a document of the size of an order with its lines.
func (s suite) large(i int) bson.D {
	lines := bson.A{}
	for l := range 40 {
		lines = append(lines, d(e("sku", fmt.Sprint("sku-", l)), e("title", strings.Repeat("t", 60)), e("q", l),
			e("price", d(e("m", int64(1230)), e("c", "EUR")))))
	}
	return s.doc(i, e("state", "planned"), e("kind", fmt.Sprint("k", i%10)), e("due_at", time.Unix(int64(i), 0)), e("fence", 0),
		e("n", 0), e("lines", lines))
}

func parallelBench(b *testing.B, do func(i int) error) {
	var next atomic.Int64
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := do(int(next.Add(1))); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "ops/s")
}

func benchInsert(b *testing.B, s suite) {
	doc, err := documents.Marshal(s.large(0))
	if err != nil {
		b.Fatal(err)
	}
	var body bson.D
	if err := bson.Unmarshal(doc, &body); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(doc)))
	parallelBench(b, func(i int) error {
		_, err := s.Insert(b.Context(), "things", append(s.doc(i*7919%1_000_003), body[2:]...))
		return err
	})
}

func benchInsertMany(b *testing.B, s suite) {
	at, n := time.UnixMilli(0), 0
	for b.Loop() {
		docs := make([]any, 1000)
		for i := range docs {
			n++
			docs[i] = s.doc(n, e("state", "new"), e("kind", "order.paid"), e("due_at", at), e("subject", fmt.Sprint("shop:order:", n)),
				e("customer", s.id(n%500)))
		}
		if _, err := s.InsertMany(b.Context(), "compact", docs); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(1000*float64(b.N)/b.Elapsed().Seconds(), "docs/s")
}

func benchGet(b *testing.B, s suite, docs int) {
	parallelBench(b, func(i int) error {
		var raw bson.Raw
		found, err := s.Get(b.Context(), "things", s.shop, s.id(i%docs), &raw)
		if err == nil && !found {
			return fmt.Errorf("document %d: not found", i)
		}
		return err
	})
}

func benchUpdate(b *testing.B, s suite, docs int) {
	parallelBench(b, func(i int) error {
		_, err := s.Update(b.Context(), "things", s.target(i%docs, e("fence", 0)), d(e("$set", d(e("state", fmt.Sprint("s", i%3))))))
		return err
	})
}

func benchFind(b *testing.B, s suite, docs int) {
	i := 0
	for b.Loop() {
		i++
		n := 0
		q := documents.Query{Filter: s.filter(e("state", "planned"), e("due_at", d(e("$gte", time.Unix(int64(i%(docs-100)), 0))))),
			Sort: []string{"due_at"}, Limit: 100}
		if err := s.Find(b.Context(), "things", q, func(bson.Raw) error { n++; return nil }); err != nil || n != 100 {
			b.Fatal(n, err)
		}
	}
}

// One operation claims 20 documents and plans them again.
func benchClaim(b *testing.B, s suite) {
	now, round := time.Unix(1<<31, 0), 0
	for b.Loop() {
		round++
		ids, _, err := s.claim(b.Context(), now, fmt.Sprint("t", round))
		if err != nil || len(ids) != 20 {
			b.Fatal(len(ids), err)
		}
		back := make([]documents.Op, len(ids))
		for i, id := range ids {
			back[i] = documents.UpdateOp(d(e("_id", id), e("shop", s.shop)), d(e("$set", d(e("state", "planned")))))
		}
		if _, _, err := s.Bulk(b.Context(), "things", back); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(20*float64(b.N)/b.Elapsed().Seconds(), "claims/s")
}

func benchInc(b *testing.B, s suite) {
	parallelBench(b, func(int) error {
		_, err := s.Update(b.Context(), "things", s.target(0), d(e("$inc", d(e("n", 1)))))
		return err
	})
}
