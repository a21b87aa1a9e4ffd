package store

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// named is the buyer that one record of a batch names.
type named struct {
	connection string
	buyer      commerce.Buyer
}

// gathering resolves a batch's buyers before it is written: the owners of
// identities, and the documents to store for that.
type gathering struct {
	store  *Store
	shop   string
	known  map[string]identity // as stored, or as planned
	homes  map[string]string   // customer -> its home by strong identities, or itself
	fresh  []any               // new customers
	claims []identity          // identities without an owner
	erased map[string]time.Time
}

// customersOf is customerOf for many, in a few round trips. The answers are in
// the order of list; zero where a record names nobody. Some records take the
// long way of customerOf: those that prove two customers one, whose phones
// others carry too, or whose identities another process claims meanwhile.
func (s *Store) customersOf(ctx context.Context, shop string, list []named) ([]whose, error) {
	wanted := make([][]identity, len(list))
	var ids []string
	for i, n := range list {
		wanted[i] = s.identitiesOf(shop, n.connection, n.buyer)
		for _, w := range wanted[i] {
			ids = append(ids, w.ID)
		}
	}
	g := &gathering{store: s, shop: shop, known: map[string]identity{}, homes: map[string]string{}}
	if err := g.readKnown(ctx, distinct(ids)); err != nil {
		return nil, err
	}
	var err error
	if g.erased, err = s.erasures(ctx, shop, ids); err != nil {
		return nil, err
	}
	homes, long := make([]string, len(list)), make([]bool, len(list))
	for i := range list {
		if homes[i], long[i], err = g.resolve(ctx, wanted[i]); err != nil {
			return nil, err
		}
	}
	lost, err := g.write(ctx)
	if err != nil {
		return nil, err
	}
	for i, n := range list {
		strongLost := slices.ContainsFunc(wanted[i], func(w identity) bool { return lost[w.ID] && w.Kind != string(commerce.Phone) })
		if !long[i] && !slices.ContainsFunc(wanted[i], func(w identity) bool { return lost[w.ID] }) {
			continue
		}
		w, err := s.customerOf(ctx, shop, n.connection, n.buyer)
		if err != nil {
			return nil, err
		}
		if ours := homes[i]; ours != "" && strongLost {
			if w.home, err = s.mergeAll(ctx, shop, map[string]string{"ours": ours, "theirs": w.home}); err != nil {
				return nil, err
			}
		}
		homes[i] = w.home
	}
	return s.customersAt(ctx, shop, homes)
}

// customersAt are the customers that phones make of homes.
func (s *Store) customersAt(ctx context.Context, shop string, homes []string) ([]whose, error) {
	roots := map[string]string{}
	for chunk := range slices.Chunk(distinct(homes), inChunk) {
		merged := bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: stringsOf(chunk)}}},
			{Key: "merged_into", Value: bson.D{{Key: "$exists", Value: true}}}}
		list, err := find[node](ctx, s, colCustomers, documents.Query{Filter: of(shop, merged...), Fields: []string{"merged_into"}})
		if err != nil {
			return nil, err
		}
		for _, n := range list {
			if roots[n.ID], err = s.root(ctx, shop, n.ID); err != nil {
				return nil, err
			}
		}
	}
	answers := make([]whose, len(homes))
	for i, home := range homes {
		answers[i] = whose{home, cmp.Or(roots[home], home)}
	}
	return answers, nil
}

func (g *gathering) readKnown(ctx context.Context, ids []string) error {
	for chunk := range slices.Chunk(ids, inChunk) {
		wanted := make([]identity, len(chunk))
		for i, id := range chunk {
			wanted[i].ID = id
		}
		known, err := g.store.knownIdentities(ctx, g.shop, wanted)
		if err != nil {
			return err
		}
		maps.Copy(g.known, known)
	}
	return nil
}

// resolve finds or plans the home of one record. long means that it needs more
// work after the batch is written.
func (g *gathering) resolve(ctx context.Context, wanted []identity) (home string, long bool, err error) {
	if len(wanted) == 0 {
		return "", false, nil
	}
	strong, number := parted(wanted, g.known)
	if len(strong) == 0 {
		return g.resolveAlone(ctx, *number)
	}
	for _, w := range strong {
		owner, known := g.known[w.ID]
		if !known {
			continue
		}
		root, err := g.home(ctx, owner.Customer)
		if err != nil {
			return "", false, err
		}
		if home != "" && home != root {
			return "", true, nil
		}
		home = root
	}
	if home == "" {
		if home, err = g.plan(ctx, strong[0].ID); err != nil {
			return "", false, err
		}
	}
	// The computation of its profile applies the new facts of a linked
	// customer: the batch requests it.
	g.claim(home, strong...)
	if number == nil || g.claim(home, *number) > 0 {
		return home, false, nil
	}
	carried := g.known[number.ID]
	first, err := g.home(ctx, carried.Customer)
	return home, !carried.Shared && (carried.Many || first != home), err
}

// resolveAlone is resolve for a record that carries a phone and nothing stronger.
func (g *gathering) resolveAlone(ctx context.Context, number identity) (home string, long bool, err error) {
	carried, known := g.known[number.ID]
	if known {
		return carried.Alone, carried.Alone == "" || carried.Many, nil
	}
	if home, err = g.plan(ctx, number.ID); err == nil {
		number.Alone = home
		g.claim(home, number)
	}
	return home, false, err
}

// claim plans that identities without an owner belong to home, and returns how
// many.
func (g *gathering) claim(home string, list ...identity) (claimed int) {
	for _, w := range list {
		if _, known := g.known[w.ID]; known {
			continue
		}
		w.Customer, w.CreatedAt = home, g.store.wall()
		g.known[w.ID] = w
		g.claims = append(g.claims, w)
		claimed++
	}
	return claimed
}

func (g *gathering) home(ctx context.Context, customer string) (string, error) {
	home, known := g.homes[customer]
	if known {
		return home, nil
	}
	home, err := g.store.strongRoot(ctx, g.shop, customer)
	if err == nil {
		g.homes[customer] = home
	}
	return home, err
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
	g.homes[id] = id
	return id, nil
}

// write stores the customers, then their identities: an identity is claimed
// only after its customer exists. lost are those that another process claimed
// first.
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
