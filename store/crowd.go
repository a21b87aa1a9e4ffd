package store

import (
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// node is a customer's place among those merged with it.
type node struct {
	ID         string    `bson:"_id"`
	Shop       string    `bson:"shop"`
	MergedInto string    `bson:"merged_into"`
	ByPhone    bool      `bson:"by_phone"` // merged by a phone: not for ever
	Linked     bool      `bson:"linked"`
	GoneAt     time.Time `bson:"gone_at"`
	Want       int64     `bson:"want"`
}

// top reports whether strong identities lead no further than here.
func (n node) top() bool { return n.MergedInto == "" || n.ByPhone }

// strongRoot follows merges by strong identities to their end: the home.
func (s *Store) strongRoot(ctx context.Context, shop, id string) (string, error) {
	for {
		n, found, err := get[node](ctx, s, colCustomers, shop, id)
		if err != nil || !found || n.top() {
			return id, err
		}
		id = n.MergedInto
	}
}

// mostPeople is how many people phones may connect. Above it the phones are no
// evidence, and all people stay apart.
const mostPeople = 64

// crowd is all customers to which phones lead from one customer.
type crowd struct {
	store  *Store
	shop   string
	people []commerce.Person
	nodes  map[string]node   // homes
	homes  map[string]string // of every customer met: its home
	mails  map[string]int    // of a home: how many e-mails name it
}

func (s *Store) newCrowd(shop string) *crowd {
	return &crowd{store: s, shop: shop, nodes: map[string]node{}, homes: map[string]string{}, mails: map[string]int{}}
}

// crowdOf reads the crowd around a customer step by step, with a few searches
// each.
func (s *Store) crowdOf(ctx context.Context, shop, id string) (*crowd, error) {
	c := s.newCrowd(shop)
	for ring := []string{id}; len(ring) > 0; {
		fresh, err := c.meet(ctx, ring)
		if err != nil {
			return nil, err
		}
		if ring, err = c.look(ctx, fresh); err != nil {
			return nil, err
		}
		if len(c.people) > mostPeople {
			c.scatter()
			return c, nil
		}
	}
	return c, nil
}

// scatter leaves every phone without effect.
func (c *crowd) scatter() {
	for _, p := range c.people {
		for i := range p.Phones {
			p.Phones[i].Shared = true
		}
	}
}

// meet finds the homes of customers, and returns those not met before.
func (c *crowd) meet(ctx context.Context, ids []string) (fresh []string, err error) {
	paths := map[string][]string{} // the id reached -> the customers that led to it
	for _, id := range ids {
		if c.homes[id] == "" {
			paths[id] = []string{id}
		}
	}
	for len(paths) > 0 {
		list, err := c.find(ctx, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: keysIn(paths)}}})
		if err != nil {
			return nil, err
		}
		next := map[string][]string{}
		for _, n := range list {
			if !n.top() {
				next[n.MergedInto] = append(next[n.MergedInto], append(paths[n.ID], n.MergedInto)...)
				continue
			}
			for _, led := range paths[n.ID] {
				c.homes[led] = n.ID
			}
			if _, met := c.nodes[n.ID]; !met && n.GoneAt.IsZero() {
				c.nodes[n.ID], fresh = n, append(fresh, n.ID)
			}
		}
		paths = next
	}
	return fresh, nil
}

func (c *crowd) find(ctx context.Context, more ...bson.E) ([]node, error) {
	return find[node](ctx, c.store, colCustomers,
		documents.Query{Filter: of(c.shop, more...), Fields: []string{"shop", "merged_into", "by_phone", "linked", "gone_at"}})
}

// look reads the data of the homes, and returns the customers to which phones
// and earlier joins lead from there.
func (c *crowd) look(ctx context.Context, homes []string) (led []string, err error) {
	if len(homes) == 0 {
		return nil, nil
	}
	of := map[string]string{} // customer -> home, with the customers merged into it
	for _, h := range homes {
		of[h] = h
		if into := c.nodes[h].MergedInto; into != "" {
			led = append(led, into)
		}
	}
	for open := slices.Clone(homes); len(open) > 0; {
		aliases, err := c.find(ctx, bson.E{Key: "merged_into", Value: bson.D{{Key: "$in", Value: stringsOf(open)}}})
		if err != nil {
			return nil, err
		}
		open = nil
		for _, a := range aliases {
			if a.ByPhone {
				led = append(led, a.ID)
				continue
			}
			of[a.ID], c.homes[a.ID] = of[a.MergedInto], of[a.MergedInto]
			open = append(open, a.ID)
		}
	}
	carriers, err := c.describe(ctx, of)
	return append(led, carriers...), err
}

// describe makes the people of the homes, and returns the other carriers of
// their phones.
func (c *crowd) describe(ctx context.Context, home map[string]string) (carriers []string, err error) {
	people := map[string]*commerce.Person{}
	for _, h := range home {
		people[h] = &commerce.Person{ID: h}
	}
	list, err := find[identity](ctx, c.store, colIdentities,
		documents.Query{Filter: of(c.shop, bson.E{Key: "customer", Value: bson.D{{Key: "$in", Value: keysIn(home)}}})})
	if err != nil {
		return nil, err
	}
	phones := map[string][]string{} // phone -> homes
	for _, i := range list {
		p := people[home[i.Customer]]
		switch {
		case i.Kind == string(commerce.Email):
			p.Mail = true
			c.mails[p.ID]++
		case i.Kind == string(commerce.PlatformID):
			p.Connections = append(p.Connections, i.Connection)
		case i.Many || i.ID != i.Phone:
			phones[i.Phone] = append(phones[i.Phone], p.ID)
		}
	}
	for number, homes := range phones {
		others, shared, err := c.carriers(ctx, number)
		if err != nil {
			return nil, err
		}
		for _, h := range homes {
			people[h].Phones = append(people[h].Phones, commerce.Number{ID: number, Shared: shared})
		}
		carriers = append(carriers, others...)
	}
	for _, p := range people {
		c.people = append(c.people, *p)
	}
	return carriers, nil
}

// carriers are the customers that carry a phone. One that is shared for good
// leads to none.
func (c *crowd) carriers(ctx context.Context, number string) (customers []string, shared bool, err error) {
	s := c.store
	list, err := find[identity](ctx, s, colIdentities,
		documents.Query{Filter: of(c.shop, bson.E{Key: "phone", Value: number}), Limit: manyCarriers + 1})
	if err != nil {
		return nil, false, err
	}
	for _, i := range list {
		shared = shared || i.Shared
		customers = append(customers, i.Customer)
	}
	if len(list) > manyCarriers && !shared {
		shared = true
		_, err = s.docs.Update(ctx, colIdentities, byID(c.shop, number), bson.D{set(bson.E{Key: "shared", Value: true})})
	}
	return customers, shared, err
}

func keysIn[V any](m map[string]V) bson.A {
	var list bson.A
	for key := range m {
		list = append(list, key)
	}
	return list
}
