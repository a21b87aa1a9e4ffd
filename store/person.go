package store

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// person is all stored data about the person of a request.
type person struct {
	request    commerce.PrivacyRequest
	customers  []commerce.Customer // all merged into one; the survivor is the last
	identities []string            // ids, also those the request names
	orders     []commerce.Order
	checkouts  []commerce.Checkout
	refunds    []commerce.LooseRefund
}

// ids are those of the customers.
func (p person) ids() []string {
	ids := make([]string, len(p.customers))
	for i, c := range p.customers {
		ids[i] = c.ID
	}
	return ids
}

// subjects are the ids by which deliveries name the person.
func (p person) subjects() []string {
	ids := p.ids()
	for _, o := range p.orders {
		ids = append(ids, o.ID)
	}
	for _, c := range p.checkouts {
		ids = append(ids, c.ID)
	}
	for _, r := range p.refunds {
		ids = append(ids, r.ID)
	}
	return ids
}

// words are the person's addresses and numbers as they may appear in a text.
// Unlike a first name they identify only this person.
func (p person) words() [][]byte {
	seen := map[string]bool{}
	add := func(email, phone string) {
		if commerce.NormalEmail(email) != "" {
			seen[strings.TrimSpace(email)], seen[commerce.NormalEmail(email)] = true, true
		}
		if len(phone) >= 8 {
			seen[phone] = true
		}
	}
	for _, c := range p.customers {
		add(c.Attributes.Email, c.Attributes.Phone)
		for _, r := range c.Records {
			add(r.Email, r.Phone)
		}
	}
	for _, b := range p.buyers() {
		add(b.Email, b.Phone)
	}
	var words [][]byte
	for word := range seen {
		words = append(words, []byte(word))
	}
	slices.SortFunc(words, bytes.Compare)
	return words
}

func (p person) buyers() []commerce.Buyer {
	var list []commerce.Buyer
	for _, o := range p.orders {
		list = append(list, o.Buyer)
	}
	for _, c := range p.checkouts {
		list = append(list, c.Buyer)
	}
	for _, r := range p.refunds {
		list = append(list, r.Buyer)
	}
	return list
}

// persons finds the person of a request: by our customer's id, else by the
// platform's, else by e-mail, else by phone. For a request that was carried out
// before, it also finds customers made of those identities since. If there is
// none, the person has only the request's identities and the orders that it
// lists.
func (s *Store) persons(ctx context.Context, shop string, r commerce.PrivacyRequest) ([]person, error) {
	roots, err := s.rootsNamed(ctx, shop, r)
	if err != nil {
		return nil, err
	}
	var list []person
	for _, root := range roots {
		p := person{request: r, identities: s.identityIDs(r)}
		if root != "" {
			if err := s.identify(ctx, shop, root, &p); err != nil {
				return nil, err
			}
		}
		if err := s.gather(ctx, shop, &p); err != nil {
			return nil, err
		}
		list = append(list, p)
	}
	return list, nil
}

// rootsNamed are the customers that a request names, "" for an unknown one.
func (s *Store) rootsNamed(ctx context.Context, shop string, r commerce.PrivacyRequest) (roots []string, err error) {
	if r.Customer != "" {
		root, err := s.root(ctx, shop, r.Customer)
		if err != nil || r.State != commerce.PrivacyDone {
			return []string{root}, err
		}
		roots = append(roots, root)
	}
	for _, id := range s.identityIDs(r) {
		i, found, err := get[identity](ctx, s, colIdentities, shop, id)
		if err != nil {
			return nil, err
		}
		if found && i.Phone != "" && (i.Many || i.Shared) { // of several: it names only the records with nothing else
			if i.Customer = i.Alone; i.Alone == "" {
				continue
			}
		}
		if found {
			root, err := s.root(ctx, shop, i.Customer)
			return distinct(append(roots, root)), err
		}
	}
	if len(roots) == 0 {
		roots = []string{""}
	}
	return roots, nil
}

// identify reads a customer's ids and identities. The request's platform id is
// one of these, too.
func (s *Store) identify(ctx context.Context, shop, root string, p *person) (err error) {
	if p.customers, err = s.mergedOf(ctx, shop, root); err != nil {
		return err
	}
	named := s.platformIdentity(p.request)
	p.identities = slices.DeleteFunc(p.identities, func(id string) bool { return id != named })
	known, err := find[identity](ctx, s, colIdentities, documents.Query{Filter: of(shop, among("customer", p.ids()))})
	for _, i := range known {
		p.identities = append(p.identities, cmp.Or(i.Phone, i.ID))
	}
	return err
}

// mergedOf reads a customer and all that were merged into it, the survivor
// last. It includes tombstones, because they may still own data.
func (s *Store) mergedOf(ctx context.Context, shop, root string) ([]commerce.Customer, error) {
	aliases, err := s.Aliases(ctx, shop, root)
	if err != nil {
		return nil, err
	}
	ids := []string{root}
	for _, a := range aliases {
		ids = append(ids, a.ID)
	}
	list, err := find[commerce.Customer](ctx, s, colCustomers, documents.Query{Filter: of(shop, among("_id", ids))})
	slices.SortFunc(list, func(a, b commerce.Customer) int {
		switch root {
		case a.ID:
			return 1
		case b.ID:
			return -1
		}
		return strings.Compare(a.ID, b.ID)
	})
	return list, err
}

// gather reads the person's orders, checkouts and refunds, and the orders that
// the request lists.
func (s *Store) gather(ctx context.Context, shop string, p *person) (err error) {
	theirs := of(shop, among("customer", p.ids()))
	if len(p.customers) > 0 {
		if p.orders, err = find[commerce.Order](ctx, s, colOrders, documents.Query{Filter: theirs}); err != nil {
			return err
		}
		if p.checkouts, err = find[commerce.Checkout](ctx, s, colCheckouts, documents.Query{Filter: theirs}); err != nil {
			return err
		}
		if p.refunds, err = find[commerce.LooseRefund](ctx, s, colRefunds, documents.Query{Filter: theirs}); err != nil {
			return err
		}
	}
	listed, err := find[commerce.Order](ctx, s, colOrders, documents.Query{Filter: of(shop, among("_id", p.request.OrderIDs()))})
	for _, o := range listed {
		if !slices.ContainsFunc(p.orders, func(known commerce.Order) bool { return known.ID == o.ID }) {
			p.orders = append(p.orders, o)
		}
	}
	return err
}

// before leaves in p the data from until the request; after is the data from
// then up to now, which stays. Data with a time in the future counts as from
// before.
func (p *person) before(now time.Time) (after person) {
	after.request = p.request
	until := func(at time.Time) bool { return !at.After(p.request.At) || at.After(now) }
	p.orders, after.orders = commerce.Divide(p.orders, func(o commerce.Order) bool {
		return slices.Contains(p.request.OrderIDs(), o.ID) || until(orderFact(o).at)
	})
	p.checkouts, after.checkouts = commerce.Divide(p.checkouts, func(c commerce.Checkout) bool { return until(checkoutFact(c).at) })
	p.refunds, after.refunds = commerce.Divide(p.refunds, func(r commerce.LooseRefund) bool { return until(r.At) })
	for _, c := range p.customers {
		_, later := commerce.Divide(c.Records, func(r commerce.CustomerRecord) bool { return until(r.Version) })
		if len(later) > 0 {
			after.customers = append(after.customers, commerce.Customer{ID: c.ID, Records: later})
		}
	}
	return after
}

// among is the test that a field is one of the values.
func among(field string, values []string) bson.E {
	return bson.E{Key: field, Value: bson.D{{Key: "$in", Value: stringsOf(values)}}}
}

// amongAll searches a collection for documents whose field is one of values, in as few
// searches as there can be. Without fields it reads whole documents.
func amongAll[T any](ctx context.Context, s *Store, coll, shop, field string, values []string, fields ...string) (list []T, err error) {
	for chunk := range slices.Chunk(values, inChunk) {
		found, err := find[T](ctx, s, coll, documents.Query{Filter: of(shop, among(field, chunk)), Fields: fields})
		if err != nil {
			return nil, err
		}
		if list == nil {
			list = found // most have one search: no copy
			continue
		}
		list = append(list, found...)
	}
	return list, nil
}
