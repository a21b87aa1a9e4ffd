package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
)

// installation is the one document about the database itself.
type installation struct {
	ID          string `bson:"_id"`
	Shop        string `bson:"shop"`
	Fingerprint string `bson:"fingerprint"`
	// Schema is the version that all stored data has at least; absent in a
	// store from before there were versions.
	Schema int64 `bson:"schema,omitempty"`
	// Newest is the version of the newest program that ever wrote here, and
	// Build names it. Some data may have this version, whatever Schema is.
	Newest int64  `bson:"newest,omitempty"`
	Build  string `bson:"build,omitempty"`
}

func installationID() string { return commerce.Key(commerce.Installation, "key") }

// CheckFingerprint binds the database to a master key the first time.
// Afterwards it refuses every other key as Invalid: with another key no secret
// would open and every customer would become a new one.
func (s *Store) CheckFingerprint(ctx context.Context, fingerprint string) error {
	stored, err := s.installed(ctx, fingerprint)
	if err == nil && stored.Fingerprint != fingerprint {
		return commerce.Errorf(commerce.Invalid,
			"secret key: the database belongs to key %s, this one is %s; start with the key it was made with", stored.Fingerprint, fingerprint)
	}
	return err
}

// installed reads the installation's document, and writes it if there is none:
// a database without shops has no data of an older version.
func (s *Store) installed(ctx context.Context, fingerprint string) (installation, error) {
	stored, found, err := get[installation](ctx, s, colInstallation, commerce.Installation, installationID())
	if err != nil || found {
		return stored, err
	}
	fresh := installation{ID: installationID(), Shop: commerce.Installation, Fingerprint: fingerprint, Schema: firstSchema}
	shops, err := s.Shops(ctx, nil, 1)
	if err != nil {
		return stored, err
	}
	if len(shops) == 0 {
		fresh.Schema = s.schema()
	}
	if _, err := s.docs.Insert(ctx, colInstallation, fresh); err != nil {
		return stored, err
	}
	stored, _, err = get[installation](ctx, s, colInstallation, commerce.Installation, installationID())
	return stored, err
}

// CheckSchema refuses a database that this program may not use, as Unsupported
// with the remedy: one written by a newer program, and one too old to upgrade.
// From then on it refuses older programs. build names this program.
func (s *Store) CheckSchema(ctx context.Context, build string) error {
	stored, _, err := get[installation](ctx, s, colInstallation, commerce.Installation, installationID())
	if err != nil {
		return err
	}
	if err := compatible(stored, s.oldest(), s.schema()); err != nil || stored.Newest >= s.schema() {
		return err
	}
	_, err = s.docs.Update(ctx, colInstallation, byID(commerce.Installation, installationID()), bson.D{
		{Key: "$max", Value: bson.D{{Key: "newest", Value: s.schema()}}}, set(bson.E{Key: "build", Value: build}),
	})
	return err
}

// compatible is the rule of CheckSchema.
func compatible(stored installation, oldest, current int64) error {
	if stored.Newest > current {
		return commerce.Errorf(commerce.Unsupported,
			"store: written by a newer Comeback (%s), whose data has schema %d; this one knows schema %d: "+
				"start that version or a later one, or restore the backup made before the upgrade",
			stored.Build, stored.Newest, current)
	}
	if has := max(stored.Schema, firstSchema); has < oldest {
		return commerce.Errorf(commerce.Unsupported,
			"store: its data has schema %d, and this Comeback upgrades schema %d and later: "+
				"first start a version in between that knows schema %d, let it finish, then start this one",
			has, oldest, oldest)
	}
	return nil
}
