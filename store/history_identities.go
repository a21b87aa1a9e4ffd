package store

import (
	"context"
	"slices"
	"time"

	"comeback/commerce"
)

// named is whom one record of a batch names.
type named struct {
	connection string
	buyer      commerce.Buyer
}

// gathering is the resolving of a batch's buyers, before it is written: who
// owns which identity, and what is to be stored so that it is true.
type gathering struct {
	store  *Store
	shop   string
	owners map[string]string // identity -> customer
	roots  map[string]string // customer -> whom it was merged into, itself if nobody
	fresh  []any             // customers nobody knew
	claims []identity        // identities nobody owned
	erased map[string]time.Time
}

// customersOf is customerOf for many, in a few round trips. The answers stand
// in the order of list; "" where a record names nobody. Records that prove two
// customers one, and identities that somebody else claims meanwhile, go the
// long way of customerOf.
func (s *Store) customersOf(ctx context.Context, shop string, list []named) ([]string, error) {
	wanted := make([][]identity, len(list))
	var ids []string
	for i, n := range list {
		wanted[i] = s.identitiesOf(shop, n.connection, n.buyer)
		for _, w := range wanted[i] {
			ids = append(ids, w.ID)
		}
	}
	g := &gathering{store: s, shop: shop, owners: map[string]string{}, roots: map[string]string{}}
	if err := g.readOwners(ctx, distinct(ids)); err != nil {
		return nil, err
	}
	var err error
	if g.erased, err = s.erasures(ctx, shop, ids); err != nil {
		return nil, err
	}
	answers, long := make([]string, len(list)), make([]bool, len(list))
	for i := range list {
		if answers[i], long[i], err = g.resolve(ctx, wanted[i]); err != nil {
			return nil, err
		}
	}
	lost, err := g.write(ctx)
	if err != nil {
		return nil, err
	}
	for i, n := range list {
		if long[i] || slices.ContainsFunc(wanted[i], func(w identity) bool { return lost[w.ID] }) {
			ours := answers[i]
			if answers[i], err = s.customerOf(ctx, shop, n.connection, n.buyer); err != nil {
				return nil, err
			}
			if long[i] || ours == "" {
				continue
			}
			if answers[i], err = s.mergeAll(ctx, shop, map[string]string{"ours": ours, "theirs": answers[i]}); err != nil {
				return nil, err
			}
		}
	}
	return answers, nil
}

func (g *gathering) readOwners(ctx context.Context, ids []string) error {
	for chunk := range slices.Chunk(ids, inChunk) {
		wanted := make([]identity, len(chunk))
		for i, id := range chunk {
			wanted[i].ID = id
		}
		known, err := g.store.owners(ctx, g.shop, wanted)
		if err != nil {
			return err
		}
		for id, owner := range known {
			g.owners[id] = owner
		}
	}
	return nil
}

// resolve finds or plans the customer of one record's identities. long: they
// prove several customers one.
func (g *gathering) resolve(ctx context.Context, wanted []identity) (customer string, long bool, err error) {
	if len(wanted) == 0 {
		return "", false, nil
	}
	for _, w := range wanted {
		owner, known := g.owners[w.ID]
		if !known {
			continue
		}
		root, err := g.root(ctx, owner)
		if err != nil {
			return "", false, err
		}
		if customer != "" && customer != root {
			return "", true, nil
		}
		customer = root
	}
	if customer == "" {
		if customer, err = g.plan(ctx, wanted[0].ID); err != nil {
			return "", false, err
		}
	}
	for _, w := range wanted {
		if _, known := g.owners[w.ID]; known {
			continue
		}
		g.owners[w.ID] = customer
		w.Customer, w.CreatedAt = customer, g.store.wall()
		g.claims = append(g.claims, w)
	}
	return customer, false, nil
}

func (g *gathering) root(ctx context.Context, customer string) (string, error) {
	root, known := g.roots[customer]
	if known {
		return root, nil
	}
	root, err := g.store.root(ctx, g.shop, customer)
	if err == nil {
		g.roots[customer] = root
	}
	return root, err
}

// plan is a new customer under the strongest identity of its first record.
func (g *gathering) plan(ctx context.Context, id string) (string, error) {
	n, err := g.store.number(ctx, g.shop)
	if err != nil {
		return "", err
	}
	at := g.store.wall()
	id = g.store.freshID(g.shop, id, g.erased)
	g.fresh = append(g.fresh, commerce.Customer{ID: id, Shop: g.shop, N: n, ChangedAt: at, CreatedAt: at})
	g.roots[id] = id
	return id, nil
}

// write stores the customers, then their identities: an identity is claimed
// only after its customer exists. lost are those that somebody was faster with.
func (g *gathering) write(ctx context.Context) (lost map[string]bool, err error) {
	fresh, err := g.store.insertMany(ctx, colCustomers, g.fresh)
	if err != nil {
		return nil, err
	}
	var old []string
	for i, doc := range g.fresh {
		if !fresh[i] {
			old = append(old, doc.(commerce.Customer).ID)
		}
	}
	if err := g.store.revive(ctx, g.shop, old...); err != nil {
		return nil, err
	}
	docs := make([]any, len(g.claims))
	for i, c := range g.claims {
		docs[i] = c
	}
	first, err := g.store.insertMany(ctx, colIdentities, docs)
	if err != nil {
		return nil, err
	}
	lost = map[string]bool{}
	for i, c := range g.claims {
		if !first[i] {
			lost[c.ID] = true
		}
	}
	return lost, nil
}
