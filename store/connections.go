package store

import (
	"bytes"
	"context"
	"reflect"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/store/documents"
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
	return find[commerce.Connection](ctx, s, colConnections, documents.Query{Filter: of(shop), Sort: []string{"slug"}})
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
	for {
		c, err := s.Connection(ctx, shop, slug)
		if err == nil {
			err = s.SaveConnection(ctx, shop, c, secret)
		}
		if commerce.CodeOf(err) != commerce.Conflict {
			return err
		}
	}
}

// SaveConnection stores the merchant's settings of a connection if it is still
// at c.Rev, else it is a Conflict. Its open orders are reviewed under the new
// terms once every process uses them. A new secret replaces the current one as
// RotateSecret does; an empty or equal one leaves both unchanged.
func (s *Store) SaveConnection(ctx context.Context, shop string, c commerce.Connection, secret []byte) error {
	before, err := s.Connection(ctx, shop, c.Slug)
	if err != nil {
		return err
	}
	if c.Secret, c.Previous, err = s.rotated(before, secret); err != nil {
		return err
	}
	if !reflect.DeepEqual(connectors.Terms(before), connectors.Terms(c)) {
		c.ReviewAt = s.wall().Add(2 * agedFor)
	}
	rev := c.Rev
	c.Rev++
	update, err := s.replacing(c, "aliases", "unpaid_closes_after", "payment_methods", "review_at")
	if err != nil {
		return err
	}
	matched, err := s.docs.Update(ctx, colConnections, byID(shop, before.ID, bson.E{Key: "rev", Value: rev}), update)
	s.agreed.drop(before.ID)
	if err == nil && !matched {
		return commerce.Errorf(commerce.Conflict, "connection %q: changed meanwhile, read it again and repeat the change", c.Slug)
	}
	if err != nil {
		return err
	}
	return s.forgetMethods(ctx, shop, c)
}

// rotated is a connection's sealed secrets after secret has become the current
// one.
func (s *Store) rotated(c commerce.Connection, secret []byte) (current, previous []byte, err error) {
	known, err := s.open(c.Shop, "connection."+c.Slug, c.Secret)
	if err != nil || len(secret) == 0 || bytes.Equal(known, secret) {
		return c.Secret, c.Previous, err
	}
	current, err = s.seal(c.Shop, "connection."+c.Slug, secret)
	return current, c.Secret, err
}

// RemoveConnection deletes a connection and its counts. Its orders and other
// records stay.
func (s *Store) RemoveConnection(ctx context.Context, shop, slug string) error {
	deleted, err := s.docs.Delete(ctx, colConnections, shop, commerce.Key(shop, slug))
	s.agreed.drop(commerce.Key(shop, slug))
	if err == nil && !deleted {
		return missing("connection", slug)
	}
	if err != nil {
		return err
	}
	_, err = s.docs.Delete(ctx, colReceptions, shop, commerce.Key(shop, slug))
	return err
}
