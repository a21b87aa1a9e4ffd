package store

import (
	"context"
	"errors"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// Customer reads a customer, following merges to the survivor; NotFound when
// there is none.
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

// CustomersByID reads customers by any of their ids, following merges to the survivors.
// Those that do not exist are left out.
func (s *Store) CustomersByID(ctx context.Context, shop string, ids []string) (map[string]commerce.Customer, error) {
	known, err := byIDs(ctx, s, colCustomers, shop, ids, func(c commerce.Customer) string { return c.ID })
	if err != nil {
		return nil, err
	}
	merged := false
	for _, c := range known {
		merged = merged || c.MergedInto != ""
	}
	if !merged {
		maps.DeleteFunc(known, func(_ string, c commerce.Customer) bool { return !c.GoneAt.IsZero() })
		return known, nil
	}
	for open := mergedInto(known, known); len(open) > 0; {
		more, err := byIDs(ctx, s, colCustomers, shop, open, func(c commerce.Customer) string { return c.ID })
		if err != nil {
			return nil, err
		}
		maps.Copy(known, more)
		open = mergedInto(more, known)
	}
	found := map[string]commerce.Customer{}
	for _, id := range ids {
		c, ok := known[id]
		for ok && c.MergedInto != "" && c.GoneAt.IsZero() {
			c, ok = known[c.MergedInto]
		}
		if ok && c.GoneAt.IsZero() {
			found[id] = c
		}
	}
	return found, nil
}

// mergedInto lists the customers into which some were merged, but those that are known.
func mergedInto(some, known map[string]commerce.Customer) (open []string) {
	for _, c := range some {
		if _, read := known[c.MergedInto]; c.MergedInto != "" && !read {
			open = append(open, c.MergedInto)
		}
	}
	return open
}

// CustomersNow is CustomersByID with up-to-date profiles: those that are marked as older
// than the orders are computed, but not stored.
func (s *Store) CustomersNow(ctx context.Context, shop string, ids []string) (map[string]commerce.Customer, error) {
	found, err := s.CustomersByID(ctx, shop, ids)
	if err != nil {
		return nil, err
	}
	stale := map[string]*commerce.Customer{}
	for _, c := range found {
		if c.StoredGeneration < c.WantedGeneration {
			one := c // only these need a place of their own
			stale[c.ID] = &one
		}
	}
	if _, err := s.computeProfiles(ctx, shop, slices.Collect(maps.Values(stale))); err != nil {
		return nil, err
	}
	for id, c := range found {
		if now := stale[c.ID]; now != nil {
			found[id] = *now
		}
	}
	return found, nil
}

// CustomerNow is CustomersNow for one; NotFound when there is none.
func (s *Store) CustomerNow(ctx context.Context, shop, id string) (commerce.Customer, error) {
	found, err := s.CustomersNow(ctx, shop, []string{id})
	c, known := found[id]
	if err == nil && !known {
		err = missing("customer", id)
	}
	return c, err
}

// Customers lists a shop's customers by number.
func (s *Store) Customers(ctx context.Context, shop string, after *documents.Cursor, limit int) ([]commerce.Customer, error) {
	return find[commerce.Customer](ctx, s, colCustomers, documents.Query{
		Filter: of(shop, absent("merged_into"), absent("gone_at")), Sort: []string{"n"}, After: after, Limit: limit,
	})
}

// root follows merges to their end. Ids only become smaller on the way, so
// there is no cycle.
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

// mergeEnds is root of many: unknown ids are their own.
func (s *Store) mergeEnds(ctx context.Context, shop string, ids []string) (map[string]string, error) {
	into := map[string]string{}
	for open := distinct(ids); len(open) > 0; {
		list, err := amongAll[alias](ctx, s, colCustomers, shop, "_id", open, "merged_into")
		if err != nil {
			return nil, err
		}
		open = nil
		for _, a := range list {
			if _, read := into[a.ID]; a.Into != "" && !read {
				into[a.ID], open = a.Into, append(open, a.Into)
			}
		}
	}
	roots := map[string]string{}
	for _, id := range ids {
		root := id
		for next := into[root]; next != ""; next = into[root] {
			root = next
		}
		roots[id] = root
	}
	return roots, nil
}

// AliasIDs lists the ids of the customers that were merged into each of ids, directly or by
// others.
func (s *Store) AliasIDs(ctx context.Context, shop string, ids []string) (map[string][]string, error) {
	into, home := map[string][]string{}, map[string]string{}
	for _, id := range ids {
		home[id] = id
	}
	for open := distinct(ids); len(open) > 0; {
		list, err := amongAll[alias](ctx, s, colCustomers, shop, "merged_into", open, "merged_into")
		if err != nil {
			return nil, err
		}
		open = nil
		for _, a := range list {
			if _, known := home[a.ID]; known {
				continue
			}
			root := home[a.Into]
			home[a.ID], into[root], open = root, append(into[root], a.ID), append(open, a.ID)
		}
	}
	return into, nil
}

// Aliases lists the customers that were merged into id, directly or by others.
func (s *Store) Aliases(ctx context.Context, shop, id string) ([]commerce.Customer, error) {
	var all []commerce.Customer
	open := []string{id}
	for len(open) > 0 {
		list, err := find[commerce.Customer](ctx, s, colCustomers, documents.Query{
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

// mergeCustomers makes loser an alias of survivor (survivor < loser; both are
// homes). First it marks the loser, which also requests its profile; then it
// moves the orders, then raises the survivor's want. A process that saves an
// order meanwhile reads its customer again afterwards, so one of the two always
// sees the other. If a process dies in between, Recompute of the loser finishes
// the merge. If a phone had joined the loser to another customer, that one
// gives back what it has of the loser.
func (s *Store) mergeCustomers(ctx context.Context, shop, loser, survivor string) error {
	n, found, err := get[node](ctx, s, colCustomers, shop, loser)
	if err != nil || !found {
		return err
	}
	if n.Linked { // before the mark: a reader of the merge looks at the phones
		if err := s.link(ctx, shop, survivor); err != nil {
			return err
		}
	}
	as, fields, holder := absent("merged_into"), bson.D{{Key: "merged_into", Value: survivor}, {Key: "dirty", Value: true},
		{Key: "changed_at", Value: s.wall()}}, ""
	if n.ByPhone {
		if holder, err = s.root(ctx, shop, loser); err != nil {
			return err
		}
		as, fields = bson.E{Key: "merged_into", Value: n.MergedInto}, append(fields, bson.E{Key: "parted_from", Value: holder})
	}
	marked := false
	if n.top() {
		marked, err = s.docs.Update(ctx, colCustomers, byID(shop, loser, as), bson.D{
			{Key: "$set", Value: fields}, {Key: "$unset", Value: bson.D{{Key: "by_phone", Value: ""}}},
			{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}, {Key: "want", Value: int64(1)}}},
		})
	}
	if err != nil {
		return err
	}
	if !marked { // it was merged elsewhere meanwhile: then both ends are one
		_, err := s.mergeAll(ctx, shop, map[string]string{"a": loser, "b": survivor})
		return err
	}
	if holder != "" {
		if err := s.finishParting(ctx, shop, loser, holder); err != nil {
			return err
		}
	}
	return s.moveOrders(ctx, shop, loser)
}

// moveOrders repoints the documents that name a merged customer, and requests
// the survivor's profile. If a phone leads there, each moved document stores
// its home. Segments that list the loser list the survivor from now on.
func (s *Store) moveOrders(ctx context.Context, shop, loser string) error {
	home, err := s.strongRoot(ctx, shop, loser)
	if err != nil {
		return err
	}
	survivor, err := s.root(ctx, shop, home)
	if err != nil || survivor == loser {
		return err
	}
	for _, coll := range []string{colOrders, colCheckouts, colRefunds} {
		type row struct {
			ID   string `bson:"_id"`
			Home string `bson:"home"`
		}
		rows, err := find[row](ctx, s, coll, documents.Query{Filter: of(shop, bson.E{Key: "customer", Value: loser}), Fields: []string{"home"}})
		if err != nil {
			return err
		}
		ops := make([]documents.Op, len(rows))
		for i, r := range rows {
			// The rev stays: a process that saves the order meanwhile follows
			// the merge itself.
			fields := bson.D{{Key: "customer", Value: survivor}}
			if r.Home == "" && survivor != home {
				fields = append(fields, bson.E{Key: "home", Value: home})
			}
			ops[i] = documents.UpdateOp(byID(shop, r.ID, bson.E{Key: "customer", Value: loser}), bson.D{{Key: "$set", Value: fields}})
		}
		if err := s.bulk(ctx, coll, ops); err != nil {
			return err
		}
	}
	if err := s.moveListings(ctx, shop, loser); err != nil {
		return err
	}
	if now, err := s.root(ctx, shop, home); err != nil || now != survivor { // parted while its orders were moved
		return errors.Join(err, s.bringHome(ctx, shop, survivor))
	}
	return s.raise(ctx, shop, survivor)
}

// raise requests that the customers' profiles are computed again.
func (s *Store) raise(ctx context.Context, shop string, customers ...string) error {
	var ops []documents.Op
	seen := map[string]bool{"": true}
	for _, id := range customers {
		if seen[id] {
			continue
		}
		seen[id] = true
		ops = append(ops, documents.UpdateOp(byID(shop, id, absent("gone_at")),
			bson.D{{Key: "$inc", Value: bson.D{{Key: "want", Value: int64(1)}}}, set(bson.E{Key: "dirty", Value: true})}))
	}
	return s.bulk(ctx, colCustomers, ops)
}

// SaveRecord adds a record of a person to the customer it names, and makes that
// customer if there is none. Its profile is then dirty. The record is stored at
// its home: the survivor reads the records of all its aliases.
func (s *Store) SaveRecord(ctx context.Context, shop string, r commerce.CustomerRecord) (customer string, err error) {
	w, err := s.customerOf(ctx, shop, r.Connection, r.Buyer())
	if err != nil || w.customer == "" {
		return "", err
	}
	home := w.home
	for saved := false; !saved; {
		if home, err = s.strongRoot(ctx, shop, home); err != nil {
			return "", err
		}
		c, found, err := get[commerce.Customer](ctx, s, colCustomers, shop, home)
		if err == nil && !found {
			err = missing("customer", home)
		}
		if err != nil {
			return "", err
		}
		if saved, err = s.addRecord(ctx, c, r); err != nil {
			return "", err
		}
	}
	root, err := s.root(ctx, shop, home)
	if err == nil && root != home { // the survivor reads our record too
		err = s.raise(ctx, shop, root)
	}
	return root, err
}

func (s *Store) addRecord(ctx context.Context, c commerce.Customer, r commerce.CustomerRecord) (saved bool, err error) {
	return s.saveRecords(ctx, c, commerce.MergeRecords(c.Records, r))
}
