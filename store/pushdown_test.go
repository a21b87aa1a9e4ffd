package store_test

import (
	"context"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"

	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"
)

// audience is a stored shop of random customers, with the inputs of conditions,
// and its index.
type audience struct {
	*store.Store
	docs   documents.Database
	living []commerce.Customer
	params segments.Params
	lists  map[string]segments.Lists
	index  *segments.Index
}

func audienceOf(t testing.TB, docs documents.Database, words language, n int) audience {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	must(t, err)
	at := newClock()
	at.at = judgedAt()
	d := dice{rand.New(rand.NewPCG(1, 2))}
	a := audience{Store: storeAt(docs, at), docs: docs,
		params: segments.Params{Zone: zone, Currency: "CNY", Categories: func(product string) [][]string {
			return map[string][][]string{"s:woo:1": {{"Hats", "Red"}, {"Shoes"}}, "s:woo:2": {{"Hats"}}}[product]
		}, Titles: func(product string) string {
			return map[string]string{"s:woo:1": "Red Hat", "red": "ｒｅｄ"}[product]
		}}}
	var all []any
	for i := range n {
		c := d.customer("s", i+1)
		switch {
		case i%20 == 1:
			c.MergedInto = all[0].(commerce.Customer).ID
		case i%20 == 2:
			c = d.customer("other", i+1)
		default:
			a.living = append(a.living, c)
		}
		all = append(all, c)
	}
	_, err = docs.InsertMany(t.Context(), "customers", all)
	must(t, err)
	a.params.Fitted, err = segments.Fit(segments.Rules{}, a.params, a.summaries(), judgedAt())
	must(t, err)
	a.params.Fitted.Ages.Own = true // a shop with enough gaps of its own
	a.list(t, words.segments, d)
	a.index = segments.NewIndex(a.params)
	a.index.List(a.lists)
	must(t, a.index.Build(a.rows()))
	return a
}

// list stores the segments, and lists some customers in each by hand.
func (a *audience) list(t testing.TB, set *segments.Set, d dice) {
	t.Helper()
	a.lists = map[string]segments.Lists{}
	var listed []segments.Listed
	for _, id := range set.IDs() {
		_, err := a.CreateSegment(t.Context(), "s", set.Segment(id))
		must(t, err)
		for _, c := range a.living {
			if id != "deeper" && d.IntN(8) == 0 { // one has no list
				listed = append(listed, segments.Listed{Segment: id, Customer: c.ID, Included: d.IntN(2) == 0})
			}
		}
	}
	_, err := a.SaveListed(t.Context(), "s", listed)
	must(t, err)
	for _, id := range set.IDs() {
		a.lists[id], err = a.ListsOf(t.Context(), "s", id)
		must(t, err)
	}
}

func (a audience) summaries() iter.Seq[segments.Summary] {
	return func(yield func(segments.Summary) bool) {
		for i := range a.living {
			if !yield(segments.SummaryOf(&a.living[i].Profile, segments.Rules{}, a.params, judgedAt())) {
				return
			}
		}
	}
}

func (a audience) rows() iter.Seq2[*segments.Row, error] {
	return func(yield func(*segments.Row, error) bool) {
		for _, c := range a.living {
			if !yield(&segments.Row{N: c.N, ID: c.ID, Rev: 1, Profile: c.Profile}, nil) {
				return
			}
		}
	}
}

// matched is the customers that Match matches, by number.
func (a audience) matched(c segments.Condition) map[int64]bool {
	found := map[int64]bool{}
	p := a.params
	for i := range a.living {
		p.Customer, p.Listed = a.living[i].ID, segments.ListedIn(a.lists, a.living[i].N)
		if segments.Match(c, &a.living[i].Profile, nil, p, judgedAt()) {
			found[a.living[i].N] = true
		}
	}
	return found
}

// selected is the customers that a filter selects, by number.
func (a audience) selected(ctx context.Context, filter bson.D) (found map[int64]bool, err error) {
	found = map[int64]bool{}
	q := documents.Query{Filter: bson.D{{Key: "shop", Value: "s"}, {Key: "merged_into", Value: nil},
		{Key: "$and", Value: bson.A{filter}}}, Fields: []string{"n"}}
	err = a.docs.Find(ctx, "customers", q, func(raw bson.Raw) error {
		found[raw.Lookup("n").Int64()] = true
		return nil
	})
	return found, err
}

// paged reads all pages of the customers that match a condition.
func (a audience) paged(ctx context.Context, c segments.Condition, limit int) (numbers []int64, err error) {
	var after *documents.Cursor
	for {
		list, next, err := a.Matching(ctx, "s", c, a.params, after, limit)
		if err != nil {
			return nil, err
		}
		for _, one := range list {
			numbers = append(numbers, one.N)
		}
		if after = next; after == nil {
			return numbers, nil
		}
	}
}

// The index, Match, and the filter with Match agree for any condition and any
// customer. The filter alone selects all customers that Match matches, and only
// those where it is exact.
func TestFilterIsMatch(t *testing.T) {
	t.Parallel()
	words := published()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		customers := 240
		if strings.HasSuffix(t.Name(), "mongodb") {
			customers = 60 // the gate's server is slow
		}
		a := audienceOf(t, docs, words, customers)
		exacts, asked := 0, 0
		rapid.Check(t, func(rt *rapid.T) {
			c, text := words.drawCondition(rt)
			if c == nil {
				rt.Skip("refused") // too large as a whole
			}
			filter, exact := store.Filter(c, a.params, a.lists, judgedAt())
			if asked++; exact {
				exacts++
			}
			a.check(rt, c, text, filter, exact)
		})
		t.Logf("%d of %d conditions are exact", exacts, asked)
	})
}

func (a audience) check(t *rapid.T, c segments.Condition, text string, filter bson.D, exact bool) {
	want := a.matched(c)
	var members segments.Bitmap
	a.index.Members(c, judgedAt(), &members)
	if members.Count() != len(want) {
		t.Fatalf("%s: the index finds %d, Match %d", text, members.Count(), len(want))
	}
	got, err := a.selected(context.Background(), filter)
	if err != nil {
		t.Fatalf("%s: filter %v: %v", text, filter, err)
	}
	for n := range want {
		if !members.Has(n) || !got[n] {
			t.Fatalf("%s: customer %d: Match says true, the index %v, filter %v", text, n, members.Has(n), a.describe(got[n], n, filter))
		}
	}
	for n := range got {
		if exact && !want[n] {
			t.Fatalf("%s: customer %d: Match says false, exact filter %v", text, n, a.describe(true, n, filter))
		}
	}
	if count, err := a.CountMatching(context.Background(), "s", c, a.params); err != nil || int(count) != len(want) {
		t.Fatalf("%s: counted %d %v, want %d", text, count, err, len(want))
	}
	numbers, err := a.paged(context.Background(), c, 50)
	if err != nil || !slices.Equal(numbers, slices.Sorted(maps.Keys(want))) {
		t.Fatalf("%s: paged %v %v, want %v", text, numbers, err, slices.Sorted(maps.Keys(want)))
	}
}

// describe describes a filter's answer for a customer.
func (a audience) describe(said bool, n int64, filter bson.D) string {
	i := slices.IndexFunc(a.living, func(c commerce.Customer) bool { return c.N == n })
	raw, _ := documents.Marshal(a.living[i].Profile)
	asked, _ := bson.MarshalExtJSON(filter, false, false)
	return fmt.Sprintf("%v: %s of %s", said, asked, raw)
}
