package segments_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"

	"github.com/google/go-cmp/cmp"
)

// asIndex is an index of customers numbered from 0.
func asIndex(t testing.TB, p segments.Params, n int, of func(n int, r *segments.Row)) *segments.Index {
	t.Helper()
	ix := segments.NewIndex(p)
	err := ix.Build(func(yield func(*segments.Row, error) bool) {
		for i := range n {
			r := segments.Row{N: int64(i), ID: "s1:woo:" + strconv.Itoa(i), Rev: 1}
			if of(i, &r); !yield(&r, nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return ix
}

// aThousand is a shop in which the first hundred are a segment: eighty of them
// are women, thirty of the other nine hundred's every hundred.
func aThousand(t testing.TB, more func(n int, r *segments.Row)) (*segments.Index, *segments.Bitmap) {
	members := &segments.Bitmap{}
	for n := range int64(100) {
		members.Add(n)
	}
	return asIndex(t, shanghai(t), 1000, func(n int, r *segments.Row) {
		r.Attributes.Gender = "male"
		if n < 80 || n >= 100 && n%100 < 30 {
			r.Attributes.Gender = "female"
		}
		if more != nil {
			more(n, r)
		}
	}), members
}

func traitOf(p segments.Profile, field, value string) (segments.Trait, bool) {
	i := slices.IndexFunc(p.Traits, func(t segments.Trait) bool { return t.Field == field && t.Value == value })
	if i < 0 {
		return segments.Trait{}, false
	}
	return p.Traits[i], true
}

// A trait has its shares, their lift with its interval, its probability by chance,
// and the condition that finds its customers.
func TestTraitOfASegment(t *testing.T) {
	t.Parallel()
	ix, members := aThousand(t, nil)
	p := ix.Profile(members, segments.ProfileOptions{}, instant(t, now))
	got, ok := traitOf(p, "customer.gender", "female")
	if !ok || p.Traits[0].Field != "customer.gender" {
		t.Fatalf("got %+v", p.Traits)
	}
	// The log interval of Katz, which is near for such counts, is 2.32 to 3.06.
	if got.Low < 2.25 || got.Low > 2.4 || got.High < 2.95 || got.High > 3.2 || got.P > 1e-20 || got.Q < got.P ||
		!got.Special || got.Weight <= 0 {
		t.Errorf("got %+v", got)
	}
	got.Low, got.High, got.P, got.Q, got.Weight = 0, 0, 0, 0, 0
	want := segments.Trait{Family: "natural", Field: "customer.gender", Value: "female",
		Condition: json.RawMessage(`{"field":"customer.gender","op":"is","value":"female"}`),
		In:        80, Of: 100, Rest: 270, OfRest: 900, Share: .8, RestShare: .3, Lift: .8 / .3, Special: true}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Error(diff)
	}
	if p.Size != 100 || p.Base != 1000 || p.Share != .1 || p.Support != 5 {
		t.Errorf("got %d of %d, %v, support %d", p.Size, p.Base, p.Share, p.Support)
	}
}

// Segments of all customers and of none have no traits, and no figure is NaN.
func TestProfileOfEverybodyAndNobody(t *testing.T) {
	t.Parallel()
	ix, _ := aThousand(t, nil)
	all, strangers := &segments.Bitmap{}, &segments.Bitmap{}
	ix.Members(nil, instant(t, now), all)
	strangers.Add(5_000)
	for name, c := range map[string]struct {
		members *segments.Bitmap
		size    int
	}{"everybody": {all, 1000}, "nobody": {&segments.Bitmap{}, 0}, "people the index does not know": {strangers, 0}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := ix.Profile(c.members, segments.ProfileOptions{Days: 30}, instant(t, now))
			if p.Size != c.size || p.Base != 1000 || len(p.Traits) > 0 || p.Tested > 0 {
				t.Errorf("got %+v", p)
			}
			if _, err := json.Marshal(p); err != nil {
				t.Error(err)
			}
		})
	}
	if p := segments.NewIndex(shanghai(t)).Profile(all, segments.ProfileOptions{}, instant(t, now)); p.Base != 0 || len(p.Traits) > 0 {
		t.Errorf("an empty shop: got %+v", p)
	}
}

// A trait that nobody else has is marked so, without a lift. A trait that nobody
// in the segment has is special where many were expected. A handful is no trait.
func TestTraitsThatOnlyOneGroupHas(t *testing.T) {
	t.Parallel()
	ix, members := aThousand(t, func(n int, r *segments.Row) {
		switch {
		case n < 40:
			r.Attributes.Tags = []string{"vip"}
		case n < 43:
			r.Attributes.Tags = []string{"rare"}
		case n >= 300:
			r.Attributes.Tags = []string{"wholesale", "wholesale"}
		}
	})
	p := ix.Profile(members, segments.ProfileOptions{}, instant(t, now))
	vip, ok := traitOf(p, "customer.tags", "vip")
	if !ok || !vip.Only || vip.Lift != 0 || vip.High != 0 || vip.Low < 10 || !vip.Special {
		t.Errorf("got %+v", vip)
	}
	wholesale, ok := traitOf(p, "customer.tags", "wholesale")
	if !ok || wholesale.Only || wholesale.In != 0 || wholesale.Rest != 700 || wholesale.Low != 0 ||
		wholesale.High > .1 || !wholesale.Special {
		t.Errorf("got %+v", wholesale)
	}
	if rare, ok := traitOf(p, "customer.tags", "rare"); ok {
		t.Errorf("three customers are no trait: %+v", rare)
	}
	p = ix.Profile(members, segments.ProfileOptions{Support: 3}, instant(t, now))
	if !slices.ContainsFunc(p.Traits, func(t segments.Trait) bool { return t.Value == "rare" }) {
		t.Error("three were asked for")
	}
}

// Shares of the known do not count the others in either group.
func TestSharesOfTheKnown(t *testing.T) {
	t.Parallel()
	ix, members := aThousand(t, func(n int, r *segments.Row) {
		if n >= 100 && n%100 >= 60 {
			r.Attributes.Gender = ""
		}
	})
	p := ix.Profile(members, segments.ProfileOptions{Known: true}, instant(t, now))
	got, _ := traitOf(p, "customer.gender", "female")
	if got.Of != 100 || got.OfRest != 540 || got.RestShare != .5 {
		t.Errorf("got %+v", got)
	}
}

// Of a field with too many values, a profile counts the frequent ones exactly, and
// names the field.
func TestFieldsOfManyValuesAreTrimmed(t *testing.T) {
	t.Parallel()
	members := &segments.Bitmap{}
	ix := asIndex(t, shanghai(t), 90_000, func(n int, r *segments.Row) {
		card := "card " + strconv.Itoa(n)
		if n%9 == 0 {
			card = "none"
		}
		if n%3 == 0 {
			members.Add(int64(n))
		}
		r.Attributes.Custom = []commerce.KV{{Key: "card", Value: card}}
	})
	p := ix.Profile(members, segments.ProfileOptions{}, instant(t, now))
	got, ok := traitOf(p, "customer.custom.card", "none")
	if !ok || got.In != 10_000 || got.Rest != 0 || p.Tested != 1 || !slices.Equal(p.Trimmed, []string{"customer.custom.card"}) {
		t.Errorf("got %+v, %d tested, trimmed %q", got, p.Tested, p.Trimmed)
	}
}

// A category name is listed only where its customers differ from those of a path
// that ends with it.
func TestCategoriesAreListedOnce(t *testing.T) {
	t.Parallel()
	ix, members := aThousand(t, func(n int, r *segments.Row) {
		paths := []string{"Women > Shoes", "Men > Shoes", "Men > Hats"}
		line := commerce.LineFact{Category: paths[n%3], Quantity: 1}
		if n < 50 {
			line.Category = paths[2]
		}
		r.History = commerce.NewHistory([]commerce.OrderFact{paid(t, "o1", "2026-03-01T10:00:00+08:00", 5000, line)}, nil)
	})
	p := ix.Profile(members, segments.ProfileOptions{}, instant(t, now))
	var listed []string
	for _, trait := range p.Traits {
		if trait.Field == "line.category" {
			listed = append(listed, trait.Value)
		}
	}
	slices.Sort(listed)
	if want := "Men,Men > Hats,Men > Shoes,Shoes,Women,Women > Shoes"; strings.Join(listed, ",") != want {
		t.Errorf("got %q, want %s", listed, want)
	}
}

// A profile shows the customers as they were when it began, while a writer runs.
func TestProfileIsOfOneMomentWhileAWriterRuns(t *testing.T) {
	t.Parallel()
	ix, members := aThousand(t, nil)
	at := instant(t, now)
	var work sync.WaitGroup
	for range 4 {
		work.Go(func() {
			for range 5 {
				p := ix.Profile(members, segments.ProfileOptions{Days: 30}, at)
				rows, all := ix.Table([]*segments.Bitmap{members}, 0, at)
				if p.Size != 100 || p.Base != 1000 || rows[0].Customers != 100 || all.Customers != 1000 {
					t.Errorf("got %d of %d", p.Size, p.Base)
				}
			}
		})
	}
	for rev := range int64(20) {
		r := segments.Row{N: rev * 7, ID: "s1:woo:x", Rev: rev + 2}
		r.KnownSince = at.Add(-time.Hour)
		if err := ix.Apply([]*segments.Row{&r}); err != nil {
			t.Fatal(err)
		}
	}
	work.Wait()
}
