package store

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// erasedNote replaces a text about an erased person.
const erasedNote = "erased: the person's data was to be forgotten"

// ErasePerson carries out a request to erase a person. It removes the person's
// records, addresses, words of messages, raw bodies and checkouts, and the
// buyer of the orders. Money, lines, times and counts of campaigns stay. Data
// from after the request stays: from then on it belongs to a new customer.
// Erasing again changes nothing, so after a kill it is repeated whole. First it
// stores the erasure, so that late data does not undo it.
func (s *Store) ErasePerson(ctx context.Context, shop string, r commerce.PrivacyRequest) (commerce.PrivacyRequest, error) {
	persons, err := s.persons(ctx, shop, r)
	if err != nil {
		return r, err
	}
	for _, p := range persons {
		later := p.before(s.now())
		if p.stranger(later) {
			continue
		}
		if r.Deleted && p.otherAccount() {
			return r, s.dropAccount(ctx, shop, p)
		}
		if len(p.customers) > 0 && r.Customer == "" {
			r.Customer = p.customers[len(p.customers)-1].ID
			if err := s.noteCustomer(ctx, shop, r); err != nil {
				return r, err
			}
		}
		erased, err := s.erase(ctx, shop, p, later)
		r.Erased.Add(erased)
		if err != nil {
			return r, err
		}
	}
	return r, nil
}

// noteCustomer stores the customer of a request, for the second run of it.
func (s *Store) noteCustomer(ctx context.Context, shop string, r commerce.PrivacyRequest) error {
	_, err := s.docs.Update(ctx, colRedactions, byID(shop, r.ID), bson.D{set(bson.E{Key: "customer", Value: r.Customer})})
	return err
}

// stranger reports whether all data of the person came after the request: then
// it is a new person under an address that was erased before.
func (p person) stranger(later person) bool {
	if slices.ContainsFunc(p.customers, func(c commerce.Customer) bool { return !c.GoneAt.IsZero() }) {
		return false
	}
	before := len(p.orders) + len(p.checkouts) + len(p.refunds) + p.records() - later.records()
	return before == 0 && len(later.orders)+len(later.checkouts)+len(later.refunds)+later.records() > 0
}

// records counts the records of the person.
func (p person) records() (n int) {
	for _, c := range p.customers {
		n += len(c.Records)
	}
	return n
}

// erase removes a person from all collections. The data that identifies the
// person goes last.
func (s *Store) erase(ctx context.Context, shop string, p, later person) (erased commerce.Erased, err error) {
	marks := slices.Clone(p.identities)
	for _, id := range p.request.OrderIDs() {
		marks = append(marks, orderErasure(shop, id))
	}
	if err := s.remember(ctx, shop, marks, p.request.At); err != nil {
		return erased, err
	}
	for _, step := range []func(context.Context, string, person, *commerce.Erased) error{
		s.eraseImports, s.eraseDeliveries, s.eraseMessages, s.eraseTouches, s.eraseEnrolments, s.eraseCalls, s.eraseWatches, s.eraseListings,
		s.eraseReports, s.eraseOrders, s.eraseCheckouts, s.eraseRefunds, s.eraseCustomers,
		s.eraseReports, // once more: one may have been under way
	} {
		if err := step(ctx, shop, p, &erased); err != nil {
			return erased, err
		}
	}
	return erased, s.attach(ctx, shop, later)
}

// attach gives data from after the request to its customer of now.
func (s *Store) attach(ctx context.Context, shop string, later person) error {
	for _, c := range later.customers {
		for _, r := range c.Records {
			if _, err := s.SaveRecord(ctx, shop, r); err != nil {
				return err
			}
		}
	}
	for coll, list := range map[string][]owned{colOrders: ordersOwned(later.orders),
		colCheckouts: checkoutsOwned(later.checkouts), colRefunds: refundsOwned(later.refunds)} {
		for _, o := range list {
			w, err := s.customerOf(ctx, shop, o.connection, o.buyer)
			if err != nil {
				return err
			}
			if w.customer == "" || w.customer == o.customer {
				continue
			}
			moved := bson.D{set(bson.E{Key: "customer", Value: w.customer}, bson.E{Key: "home", Value: w.home}),
				{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}}}
			if _, err := s.docs.Update(ctx, coll, byID(shop, o.id, bson.E{Key: "customer", Value: o.customer}), moved); err != nil {
				return err
			}
			if err := s.raise(ctx, shop, w.customer); err != nil {
				return err
			}
		}
	}
	return nil
}

// owned is a document that belongs to the customer that its buyer names.
type owned struct {
	id, connection, customer string
	buyer                    commerce.Buyer
}

func ordersOwned(list []commerce.Order) (all []owned) {
	for _, o := range list {
		all = append(all, owned{o.ID, o.Connection, o.Customer, o.Buyer})
	}
	return all
}

func checkoutsOwned(list []commerce.Checkout) (all []owned) {
	for _, c := range list {
		all = append(all, owned{c.ID, c.Connection, c.Customer, c.Buyer})
	}
	return all
}

func refundsOwned(list []commerce.LooseRefund) (all []owned) {
	for _, r := range list {
		all = append(all, owned{r.ID, r.Connection, r.Customer, r.Buyer})
	}
	return all
}

// otherAccount reports whether the platform deleted one of several accounts of
// the person in the connection. A platform does that with an account that it
// merged into another.
func (p person) otherAccount() bool {
	for _, c := range p.customers {
		for _, r := range c.Records {
			if r.Connection == p.request.Connection && r.External != "" && r.External != p.request.Platform && !r.Deleted {
				return true
			}
		}
	}
	return false
}

// dropAccount removes the records of one account; the person has another.
func (s *Store) dropAccount(ctx context.Context, shop string, p person) error {
	for _, c := range p.customers {
		kept := slices.DeleteFunc(slices.Clone(c.Records), func(r commerce.CustomerRecord) bool {
			return r.Connection == p.request.Connection && r.External == p.request.Platform
		})
		if len(kept) == len(c.Records) {
			continue
		}
		if err := s.keepRecords(ctx, c, kept); err != nil {
			return err
		}
	}
	return s.raise(ctx, shop, p.customers[len(p.customers)-1].ID)
}

// keepRecords leaves a customer only some of its records.
func (s *Store) keepRecords(ctx context.Context, c commerce.Customer, kept []commerce.CustomerRecord) error {
	_, err := s.docs.Update(ctx, colCustomers, byID(c.Shop, c.ID, bson.E{Key: "rev", Value: c.Rev}), bson.D{
		set(bson.E{Key: "records", Value: kept}, bson.E{Key: "dirty", Value: true}, bson.E{Key: "changed_at", Value: s.wall()}),
		{Key: "$inc", Value: bson.D{{Key: "want", Value: int64(1)}, {Key: "rev", Value: int64(1)}}},
	})
	return err
}

// eraseCustomers replaces the person's customers by tombstones.
func (s *Store) eraseCustomers(ctx context.Context, shop string, p person, erased *commerce.Erased) error {
	for _, c := range p.customers { // the survivor last: a repetition finds the person by it
		if err := s.forgetIdentities(ctx, shop, c.ID); err != nil {
			return err
		}
		if err := s.makeTombstone(ctx, shop, c.ID); err != nil {
			return err
		}
		if err := s.forgetIdentities(ctx, shop, c.ID); err != nil { // another process may have claimed one meanwhile
			return err
		}
		if c.GoneAt.IsZero() {
			erased.Customers++
		}
	}
	return nil
}

// eraseListings removes the person from lists by hand.
func (s *Store) eraseListings(ctx context.Context, shop string, p person, erased *commerce.Erased) error {
	list, err := find[segments.Listed](ctx, s, colListed, documents.Query{Filter: of(shop, among("customer", p.ids()))})
	if err != nil {
		return err
	}
	ops := make([]documents.Op, len(list))
	for i, l := range list {
		ops[i] = documents.DeleteOp(shop, l.ID)
	}
	if err := s.bulk(ctx, colListed, ops); err != nil {
		return err
	}
	erased.Listings += int64(len(list))
	return s.relisted(ctx, shop, list)
}

// eraseWatches removes the person's time triggers.
func (s *Store) eraseWatches(ctx context.Context, shop string, p person, _ *commerce.Erased) error {
	list, err := find[campaigns.Watch](ctx, s, colWatches,
		documents.Query{Filter: of(shop, among("customer", p.ids())), Fields: []string{"_id"}})
	ops := make([]documents.Op, len(list))
	for i, w := range list {
		ops[i] = documents.DeleteOp(shop, w.ID)
	}
	return orElse(err, s.bulk(ctx, colWatches, ops))
}
