package segments_test

import (
	"slices"
	"testing"

	"comeback/commerce"
	"comeback/segments"
)

// Traits that the condition of a segment says itself are marked, and come last.
// Others of the same field are not: they are news.
func TestTraitsThatTheConditionImpliesComeLast(t *testing.T) {
	t.Parallel()
	ix, _ := aThousand(t, func(n int, r *segments.Row) {
		r.Attributes.City, r.Attributes.Tags = []string{"Berlin", "Bonn", "Ulm"}[min(n/60, 2)], []string{"new"}
		if n < 100 {
			r.Attributes.Tags = []string{"vip", "wholesale"}
		}
		r.Consents = []commerce.Consent{{Channel: "email", Granted: n < 150}}
		line := commerce.LineFact{Category: []string{"Tea > Green", "Coffee"}[min(n/110, 1)], Product: "s1:woo:1", Quantity: 1}
		r.History = commerce.NewHistory([]commerce.OrderFact{paid(t, "o", "2026-03-01T12:00:00+08:00", 1000, line)}, nil)
	})
	for _, c := range []struct {
		condition    string
		implied, new [][2]string
	}{
		{`{"field": "customer.city", "op": "in", "value": ["berlin", "Bonn"]}`,
			[][2]string{{"customer.city", "Berlin"}, {"customer.city", "Bonn"}, {"customer.city", "Ulm"}},
			[][2]string{{"customer.gender", "female"}, {"customer.tags", "vip"}}},
		{`{"all": [{"field": "customer.tags", "op": "has", "value": "VIP"}, {"not": {"field": "customer.city", "op": "is", "value": "Ulm"}}]}`,
			[][2]string{{"customer.tags", "vip"}, {"customer.city", "Ulm"}},
			[][2]string{{"customer.tags", "wholesale"}, {"customer.city", "Berlin"}, {"customer.tags", "new"}}},
		{`{"event": "order.paid", "where": {"field": "line.category", "op": "is", "value": "tea"}}`,
			[][2]string{{"line.category", "Tea > Green"}}, [][2]string{{"customer.gender", "female"}, {"line.category", "Coffee"}}},
		{`{"field": "customer.consent.email", "op": "is", "value": true}`,
			[][2]string{{"customer.consent.email", "yes"}, {"customer.consent.email", "no"}}, [][2]string{{"customer.tags", "vip"}}},
	} {
		condition, members := parse(t, c.condition, segments.Scope{}), &segments.Bitmap{}
		ix.Members(condition, instant(t, now), members)
		p := ix.Profile(members, segments.ProfileOptions{Of: condition}, instant(t, now))
		for want, list := range map[bool][][2]string{true: c.implied, false: c.new} {
			for _, at := range list {
				if trait, ok := traitOf(p, at[0], at[1]); !ok || trait.Implied != want {
					t.Errorf("%s: %s: got %+v, want implied %v", c.condition, at, trait, want)
				}
			}
		}
		if !slices.IsSortedFunc(p.Traits, func(a, b segments.Trait) int {
			if a.Implied == b.Implied {
				return 0
			} else if a.Implied {
				return 1
			}
			return -1
		}) {
			t.Errorf("%s: an implied trait comes before others", c.condition)
		}
	}
}

// A trait of a product has its title, as the catalog has it now.
func TestTraitsOfProductsHaveTitles(t *testing.T) {
	t.Parallel()
	ix, members := aThousand(t, func(n int, r *segments.Row) {
		line := commerce.LineFact{Product: []string{"s1:woo:1", "s1:woo:2"}[min(n/100, 1)], Quantity: 1}
		r.History = commerce.NewHistory([]commerce.OrderFact{paid(t, "o", "2026-03-01T12:00:00+08:00", 1000, line)}, nil)
	})
	params := shanghai(t)
	params.Use(segments.Catalog{Title: func(product string) string { return map[string]string{"s1:woo:1": "Grüner Tee"}[product] }})
	ix.Use(params)
	p := ix.Profile(members, segments.ProfileOptions{}, instant(t, now))
	for product, title := range map[string]string{"s1:woo:1": "Grüner Tee", "s1:woo:2": ""} {
		if trait, ok := traitOf(p, "line.product", product); !ok || trait.Title != title {
			t.Errorf("%s: got %+v, want title %q", product, trait, title)
		}
	}
}
