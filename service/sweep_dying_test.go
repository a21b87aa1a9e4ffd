package service

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/store/documents"
)

// dyingDocs is the database of a process that dies at one of its writes: the
// write is done or not, and no later call is answered.
type dyingDocs struct {
	documents.Database
	writes atomic.Int64 // until then
	done   bool
}

var errDied = errors.New("the process died")

func (d *dyingDocs) dead() error {
	if d.writes.Load() <= 0 {
		return errDied
	}
	return nil
}

// dyingWrite does a write, unless the process dies before it.
func dyingWrite[T any](d *dyingDocs, write func() (T, error)) (result T, err error) {
	switch left := d.writes.Add(-1); {
	case left < 0, left == 0 && !d.done:
		return result, errDied
	case left == 0:
		_, err = write()
		return result, errors.Join(errDied, err)
	}
	return write()
}

func (d *dyingDocs) Get(ctx context.Context, coll, shop, id string, into any) (bool, error) {
	if err := d.dead(); err != nil {
		return false, err
	}
	return d.Database.Get(ctx, coll, shop, id, into)
}

func (d *dyingDocs) Find(ctx context.Context, coll string, q documents.Query, each func(bson.Raw) error) error {
	if err := d.dead(); err != nil {
		return err
	}
	return d.Database.Find(ctx, coll, q, each)
}

func (d *dyingDocs) Insert(ctx context.Context, coll string, doc any) (bool, error) {
	return dyingWrite(d, func() (bool, error) { return d.Database.Insert(ctx, coll, doc) })
}

func (d *dyingDocs) Update(ctx context.Context, coll string, filter, update bson.D) (bool, error) {
	return dyingWrite(d, func() (bool, error) { return d.Database.Update(ctx, coll, filter, update) })
}

func (d *dyingDocs) Upsert(ctx context.Context, coll, shop, id string, update bson.D) (bool, error) {
	return dyingWrite(d, func() (bool, error) { return d.Database.Upsert(ctx, coll, shop, id, update) })
}

func (d *dyingDocs) Bulk(
	ctx context.Context, coll string, ops []documents.Op,
) (totals documents.Totals, results []documents.Result, err error) {
	type answer struct {
		totals  documents.Totals
		results []documents.Result
	}
	a, err := dyingWrite(d, func() (answer, error) {
		totals, results, err := d.Database.Bulk(ctx, coll, ops)
		return answer{totals, results}, err
	})
	return a.totals, a.results, err
}

// A sweep that dies before or after any of its writes, and is continued by
// another process, emits each change once and loses none.
func TestSweepThatDiesAnywhereEmitsOnce(t *testing.T) {
	t.Parallel()
	eachSweepWorld(t, func(t *testing.T, w *sweepWorld) {
		w.segment(t, "buyers", buyers)
		w.segment(t, "recent", recent)
		names := map[string]string{w.person(t, "ann@example.com", ""): "ann", w.person(t, "bob@example.com", ""): "bob"}
		buying := 0
		for _, done := range []bool{false, true} {
			for writes, died := int64(1), true; died; writes++ {
				// Who bought last left, and both buy in turn: one enters and one leaves.
				w.clock.step(4 * 24 * time.Hour)
				email := []string{"ann@example.com", "bob@example.com"}[buying%2]
				w.buys(t, buying, email, "", 10)
				ok(t, w.settled(t.Context()))
				docs := &dyingDocs{Database: w.docs, done: done}
				docs.writes.Store(writes)
				_, err := w.process(docs).segments.Sweep(t.Context(), "s")
				died = errors.Is(err, errDied)
				if err != nil && !died {
					t.Fatal(err)
				}
				w.sweepProcess = w.process(w.docs)
				_, err = w.segments.Sweep(t.Context(), "s")
				ok(t, err)
				same(t, email, heard(t, w.heard(t), names), heardOf(buying))
				buying++
			}
		}
		if buying < 12 {
			t.Errorf("got %d sweeps, want a death at each write", buying)
		}
	})
}

// heardOf are the events while ann, bob, ann ... buy, four days apart.
func heardOf(buying int) []string {
	name, other := "ann", "bob"
	if buying%2 == 1 {
		name, other = other, name
	}
	want := []string{"+recent " + name}
	if buying < 2 {
		want = append(want, "+buyers "+name)
	}
	if buying > 0 {
		want = append(want, "-recent "+other)
	}
	slices.Sort(want)
	return want
}
