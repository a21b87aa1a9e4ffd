package store

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// MergedByPhone is the quality code of customers that a phone made of people
// with different stronger identities. SplitCustomer parts them.
const MergedByPhone = "merged_by_phone"

// upgradeIdentities upgrades identities from before phones were weak: phones
// get their carriers, platforms' ids their connection. Customers that the old
// rule made of several people are listed, not parted: their mails and results
// are under one name. It requests the profiles of the customers of checkouts,
// because profiles now use checkouts too.
func (s *Store) upgradeIdentities(ctx context.Context, shop string) error {
	phones := bson.D{{Key: "kind", Value: string(commerce.Phone)}, absent("phone")}
	err := s.rewrite(ctx, shop, colIdentities, phones, func(raw bson.Raw) (bson.D, error) {
		return bson.D{set(bson.E{Key: "phone", Value: raw.Lookup("_id").StringValue()})}, nil
	})
	if err != nil {
		return err
	}
	for _, coll := range []string{colOrders, colCheckouts, colRefunds, colCustomers} {
		if err := s.eachBatch(ctx, shop, coll, func(batch []bson.Raw) error { return s.learnConnections(ctx, shop, coll, batch) }); err != nil {
			return err
		}
	}
	return s.eachBatch(ctx, shop, colCustomers, func(batch []bson.Raw) error { return s.listMergedByPhone(ctx, shop, batch) })
}

// eachBatch passes a collection to do, by _id.
func (s *Store) eachBatch(ctx context.Context, shop, coll string, do func([]bson.Raw) error) error {
	var after *documents.Cursor
	for {
		batch, err := find[bson.Raw](ctx, s, coll, documents.Query{Filter: of(shop), Sort: []string{"_id"}, After: after, Limit: rewriteBatch})
		if err != nil || len(batch) == 0 {
			return err
		}
		if err := do(batch); err != nil {
			return err
		}
		if after, err = documents.CursorOf([]string{"_id"}, batch[len(batch)-1]); err != nil {
			return err
		}
	}
}

// learnConnections stores the connection of platforms' ids, as the documents
// that name them show it.
func (s *Store) learnConnections(ctx context.Context, shop, coll string, batch []bson.Raw) error {
	connections, begun := map[string]string{}, []string{}
	for _, raw := range batch {
		list, customer, err := namedIn(coll, raw)
		if err != nil {
			return err
		}
		if coll == colCheckouts {
			begun = append(begun, customer)
		}
		for _, n := range list {
			for _, i := range s.identitiesOf(shop, n.connection, n.buyer) {
				if i.Kind == string(commerce.PlatformID) {
					connections[i.ID] = n.connection
				}
			}
		}
	}
	var ops []documents.Op
	for id, connection := range connections {
		ops = append(ops, documents.UpdateOp(byID(shop, id, absent("connection")), bson.D{set(bson.E{Key: "connection", Value: connection})}))
	}
	if err := s.bulk(ctx, colIdentities, ops); err != nil {
		return err
	}
	return s.raise(ctx, shop, distinct(begun)...)
}

// namedIn is the buyer that a stored document names, and its customer.
func namedIn(coll string, raw bson.Raw) (list []named, customer string, err error) {
	var doc struct {
		Connection string `bson:"connection"`
		Customer   string `bson:"customer"`
		State      struct {
			Buyer commerce.Buyer `bson:"buyer"`
		} `bson:"state"`
		Buyer   commerce.Buyer            `bson:"buyer"`
		Records []commerce.CustomerRecord `bson:"records"`
	}
	if err := documents.Unmarshal(raw, &doc); err != nil {
		return nil, "", err
	}
	for _, r := range doc.Records {
		list = append(list, named{connection: r.Connection, buyer: r.Buyer()})
	}
	buyer := doc.State.Buyer
	if coll == colRefunds {
		buyer = doc.Buyer
	}
	return append(list, named{connection: doc.Connection, buyer: buyer}), doc.Customer, nil
}

// listMergedByPhone records the customers of a batch that today's rule would
// not have made. It selects candidates by their identities, then reads all
// their data.
func (s *Store) listMergedByPhone(ctx context.Context, shop string, batch []bson.Raw) error {
	var roots []commerce.Customer
	for _, raw := range batch {
		var c commerce.Customer
		if err := documents.Unmarshal(raw, &c); err != nil {
			return err
		}
		if c.MergedInto == "" && c.GoneAt.IsZero() {
			roots = append(roots, c)
		}
	}
	var ids []string
	for _, c := range roots {
		ids = append(ids, c.ID)
	}
	several, err := s.newCrowd(shop).several(ctx, ids)
	if err != nil {
		return err
	}
	var flaws []any
	for _, c := range roots {
		if !several[c.ID] {
			continue
		}
		aliases, err := s.Aliases(ctx, shop, c.ID)
		if err != nil {
			return err
		}
		things, err := s.thingsOf(ctx, shop, c.ID, append(aliases, c))
		if err != nil {
			return err
		}
		if why := difference(things); why != "" {
			flaws = append(flaws, flaw{ID: commerce.Key(shop, MergedByPhone, c.ID), Shop: shop, Code: MergedByPhone, Subject: c.ID,
				Why: why, At: s.wall()})
		}
	}
	_, err = s.insertMany(ctx, colQuality, flaws)
	return err
}

// several reports which homes have more than one e-mail, or more than one id of
// a connection.
func (c *crowd) several(ctx context.Context, homes []string) (map[string]bool, error) {
	if len(homes) == 0 {
		return nil, nil
	}
	if _, err := c.meet(ctx, homes); err != nil {
		return nil, err
	}
	if _, err := c.look(ctx, homes); err != nil {
		return nil, err
	}
	several := map[string]bool{}
	for _, p := range c.people {
		slices.Sort(p.Connections)
		several[p.ID] = c.mails[p.ID] > 1 || len(slices.Compact(p.Connections)) < len(p.Connections)
	}
	return several, nil
}

// difference is the reason why the people of one customer are different ones,
// "" without any.
func difference(things []belonging) string {
	identities := make([][]commerce.Identity, len(things))
	for i, t := range things {
		identities[i] = t.identities
	}
	groups, undone := commerce.Split(identities)
	if !slices.ContainsFunc(undone, func(i commerce.Identity) bool { return i.Kind == commerce.Phone }) {
		return ""
	}
	people := map[int]*commerce.Person{}
	for i, ids := range identities {
		p := people[groups[i]]
		if p == nil {
			p = &commerce.Person{}
			people[groups[i]] = p
		}
		for _, named := range ids {
			switch named.Kind {
			case commerce.Email:
				p.Mail = true
			case commerce.PlatformID:
				parts, _ := commerce.SplitKey(named.Value)
				p.Connections = append(p.Connections, parts[0])
			}
		}
	}
	for n, p := range people {
		for m, q := range people {
			switch {
			case n == m || !p.Contradicts(*q):
			case p.Mail && q.Mail:
				return "a phone joined records with different e-mails"
			default:
				return "a phone joined records of different accounts of one connection"
			}
		}
	}
	return ""
}
