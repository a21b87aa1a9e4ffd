package store_test

import (
	"context"
	"strings"
	"testing"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// The database answers the most frequent conditions alone; Match decides the
// others.
func TestWhichFiltersAreExact(t *testing.T) {
	t.Parallel()
	words := published()
	paid := func(more object) object {
		more["event"] = "order.paid"
		return more
	}
	field := func(name, op string, value any) object { return object{"field": name, "op": op, "value": value} }
	cased := func(name, op string, value any) object {
		return object{"field": name, "op": op, "value": value, "case": true}
	}
	for name, c := range map[string]struct {
		condition object
		exact     bool
	}{
		"an attribute":              {field("customer.country", "in", []string{"CN"}), true},
		"an attribute of any case":  {field("customer.city", "in", []string{"Ningbo"}), false},
		"an attribute as written":   {cased("customer.city", "in", []string{"Ningbo"}), true},
		"an attribute's beginning":  {cased("customer.postcode", "starts_with", "31"), true},
		"a part of a text":          {cased("customer.city", "contains", "bo"), false},
		"all of some tags":          {cased("customer.tags", "has_all", []string{"a", "b"}), true},
		"some tags of any case":     {field("customer.tags", "has_all", []string{"a", "b"}), false},
		"an age":                    {field("customer.age", "between", []int{25, 35}), true},
		"a birthday soon":           {field("customer.birthday", "anniversary_within_next", "7d"), false}, // but for those born before 1900
		"consent":                   {field("customer.consent.email", "is", true), true},
		"a custom text":             {field("customer.custom.tier", "is", "gold"), false}, // a key may come twice
		"days since the last order": {field("orders.days_since_last", "gt", 90), true},
		"a number of orders":        {field("orders.count", "gte", 3), true},
		"an average":                {field("orders.average", "gte", 100), false},
		"prospects":                 {field("customer.stage", "is", "prospect"), true},
		"bought in a window":        {paid(object{"last": "30d"}), true},
		"bought an article on one line": {paid(object{"where": object{"all": []any{field("line.sku", "is", "A1"),
			field("line.price", "gte", 10), cased("order.channel", "is", "web")}}}), true},
		"bought a category":               {paid(object{"where": field("line.category", "is", "Shoes")}), false},
		"did not buy in a window":         {object{"not": paid(object{"last": "60d"})}, true},
		"bought twice, ever":              {paid(object{"count": object{"gte": 2}}), true},
		"bought twice in a window":        {paid(object{"last": "90d", "count": object{"gte": 2}}), false},
		"spent much, ever":                {paid(object{"sum": "order.total", "gte": 500}), true},
		"spent much in a window":          {paid(object{"last": "90d", "sum": "order.net", "gte": 500}), false},
		"an order over an amount":         {paid(object{"last": "90d", "max": "order.net", "gte": 500}), true},
		"opened and has not bought since": {object{"event": "message.opened", "not_followed_by": object{"event": "order.paid"}}, false},
		"a share of none":                 {object{"share": paid(object{}), "of": object{"event": "order.placed"}, "gt": 0}, true},
		"a sample":                        {object{"sample": object{"percent": 10, "seed": "a"}}, false},
		"a segment":                       {object{"segment": "women"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			condition, text := words.parsed(c.condition)
			if condition == nil {
				t.Fatalf("%s: refused", text)
			}
			params := segments.Params{Currency: "CNY", Fitted: &segments.Fitted{}}
			if filter, exact := store.Filter(condition, params, nil, judgedAt()); exact != c.exact {
				t.Errorf("%s: exact is %v, want %v: %v", text, exact, c.exact, filter)
			}
		})
	}
}

// manifold is a database in which each customer appears many times.
type manifold struct {
	documents.Database
	times int
}

func (m manifold) Find(ctx context.Context, coll string, q documents.Query, each func(bson.Raw) error) error {
	return m.Database.Find(ctx, coll, q, func(raw bson.Raw) error {
		if coll != "customers" {
			return each(raw)
		}
		for range m.times {
			if err := each(raw); err != nil {
				return err
			}
		}
		return nil
	})
}

// A caller does not wait for millions of judgements: a count names the setting
// to raise, a page is returned as it is, with the place to continue.
func TestJudgingOneByOneIsBounded(t *testing.T) {
	t.Parallel()
	docs := storetest.Embedded(t, store.Collections())
	s, _ := shopAt(t, manifold{docs, 250_000})
	_, err := docs.Insert(t.Context(), "customers", commerce.Customer{ID: commerce.Key("s", "platform", "1"), Shop: "s", N: 1})
	must(t, err)
	fewest, _ := published().parsed(object{"sample": object{"percent": 0.0001, "seed": "a"}})
	_, err = s.CountMatching(t.Context(), "s", fewest, segments.Params{})
	if commerce.CodeOf(err) != commerce.TooLarge || !strings.Contains(err.Error(), "COMEBACK_SEGMENT_MEMORY") {
		t.Errorf("count: got %v, want an error that names the setting", err)
	}
	list, next, err := s.Matching(t.Context(), "s", fewest, segments.Params{}, nil, 10)
	if err != nil || len(list) > 0 || next == nil {
		t.Errorf("page: got %d customers, next %v, %v, want none and a next", len(list), next, err)
	}
}
