package store

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// MergedByPhone is the quality code of customers whom a phone made of people
// that something stronger tells apart. SplitCustomer takes them apart.
const MergedByPhone = "merged_by_phone"

// upgradeIdentities brings up identities from before phones were heeded as weak:
// numbers learn who carries them, platforms' ids their connection. Customers that
// the old rule made of several people are listed, not taken apart: their mails
// and results are under one name. Profiles of whom checkouts name are asked for,
// because they are computed from checkouts too now.
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

// eachBatch goes through a collection by _id.
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

// learnConnections says of platforms' ids whose they are, as documents that name
// them tell.
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

// namedIn is whom a stored document names, and whose it is.
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
	who := doc.State.Buyer
	if coll == colRefunds {
		who = doc.Buyer
	}
	return append(list, named{connection: doc.Connection, buyer: who}), doc.Customer, nil
}

// listMergedByPhone notes the customers of a batch that the rule of today would
// not have made: a look at their identities says which may be, then all that is
// known of them.
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
		if why := toldApart(things); why != "" {
			flaws = append(flaws, flaw{ID: commerce.Key(shop, MergedByPhone, c.ID), Shop: shop, Code: MergedByPhone, Subject: c.ID,
				Why: why, At: s.wall()})
		}
	}
	_, err = s.insertMany(ctx, colQuality, flaws)
	return err
}

// several tells of which homes more than one e-mail, or more than one id of a
// connection, is known.
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

// toldApart says what tells apart people that stand under one customer, "" where
// nothing does.
func toldApart(things []thing) string {
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
