package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// Dirty lists up to limit customers whose profile is to be computed again.
func (s *Store) Dirty(ctx context.Context, shop string, limit int) ([]string, error) {
	return s.findIDs(ctx, colCustomers, of(shop, bson.E{Key: "dirty", Value: true}), limit)
}

// Recompute makes a customer's profile from the records and orders now stored.
// The order of its reads is the proof that nothing is missed: every order
// counted in want was saved before want was read. changed is false when the
// stored profile was as new.
func (s *Store) Recompute(ctx context.Context, shop, id string) (c commerce.Customer, changed bool, err error) {
	c, found, err := s.settled(ctx, shop, id)
	if err != nil || !found {
		return c, false, err
	}
	if c.StoredGeneration < c.WantedGeneration {
		var lifted []commerce.Suppression
		if c.Profile, lifted, err = s.profileOf(ctx, c); err != nil {
			return c, false, err
		}
		if changed, err = s.saveProfile(ctx, c); err != nil {
			return c, false, err
		}
		if err := s.lift(ctx, shop, lifted); err != nil {
			return c, false, err
		}
	}
	// Also if another process saved it: that one may have died before it
	// marked.
	if err := s.markMany(ctx, shop, []string{id}); err != nil {
		return c, changed, err
	}
	_, err = s.docs.Update(ctx, colCustomers,
		byID(shop, id, bson.E{Key: "want", Value: c.WantedGeneration},
			bson.E{Key: "have", Value: c.WantedGeneration}), bson.D{set(bson.E{Key: "dirty", Value: false})})
	return c, changed, err
}

// settled reads a customer whose place among the others is right. It finishes
// merges, joins and partings that a dead process left, and applies the rule of
// joins once more. It does so after it has read the want that it returns,
// because every change of a place raises want.
func (s *Store) settled(ctx context.Context, shop, id string) (c commerce.Customer, found bool, err error) {
	for {
		c, found, err = get[commerce.Customer](ctx, s, colCustomers, shop, id)
		if err != nil || !found || c.MergedInto == "" && c.PartedFrom == "" && !c.Linked {
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

// profileOf computes a profile from the stored data, and returns the
// suppressions that a later consent has lifted.
func (s *Store) profileOf(ctx context.Context, c commerce.Customer) (p commerce.Profile, lifted []commerce.Suppression, err error) {
	if c.MergedInto != "" {
		return p, nil, nil
	}
	aliases, err := s.Aliases(ctx, c.Shop, c.ID)
	if err != nil {
		return p, nil, err
	}
	records := c.Records
	for _, a := range aliases {
		records = commerce.MergeRecords(records, a.Records...)
	}
	purchases, err := s.purchases(ctx, c.Shop, c.ID)
	if err != nil {
		return p, nil, err
	}
	loose, err := s.looseRefunds(ctx, c.Shop, c.ID)
	if err != nil {
		return p, nil, err
	}
	checkouts, err := s.checkoutsBegun(ctx, c.Shop, c.ID)
	if err != nil {
		return p, nil, err
	}
	p = commerce.Recompute(records, purchases, loose, checkouts)
	p.Engagement = c.Engagement
	lifted, err = s.applySuppressions(ctx, c.Shop, &p)
	return p, lifted, err
}

func (s *Store) purchases(ctx context.Context, shop, customer string) ([]commerce.Purchase, error) {
	type row struct {
		Fact  commerce.OrderFact `bson:"fact"`
		State struct {
			Buyer commerce.Buyer `bson:"buyer"`
		} `bson:"state"`
	}
	var list []commerce.Purchase
	q := documents.Query{Filter: of(shop, bson.E{Key: "customer", Value: customer}), Fields: []string{"fact", "state.buyer"}}
	err := s.docs.Find(ctx, colOrders, q, func(raw bson.Raw) error {
		var r row
		if err := documents.Unmarshal(raw, &r); err != nil {
			return err
		}
		if !r.Fact.PlacedAt.IsZero() { // a stub counts once the order itself is known
			list = append(list, commerce.Purchase{Fact: r.Fact, Buyer: r.State.Buyer})
		}
		return nil
	})
	return list, err
}

func (s *Store) checkoutsBegun(ctx context.Context, shop, customer string) ([]commerce.StartedCheckout, error) {
	fields := []string{"_id", "connection", "started_at", "completed_at", "state.total", "state.buyer"}
	list, err := find[commerce.Checkout](ctx, s, colCheckouts,
		documents.Query{Filter: of(shop, bson.E{Key: "customer", Value: customer}), Fields: fields})
	var begun []commerce.StartedCheckout
	for _, c := range list {
		if f, ok := commerce.CheckoutFactOf(c); ok {
			begun = append(begun, commerce.StartedCheckout{Fact: f, Buyer: c.Buyer})
		}
	}
	return begun, err
}

func (s *Store) saveProfile(ctx context.Context, c commerce.Customer) (saved bool, err error) {
	filter, update := s.profileWrite(c)
	return s.docs.Update(ctx, colCustomers, filter, update)
}

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
	older := bson.E{Key: "have", Value: bson.D{{Key: "$lt", Value: c.WantedGeneration}}}
	return byID(c.Shop, c.ID, older), bson.D{{Key: "$set", Value: fields}, {Key: "$unset", Value: none},
		{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}}}
}
