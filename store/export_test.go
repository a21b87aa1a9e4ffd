package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// SchemaNow is the version of what this program writes.
func (s *Store) SchemaNow() int64 { return s.schema() }

// LaterSchema makes s a later program: it has one upgrade more.
func (s *Store) LaterSchema(shop func(ctx context.Context, shop string) error) {
	s.upgrades = append(upgrades(), upgrade{s.schema() + 1, "test", func(_ *Store, ctx context.Context, id string) error { return shop(ctx, id) }})
}

// ForgetSchemas makes s a program that brings up nothing older than itself.
func (s *Store) ForgetSchemas() { s.upgrades = s.upgrades[len(s.upgrades)-1:] }

// Rewrite is the loop of upgrades.
func (s *Store) Rewrite(ctx context.Context, shop, coll string, change func(bson.Raw) (bson.D, error)) error {
	return s.rewrite(ctx, shop, coll, nil, change)
}
