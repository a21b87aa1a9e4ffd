package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
)

// AddConnection stores a new connection under Key(shop, slug) with its webhook
// secret sealed; a slug that is taken is a Conflict.
func (s *Store) AddConnection(ctx context.Context, shop string, c commerce.Connection, secret []byte) (commerce.Connection, error) {
	c.ID, c.Shop, c.Rev = commerce.Key(shop, c.Slug), shop, 1
	var err error
	if c.Secret, err = s.seal(shop, "connection."+c.Slug, secret); err != nil {
		return c, err
	}
	inserted, err := s.docs.Insert(ctx, colConnections, c)
	if err == nil && !inserted {
		err = commerce.Errorf(commerce.Conflict, "connection %q: the name is taken in this shop", c.Slug)
	}
	return c, err
}

// Connection reads one connection; NotFound when there is none.
func (s *Store) Connection(ctx context.Context, shop, slug string) (commerce.Connection, error) {
	c, found, err := get[commerce.Connection](ctx, s, colConnections, shop, commerce.Key(shop, slug))
	if err == nil && !found {
		err = missing("connection", slug)
	}
	return c, err
}

// Connections lists a shop's connections by slug.
func (s *Store) Connections(ctx context.Context, shop string) ([]commerce.Connection, error) {
	return find[commerce.Connection](ctx, s, colConnections, Query{Filter: of(shop), Sort: []string{"slug"}})
}

// Secrets opens the connection's webhook secrets, the current one first.
func (s *Store) Secrets(c commerce.Connection) ([][]byte, error) {
	var list [][]byte
	for _, sealed := range [][]byte{c.Secret, c.Previous} {
		secret, err := s.open(c.Shop, "connection."+c.Slug, sealed)
		if err != nil {
			return nil, err
		}
		if len(secret) > 0 {
			list = append(list, secret)
		}
	}
	return list, nil
}

// RotateSecret makes secret the current one; the one it replaces stays valid
// until the next rotation.
func (s *Store) RotateSecret(ctx context.Context, shop, slug string, secret []byte) error {
	c, err := s.Connection(ctx, shop, slug)
	if err != nil {
		return err
	}
	sealed, err := s.seal(shop, "connection."+slug, secret)
	if err != nil {
		return err
	}
	fields := set(bson.E{Key: "secret", Value: sealed}, bson.E{Key: "previous", Value: c.Secret}, bson.E{Key: "rev", Value: c.Rev + 1})
	matched, err := s.docs.Update(ctx, colConnections, byID(shop, c.ID, bson.E{Key: "rev", Value: c.Rev}), bson.D{fields})
	if err == nil && !matched {
		return commerce.Errorf(commerce.Conflict, "connection %q: changed meanwhile, try again", slug)
	}
	return err
}

// RemoveConnection deletes a connection. What it delivered stays.
func (s *Store) RemoveConnection(ctx context.Context, shop, slug string) error {
	deleted, err := s.docs.Delete(ctx, colConnections, shop, commerce.Key(shop, slug))
	if err == nil && !deleted {
		return missing("connection", slug)
	}
	return err
}
