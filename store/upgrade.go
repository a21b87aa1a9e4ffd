package store

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// firstSchema is the version of data stored before versions were written.
const firstSchema int64 = 1

// upgrade upgrades the stored data of each shop by one version.
type upgrade struct {
	version int64  // of the data afterwards: one more than in the line above
	name    string // of the upgraded data, for people
	// shop does it for one shop, in small batches (see rewrite). It is repeated
	// after a kill, so doing it again changes nothing. No worker works on the
	// shop meanwhile, but webhooks and touches are stored.
	shop func(s *Store, ctx context.Context, shop string) error
}

// upgrades lead from the oldest supported version to the current one. A
// released line never changes; lines may be dropped from above.
func upgrades() []upgrade {
	return []upgrade{
		{2, "requests about personal data that were not carried out", (*Store).upgradePrivacyRequests},
		{3, "the counts of each entry for results", (*Store).upgradeEntries},
		{4, "consents, now of an address each", (*Store).upgradeConsents},
		{5, "the carriers of phones, and customers that a phone made of several people", (*Store).upgradeIdentities},
		{6, "the meaning of payment methods of open orders", (*Store).upgradeTerms},
		{7, "tags of Shopify orders, now a list", (*Store).upgradeTags},
		{8, "the names of customers as they are searched for", (*Store).upgradeNames},
		{9, "when customers bought with which address", (*Store).upgradeConsents},
	}
}

// schema is the version of the data that this program writes.
func (s *Store) schema() int64 { return s.upgrades[len(s.upgrades)-1].version }

// oldest is the oldest version that this program can upgrade.
func (s *Store) oldest() int64 { return s.upgrades[0].version - 1 }

// progress is how far a shop's data is upgraded.
type progress struct {
	ID      string            `bson:"_id"`
	Shop    string            `bson:"shop"`
	Version int64             `bson:"version"`
	Places  map[string]string `bson:"places"` // by collection, the last id done on the way to the next version
}

func progressID(shop string) string { return commerce.Key(shop, "schema") }

// Behind reports whether stored data is older than this program. Do not work on
// it before Upgraded.
func (s *Store) Behind(ctx context.Context) (bool, error) {
	stored, found, err := get[installation](ctx, s, colInstallation, commerce.Installation, installationID())
	return found && max(stored.Schema, firstSchema) < s.schema(), err
}

// Upgrade upgrades one shop's data to this program's version, from where it was
// left. Call it only while holding Upgrading of the shop. It calls begun with
// the name of each upgrade before it starts.
func (s *Store) Upgrade(ctx context.Context, shop string, begun func(name string)) error {
	stored, _, err := get[installation](ctx, s, colInstallation, commerce.Installation, installationID())
	if err != nil {
		return err
	}
	done, _, err := get[progress](ctx, s, colUpgrades, shop, progressID(shop))
	if err != nil {
		return err
	}
	for _, u := range s.upgrades {
		if u.version <= max(stored.Schema, done.Version) {
			continue
		}
		begun(u.name)
		if err := u.shop(s, ctx, shop); err != nil {
			return fmt.Errorf("upgrade %s: %w", u.name, err)
		}
		if err := s.upgraded(ctx, shop, u.version); err != nil {
			return err
		}
	}
	return nil
}

// upgraded records that a shop's data has a version.
func (s *Store) upgraded(ctx context.Context, shop string, version int64) error {
	_, err := s.docs.Upsert(ctx, colUpgrades, shop, progressID(shop), bson.D{
		{Key: "$max", Value: bson.D{{Key: "version", Value: version}}}, {Key: "$unset", Value: bson.D{{Key: "places", Value: ""}}},
	})
	return err
}

// Upgraded records that all shops are upgraded.
func (s *Store) Upgraded(ctx context.Context) error {
	_, err := s.docs.Update(ctx, colInstallation, byID(commerce.Installation, installationID()),
		bson.D{{Key: "$max", Value: bson.D{{Key: "schema", Value: s.schema()}}}})
	return err
}

// rewriteBatch is how many documents rewrite changes at once.
const rewriteBatch = 500

// rewriting gives the update of a document, nil for none.
type rewriting func(bson.Raw) (bson.D, error)

// rewrite is the loop of an upgrade over the documents of one collection that
// also match more: change gives the update of each, nil for none. It goes by
// _id in small batches and stores its place after each, so that a repetition
// continues there. An upgrade calls it once a collection.
func (s *Store) rewrite(ctx context.Context, shop, coll string, more bson.D, change func(bson.Raw) (bson.D, error)) error {
	return s.rewriteBatches(ctx, shop, coll, more, func([]bson.Raw) (rewriting, error) { return change, nil })
}

// rewriteBatches is rewrite for changes that need more of the database: prepare
// reads the data for a whole batch.
func (s *Store) rewriteBatches(ctx context.Context, shop, coll string, more bson.D, prepare func([]bson.Raw) (rewriting, error)) error {
	done, _, err := get[progress](ctx, s, colUpgrades, shop, progressID(shop))
	if err != nil {
		return err
	}
	var after *documents.Cursor
	if place := done.Places[coll]; place != "" {
		after = &documents.Cursor{Sort: []string{"_id"}, ID: place}
	}
	for {
		batch, err := find[bson.Raw](ctx, s, coll,
			documents.Query{Filter: of(shop, more...), Sort: []string{"_id"}, After: after, Limit: rewriteBatch})
		if err != nil || len(batch) == 0 {
			return err
		}
		change, err := prepare(batch)
		if err != nil {
			return err
		}
		if after, err = s.rewriteAll(ctx, shop, coll, batch, change); err != nil {
			return err
		}
		if len(batch) < rewriteBatch {
			return nil
		}
	}
}

// rewriteAll changes one batch and stores where it ends.
func (s *Store) rewriteAll(ctx context.Context, shop, coll string, batch []bson.Raw, change rewriting) (*documents.Cursor, error) {
	var ops []documents.Op
	for _, raw := range batch {
		update, err := change(raw)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", coll, raw.Lookup("_id"), err)
		}
		if update != nil {
			ops = append(ops, documents.UpdateOp(byID(shop, raw.Lookup("_id").StringValue()), update))
		}
	}
	if err := s.bulk(ctx, coll, ops); err != nil {
		return nil, err
	}
	after, err := documents.CursorOf([]string{"_id"}, batch[len(batch)-1])
	if err != nil {
		return nil, err
	}
	_, err = s.docs.Upsert(ctx, colUpgrades, shop, progressID(shop), bson.D{set(bson.E{Key: "places." + coll, Value: after.ID})})
	return after, err
}
