package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// tombstoneFor is how long a tombstone stays: longer than any process caches
// customers without reading changes.
const tombstoneFor = 7 * 24 * time.Hour

// tombstoned are the fields of a customer that a tombstone lacks.
var tombstoned = []string{"records", "attributes", "names", "consents", "other_consents", "known_since", "history", "checkouts",
	"sales", "engagement", "created_at"}

// DeleteCustomer removes a customer, and all that were merged into it, but for
// tombstones; their identities name no customer any more. Orders and messages
// stay. Erase them first, because an order that changes afterwards brings its
// customer back. Deleting again does nothing. NotFound if there never was such
// a customer, or its tombstone is gone.
func (s *Store) DeleteCustomer(ctx context.Context, shop, id string) error {
	root, err := s.root(ctx, shop, id)
	if err != nil {
		return err
	}
	c, found, err := get[commerce.Customer](ctx, s, colCustomers, shop, root)
	if err == nil && !found {
		err = missing("customer", id)
	}
	if err != nil {
		return err
	}
	all, err := s.Aliases(ctx, shop, root)
	if err != nil {
		return err
	}
	for _, c := range append(all, c) { // the last one is what a repetition finds
		if err := s.forgetIdentities(ctx, shop, c.ID); err != nil {
			return err
		}
		if err := s.makeTombstone(ctx, shop, c.ID); err != nil {
			return err
		}
		// Another process may have claimed one before the tombstone existed.
		if err := s.forgetIdentities(ctx, shop, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// makeTombstone replaces a customer by a tombstone. A merged one stays merged. A profile
// under computation is not wanted any more.
func (s *Store) makeTombstone(ctx context.Context, shop, id string) error {
	none := bson.D{}
	for _, field := range tombstoned {
		none = append(none, bson.E{Key: field, Value: ""})
	}
	for {
		c, found, err := get[commerce.Customer](ctx, s, colCustomers, shop, id)
		if err != nil || !found || !c.GoneAt.IsZero() {
			return err
		}
		now := s.wall()
		buried, err := s.docs.Update(ctx, colCustomers, byID(shop, id, absent("gone_at"), bson.E{Key: "want", Value: c.WantedGeneration}), bson.D{
			set(bson.E{Key: "gone_at", Value: now}, bson.E{Key: "changed_at", Value: now}, bson.E{Key: "have", Value: c.WantedGeneration},
				bson.E{Key: "dirty", Value: false}),
			{Key: "$unset", Value: none}, {Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
		})
		if err != nil || buried {
			return err
		}
	}
}

func (s *Store) forgetIdentities(ctx context.Context, shop, customer string) error {
	list, err := find[identity](ctx, s, colIdentities, documents.Query{Filter: of(shop, bson.E{Key: "customer", Value: customer})})
	if err != nil {
		return err
	}
	ops := make([]documents.Op, len(list))
	for i, d := range list {
		ops[i] = documents.DeleteIfOp(byID(shop, d.ID, bson.E{Key: "customer", Value: customer}))
	}
	return s.bulk(ctx, colIdentities, ops)
}

// revive makes customers of tombstones, under the numbers they had. It leaves
// other customers unchanged.
func (s *Store) revive(ctx context.Context, shop string, ids ...string) error {
	at, ops := s.wall(), make([]documents.Op, len(ids))
	for i, id := range ids {
		ops[i] = documents.UpdateOp(byID(shop, id, bson.E{Key: "gone_at", Value: bson.D{{Key: "$exists", Value: true}}}), bson.D{
			set(bson.E{Key: "changed_at", Value: at}, bson.E{Key: "created_at", Value: at}),
			{Key: "$unset", Value: bson.D{{Key: "gone_at", Value: ""}, {Key: "merged_into", Value: ""}, {Key: "by_phone", Value: ""},
				{Key: "linked", Value: ""}, {Key: "parted_from", Value: ""}}},
			{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
		})
	}
	return s.bulk(ctx, colCustomers, ops)
}

// PurgeTombstones removes up to limit tombstones older than 7 days, and returns
// how many.
func (s *Store) PurgeTombstones(ctx context.Context, shop string, limit int) (int, error) {
	old := bson.E{Key: "gone_at", Value: bson.D{{Key: "$lt", Value: s.wall().Add(-tombstoneFor)}}}
	list, err := find[commerce.Customer](ctx, s, colCustomers,
		documents.Query{Filter: of(shop, old), Fields: []string{"gone_at"}, Limit: limit})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	ops := make([]documents.Op, len(list))
	for i, c := range list {
		ops[i] = documents.DeleteIfOp(byID(shop, c.ID, old)) // unless it was revived meanwhile
	}
	totals, _, err := s.docs.Bulk(ctx, colCustomers, ops)
	return totals.Deleted, err
}
