package segments

import (
	"strings"
	"testing"

	"comeback/commerce"
)

// oddNames are categories as orders may have them: without names, and with names
// that look like paths.
var oddNames = []string{
	" > ", " > Red", "Hats > ", " >  > Red", " > > Red", "a > > b", ">",
	"> Red", "Hats", "Hats > Red", "Hats > Red > Deep", strings.Repeat("a > ", 40),
}

// oddCategories are those of products, also with names that look like paths.
func oddCategories(product string) [][]string {
	return map[string][][]string{
		"s1:woo:1": {{"Hats", "Red > Deep"}, {"Hats > 1"}}, "s1:woo:2": {{"Hats > Red", "Deep"}, {"a >", "b"}},
		"s1:woo:17": {{"", "Red"}, {"2"}},
		"1":         {{"", ""}, {"Shoes", ""}}, "2": {{"Shoes > 1"}}, "red": {{""}}, "web": {{"a", "> b"}, {}}, "app": {{"Hats", "Red", "Deep"}},
	}[product]
}

// renameCategories gives some lines a category with an odd name.
func (d dice) renameCategories(rows []*Row) {
	for _, r := range rows {
		for i := range r.History.Orders {
			lines := r.History.Orders[i].Lines
			for k := range lines {
				if d.IntN(4) == 0 {
					lines[k].Category = oddNames[d.IntN(len(oddNames))]
				}
			}
		}
	}
}

// A profile completes for any name of a category, and compares the names and paths
// by which conditions find customers.
func TestProfilesCompareCategoriesOfAnyName(t *testing.T) {
	t.Parallel()
	for name, category := range map[string]string{
		"a root without a name":        " > Shoes",
		"a separator alone":            " > ",
		"separators that overlap":      "a > > b",
		"a last category without name": "Shoes > ",
		"a long path":                  strings.Repeat("a > ", 1000) + "z",
		"a long path without names":    strings.Repeat(" > ", 1000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := modelShop{members: &Bitmap{}, rows: map[int64]*Row{}}
			m.params, m.now = aShop(t)
			m.ix = NewIndex(m.params)
			for n := range int64(4) {
				order := commerce.OrderFact{ID: "1", PaidAt: m.now, Payment: commerce.Paid,
					Lines: []commerce.LineFact{{Category: []string{category, ""}[n/2]}}}
				m.rows[n] = &Row{N: n, Rev: 1, Profile: commerce.Profile{History: commerce.NewHistory([]commerce.OrderFact{order}, nil)}}
				if err := m.ix.Apply([]*Row{m.rows[n]}); err != nil {
					t.Fatal(err)
				}
			}
			m.members.Add(0)
			m.leavesNothingOut(t)
		})
	}
}
