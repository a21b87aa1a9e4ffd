package store

import (
	"bytes"
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/connectors"
)

// LearnAlias adds a name to those of a connection's store, if that is safe:
// connectors.MayLearn allows it, no other connection of the shop has a store of this
// name, and none has the same secret. A signature under a shared secret does not
// show which of the stores has sent a delivery. learned is also true where the name
// is known already.
func (s *Store) LearnAlias(ctx context.Context, shop, slug, name string) (learned bool, err error) {
	for {
		list, err := s.Connections(ctx, shop)
		if err != nil {
			return false, err
		}
		i := slices.IndexFunc(list, func(c commerce.Connection) bool { return c.Slug == slug })
		if i < 0 {
			return false, nil
		}
		if connectors.IsStore(list[i], name) {
			return true, nil
		}
		free, err := s.isFree(list, i, name)
		if err != nil || !free {
			return false, err
		}
		c := list[i]
		update := bson.D{
			{Key: "$set", Value: bson.D{{Key: "aliases", Value: append(c.Aliases, name)}}},
			{Key: "$inc", Value: bson.D{{Key: "rev", Value: 1}}},
		}
		matched, err := s.docs.Update(ctx, colConnections, byID(shop, c.ID, bson.E{Key: "rev", Value: c.Rev}), update)
		if err != nil || matched {
			return matched, err
		}
	}
}

// isFree reports whether connection i of a shop's list may take a name.
func (s *Store) isFree(list []commerce.Connection, i int, name string) (bool, error) {
	if !connectors.MayLearn(list[i], name) {
		return false, nil
	}
	own, err := s.Secrets(list[i])
	if err != nil {
		return false, err
	}
	for j, other := range list {
		if j == i {
			continue
		}
		secrets, err := s.Secrets(other)
		if err != nil {
			return false, err
		}
		shared := func(secret []byte) bool {
			return slices.ContainsFunc(own, func(mine []byte) bool { return bytes.Equal(mine, secret) })
		}
		if connectors.IsStore(other, name) || slices.ContainsFunc(secrets, shared) {
			return false, nil
		}
	}
	return true, nil
}
