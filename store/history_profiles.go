package store

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// RecomputeAll computes every dirty profile of a shop, and returns how many. If
// other processes write meanwhile, it may find more to do.
func (s *Store) RecomputeAll(ctx context.Context, shop string) (done int, err error) {
	for {
		some, err := s.RecomputeSome(ctx, shop)
		if done += some; err != nil || some == 0 {
			return done, err
		}
	}
}

// RecomputeSome computes the next dirty profiles of a shop, many at once, and returns
// how many; 0 if there are none. It is for imports.
func (s *Store) RecomputeSome(ctx context.Context, shop string) (done int, err error) {
	ids, err := s.Dirty(ctx, shop, inChunk)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	return len(ids), s.recomputeMany(ctx, shop, ids)
}

// recomputeMany is Recompute for many: the same reads in the same order, the
// writes in two bulks.
func (s *Store) recomputeMany(ctx context.Context, shop string, ids []string) error {
	saves, dones := make([]documents.Op, len(ids)), make([]documents.Op, len(ids))
	err := together(len(ids), func(i int) error {
		c, found, err := s.settled(ctx, shop, ids[i])
		if err != nil || !found {
			return err
		}
		dones[i] = cleanOp(c)
		if c.StoredGeneration >= c.WantedGeneration {
			return nil
		}
		var lifted []commerce.Suppression
		if c.Profile, lifted, err = s.profileOf(ctx, c); err != nil {
			return err
		}
		saves[i] = documents.UpdateOp(s.profileWrite(c))
		return s.lift(ctx, shop, lifted)
	})
	if err != nil {
		return err
	}
	if err := s.bulk(ctx, colCustomers, slices.DeleteFunc(saves, documents.Op.IsZero)); err != nil {
		return err
	}
	if err := s.markMany(ctx, shop, ids); err != nil {
		return err
	}
	return s.bulk(ctx, colCustomers, slices.DeleteFunc(dones, documents.Op.IsZero))
}

// markMany marks the customers' campaigns for counting, also under the ids of
// customers merged into them.
func (s *Store) markMany(ctx context.Context, shop string, ids []string) error {
	all := slices.Clone(ids)
	for open := ids; len(open) > 0; {
		type row struct {
			ID string `bson:"_id"`
		}
		into := bson.E{Key: "merged_into", Value: bson.D{{Key: "$in", Value: stringsOf(open)}}}
		list, err := find[row](ctx, s, colCustomers, documents.Query{Filter: of(shop, into), Fields: []string{"_id"}})
		if err != nil {
			return err
		}
		open = nil
		for _, r := range list {
			open = append(open, r.ID)
		}
		all = append(all, open...)
	}
	return s.markCustomers(ctx, shop, all)
}

// cleanOp marks c computed if nothing was requested since.
func cleanOp(c commerce.Customer) documents.Op {
	return documents.UpdateOp(byID(c.Shop, c.ID, bson.E{Key: "want", Value: c.WantedGeneration},
		bson.E{Key: "have", Value: c.WantedGeneration}),
		bson.D{set(bson.E{Key: "dirty", Value: false})})
}
