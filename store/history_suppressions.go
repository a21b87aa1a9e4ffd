package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/store/documents"
)

// saveSuppressions stores in bulk why addresses get no mail, with the times that the
// file shows: a later explicit consent lifts an unsubscription, an older one does
// not. A suppression without a time counts from its first import on, so it is stored
// only with a new statement about its person. It returns the number of new ones, and
// requests the profiles of their customers.
func (s *Store) saveSuppressions(
	ctx context.Context, shop, run string, list []connectors.Suppression, changed map[string]bool, received time.Time,
) (fresh int, err error) {
	if len(list) == 0 {
		return 0, nil
	}
	owners, err := s.addressOwners(ctx, shop, list)
	if err != nil {
		return 0, err
	}
	var homes []string
	list = slices.DeleteFunc(slices.Clone(list), func(x connectors.Suppression) bool {
		w := owners[s.identityOf(shop, x.Address)]
		homes = append(homes, w.home, w.customer)
		return x.At.Equal(received) && w.home != "" && !changed[w.home] && !changed[w.customer]
	})
	ops, homes := s.suppressionOps(shop, list), distinct(homes)
	if err := s.openBatch(ctx, shop, run, homes); err != nil {
		return 0, err
	}
	_, results, err := s.docs.Bulk(ctx, colSuppress, ops)
	for _, r := range results {
		if r.Upserted {
			fresh++
		}
		if err == nil {
			err = r.Err
		}
	}
	if err != nil || fresh == 0 {
		return fresh, err
	}
	return fresh, s.raise(ctx, shop, homes...)
}

// addressOwners are the customers of addresses, by the id of the address's identity.
func (s *Store) addressOwners(ctx context.Context, shop string, list []connectors.Suppression) (map[string]whose, error) {
	ids := make([]string, len(list))
	for i, x := range list {
		ids[i] = s.identityOf(shop, x.Address)
	}
	known, err := byIDs(ctx, s, colIdentities, shop, ids, func(i identity) string { return i.ID })
	if err != nil {
		return nil, err
	}
	ids = distinct(ids)
	homes := make([]string, len(ids))
	for i, id := range ids {
		homes[i] = known[id].Customer
	}
	found, err := s.customersAt(ctx, shop, homes)
	owners := map[string]whose{}
	for i, w := range found {
		owners[ids[i]] = w
	}
	return owners, err
}

// suppressionOps are the writes of suppressions, each document once.
func (s *Store) suppressionOps(shop string, list []connectors.Suppression) []documents.Op {
	latest := map[string]connectors.Suppression{}
	var order []string
	for _, x := range list {
		id := commerce.SuppressionID(shop, s.Address(x.Address), x.Scope, x.Reason)
		old, known := latest[id]
		if !known {
			order = append(order, id)
		}
		if !known || x.At.After(old.At) {
			latest[id] = x
		}
	}
	ops := make([]documents.Op, len(order))
	for i, id := range order {
		x := latest[id]
		ops[i] = documents.UpsertOp(shop, id, bson.D{
			{Key: "$setOnInsert", Value: bson.D{
				{Key: "address", Value: s.Address(x.Address)}, {Key: "scope", Value: string(x.Scope)},
				{Key: "reason", Value: string(x.Reason)}, {Key: "created_at", Value: x.At},
			}},
			{Key: "$max", Value: bson.D{{Key: "last_at", Value: x.At}}},
		})
	}
	return ops
}

// identityOf is the id of the identity of an address or a number.
func (s *Store) identityOf(shop string, address commerce.Address) string {
	kind := commerce.Email
	if !strings.Contains(address.Clear(), "@") {
		kind = commerce.Phone
	}
	return commerce.Key(shop, string(kind), s.pseudonym(string(kind)+":"+address.Clear()))
}
