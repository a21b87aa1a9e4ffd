package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// CustomersNumbered reads customers by their numbers, in rising order. Unknown,
// deleted and merged ones are left out.
func (s *Store) CustomersNumbered(ctx context.Context, shop string, numbers []int64) ([]commerce.Customer, error) {
	if len(numbers) == 0 {
		return nil, nil
	}
	wanted := make(bson.A, len(numbers))
	for i, n := range numbers {
		wanted[i] = n
	}
	return find[commerce.Customer](ctx, s, colCustomers, documents.Query{
		Filter: of(shop, bson.E{Key: "n", Value: bson.D{{Key: "$in", Value: wanted}}}, absent("merged_into"), absent("gone_at")),
		Sort:   []string{"n"},
	})
}

// CustomersNamed finds customers by their ids and by identities, following
// merges, each with the ID and N of now. Unknown ones are left out. It does not
// search for a platform's id, because its connection is part of it.
func (s *Store) CustomersNamed(
	ctx context.Context, shop string, ids []string, identities []commerce.Identity,
) (byID map[string]commerce.Customer, byIdentity map[commerce.Identity]commerce.Customer, err error) {
	wanted := make([]identity, len(identities))
	for i, named := range identities {
		wanted[i] = identity{ID: s.identityID(shop, named)}
	}
	owners, err := s.ownersOf(ctx, shop, wanted)
	if err != nil {
		return nil, nil, err
	}
	all := append([]string{}, ids...)
	for _, owner := range owners {
		all = append(all, owner)
	}
	if byID, err = s.roots(ctx, shop, all); err != nil {
		return nil, nil, err
	}
	byIdentity = map[commerce.Identity]commerce.Customer{}
	for i, named := range identities {
		if c, known := byID[owners[wanted[i].ID]]; known {
			byIdentity[named] = c
		}
	}
	return byID, byIdentity, nil
}

// ownersOf are the customers that identities name. A phone of several carriers
// names one only if they are one.
func (s *Store) ownersOf(ctx context.Context, shop string, wanted []identity) (map[string]string, error) {
	known, err := s.knownIdentities(ctx, shop, wanted)
	if err != nil {
		return nil, err
	}
	owners := map[string]string{}
	for id, k := range known {
		owners[id] = k.Customer
		if !k.Many && !k.Shared {
			continue
		}
		carriers, err := find[identity](ctx, s, colIdentities,
			documents.Query{Filter: of(shop, bson.E{Key: "phone", Value: id}), Fields: []string{"customer"}, Limit: manyCarriers + 1})
		if err != nil {
			return nil, err
		}
		roots := map[string]bool{}
		for _, c := range carriers {
			root, err := s.root(ctx, shop, c.Customer)
			if err != nil {
				return nil, err
			}
			roots[root] = true
		}
		if len(roots) > 1 {
			delete(owners, id)
		}
	}
	return owners, nil
}
