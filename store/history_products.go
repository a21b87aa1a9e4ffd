package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// saveArticles stores the products of a batch in a few round trips, beside what
// platforms report of them.
func (s *Store) saveArticles(ctx context.Context, shop string, list []commerce.Product) (n commerce.SavedCount, err error) {
	if len(list) == 0 {
		return n, nil
	}
	var flaws []any
	for _, p := range list {
		flaws = append(flaws, s.flaws(shop, p.ID, p.Quality)...)
	}
	if _, err := s.insertMany(ctx, colQuality, flaws); err != nil {
		return n, err
	}
	merged := map[string]commerce.Product{} // rows of one product within the batch
	var ids []string
	for _, p := range list {
		p.Shop, p.Imported = shop, true
		if _, known := merged[p.ID]; !known {
			ids = append(ids, p.ID)
		}
		merged[p.ID] = commerce.MergeProduct(merged[p.ID], p)
	}
	first := true
	for {
		known, err := byIDs(ctx, s, colProducts, shop, ids, func(p commerce.Product) string { return p.ID })
		if err != nil {
			return n, err
		}
		ops, now, err := s.productOps(shop, ids, known, merged)
		if first {
			n, first = now, false
		}
		if err != nil || len(ops) == 0 {
			return n, err
		}
		totals, results, err := s.docs.Bulk(ctx, colProducts, ops)
		for _, r := range results {
			if err == nil {
				err = r.Err
			}
		}
		if err != nil || totals.Matched+totals.Inserted == len(ops) {
			return n, err
		}
	}
}

// productOps are the writes of products that are new or changed.
func (s *Store) productOps(
	shop string, ids []string, known, in map[string]commerce.Product,
) (ops []documents.Op, n commerce.SavedCount, err error) {
	for _, id := range ids {
		before, found := known[id]
		after := commerce.MergeProduct(before, in[id])
		if !found {
			after.Rev = 1
			ops, n.New = append(ops, documents.InsertOp(after)), n.New+1
			continue
		}
		same, err := s.equalDocs(before.Unreceived(), after.Unreceived())
		if err != nil {
			return nil, n, err
		}
		if same {
			n.Unchanged++
			continue
		}
		after.Rev = before.Rev + 1
		update, err := s.replacing(after, optionalOfProducts()...)
		if err != nil {
			return nil, n, err
		}
		ops = append(ops, documents.UpdateOp(byID(shop, id, bson.E{Key: "rev", Value: before.Rev}), update))
		n.Changed++
	}
	return ops, n, nil
}
