package store

import (
	"context"
	"maps"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// atOnce is how many customers one search names.
const atOnce = 1000

// SaveListed puts customers into segments by hand, or out of them. It reads
// Segment, Customer, Included, Reason, By and At of each, and follows merges.
// It does not change customers that are listed the same way for the same
// reason. An unknown customer or segment is NotFound, and nothing is saved.
func (s *Store) SaveListed(ctx context.Context, shop string, list []segments.Listed) (changed int, err error) {
	rows, err := s.listings(ctx, shop, list)
	if err != nil {
		return 0, err
	}
	for chunk := range slices.Chunk(rows, atOnce) {
		n, err := s.saveListings(ctx, shop, chunk)
		if changed += n; err != nil {
			return changed, err
		}
	}
	return changed, s.relisted(ctx, shop, rows)
}

// listings are the documents of list. Of a customer that comes twice, as two
// merged ones may, the last counts.
func (s *Store) listings(ctx context.Context, shop string, list []segments.Listed) ([]segments.Listed, error) {
	rows, slugs := map[string]segments.Listed{}, map[string]bool{}
	for chunk := range slices.Chunk(list, atOnce) {
		ids := make([]string, len(chunk))
		for i, l := range chunk {
			ids[i], slugs[l.Segment] = l.Customer, true
		}
		roots, err := s.roots(ctx, shop, ids)
		if err != nil {
			return nil, err
		}
		for _, l := range chunk {
			root, found := roots[l.Customer]
			if !found {
				return nil, missing("customer", l.Customer)
			}
			l.ID, l.Shop, l.Customer, l.N = commerce.Key(shop, l.Segment, root.ID), shop, root.ID, root.N
			rows[l.ID] = l
		}
	}
	for slug := range slugs {
		if _, found, err := s.readSegment(ctx, shop, slug); err != nil || !found {
			return nil, orElse(err, missing("segment", slug))
		}
	}
	return slices.SortedFunc(maps.Values(rows), func(a, b segments.Listed) int { return strings.Compare(a.ID, b.ID) }), nil
}

func (s *Store) saveListings(ctx context.Context, shop string, rows []segments.Listed) (changed int, err error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	known, err := find[segments.Listed](ctx, s, colListed,
		documents.Query{Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: stringsOf(ids)}}})})
	if err != nil {
		return 0, err
	}
	before := map[string]segments.Listed{}
	for _, k := range known {
		before[k.ID] = k
	}
	var ops []documents.Op
	for _, r := range rows {
		if k, listed := before[r.ID]; listed && k.Included == r.Included && k.Reason == r.Reason {
			continue
		}
		update, err := s.replacing(r)
		if err != nil {
			return 0, err
		}
		ops = append(ops, documents.UpsertOp(shop, r.ID, update))
	}
	return len(ops), s.bulk(ctx, colListed, ops)
}

// relisted notifies all processes of changed lists. It does so even if nothing
// changed: the call before may have died in between.
func (s *Store) relisted(ctx context.Context, shop string, rows []segments.Listed) error {
	notified := map[string]bool{}
	for _, r := range rows {
		if notified[r.Segment] {
			continue
		}
		notified[r.Segment] = true
		if _, err := s.docs.Update(ctx, colSegments, byID(shop, commerce.Key(shop, r.Segment)),
			bson.D{{Key: "$inc", Value: bson.D{{Key: "listings_rev", Value: int64(1)}}}}); err != nil {
			return err
		}
	}
	if len(notified) == 0 {
		return nil
	}
	return s.bumpSegments(ctx, shop)
}

// DropListed leaves customers to the segment's condition again. It also drops
// the listings of customers that were merged into one of them.
func (s *Store) DropListed(ctx context.Context, shop, slug string, customers []string) (dropped int, err error) {
	var rows []segments.Listed
	for _, id := range customers {
		root, err := s.root(ctx, shop, id)
		if err != nil {
			return 0, err
		}
		everybody, err := s.idsOf(ctx, shop, root)
		if err != nil {
			return 0, err
		}
		for _, one := range everybody {
			rows = append(rows, segments.Listed{ID: commerce.Key(shop, slug, one), Segment: slug})
		}
	}
	slices.SortFunc(rows, func(a, b segments.Listed) int { return strings.Compare(a.ID, b.ID) })
	rows = slices.CompactFunc(rows, func(a, b segments.Listed) bool { return a.ID == b.ID })
	for chunk := range slices.Chunk(rows, atOnce) {
		ops := make([]documents.Op, len(chunk))
		for i, r := range chunk {
			ops[i] = documents.DeleteOp(shop, r.ID)
		}
		totals, _, err := s.docs.Bulk(ctx, colListed, ops)
		if dropped += totals.Deleted; err != nil {
			return dropped, err
		}
	}
	return dropped, s.relisted(ctx, shop, rows)
}

// ListedIn lists the customers listed in a segment, the last listed first. A
// merged customer is still listed under its old id.
func (s *Store) ListedIn(ctx context.Context, shop, slug string, after *documents.Cursor, limit int) ([]segments.Listed, error) {
	return find[segments.Listed](ctx, s, colListed,
		documents.Query{Filter: of(shop, bson.E{Key: "segment", Value: slug}), Sort: []string{"-at"}, After: after, Limit: limit})
}

// ListingsOf returns the listings by hand of a customer and of all that were
// merged into it, by segment. Of two that contradict, excluded counts.
func (s *Store) ListingsOf(ctx context.Context, shop, customer string) (map[string]segments.Listing, error) {
	root, err := s.root(ctx, shop, customer)
	if err != nil {
		return nil, err
	}
	everybody, err := s.idsOf(ctx, shop, root)
	if err != nil {
		return nil, err
	}
	rows, err := find[segments.Listed](ctx, s, colListed,
		documents.Query{Filter: of(shop, bson.E{Key: "customer", Value: bson.D{{Key: "$in", Value: stringsOf(everybody)}}})})
	if err != nil {
		return nil, err
	}
	listings := map[string]segments.Listing{}
	for _, r := range rows {
		switch {
		case !r.Included:
			listings[r.Segment] = segments.Excluded
		case listings[r.Segment] == segments.Unlisted:
			listings[r.Segment] = segments.Included
		}
	}
	return listings, nil
}

// ListingsAmong lists the listings by hand of customers, under these ids alone.
func (s *Store) ListingsAmong(ctx context.Context, shop string, customers []string) (list []segments.Listed, err error) {
	for chunk := range slices.Chunk(customers, atOnce) {
		found, err := find[segments.Listed](ctx, s, colListed, documents.Query{Filter: of(shop, among("customer", chunk))})
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return list, nil
}

// ListsOf is the customers listed in a segment, by number; merged ones appear
// as their survivors.
func (s *Store) ListsOf(ctx context.Context, shop, slug string) (segments.Lists, error) {
	lists := segments.Lists{In: &segments.Bitmap{}, Out: &segments.Bitmap{}}
	rows, err := find[segments.Listed](ctx, s, colListed,
		documents.Query{Filter: of(shop, bson.E{Key: "segment", Value: slug}), Fields: []string{"customer", "included"}})
	if err != nil {
		return lists, err
	}
	for chunk := range slices.Chunk(rows, atOnce) {
		ids := make([]string, len(chunk))
		for i, r := range chunk {
			ids[i] = r.Customer
		}
		roots, err := s.roots(ctx, shop, ids)
		if err != nil {
			return lists, err
		}
		for _, r := range chunk {
			switch root, found := roots[r.Customer]; {
			case !found: // deleted: it is not listed
			case r.Included:
				lists.In.Add(root.N)
			default:
				lists.Out.Add(root.N)
			}
		}
	}
	return lists, nil
}

// moveListings notifies all processes that the listings of a merged customer
// apply to another.
func (s *Store) moveListings(ctx context.Context, shop, loser string) error {
	rows, err := find[segments.Listed](ctx, s, colListed, documents.Query{Filter: of(shop, bson.E{Key: "customer", Value: loser})})
	if err != nil {
		return err
	}
	return s.relisted(ctx, shop, rows)
}

// idsOf is the ids of a customer and of all that were merged into it.
func (s *Store) idsOf(ctx context.Context, shop, root string) ([]string, error) {
	aliases, err := s.Aliases(ctx, shop, root)
	ids := []string{root}
	for _, a := range aliases {
		ids = append(ids, a.ID)
	}
	return ids, err
}

// roots finds the present customers of ids, each with its id and number only;
// unknown ids are left out.
func (s *Store) roots(ctx context.Context, shop string, ids []string) (map[string]commerce.Customer, error) {
	list, err := find[commerce.Customer](ctx, s, colCustomers, documents.Query{
		Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: stringsOf(ids)}}}), Fields: []string{"n", "merged_into"},
	})
	if err != nil {
		return nil, err
	}
	roots := make(map[string]commerce.Customer, len(list))
	for _, c := range list {
		root := c
		if c.MergedInto != "" {
			if root, err = s.Customer(ctx, shop, c.MergedInto); err != nil {
				return nil, err
			}
		}
		roots[c.ID] = commerce.Customer{ID: root.ID, N: root.N}
	}
	return roots, nil
}
