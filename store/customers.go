package store

import (
	"bytes"
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
)

// Customer reads a customer, following merges to the one that survived;
// NotFound when there is none.
func (s *Store) Customer(ctx context.Context, shop, id string) (commerce.Customer, error) {
	for {
		c, found, err := get[commerce.Customer](ctx, s, colCustomers, shop, id)
		if err == nil && (!found || !c.GoneAt.IsZero()) {
			err = missing("customer", id)
		}
		if err != nil || c.MergedInto == "" {
			return c, err
		}
		id = c.MergedInto
	}
}

// CustomerNow is Customer with the profile as it will be: one that is marked as
// older than the orders is computed, but not stored.
func (s *Store) CustomerNow(ctx context.Context, shop, id string) (commerce.Customer, error) {
	c, err := s.Customer(ctx, shop, id)
	if err == nil && c.Have < c.Want {
		c.Profile, _, err = s.profileOf(ctx, c)
	}
	return c, err
}

// Customers lists a shop's customers by number.
func (s *Store) Customers(ctx context.Context, shop string, after *Cursor, limit int) ([]commerce.Customer, error) {
	return find[commerce.Customer](ctx, s, colCustomers, Query{
		Filter: of(shop, absent("merged_into"), absent("gone_at")), Sort: []string{"n"}, After: after, Limit: limit,
	})
}

// root follows merges to their end. Ids only fall on the way: no cycle.
func (s *Store) root(ctx context.Context, shop, id string) (string, error) {
	type link struct {
		MergedInto string `bson:"merged_into"`
	}
	for {
		c, found, err := get[link](ctx, s, colCustomers, shop, id)
		if err != nil || !found || c.MergedInto == "" {
			return id, err
		}
		id = c.MergedInto
	}
}

// Aliases lists the customers that were merged into id, directly or by others.
func (s *Store) Aliases(ctx context.Context, shop, id string) ([]commerce.Customer, error) {
	var all []commerce.Customer
	open := []string{id}
	for len(open) > 0 {
		list, err := find[commerce.Customer](ctx, s, colCustomers, Query{
			Filter: of(shop, bson.E{Key: "merged_into", Value: open[0]}), Fields: []string{"records", "merged_into"},
		})
		if err != nil {
			return nil, err
		}
		open = open[1:]
		for _, c := range list {
			open = append(open, c.ID)
		}
		all = append(all, list...)
	}
	return all, nil
}

// mergeCustomers makes loser an alias of survivor (survivor < loser): first the
// mark, which asks for the loser's profile too, then the orders found, then the
// survivor's want. Who saves an order meanwhile re-reads its customer
// afterwards, so one of the two always sees the other. What a dead process left
// of it, Recompute of the loser does.
func (s *Store) mergeCustomers(ctx context.Context, shop, loser, survivor string) error {
	unmarked := absent("merged_into")
	mark := set(bson.E{Key: "merged_into", Value: survivor}, bson.E{Key: "dirty", Value: true}, bson.E{Key: "changed_at", Value: s.wall()})
	count := bson.E{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}, {Key: "want", Value: int64(1)}}}
	marked, err := s.docs.Update(ctx, colCustomers, byID(shop, loser, unmarked), bson.D{mark, count})
	if err != nil {
		return err
	}
	if !marked { // somebody merged it elsewhere: the two ends are one too
		_, err := s.mergeAll(ctx, shop, map[string]string{"a": loser, "b": survivor})
		return err
	}
	return s.moveOrders(ctx, shop, loser, survivor)
}

// moveOrders repoints what names the loser, and asks for the survivor's profile.
// Who lists the loser in a segment lists the survivor from now on.
func (s *Store) moveOrders(ctx context.Context, shop, loser, survivor string) error {
	for _, coll := range []string{colOrders, colCheckouts, colRefunds} {
		type row struct {
			ID string `bson:"_id"`
		}
		rows, err := find[row](ctx, s, coll, Query{Filter: of(shop, bson.E{Key: "customer", Value: loser}), Fields: []string{"_id"}})
		if err != nil {
			return err
		}
		ops := make([]Op, len(rows))
		for i, r := range rows {
			// The rev stays: who saves the order meanwhile follows the merge itself.
			ops[i] = UpdateOp(byID(shop, r.ID, bson.E{Key: "customer", Value: loser}), bson.D{set(bson.E{Key: "customer", Value: survivor})})
		}
		if err := s.bulk(ctx, coll, ops); err != nil {
			return err
		}
	}
	if err := s.moveListings(ctx, shop, loser); err != nil {
		return err
	}
	return s.raise(ctx, shop, survivor)
}

// raise asks for the customers' profiles to be computed anew.
func (s *Store) raise(ctx context.Context, shop string, customers ...string) error {
	var ops []Op
	seen := map[string]bool{"": true}
	for _, id := range customers {
		if seen[id] {
			continue
		}
		seen[id] = true
		ops = append(ops, UpdateOp(byID(shop, id, absent("gone_at")), bson.D{{Key: "$inc", Value: bson.D{{Key: "want", Value: int64(1)}}}, set(bson.E{Key: "dirty", Value: true})}))
	}
	return s.bulk(ctx, colCustomers, ops)
}

// SaveRecord adds what was told of a person to the customer it names, who is
// made where nobody is known yet. Its profile is then dirty.
func (s *Store) SaveRecord(ctx context.Context, shop string, r commerce.CustomerRecord) (customer string, err error) {
	customer, err = s.customerOf(ctx, shop, r.Connection, r.Buyer())
	if err != nil || customer == "" {
		return "", err
	}
	for saved := false; !saved; {
		c, err := s.Customer(ctx, shop, customer)
		if err != nil {
			return "", err
		}
		customer = c.ID
		if saved, err = s.addRecord(ctx, c, r); err != nil {
			return "", err
		}
	}
	root, err := s.root(ctx, shop, customer)
	if err == nil && root != customer { // merged meanwhile: the survivor reads our record too
		err = s.raise(ctx, shop, root)
	}
	return root, err
}

func (s *Store) addRecord(ctx context.Context, c commerce.Customer, r commerce.CustomerRecord) (saved bool, err error) {
	type wrapped struct {
		Records []commerce.CustomerRecord `bson:"records"`
	}
	before, err := Marshal(wrapped{c.Records})
	if err != nil {
		return false, err
	}
	records := commerce.MergeRecords(c.Records, r)
	after, err := Marshal(wrapped{records})
	if err != nil || bytes.Equal(before, after) {
		return true, err
	}
	return s.docs.Update(ctx, colCustomers, byID(c.Shop, c.ID, bson.E{Key: "rev", Value: c.Rev}), bson.D{
		set(bson.E{Key: "records", Value: after.Lookup("records")}, bson.E{Key: "dirty", Value: true}, bson.E{Key: "changed_at", Value: s.wall()}),
		{Key: "$inc", Value: bson.D{{Key: "want", Value: int64(1)}, {Key: "rev", Value: int64(1)}}},
	})
}
