package store_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// given is a record of the model: an order of one connection.
type given struct {
	connection string
	buyer      commerce.Buyer
}

// anyRecords is a few records over very few people: most share something.
func anyRecords(random *rand.Rand, round int) []given {
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	var list []given
	for len(list) < 2+random.IntN(5) {
		r := given{connection: pick("c", "d")}
		if id := pick("", "", "1", "2"); id != "" {
			r.buyer.Platform = fmt.Sprintf("%d-%s", round, id)
		}
		if mail := pick("", "", "a", "b", "e"); mail != "" {
			r.buyer.Email = fmt.Sprintf("%s%d@example.com", mail, round)
		}
		if phone := pick("", "3", "5", "7"); phone != "" {
			r.buyer.Phone = fmt.Sprintf("+49%s1%06d", phone, 902514+round)
		}
		if len(r.buyer.Identities(r.connection)) > 0 {
			list = append(list, r)
		}
	}
	return list
}

// model returns which of the records are one person, by the rule: strong
// identities join for good, then commerce.JoinByPhone gets all at once.
func model(list []given) []string {
	group := make([]int, len(list))
	for i := range group {
		group[i] = i
	}
	for i, a := range list {
		for j, b := range list[:i] {
			if strongShared(a, b) {
				from, to := group[i], group[j]
				for k := range group {
					if group[k] == from {
						group[k] = to
					}
				}
			}
		}
	}
	people := map[int]*commerce.Person{}
	for i, r := range list {
		p := people[group[i]]
		if p == nil {
			p = &commerce.Person{ID: fmt.Sprint(group[i])}
			people[group[i]] = p
		}
		for _, id := range r.buyer.Identities(r.connection) {
			switch id.Kind {
			case commerce.Email:
				p.Mail = true
			case commerce.PlatformID:
				p.Connections = append(p.Connections, r.connection)
			default:
				p.Phones = append(p.Phones, commerce.Number{ID: id.Value})
			}
		}
	}
	var all []commerce.Person
	bare := map[string]int{} // records of one phone and nothing else are one
	for g, p := range people {
		if !p.Mail && p.Connections == nil {
			if first, seen := bare[p.Phones[0].ID]; seen {
				people[g] = people[first]
				continue
			}
			bare[p.Phones[0].ID] = g
		}
		all = append(all, *p)
	}
	speaks := commerce.JoinByPhone(all)
	answer := make([]string, len(list))
	for i := range list {
		answer[i] = speaks[people[group[i]].ID]
	}
	return parts(answer)
}

func strongShared(a, b given) bool {
	for _, x := range a.buyer.Identities(a.connection) {
		if x.Kind != commerce.Phone && slices.Contains(b.buyer.Identities(b.connection), x) {
			return true
		}
	}
	return false
}

// parts names groups by their first member, so that partitions compare.
func parts(groups []string) []string {
	names := map[string]string{}
	out := make([]string, len(groups))
	for i, g := range groups {
		if names[g] == "" {
			names[g] = fmt.Sprint(i)
		}
		out[i] = names[g]
	}
	return out
}

// In any order of arrival, and with any number of workers, records end as the
// people that the rule gives. A phone never joins two customers with different
// e-mails or different ids of one connection.
func TestRecordsFollowTheRuleInAnyOrder(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s := setup(t, docs)
		rounds, random := 120, rand.New(rand.NewPCG(11, 5))
		if strings.Contains(t.Name(), "mongodb") {
			rounds = 12
		}
		for round := range rounds {
			list := anyRecords(random, round)
			arriveShuffled(t, s, random, round, list)
			if t.Failed() {
				return
			}
		}
	})
}

func arriveShuffled(t *testing.T, s *store.Store, random *rand.Rand, round int, list []given) {
	t.Helper()
	ctx := t.Context()
	order := random.Perm(len(list))
	var group errgroup.Group
	group.SetLimit(1 + random.IntN(8))
	id := func(n int) string { return commerce.Key("s", list[n].connection, fmt.Sprintf("j%d-%d", round, n)) }
	for _, n := range order {
		o := paidOrder(n+1, list[n].buyer)
		o.Connection, o.External, o.ID = list[n].connection, fmt.Sprintf("j%d-%d", round, n), id(n)
		group.Go(func() error {
			_, err := s.SaveOrder(ctx, "s", o)
			return err
		})
		if random.IntN(2) == 0 {
			group.Go(func() error { return recomputeAll(ctx, s) })
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := recomputeAll(ctx, s); err != nil {
		t.Fatal(err)
	}
	owners, net := make([]string, len(list)), map[string]int64{}
	for n := range list {
		o, err := s.Order(ctx, "s", id(n))
		if err != nil {
			t.Fatal(err)
		}
		owners[n] = o.Customer
		net[o.Customer] += o.Total.Minor
	}
	if diff := cmp.Diff(parts(owners), model(list)); diff != "" {
		t.Fatalf("round %d, arrival %v of %+v: got, want: %s", round, order, list, diff)
	}
	for owner, want := range net {
		c, err := s.Customer(ctx, "s", owner)
		if err != nil || c.ID != owner || c.History.Figures.Net != want {
			t.Fatalf("round %d, arrival %v of %+v: %s has %d, %v; want %d under its own id", round, order, list, c.ID,
				c.History.Figures.Net, err, want)
		}
	}
}
