package store

import (
	"context"
	"slices"
	"time"

	"comeback/commerce"
	"comeback/connectors"
)

// forgetErased removes erased persons from records of before their erasure: an
// order stays without its person; a checkout and a person's record are dropped.
// erased reports whether there was any.
func (s *Store) forgetErased(ctx context.Context, shop string, r connectors.Records) (rest connectors.Records, erased bool, err error) {
	var ids []string
	for _, f := range factsOf(r) {
		ids = append(ids, s.marks(shop, f)...)
	}
	known, err := s.erasures(ctx, shop, ids)
	if err != nil || len(known) == 0 {
		return r, false, err
	}
	g := &forgetting{store: s, shop: shop, known: known, buying: map[string]bool{}}
	r.Orders, r.LooseRefunds = slices.Clone(r.Orders), slices.Clone(r.LooseRefunds)
	for i, o := range r.Orders {
		if g.gone(orderFact(o)) {
			r.Orders[i] = withoutPerson(o, s.now())
		} else {
			g.buying[g.account(o.Connection, o.Buyer.Platform)] = true
		}
	}
	for i, refund := range r.LooseRefunds {
		if g.gone(refundFact(refund)) {
			r.LooseRefunds[i] = refund.WithoutPerson()
		}
	}
	r.Checkouts = slices.DeleteFunc(slices.Clone(r.Checkouts), func(c commerce.Checkout) bool { return g.gone(checkoutFact(c)) })
	r.Customers, err = g.people(ctx, r.Customers)
	return r, g.erased, err
}

// forgetting is the state of forgetErased.
type forgetting struct {
	store  *Store
	shop   string
	known  map[string]time.Time
	buying map[string]bool // accounts with a new purchase in these records
	erased bool
}

func (g *forgetting) gone(f fact) bool {
	concerned := g.store.concerns(g.shop, f, g.known)
	g.erased = g.erased || concerned
	return concerned
}

// account is the identity of a platform's customer.
func (g *forgetting) account(connection, external string) string {
	return g.store.platformIdentity(commerce.PrivacyRequest{Shop: g.shop, Connection: connection, Platform: external})
}

// people returns the records of persons that stay. Further records of an
// account that existed before the erasure bring no person back: the person has
// to buy or to register again.
func (g *forgetting) people(ctx context.Context, list []commerce.CustomerRecord) (stay []commerce.CustomerRecord, err error) {
	for _, r := range list {
		if g.gone(fact{connection: r.Connection, buyer: r.Buyer(), at: r.Version}) {
			continue
		}
		account := g.account(r.Connection, r.External)
		at, erased := g.known[account]
		if erased && !g.buying[account] && !r.RegisteredAt.After(at) {
			_, again, err := get[identity](ctx, g.store, colIdentities, g.shop, account)
			if err != nil {
				return nil, err
			}
			if !again {
				g.erased = true
				continue
			}
		}
		stay = append(stay, r)
	}
	return stay, nil
}

// factsOf lists the facts about persons in a delivery.
func factsOf(r connectors.Records) []fact {
	var facts []fact
	for _, o := range r.Orders {
		facts = append(facts, orderFact(o))
	}
	for _, c := range r.Checkouts {
		facts = append(facts, checkoutFact(c))
	}
	for _, refund := range r.LooseRefunds {
		facts = append(facts, refundFact(refund))
	}
	for _, c := range r.Customers {
		facts = append(facts, fact{connection: c.Connection, buyer: c.Buyer(), at: c.Version})
	}
	return facts
}
