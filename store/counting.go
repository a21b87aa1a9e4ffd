package store

import (
	"context"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/store/documents"
)

// marked is an enrolment whose entries are to be counted again.
type marked struct {
	ID       string `bson:"_id"`
	Campaign string `bson:"campaign"`
	Customer string `bson:"customer"`
	Recount  bool   `bson:"recount"`
	Rev      int64  `bson:"recount_rev"`

	// Homes are the customers under which it was counted: an enrolment's
	// customer may change.
	Homes []string `bson:"homes"`
}

// CountMarked counts the entries of up to limit enrolments that have changed
// since they were counted, of one campaign or ("") all. It returns how many it
// found. A writer that changes a counted value marks the enrolment in the same
// write, or before it clears its own note. Counting again changes nothing.
func (s *Store) CountMarked(ctx context.Context, shop, campaign string, limit int) (found int, err error) {
	filter := of(shop, bson.E{Key: "recount", Value: true})
	if campaign != "" {
		filter = append(filter, bson.E{Key: "campaign", Value: campaign})
	}
	list, err := find[marked](ctx, s, colEnrolments,
		documents.Query{Filter: filter, Fields: []string{"campaign", "customer", "recount", "recount_rev"}, Limit: limit})
	if err != nil || len(list) == 0 {
		return 0, err
	}
	counted, err := s.count(ctx, shop, list)
	if err != nil {
		return 0, err
	}
	return len(list), s.unmark(ctx, shop, counted)
}

// unmark ends the marks of counted enrolments that were not marked again meanwhile.
func (s *Store) unmark(ctx context.Context, shop string, counted []marked) error {
	var ops []documents.Op
	ended := bson.D{{Key: "$unset", Value: bson.D{{Key: "recount", Value: ""}}}}
	for _, m := range counted {
		if !m.Recount {
			continue
		}
		same := bson.E{Key: "recount_rev", Value: m.Rev}
		if m.Rev == 0 {
			same = absent("recount_rev")
		}
		ops = append(ops, documents.UpdateOp(byID(shop, m.ID, same), ended))
	}
	return s.bulk(ctx, colEnrolments, ops)
}

// uncounted reports whether any enrolment waits to be counted.
func (s *Store) uncounted(ctx context.Context, shop string) (bool, error) {
	list, err := find[marked](ctx, s, colEnrolments,
		documents.Query{Filter: of(shop, bson.E{Key: "recount", Value: true}), Fields: []string{"campaign"}, Limit: 1})
	return len(list) > 0, err
}

// countEntries counts the entries of enrolments again, and ends the marks of those that no
// other process was counting.
func (s *Store) countEntries(ctx context.Context, shop string, enrolments []string) error {
	for chunk := range slices.Chunk(enrolments, inChunk) {
		list, err := amongAll[marked](ctx, s, colEnrolments, shop, "_id", chunk, "campaign", "customer", "recount", "recount_rev")
		if err != nil {
			return err
		}
		counted, err := s.count(ctx, shop, list)
		if err != nil {
			return err
		}
		if err := s.unmark(ctx, shop, counted); err != nil {
			return err
		}
	}
	return nil
}

// MarkEnrolments marks enrolments for counting.
func (s *Store) MarkEnrolments(ctx context.Context, shop string, ids []string) error {
	mark := bson.D{set(bson.E{Key: "recount", Value: true}), {Key: "$inc", Value: bson.D{{Key: "recount_rev", Value: int64(1)}}}}
	ops := make([]documents.Op, len(ids))
	for i, id := range ids {
		ops[i] = documents.UpdateOp(byID(shop, id), mark)
	}
	return s.bulk(ctx, colEnrolments, ops)
}

// markCustomers marks all campaigns of the customers for counting. One
// enrolment of each campaign is enough.
func (s *Store) markCustomers(ctx context.Context, shop string, customers []string) error {
	for chunk := range slices.Chunk(customers, inChunk) {
		selected := bson.E{Key: "customer", Value: bson.D{{Key: "$in", Value: stringsOf(chunk)}}}
		list, err := find[marked](ctx, s, colEnrolments, documents.Query{Filter: of(shop, selected), Fields: []string{"campaign", "customer"}})
		if err != nil {
			return err
		}
		var ids []string
		seen := map[part]bool{}
		for _, m := range list {
			if p := (part{m.Campaign, m.Customer}); !seen[p] {
				seen[p] = true
				ids = append(ids, m.ID)
			}
		}
		if err := s.MarkEnrolments(ctx, shop, ids); err != nil {
			return err
		}
	}
	return nil
}

// part is a customer's part in a campaign.
type part struct{ campaign, customer string }

// count counts the parts that the enrolments name, and returns those whose
// pages were stored. It reads the pages before anything that it counts, and
// writes them only if they are unchanged. So no page is ever older than the
// count of another process.
func (s *Store) count(ctx context.Context, shop string, list []marked) (counted []marked, err error) {
	c := newCounter(s, shop)
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error { return c.people(ctx, list) }, c.open, c.read, c.settle, c.save,
	} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return slices.DeleteFunc(list, func(m marked) bool { return !c.stored(m) }), nil
}

// counter counts parts of customers.
type counter struct {
	*Store
	shop  string
	roots map[string]string   // of customers, their customer now
	ids   map[string][]string // of each of these, all its ids so far
	parts map[part]*campaigns.Participant
	homes map[string][]string // of enrolments
	gone  map[string]bool     // erased: their orders belong to no customer
	pages map[string]*openPage
}

func newCounter(s *Store, shop string) *counter {
	return &counter{
		Store: s, shop: shop, roots: map[string]string{}, ids: map[string][]string{}, parts: map[part]*campaigns.Participant{},
		homes: map[string][]string{}, gone: map[string]bool{}, pages: map[string]*openPage{},
	}
}

// openPage is a page while it is written.
type openPage struct {
	entryPage
	clusters clusters
	saved    bool
}

// people finds the customers to count: those of the enrolments now, and those
// under which any of their enrolments was counted.
func (c *counter) people(ctx context.Context, list []marked) error {
	for len(list) > 0 {
		var customers []string
		for _, m := range list {
			customers = append(customers, m.Customer)
		}
		if err := c.resolve(ctx, customers); err != nil {
			return err
		}
		var ids []string
		for _, m := range list {
			root := c.roots[m.Customer]
			for _, id := range []string{root, m.Customer} {
				if p := (part{m.Campaign, id}); c.parts[p] == nil {
					c.parts[p] = &campaigns.Participant{Messages: map[string][]campaigns.Message{}, Conversions: map[string][]campaigns.Conversion{}}
				}
			}
			ids = append(ids, c.ids[root]...)
		}
		var err error
		if list, err = c.elsewhere(ctx, ids); err != nil {
			return err
		}
	}
	return nil
}

// elsewhere lists the homes of the customers' enrolments that are no part yet.
func (c *counter) elsewhere(ctx context.Context, ids []string) (list []marked, err error) {
	found, err := readAmong[marked](ctx, c, colEnrolments, "customer", ids, "campaign", "customer", "homes")
	for _, m := range found {
		if c.parts[part{m.Campaign, c.roots[m.Customer]}] == nil {
			continue // of another campaign
		}
		for _, home := range m.Homes {
			if c.parts[part{m.Campaign, home}] == nil {
				list = append(list, marked{Campaign: m.Campaign, Customer: home})
			}
		}
	}
	return list, err
}

// alias is a customer that was merged into another.
type alias struct {
	ID   string `bson:"_id"`
	Into string `bson:"merged_into"`
}

// resolve finds the present customers of ids, and all their ids so far.
func (c *counter) resolve(ctx context.Context, customers []string) error {
	customers = slices.DeleteFunc(customers, func(id string) bool { return c.roots[id] != "" })
	roots, err := c.mergeEnds(ctx, c.shop, customers)
	if err != nil {
		return err
	}
	maps.Copy(c.roots, roots)
	var open []string
	for _, id := range customers {
		if root := c.roots[id]; c.ids[root] == nil {
			c.roots[root], c.ids[root] = root, []string{root}
			open = append(open, root)
		}
	}
	return c.aliases(ctx, open)
}

func (c *counter) aliases(ctx context.Context, open []string) error {
	for len(open) > 0 {
		list, err := readAmong[alias](ctx, c, colCustomers, "merged_into", open, "merged_into")
		if err != nil {
			return err
		}
		open = nil
		for _, a := range list {
			root := c.roots[a.Into]
			c.roots[a.ID], c.ids[root] = root, append(c.ids[root], a.ID)
			open = append(open, a.ID)
		}
	}
	return nil
}

// open reads the pages of all parts.
func (c *counter) open(ctx context.Context) error {
	for p := range c.parts {
		page, _ := placeOf(p.customer)
		one := &openPage{entryPage: entryPage{ID: pageID(c.shop, p.campaign, page), Shop: c.shop, Campaign: p.campaign}, clusters: clusters{}}
		c.pages[one.ID] = one
	}
	ids := make([]string, 0, len(c.pages))
	for id := range c.pages {
		ids = append(ids, id)
	}
	list, err := readAmong[entryPage](ctx, c, colEntries, "_id", ids)
	for _, stored := range list {
		page := c.pages[stored.ID]
		page.entryPage = stored
		err := decodePage(stored.Rows, func(key clusterKey, rows []campaigns.EntryRow) { page.clusters[key] = cloneRows(rows) })
		if err != nil {
			return err
		}
	}
	return err
}

func cloneRows(rows []campaigns.EntryRow) []campaigns.EntryRow {
	list := slices.Clone(rows)
	for i := range list {
		list[i].Steps = slices.Clone(list[i].Steps)
	}
	return list
}

// settle notes the new homes of enrolments before they are counted, and puts
// every part into its page. For an erased customer the money of the last count
// stays.
func (c *counter) settle(ctx context.Context) error {
	var ops []documents.Op
	for p, one := range c.parts {
		for _, e := range one.Enrolments {
			if !slices.Contains(c.homes[e.ID], p.customer) {
				ops = append(ops, documents.UpdateOp(byID(c.shop, e.ID), bson.D{{Key: "$addToSet", Value: bson.D{{Key: "homes", Value: p.customer}}}}))
			}
		}
		page, key := placeOf(p.customer)
		home, rows := c.pages[pageID(c.shop, p.campaign, page)], one.Rows()
		if c.gone[p.customer] {
			keepMoney(rows, home.clusters[key])
		}
		home.clusters[key] = rows
	}
	return c.bulk(ctx, colEnrolments, ops)
}

func keepMoney(rows, before []campaigns.EntryRow) {
	for i := range rows {
		at := slices.IndexFunc(before, func(r campaigns.EntryRow) bool { return r.EnteredAt == rows[i].EnteredAt && r.RipeAt == rows[i].RipeAt })
		if at >= 0 {
			rows[i].Revenue, rows[i].Costed, rows[i].Rated = before[at].Revenue, before[at].Costed, before[at].Rated
		}
	}
}

// save writes every page that is unchanged since it was read.
func (c *counter) save(ctx context.Context) error {
	claim := token()
	var ops []documents.Op
	ids := bson.A{}
	for _, page := range c.pages {
		before := page.Rev
		page.Rows, page.Claim, page.Rev = encodePage(page.clusters), claim, before+1
		ids = append(ids, page.ID)
		if before == 0 {
			ops = append(ops, documents.InsertOp(page.entryPage))
			continue
		}
		ops = append(ops, documents.UpdateOp(byID(c.shop, page.ID, bson.E{Key: "rev", Value: before}),
			bson.D{set(bson.E{Key: "rows", Value: page.Rows}, bson.E{Key: "claim", Value: claim}, bson.E{Key: "rev", Value: page.Rev})}))
	}
	if err := c.bulk(ctx, colEntries, ops); err != nil {
		return err
	}
	list, err := find[entryPage](ctx, c.Store, colEntries, documents.Query{
		Filter: of(c.shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}, bson.E{Key: "claim", Value: claim}),
		Fields: []string{"claim"},
	})
	for _, stored := range list {
		c.pages[stored.ID].saved = true
	}
	return err
}

// stored reports whether the pages of all homes of an enrolment were written.
func (c *counter) stored(m marked) bool {
	for _, home := range append(c.homes[m.ID], c.roots[m.Customer], m.Customer) {
		page, _ := placeOf(home)
		if written := c.pages[pageID(c.shop, m.Campaign, page)]; written == nil || !written.saved {
			return false
		}
	}
	return true
}
