package store

import (
	"context"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// identity names the customer of a value. Its id is Key(shop, kind, hmac), so a
// strong value names one customer, and the value itself is not stored. Several
// customers may carry a phone: the document of its id is the first one's, and
// each other one has a document of its own (see carry).
type identity struct {
	ID         string    `bson:"_id"`
	Shop       string    `bson:"shop"`
	Kind       string    `bson:"kind"`
	Customer   string    `bson:"customer"`
	CreatedAt  time.Time `bson:"created_at"`
	Connection string    `bson:"connection,omitempty"` // of a platform's id
	Phone      string    `bson:"phone,omitempty"`      // id of the phone that Customer carries

	// Only in the document of a phone's id: several carry it; the customer of
	// the records with nothing else; and that it joins nobody any more.
	Many   bool   `bson:"many,omitempty"`
	Alone  string `bson:"alone,omitempty"`
	Shared bool   `bson:"shared,omitempty"`
}

// whose is the owner of a record: home is the customer of its strong
// identities, customer the one that phones make of it (see
// commerce.JoinByPhone).
type whose struct{ home, customer string }

// ownHome is the home where it is not the customer itself.
func (w whose) ownHome() string {
	if w.home == w.customer {
		return ""
	}
	return w.home
}

// or is w, or other where w is zero.
func (w whose) or(other whose) whose {
	if w.customer == "" {
		return other
	}
	return w
}

// customerOf finds the customer that a record names, or makes it. If strong
// values name several customers, these are one: they are merged. It stores that
// the customer carries the phone, and joins it with other carriers as long as
// nothing contradicts that. It is zero for a record that names nobody.
func (s *Store) customerOf(ctx context.Context, shop, connection string, b commerce.Buyer) (w whose, err error) {
	wanted := s.identitiesOf(shop, connection, b)
	if len(wanted) == 0 {
		return whose{}, nil
	}
	known, err := s.knownIdentities(ctx, shop, wanted)
	if err != nil {
		return whose{}, err
	}
	strong, number := parted(wanted, known)
	if len(strong) > 0 {
		w.home, err = s.strongly(ctx, shop, strong, known)
	} else {
		w.home, err = s.alone(ctx, shop, *number, known[number.ID])
	}
	if err == nil && number != nil {
		err = s.carry(ctx, shop, *number, known[number.ID], w.home)
	}
	if err != nil {
		return whose{}, err
	}
	w.customer, err = s.root(ctx, shop, w.home)
	return w, err
}

// parted are the strong identities and the phone. An e-mail that was split
// joins nobody: it counts only where it is alone.
func parted(wanted []identity, known map[string]identity) (strong []identity, number *identity) {
	for i, w := range wanted {
		switch {
		case w.Kind == string(commerce.Phone):
			number = &wanted[i]
		case !known[w.ID].Shared || len(strong) == 0:
			strong = append(strong, w)
		}
	}
	return strong, number
}

func (s *Store) identitiesOf(shop, connection string, b commerce.Buyer) []identity {
	var list []identity
	for _, i := range b.Identities(connection) {
		d := identity{ID: s.identityID(shop, i), Shop: shop, Kind: string(i.Kind)}
		switch i.Kind {
		case commerce.PlatformID:
			d.Connection = connection
		case commerce.Phone:
			d.Phone = d.ID
		}
		list = append(list, d)
	}
	return list
}

func (s *Store) identityID(shop string, i commerce.Identity) string {
	return commerce.Key(shop, string(i.Kind), s.pseudonym(string(i.Kind)+":"+i.Value))
}

func (s *Store) knownIdentities(ctx context.Context, shop string, wanted []identity) (map[string]identity, error) {
	ids := make(bson.A, len(wanted))
	for i, w := range wanted {
		ids[i] = w.ID
	}
	list, err := find[identity](ctx, s, colIdentities,
		documents.Query{Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}})})
	if err != nil {
		return nil, err
	}
	known := map[string]identity{}
	for _, k := range list {
		known[k.ID] = k
	}
	return known, nil
}

// strongly is the customer of the strong identities, after it has merged the
// named ones and claimed the unknown ones.
func (s *Store) strongly(ctx context.Context, shop string, strong []identity, known map[string]identity) (home string, err error) {
	owners := map[string]string{}
	for _, i := range strong {
		if k, ok := known[i.ID]; ok {
			owners[i.ID] = k.Customer
		}
	}
	met, lost := len(owners), false
	survivor, err := s.survivor(ctx, shop, strong, owners)
	if err != nil || met == len(strong) {
		return survivor, err
	}
	for _, i := range strong {
		if _, known := owners[i.ID]; known {
			continue
		}
		if owners[i.ID], err = s.claimIdentity(ctx, shop, i, survivor); err != nil {
			return "", err
		}
		lost = lost || owners[i.ID] != survivor
	}
	home = survivor
	if lost { // perhaps all of its claims: then it is one with their owner
		owners["survivor"] = survivor
		home, err = s.mergeAll(ctx, shop, owners)
	}
	if err != nil || met == 0 {
		return home, err
	}
	return home, s.settleLinked(ctx, shop, home) // a new fact of home may contradict a phone
}

// survivor is the customer that unclaimed identities go to: the smallest of
// those named, else a new one under the strongest identity. It exists on
// return.
func (s *Store) survivor(ctx context.Context, shop string, wanted []identity, owners map[string]string) (string, error) {
	if len(owners) > 0 {
		return s.mergeAll(ctx, shop, owners)
	}
	return s.newCustomer(ctx, shop, wanted[0].ID)
}

// newCustomer makes a customer under the id of an identity, or under another if
// that customer was erased.
func (s *Store) newCustomer(ctx context.Context, shop, id string) (string, error) {
	known, err := s.erasures(ctx, shop, []string{id})
	if err != nil {
		return "", err
	}
	id = s.freshID(shop, id, known)
	n, err := s.number(ctx, shop)
	if err != nil {
		return "", err
	}
	at := s.wall()
	inserted, err := s.docs.Insert(ctx, colCustomers, commerce.Customer{ID: id, Shop: shop, N: n, ChangedAt: at, CreatedAt: at})
	if err == nil && !inserted {
		err = s.revive(ctx, shop, id)
	}
	return id, err
}

// claimIdentity gives the identity to customer, or finds its owner if another
// process was faster.
func (s *Store) claimIdentity(ctx context.Context, shop string, i identity, customer string) (owner string, err error) {
	i.Customer, i.CreatedAt = customer, s.wall()
	first, err := s.docs.Insert(ctx, colIdentities, i)
	if err != nil || first {
		return customer, err
	}
	known, _, err := get[identity](ctx, s, colIdentities, shop, i.ID)
	return known.Customer, err
}

// mergeAll makes one customer of those that strong identities name, and returns
// it: the smallest id. Phones join no further here: it is a home.
func (s *Store) mergeAll(ctx context.Context, shop string, owners map[string]string) (string, error) {
	var roots []string
	for _, owner := range distinct(slices.Collect(maps.Values(owners))) {
		root, err := s.strongRoot(ctx, shop, owner)
		if err != nil {
			return "", err
		}
		if !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	}
	if len(roots) == 1 {
		return roots[0], nil
	}
	slices.Sort(roots)
	for _, loser := range slices.Backward(roots[1:]) {
		if err := s.mergeCustomers(ctx, shop, loser, roots[0]); err != nil {
			return "", err
		}
	}
	home, err := s.strongRoot(ctx, shop, roots[0])
	if err == nil {
		err = s.settleLinked(ctx, shop, home)
	}
	return home, err
}
