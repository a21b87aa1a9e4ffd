package store

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/store/documents"
)

// SaveHistory stores a batch of an import in bulk: identities, orders, refunds,
// customers, products and suppressions in a few round trips, everything else as
// SaveRecords does. Known orders are compared
// with the records; only those that change are written. It makes no events of
// orders that are all history, which are marked imported. Of other orders it makes
// events, marked historic. The batch's outbox is the import's document. It names
// its customers before the first order is stored, so a repetition or FinishImports
// finishes an import that dies here. The caller clears it with SaveImport. Saving
// again changes nothing.
func (s *Store) SaveHistory(ctx context.Context, shop, run string, r connectors.Records) (saved commerce.HistorySaved, err error) {
	r, _, err = s.forgetErased(ctx, shop, r)
	if err != nil {
		return saved, err
	}
	if saved, err = s.saveOthers(ctx, shop, run, r); err != nil || len(r.Orders)+len(r.LooseRefunds) == 0 {
		return saved, err
	}
	b, err := s.compareHistory(ctx, shop, r)
	if err != nil {
		return saved, err
	}
	if err := b.findOwners(ctx); err != nil {
		return saved, err
	}
	if err := s.openBatch(ctx, shop, run, b.customers()); err != nil {
		return saved, err
	}
	if err := b.save(ctx); err != nil {
		return saved, err
	}
	saved.Orders, saved.Refunds = b.saved()
	return saved, nil
}

// saveOthers stores what is no order: customers, suppressions and products in bulk,
// the rest as SaveRecords does.
func (s *Store) saveOthers(ctx context.Context, shop, run string, r connectors.Records) (saved commerce.HistorySaved, err error) {
	var changed map[string]bool
	if saved.People, changed, err = s.savePeople(ctx, shop, run, slices.Clone(r.Customers)); err != nil {
		return saved, err
	}
	var received time.Time
	for _, c := range r.Customers {
		received = c.Received
	}
	if saved.Suppressed, err = s.saveSuppressions(ctx, shop, run, r.Suppressions, changed, received); err != nil {
		return saved, err
	}
	if saved.Products, err = s.saveArticles(ctx, shop, r.Products); err != nil {
		return saved, err
	}
	rest := r
	rest.Orders, rest.LooseRefunds, rest.Customers, rest.Products = nil, nil, nil, nil
	rest.Checkouts = slices.Clone(r.Checkouts)
	for i := range rest.Checkouts {
		rest.Checkouts[i].Imported = true
	}
	_, err = s.SaveRecords(ctx, shop, rest)
	return saved, err
}

func (s *Store) flaws(shop, subject string, codes []string) []any {
	var docs []any
	for _, code := range codes {
		docs = append(docs, flaw{ID: commerce.Key(shop, code, subject), Shop: shop, Code: code, Subject: subject, At: s.wall()})
	}
	return docs
}

func (s *Store) insertMany(ctx context.Context, coll string, docs []any) ([]bool, error) {
	if len(docs) == 0 {
		return nil, nil
	}
	return s.docs.InsertMany(ctx, coll, docs)
}

// raiseRoots requests the customers' profiles. A customer that was merged while
// the batch was stored has its documents moved to the survivor first.
func (s *Store) raiseRoots(ctx context.Context, shop string, customers []string) error {
	for chunk := range slices.Chunk(customers, inChunk) {
		gone := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: stringsOf(chunk)}}},
			{Key: "merged_into", Value: bson.D{{Key: "$exists", Value: true}}}}
		merged, err := find[commerce.Customer](ctx, s, colCustomers, documents.Query{Filter: of(shop, gone...), Fields: []string{"merged_into"}})
		if err != nil {
			return err
		}
		for _, c := range merged {
			if err := s.moveOrders(ctx, shop, c.ID); err != nil {
				return err
			}
		}
		if err := s.raise(ctx, shop, chunk...); err != nil {
			return err
		}
	}
	return nil
}

// inChunk is how many ids one $in names.
const inChunk = 500

func distinct(ids []string) []string {
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	slices.Sort(ids)
	return slices.Compact(ids)
}

// together calls work for 0 to n-1 on all cores and returns the first error.
func together(n int, work func(i int) error) error {
	var group sync.WaitGroup
	workers := min(n, 2*runtime.GOMAXPROCS(0))
	errs := make([]error, workers)
	for w := range workers {
		group.Go(func() {
			for i := w; i < n && errs[w] == nil; i += workers {
				errs[w] = work(i)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
