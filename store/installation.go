package store

import (
	"context"

	"comeback/commerce"
)

// installation is the one document about the database itself.
type installation struct {
	ID          string `bson:"_id"`
	Shop        string `bson:"shop"`
	Fingerprint string `bson:"fingerprint"`
}

// CheckFingerprint binds the database to a master key the first time, and
// afterwards refuses every other as Invalid: under it no secret would open
// and every customer would be found anew.
func (s *Store) CheckFingerprint(ctx context.Context, fingerprint string) error {
	id := commerce.Key(commerce.Installation, "key")
	if _, err := s.docs.Insert(ctx, colInstallation, installation{ID: id, Shop: commerce.Installation, Fingerprint: fingerprint}); err != nil {
		return err
	}
	stored, _, err := get[installation](ctx, s, colInstallation, commerce.Installation, id)
	if err == nil && stored.Fingerprint != fingerprint {
		return commerce.Errorf(commerce.Invalid, "secret key: the database belongs to key %s, this one is %s; start with the key it was made with", stored.Fingerprint, fingerprint)
	}
	return err
}
