package store

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/failpoint"
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
	_, err = s.RecomputeMany(ctx, shop, ids)
	return len(ids), err
}

// RecomputeMany makes customers' profiles from the records and orders now stored, with one
// read of each collection, and writes them in bulks. The order of its reads is the proof that
// nothing is missed: every order counted in want was saved before want was read. It returns the
// customers whose profiles it wrote; where another process was faster, one may be older than
// the stored.
func (s *Store) RecomputeMany(ctx context.Context, shop string, ids []string) (changed []commerce.Customer, err error) {
	list, err := s.settledAll(ctx, shop, ids)
	if err != nil {
		return nil, err
	}
	var stale []*commerce.Customer
	for _, c := range list {
		if c.StoredGeneration < c.WantedGeneration {
			stale = append(stale, c)
		}
	}
	found, err := s.computeProfiles(ctx, shop, stale)
	if err != nil {
		return nil, err
	}
	// Before the profiles, which are what shows that the events are new.
	if err := s.addEvents(ctx, shop, found.events, nil, 0); err != nil {
		return nil, err
	}
	failpoint.Hit(failpoint.BeforeProfiles)
	var saves, dones []documents.Op
	clean := bson.D{set(bson.E{Key: "dirty", Value: false})}
	for _, c := range stale {
		saves = append(saves, documents.UpdateOp(s.profileWrite(*c)))
		changed = append(changed, *c)
	}
	for _, c := range list {
		dones = append(dones, documents.UpdateOp(computed(*c), clean))
	}
	if err := s.bulk(ctx, colCustomers, saves); err != nil {
		return nil, err
	}
	if err := s.lift(ctx, shop, found.lifted); err != nil {
		return nil, err
	}
	if err := s.markMany(ctx, shop, ids); err != nil {
		return nil, err
	}
	failpoint.Hit(failpoint.BeforeClean)
	return changed, s.bulk(ctx, colCustomers, dones)
}

// settledAll is settled for many. Those in their place need one read together.
func (s *Store) settledAll(ctx context.Context, shop string, ids []string) ([]*commerce.Customer, error) {
	known, err := byIDs(ctx, s, colCustomers, shop, ids, func(c commerce.Customer) string { return c.ID })
	if err != nil {
		return nil, err
	}
	var list []*commerce.Customer
	for _, id := range distinct(ids) {
		c, found := known[id]
		if found && !inPlace(c) {
			if c, found, err = s.settled(ctx, shop, id); err != nil {
				return nil, err
			}
		}
		if found {
			list = append(list, &c)
		}
	}
	return list, nil
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

// computed selects c if its profile is stored and nothing was requested since.
func computed(c commerce.Customer) bson.D {
	return byID(c.Shop, c.ID, bson.E{Key: "want", Value: c.WantedGeneration}, bson.E{Key: "have", Value: c.WantedGeneration})
}
