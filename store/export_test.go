package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
)

// SchemaNow is the version of the data that this program writes.
func (s *Store) SchemaNow() int64 { return s.schema() }

// LaterSchema makes s a later program: it has one upgrade more.
func (s *Store) LaterSchema(shop func(ctx context.Context, shop string) error) {
	s.upgrades = append(upgrades(), upgrade{s.schema() + 1, "test", func(_ *Store, ctx context.Context, id string) error {
		return shop(ctx, id)
	}})
}

// ForgetSchemas makes s a program that upgrades no older data.
func (s *Store) ForgetSchemas() { s.upgrades = s.upgrades[len(s.upgrades)-1:] }

// Rewrite is the loop of upgrades.
func (s *Store) Rewrite(ctx context.Context, shop, coll string, change func(bson.Raw) (bson.D, error)) error {
	return s.rewrite(ctx, shop, coll, nil, change)
}

// KeepEntries stores the rows of customers as counting them would.
func (s *Store) KeepEntries(ctx context.Context, shop, campaign string, people map[string][]campaigns.EntryRow) error {
	pages := map[uint16]clusters{}
	for customer, rows := range people {
		at, key := placeOf(customer)
		if pages[at] == nil {
			pages[at] = clusters{}
		}
		pages[at][key] = rows
	}
	list := []any{}
	for at, page := range pages {
		list = append(list, entryPage{ID: pageID(shop, campaign, at), Shop: shop, Campaign: campaign, Rows: encodePage(page), Rev: 1})
	}
	_, err := s.docs.InsertMany(ctx, colEntries, list)
	return err
}

// Merge makes one customer an alias of another, as an order that names both does.
func (s *Store) Merge(ctx context.Context, shop, loser, survivor string) error {
	return s.mergeCustomers(ctx, shop, loser, survivor)
}

// UpgradeIdentities is the upgrade of that name.
func (s *Store) UpgradeIdentities(ctx context.Context, shop string) error {
	return s.upgradeIdentities(ctx, shop)
}

// SaveEnrolment is SaveEnrolments for one.
func (s *Store) SaveEnrolment(ctx context.Context, shop string, e campaigns.Enrolment) (saved bool, err error) {
	list, err := s.SaveEnrolments(ctx, shop, []campaigns.Enrolment{e})
	return err == nil && list[0], err
}

// StoredPrivately are the types of this package that collections contain.
func StoredPrivately() []any {
	return []any{
		entryPage{}, erasure{}, identity{}, installation{}, duty{}, dailyWork{}, paramsDoc{}, touchGroup{}, progress{}, importReport{},
	}
}
