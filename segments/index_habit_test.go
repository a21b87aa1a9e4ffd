package segments

import (
	"comeback/strictjson"
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// The index finds the same habits as Match, also among equally frequent values.
func TestIndexFindsTheHabitsOfMatch(t *testing.T) {
	t.Parallel()
	p, now := aShop(t)
	p.Categories = func(product string) [][]string {
		return map[string][][]string{
			"s1:woo:1": {{"Hats", "Red", "Deep"}, {"Hats", "1"}}, "s1:woo:2": {{"Hats", "Red"}},
			"s1:woo:17": {{"", "Red"}, {"2"}},
			"1":         {{"Hats > Red"}, {"Shoes > 1"}}, "2": {{"1"}, {"2"}}, "red": {{""}},
		}[product]
	}
	var list []Condition
	var texts []string
	for field, values := range map[string][]string{
		"orders.device": aText, "orders.payment_method": aText,
		"orders.favourite_category": {"Hats", "Red", "Deep", "Hats > Red", "Hats > Red > Deep", "Hats > 1", "1", "2",
			" > Red", "Shoes > 1", "Shoes", "web"},
	} {
		tests := []string{`"set"`, `"unset"`}
		for _, value := range values {
			tests = append(tests, fmt.Sprintf(`"in", "value": [%q]`, value), fmt.Sprintf(`"not_in", "value": [%q, "red"]`, value))
		}
		for _, test := range tests {
			texts = append(texts, fmt.Sprintf(`{"field": %q, "op": %s}`, field, test))
			node, _ := strictjson.Read([]byte(texts[len(texts)-1]))
			c, problems := Parse(node, Scope{})
			if strictjson.Refused(problems) {
				t.Fatalf("%s: %v", texts[len(texts)-1], problems)
			}
			list = append(list, c)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d, ix := dice{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))}, NewIndex(p)
		rows := customers(d, 30)
		if ix.rows = 8; ix.Build(stream(rows)) != nil {
			t.Fatal("not built")
		}
		compareWithMatch(t, ix, latest(rows), p, now, list, texts)
	})
}
