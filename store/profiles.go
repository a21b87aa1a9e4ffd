package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
)

// Dirty lists up to limit customers whose profile is to be computed again.
func (s *Store) Dirty(ctx context.Context, shop string, limit int) ([]string, error) {
	return s.findIDs(ctx, colCustomers, of(shop, bson.E{Key: "dirty", Value: true}), limit)
}

// settled reads a customer whose place among the others is right. It finishes
// merges, joins and partings that a dead process left, and applies the rule of
// joins once more. It does so after it has read the want that it returns,
// because every change of a place raises want.
func (s *Store) settled(ctx context.Context, shop, id string) (c commerce.Customer, found bool, err error) {
	for {
		c, found, err = get[commerce.Customer](ctx, s, colCustomers, shop, id)
		if err != nil || !found || inPlace(c) {
			return c, found, err
		}
		if err := s.putInPlace(ctx, c); err != nil {
			return c, true, err
		}
		now, found, err := get[node](ctx, s, colCustomers, shop, id)
		if err != nil || !found || now.Want == c.WantedGeneration {
			return c, found, err
		}
	}
}

// inPlace reports whether nothing is to do about a customer's place.
func inPlace(c commerce.Customer) bool { return c.MergedInto == "" && c.PartedFrom == "" && !c.Linked }

func (s *Store) putInPlace(ctx context.Context, c commerce.Customer) error {
	if c.PartedFrom != "" {
		if err := s.finishParting(ctx, c.Shop, c.ID, c.PartedFrom); err != nil {
			return err
		}
	}
	if c.Linked && c.GoneAt.IsZero() {
		home, err := s.strongRoot(ctx, c.Shop, c.ID)
		if err == nil {
			err = s.settle(ctx, c.Shop, home)
		}
		if err != nil {
			return err
		}
	}
	if c.MergedInto == "" { // it may have documents of customers that it was joined with
		return s.bringHome(ctx, c.Shop, c.ID)
	}
	return s.moveOrders(ctx, c.Shop, c.ID)
}

// news is what computing profiles found out.
type news struct {
	lifted []commerce.Suppression // by a later consent
	events []commerce.Event       // of the customers
}

// computeProfiles computes the profiles of customers from the stored data, and returns what is
// new. One that was merged has none.
func (s *Store) computeProfiles(ctx context.Context, shop string, list []*commerce.Customer) (found news, err error) {
	var ids []string
	for _, c := range list {
		if c.MergedInto == "" {
			ids = append(ids, c.ID)
		}
	}
	in, err := s.inputsOf(ctx, shop, ids)
	if err != nil {
		return found, err
	}
	var profiles []*commerce.Profile
	var happened []func()
	for _, c := range list {
		if c.MergedInto != "" {
			c.Profile = commerce.Profile{}
			continue
		}
		before, engagement := c.Profile, c.Engagement
		records := c.Records
		if more := in.aliases[c.ID]; len(more) > 0 {
			records = commerce.MergeRecords(records, more...)
		}
		c.Profile = commerce.Recompute(records, in.purchases[c.ID], in.refunds[c.ID], in.checkouts[c.ID])
		c.Engagement = engagement
		profiles = append(profiles, &c.Profile)
		reports := commerce.Reports{Records: records, Purchases: in.purchases[c.ID], Checkouts: in.checkouts[c.ID]}
		happened = append(happened, func() {
			found.events = append(found.events, commerce.CustomerEvents(before, *c, reports, s.addressName, s.now())...)
		})
	}
	found.lifted, err = s.applySuppressions(ctx, shop, profiles)
	for _, add := range happened { // when the suppressions have been applied
		add()
	}
	return found, err
}

// addressName is the pseudonym of an address in ids.
func (s *Store) addressName(a commerce.Address) string { return s.Address(a).String() }

// profileWrite stores c's profile as computed at its want, unless a later one
// is stored.
func (s *Store) profileWrite(c commerce.Customer) (filter, update bson.D) {
	fields := bson.D{
		{Key: "attributes", Value: c.Attributes}, {Key: "names", Value: c.Names}, {Key: "consents", Value: c.Consents},
		{Key: "other_consents", Value: c.OtherConsents}, {Key: "history", Value: c.History},
		{Key: "checkouts", Value: c.Checkouts}, {Key: "have", Value: c.WantedGeneration}, {Key: "changed_at", Value: s.wall()},
	}
	none := bson.D{{Key: "gone_at", Value: ""}} // a new record makes a deleted customer again
	if c.KnownSince.IsZero() {
		none = append(none, bson.E{Key: "known_since", Value: ""})
	} else {
		fields = append(fields, bson.E{Key: "known_since", Value: c.KnownSince})
	}
	if len(c.Sales) == 0 {
		none = append(none, bson.E{Key: "sales", Value: ""})
	} else {
		fields = append(fields, bson.E{Key: "sales", Value: c.Sales})
	}
	older := bson.E{Key: "have", Value: bson.D{{Key: "$lt", Value: c.WantedGeneration}}}
	return byID(c.Shop, c.ID, older), bson.D{{Key: "$set", Value: fields}, {Key: "$unset", Value: none},
		{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}}}
}
