package store

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
)

// identity says which customer a value names. Its id is Key(shop, kind, hmac),
// so a value names one customer, and the value itself is not stored.
type identity struct {
	ID        string    `bson:"_id"`
	Shop      string    `bson:"shop"`
	Kind      string    `bson:"kind"`
	Customer  string    `bson:"customer"`
	CreatedAt time.Time `bson:"created_at"`
}

// customerOf finds whom a record names, and makes the customer where nobody is
// known yet. Values that name several prove them one: they are merged. Nobody
// named: empty.
func (s *Store) customerOf(ctx context.Context, shop, connection string, b commerce.Buyer) (string, error) {
	wanted := s.identitiesOf(shop, connection, b)
	if len(wanted) == 0 {
		return "", nil
	}
	owners, err := s.owners(ctx, shop, wanted)
	if err != nil {
		return "", err
	}
	survivor, err := s.survivor(ctx, shop, wanted, owners)
	if err != nil {
		return "", err
	}
	for _, i := range wanted {
		if _, known := owners[i.ID]; known {
			continue
		}
		if owners[i.ID], err = s.claimIdentity(ctx, shop, i, survivor); err != nil {
			return "", err
		}
	}
	owners["survivor"] = survivor // all its claims may be lost: then it is one with whom they went to
	return s.mergeAll(ctx, shop, owners)
}

func (s *Store) identitiesOf(shop, connection string, b commerce.Buyer) []identity {
	var list []identity
	for _, i := range b.Identities(connection) {
		id := commerce.Key(shop, string(i.Kind), s.pseudonym(string(i.Kind)+":"+i.Value))
		list = append(list, identity{ID: id, Shop: shop, Kind: string(i.Kind)})
	}
	return list
}

func (s *Store) owners(ctx context.Context, shop string, wanted []identity) (map[string]string, error) {
	ids := make(bson.A, len(wanted))
	for i, w := range wanted {
		ids[i] = w.ID
	}
	known, err := find[identity](ctx, s, colIdentities, Query{Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}})})
	if err != nil {
		return nil, err
	}
	owners := map[string]string{}
	for _, k := range known {
		owners[k.ID] = k.Customer
	}
	return owners, nil
}

// survivor is the customer that unclaimed identities go to: the least of those
// named, else a new one under the strongest identity. It exists on return.
func (s *Store) survivor(ctx context.Context, shop string, wanted []identity, owners map[string]string) (string, error) {
	if len(owners) > 0 {
		return s.mergeAll(ctx, shop, owners)
	}
	known, err := s.erasures(ctx, shop, []string{wanted[0].ID})
	if err != nil {
		return "", err
	}
	id := s.freshID(shop, wanted[0].ID, known)
	n, err := s.number(ctx, shop)
	if err != nil {
		return "", err
	}
	at := s.wall()
	inserted, err := s.docs.Insert(ctx, colCustomers, commerce.Customer{ID: id, Shop: shop, N: n, ChangedAt: at, CreatedAt: at})
	if err == nil && !inserted {
		err = s.revive(ctx, shop, id)
	}
	return id, err
}

// claimIdentity gives the identity to customer, or finds who was faster.
func (s *Store) claimIdentity(ctx context.Context, shop string, i identity, customer string) (owner string, err error) {
	i.Customer, i.CreatedAt = customer, s.wall()
	first, err := s.docs.Insert(ctx, colIdentities, i)
	if err != nil || first {
		return customer, err
	}
	known, _, err := get[identity](ctx, s, colIdentities, shop, i.ID)
	return known.Customer, err
}

// mergeAll makes the owners one customer and returns it: the smallest id.
func (s *Store) mergeAll(ctx context.Context, shop string, owners map[string]string) (string, error) {
	var roots []string
	for _, owner := range owners {
		root, err := s.root(ctx, shop, owner)
		if err != nil {
			return "", err
		}
		if !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	}
	slices.Sort(roots)
	for _, loser := range slices.Backward(roots[1:]) {
		if err := s.mergeCustomers(ctx, shop, loser, roots[0]); err != nil {
			return "", err
		}
	}
	return s.root(ctx, shop, roots[0])
}
