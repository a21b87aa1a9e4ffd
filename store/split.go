package store

import (
	"bytes"
	"cmp"
	"context"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// SplitCustomer parts a customer that is several people, and returns the
// resulting customers by number, with their profiles. If phones joined it, it
// parts them, and those phones never join again; else commerce.Split decides by
// all records of the customer. It is a Conflict if one identity joins
// everything. If a process dies, calling it again finishes. A record that is
// being saved at the same moment may stay at its old customer: call it again
// then.
func (s *Store) SplitCustomer(ctx context.Context, shop, id string) ([]commerce.Customer, error) {
	c, err := s.Customer(ctx, shop, id)
	if err != nil {
		return nil, err
	}
	aliases, err := s.Aliases(ctx, shop, c.ID)
	if err != nil {
		return nil, err
	}
	all := append([]commerce.Customer{c}, aliases...)
	var ids []string
	if slices.ContainsFunc(aliases, func(a commerce.Customer) bool { return a.ByPhone }) {
		ids, err = s.splitPhones(ctx, shop, all)
	} else {
		ids, err = s.splitStrong(ctx, shop, c, all)
	}
	if err != nil {
		return nil, err
	}
	var now []commerce.Customer
	for _, id := range ids {
		one, err := s.CustomerNow(ctx, shop, id)
		if err != nil {
			return nil, err
		}
		now = append(now, one)
	}
	slices.SortFunc(now, func(a, b commerce.Customer) int { return cmp.Compare(a.N, b.N) })
	_, err = s.docs.Delete(ctx, colQuality, shop, commerce.Key(shop, MergedByPhone, c.ID))
	return now, err
}

// splitPhones forbids the shared phones of a customer to join anybody, and
// returns the resulting customers.
func (s *Store) splitPhones(ctx context.Context, shop string, all []commerce.Customer) ([]string, error) {
	var numbers []string
	for _, c := range all {
		list, err := find[identity](ctx, s, colIdentities,
			documents.Query{Filter: of(shop, bson.E{Key: "customer", Value: c.ID}, bson.E{Key: "kind", Value: string(commerce.Phone)})})
		if err != nil {
			return nil, err
		}
		for _, i := range list {
			numbers = append(numbers, i.Phone)
		}
	}
	if err := s.shareForGood(ctx, shop, distinct(numbers)); err != nil {
		return nil, err
	}
	var roots []string
	for _, c := range all {
		if err := s.settle(ctx, shop, c.ID); err != nil {
			return nil, err
		}
	}
	for _, c := range all {
		root, err := s.root(ctx, shop, c.ID)
		if err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
	return distinct(roots), nil
}

// shareForGood stores that identities join nobody any more.
func (s *Store) shareForGood(ctx context.Context, shop string, ids []string) error {
	ops := make([]documents.Op, len(ids))
	for i, id := range ids {
		ops[i] = documents.UpdateOp(byID(shop, id), bson.D{set(bson.E{Key: "shared", Value: true})})
	}
	return s.bulk(ctx, colIdentities, ops)
}

// belonging is a record of a customer, or a document that names its buyer.
type belonging struct {
	coll, id   string
	record     *commerce.CustomerRecord
	holder     string // of a record
	identities []commerce.Identity
}

// thingsOf are all records and documents of a customer and of those merged into
// it.
func (s *Store) thingsOf(ctx context.Context, shop, root string, all []commerce.Customer) ([]belonging, error) {
	var list []belonging
	for _, c := range all {
		for i := range c.Records {
			r := &c.Records[i]
			list = append(list, belonging{record: r, holder: c.ID, identities: r.Buyer().Identities(r.Connection)})
		}
	}
	for coll, buyer := range map[string]string{colOrders: "state", colCheckouts: "state", colRefunds: ""} {
		type row struct {
			ID         string `bson:"_id"`
			Connection string `bson:"connection"`
			State      struct {
				Buyer commerce.Buyer `bson:"buyer"`
			} `bson:"state"`
			Buyer commerce.Buyer `bson:"buyer"`
		}
		fields := []string{"connection", "buyer"}
		if buyer != "" {
			fields[1] = buyer + ".buyer"
		}
		rows, err := find[row](ctx, s, coll, documents.Query{Filter: of(shop, bson.E{Key: "customer", Value: root}), Fields: fields})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			named := r.State.Buyer
			if buyer == "" {
				named = r.Buyer
			}
			list = append(list, belonging{coll: coll, id: r.ID, identities: named.Identities(r.Connection)})
		}
	}
	return slices.DeleteFunc(list, func(t belonging) bool { return len(t.identities) == 0 }), nil
}

// splitStrong parts the things of one customer by commerce.Split.
func (s *Store) splitStrong(ctx context.Context, shop string, c commerce.Customer, all []commerce.Customer) ([]string, error) {
	things, err := s.thingsOf(ctx, shop, c.ID, all)
	if err != nil {
		return nil, err
	}
	identities := make([][]commerce.Identity, len(things))
	for i, t := range things {
		identities[i] = t.identities
	}
	groups, undone := commerce.Split(identities)
	if len(groups) == 0 || slices.Max(groups) == slices.Min(groups) {
		return nil, commerce.Errorf(commerce.Conflict,
			"customer %q: it has no join to undo: one e-mail or one account names all its records", c.ID)
	}
	forbidden := make([]string, len(undone))
	for i, u := range undone {
		forbidden[i] = s.identityID(shop, u)
	}
	if err := s.shareForGood(ctx, shop, forbidden); err != nil {
		return nil, err
	}
	people := s.groupsOf(shop, things, groups, forbidden)
	stays := remaining(people, c.ID)
	ids := []string{c.ID}
	for n, p := range people {
		if n == stays {
			continue
		}
		id, err := s.settleApart(ctx, shop, c.ID, all, p)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, s.raise(ctx, shop, ids...)
}

// group is one of the people that a customer is parted into.
type group struct {
	identities []string // ids, the strongest first
	things     []belonging
}

func (s *Store) groupsOf(shop string, things []belonging, numbers []int, forbidden []string) []group {
	byNumber, strength := map[int]*group{}, map[string]int{}
	for i, t := range things {
		g := byNumber[numbers[i]]
		if g == nil {
			g = &group{}
			byNumber[numbers[i]] = g
		}
		g.things = append(g.things, t)
		for _, named := range t.identities {
			id := s.identityID(shop, named)
			strength[id] = slices.Index([]commerce.IdentityKind{commerce.PlatformID, commerce.Email, commerce.Phone}, named.Kind)
			if !slices.Contains(g.identities, id) && (!slices.Contains(forbidden, id) || len(t.identities) == 1) {
				g.identities = append(g.identities, id)
			}
		}
	}
	var list []group
	for _, n := range slices.Sorted(maps.Keys(byNumber)) {
		g := *byNumber[n]
		slices.SortFunc(g.identities, func(a, b string) int { return cmp.Or(cmp.Compare(strength[a], strength[b]), cmp.Compare(a, b)) })
		list = append(list, g)
	}
	return list
}

// remaining is the index of the group that stays under the customer's id: the
// one that owns the id, else the largest.
func remaining(people []group, customer string) int {
	for n, p := range people {
		if slices.Contains(p.identities, customer) {
			return n
		}
	}
	largest := 0
	for n, p := range people {
		if len(p.things) > len(people[largest].things) {
			largest = n
		}
	}
	return largest
}

// settleApart makes a group a customer of its own: under the id of a merged
// one, if there is one, else under its strongest identity.
func (s *Store) settleApart(ctx context.Context, shop, from string, all []commerce.Customer, g group) (id string, err error) {
	var were []string
	for _, a := range all {
		if a.ID != from && slices.Contains(g.identities, a.ID) {
			were = append(were, a.ID)
		}
	}
	if slices.Sort(were); len(were) > 0 {
		id, err = were[0], s.unmerge(ctx, shop, were[0])
	} else {
		id, err = s.newCustomer(ctx, shop, g.identities[0])
	}
	if err != nil {
		return "", err
	}
	var ops []documents.Op
	for _, i := range g.identities {
		ops = append(ops, documents.UpdateOp(byID(shop, i), bson.D{set(bson.E{Key: "customer", Value: id})}))
	}
	if err := s.bulk(ctx, colIdentities, ops); err != nil {
		return "", err
	}
	ops = nil
	for _, w := range were[min(len(were), 1):] {
		ops = append(ops, documents.UpdateOp(byID(shop, w), bson.D{set(bson.E{Key: "merged_into", Value: id})}))
	}
	if err := s.bulk(ctx, colCustomers, ops); err != nil {
		return "", err
	}
	return id, s.handOver(ctx, shop, id, g.things)
}

func (s *Store) unmerge(ctx context.Context, shop, id string) error {
	_, err := s.docs.Update(ctx, colCustomers, byID(shop, id), bson.D{
		set(bson.E{Key: "dirty", Value: true}, bson.E{Key: "changed_at", Value: s.wall()}),
		{Key: "$unset", Value: bson.D{{Key: "merged_into", Value: ""}, {Key: "by_phone", Value: ""}}},
		{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}, {Key: "want", Value: int64(1)}}},
	})
	return err
}

// handOver gives things to a customer: it has a record before the old customer
// loses it.
func (s *Store) handOver(ctx context.Context, shop, to string, things []belonging) error {
	ops := map[string][]documents.Op{}
	for _, t := range things {
		if t.record == nil {
			give := bson.D{set(bson.E{Key: "customer", Value: to}), {Key: "$unset", Value: bson.D{{Key: "home", Value: ""}}}}
			ops[t.coll] = append(ops[t.coll], documents.UpdateOp(byID(shop, t.id), give))
			continue
		}
		if t.holder == to {
			continue
		}
		if err := s.changeRecords(ctx, shop, to, func(list []commerce.CustomerRecord) []commerce.CustomerRecord {
			return commerce.MergeRecords(list, *t.record)
		}); err != nil {
			return err
		}
		without := func(list []commerce.CustomerRecord) []commerce.CustomerRecord {
			return slices.DeleteFunc(slices.Clone(list), func(r commerce.CustomerRecord) bool {
				return r.Connection == t.record.Connection && r.External == t.record.External && r.Aspect == t.record.Aspect
			})
		}
		if err := s.changeRecords(ctx, shop, t.holder, without); err != nil {
			return err
		}
	}
	for coll, list := range ops {
		if err := s.bulk(ctx, coll, list); err != nil {
			return err
		}
	}
	return nil
}

// changeRecords is a compare-and-set on the records of a customer.
func (s *Store) changeRecords(
	ctx context.Context, shop, id string, change func([]commerce.CustomerRecord) []commerce.CustomerRecord,
) error {
	for {
		c, found, err := get[commerce.Customer](ctx, s, colCustomers, shop, id)
		if err != nil || !found {
			return err
		}
		saved, err := s.saveRecords(ctx, c, change(c.Records))
		if err != nil || saved {
			return err
		}
	}
}

// saveRecords stores records if c is unchanged since it was read. saved is also
// true if they are stored already.
func (s *Store) saveRecords(ctx context.Context, c commerce.Customer, records []commerce.CustomerRecord) (saved bool, err error) {
	type wrapped struct {
		Records []commerce.CustomerRecord `bson:"records"`
	}
	before, err := s.docs.Codec().Marshal(wrapped{c.Records})
	if err != nil {
		return false, err
	}
	after, err := s.docs.Codec().Marshal(wrapped{records})
	if err != nil || bytes.Equal(before, after) {
		return true, err
	}
	return s.docs.Update(ctx, colCustomers, byID(c.Shop, c.ID, bson.E{Key: "rev", Value: c.Rev}), bson.D{
		set(bson.E{Key: "records", Value: after.Lookup("records")}, bson.E{Key: "dirty", Value: true},
			bson.E{Key: "changed_at", Value: s.wall()}),
		{Key: "$inc", Value: bson.D{{Key: "want", Value: int64(1)}, {Key: "rev", Value: int64(1)}}},
	})
}
