package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// Each customer that a record names carries the phone of that record. The first
// is in the document of the phone's id; every other one has a document of its
// own, so that no carrier is ever lost or in doubt. Only these documents decide
// which customers phones join (settle): each writer stores its facts, then
// reads all and applies the rule. Every change by the rule makes the customer
// dirty, and computing its profile applies the rule again. So a change made
// from an older reading is corrected.

// manyCarriers is how many customers may carry a phone. With more it is shared
// for good: the phone of an office, or a number that staff enter for anybody.
const manyCarriers = 16

// alone is the customer of the records that carry a phone and nothing stronger.
func (s *Store) alone(ctx context.Context, shop string, number, known identity) (string, error) {
	if known.Alone != "" {
		return s.strongRoot(ctx, shop, known.Alone)
	}
	customer, err := s.newCustomer(ctx, shop, number.ID)
	if err != nil {
		return "", err
	}
	number.Customer, number.Alone, number.CreatedAt = customer, customer, s.wall()
	first, err := s.docs.Insert(ctx, colIdentities, number)
	if err != nil || first {
		return customer, err
	}
	_, err = s.docs.Update(ctx, colIdentities, byID(shop, number.ID, absent("alone")), bson.D{set(bson.E{Key: "alone", Value: customer})})
	if err != nil {
		return "", err
	}
	now, _, err := get[identity](ctx, s, colIdentities, shop, number.ID)
	return now.Alone, err
}

// carry stores that home carries a phone. If others do too, it applies the rule
// of joins again.
func (s *Store) carry(ctx context.Context, shop string, number, known identity, home string) error {
	if known.ID == "" {
		number.Customer, number.CreatedAt = home, s.wall()
		first, err := s.docs.Insert(ctx, colIdentities, number)
		if err != nil || first {
			return err
		}
		if known, _, err = get[identity](ctx, s, colIdentities, shop, number.ID); err != nil {
			return err
		}
	}
	if known.Shared || known.Customer == home {
		return nil
	}
	first, err := s.strongRoot(ctx, shop, known.Customer)
	if err != nil || first == home {
		return err
	}
	if !known.Many {
		if _, err := s.docs.Update(ctx, colIdentities, byID(shop, number.ID), bson.D{set(bson.E{Key: "many", Value: true})}); err != nil {
			return err
		}
	}
	if err := s.link(ctx, shop, first, home); err != nil { // before others can see the carrier
		return err
	}
	other := identity{ID: carrierID(number.ID, home), Shop: shop, Kind: string(commerce.Phone), Customer: home, Phone: number.ID,
		CreatedAt: s.wall()}
	fresh, err := s.docs.Insert(ctx, colIdentities, other)
	if err != nil || !fresh {
		return err
	}
	return s.settle(ctx, shop, home)
}

// carrierID is the id of the document that stores a further carrier of a phone.
func carrierID(number, customer string) string { return number + ":" + commerce.Key(customer) }

// link marks customers whose phones have other carriers: computing their
// profiles applies the rule of joins.
func (s *Store) link(ctx context.Context, shop string, customers ...string) error {
	ops := make([]documents.Op, len(customers))
	for i, id := range customers {
		ops[i] = documents.UpdateOp(byID(shop, id), bson.D{set(bson.E{Key: "linked", Value: true})})
	}
	return s.bulk(ctx, colCustomers, ops)
}

// settleLinked is settle, if the customer is linked at all.
func (s *Store) settleLinked(ctx context.Context, shop, home string) error {
	c, found, err := get[node](ctx, s, colCustomers, shop, home)
	if err != nil || !found || !c.Linked {
		return err
	}
	return s.settle(ctx, shop, home)
}

// settle applies commerce.JoinByPhone to all customers to which phones lead
// from home: first it parts, then it joins.
func (s *Store) settle(ctx context.Context, shop, home string) error {
	crowd, err := s.crowdOf(ctx, shop, home)
	if err != nil {
		return err
	}
	speaks := commerce.JoinByPhone(crowd.people)
	var joining []string
	for _, p := range crowd.people {
		n, speaker := crowd.nodes[p.ID], speaks[p.ID]
		switch {
		case n.MergedInto != "" && speaker != p.ID && speaks[crowd.homes[n.MergedInto]] == speaker:
			continue // it leads there, by itself or by others
		case n.MergedInto != "":
			if err := s.part(ctx, n); err != nil {
				return err
			}
		}
		if speaker != p.ID {
			joining = append(joining, p.ID)
		}
	}
	for _, id := range joining {
		if err := s.join(ctx, crowd.nodes[id], speaks[id]); err != nil {
			return err
		}
	}
	return nil
}

// join makes a customer an alias of one with a smaller id, by a phone. It does
// the same as mergeCustomers, but not for ever. The faster of two processes
// wins.
func (s *Store) join(ctx context.Context, n node, speaker string) error {
	joined, err := s.docs.Update(ctx, colCustomers, byID(n.Shop, n.ID, absent("merged_into")), bson.D{
		set(bson.E{Key: "merged_into", Value: speaker}, bson.E{Key: "by_phone", Value: true}, bson.E{Key: "dirty", Value: true},
			bson.E{Key: "changed_at", Value: s.wall()}),
		{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}, {Key: "want", Value: int64(1)}}},
	})
	if err != nil || !joined {
		return err
	}
	return s.moveOrders(ctx, n.Shop, n.ID)
}

// part undoes join: the customer is a customer of its own again. The same write
// records the holder of its orders, so that the computation of its profile
// finishes the work of a dead process.
func (s *Store) part(ctx context.Context, n node) error {
	holder, err := s.root(ctx, n.Shop, n.MergedInto)
	if err != nil {
		return err
	}
	parted, err := s.docs.Update(ctx, colCustomers,
		byID(n.Shop, n.ID, bson.E{Key: "merged_into", Value: n.MergedInto}, bson.E{Key: "by_phone", Value: true}), bson.D{
			set(bson.E{Key: "parted_from", Value: holder}, bson.E{Key: "dirty", Value: true}, bson.E{Key: "changed_at", Value: s.wall()}),
			{Key: "$unset", Value: bson.D{{Key: "merged_into", Value: ""}, {Key: "by_phone", Value: ""}}},
			{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}, {Key: "want", Value: int64(1)}}},
		})
	if err != nil || !parted {
		return err
	}
	return s.finishParting(ctx, n.Shop, n.ID, holder)
}

// finishParting gives a parted customer what its former holder has of it. If
// the holder was merged meanwhile, it continues with the survivor: earlier
// moves are found there.
func (s *Store) finishParting(ctx context.Context, shop, id, holder string) error {
	for at := holder; ; {
		if err := s.bringHome(ctx, shop, at); err != nil {
			return err
		}
		next, err := s.root(ctx, shop, at)
		if err != nil {
			return err
		}
		if next == at {
			break
		}
		at = next
	}
	_, err := s.docs.Update(ctx, colCustomers, byID(shop, id, bson.E{Key: "parted_from", Value: holder}),
		bson.D{{Key: "$unset", Value: bson.D{{Key: "parted_from", Value: ""}}}})
	return err
}

// bringHome gives documents that a customer has for others by phones to their
// owners of now, and requests the profiles of all customers that this changes.
func (s *Store) bringHome(ctx context.Context, shop, holder string) error {
	var changed []string
	for _, coll := range []string{colOrders, colCheckouts, colRefunds} {
		type row struct {
			ID   string `bson:"_id"`
			Home string `bson:"home"`
		}
		filter := of(shop, bson.E{Key: "customer", Value: holder}, bson.E{Key: "home", Value: bson.D{{Key: "$exists", Value: true}}})
		rows, err := find[row](ctx, s, coll, documents.Query{Filter: filter, Fields: []string{"home"}})
		if err != nil {
			return err
		}
		roots, ops := map[string]string{}, []documents.Op{}
		for _, r := range rows {
			if roots[r.Home] == "" {
				if roots[r.Home], err = s.root(ctx, shop, r.Home); err != nil {
					return err
				}
			}
			if to := roots[r.Home]; to != holder {
				ops = append(ops, documents.UpdateOp(byID(shop, r.ID, bson.E{Key: "customer", Value: holder}),
					bson.D{set(bson.E{Key: "customer", Value: to})}))
				changed = append(changed, to, holder)
			}
		}
		if err := s.bulk(ctx, coll, ops); err != nil {
			return err
		}
	}
	return s.raise(ctx, shop, distinct(changed)...)
}
