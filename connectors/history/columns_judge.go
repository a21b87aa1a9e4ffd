package history

import (
	"strings"

	"comeback/commerce"
)

// judge maps columns to another field where the sample contradicts their name:
// a customer column of full names or of addresses, a total of each line, a state
// that is no region.
func judge(columns []column, sample [][]string, words map[string]meaning) {
	if i := at(columns, "customer"); i >= 0 {
		addresses := share(columns[i], sample, func(text string) bool { return strings.Contains(text, "@") })
		names := share(columns[i], sample, func(text string) bool { return strings.Contains(text, " ") })
		switch {
		case addresses > 0.5 && at(columns, "email") < 0:
			columns[i].field = fieldNamed("email")
		case names > 0.5 && at(columns, "name") < 0 && (at(columns, "email") >= 0 || at(columns, "phone") >= 0):
			columns[i].field = fieldNamed("name")
		}
	}
	if i := at(columns, "region"); i >= 0 && at(columns, "status") < 0 && at(columns, "payment_status") < 0 {
		states := share(columns[i], sample, func(text string) bool { _, known := words[lettersOf(text)]; return known })
		if states > 0.5 {
			columns[i].field = fieldNamed("status")
		}
	}
	if i := at(columns, "total"); i >= 0 && at(columns, "line_total") < 0 && totalsOfLines(columns, sample) {
		columns[i].field = fieldNamed("line_total")
	}
}

// share is the part of a column's values for which is holds.
func share(c column, sample [][]string, is func(string) bool) float64 {
	all, some := 0, 0
	for _, cells := range sample {
		if text := unguarded(cellAt(cells, c.index)); text != "" && !commerce.IsPlaceholder(text) {
			all, some = all+1, some+count(is(text))
		}
	}
	return float64(some) / float64(max(all, 1))
}

func cellAt(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return cells[i]
}

// totalsOfLines reports whether a column of totals has that of each line: in
// most orders of several rows, each total is what its row cost.
func totalsOfLines(columns []column, sample [][]string) bool {
	total, quantity, price, number := at(columns, "total"), at(columns, "quantity"), at(columns, "price"), at(columns, "order")
	if quantity < 0 || price < 0 {
		return false
	}
	value := func(cells []string, i int) string { return unguarded(cellAt(cells, columns[i].index)) }
	matches, others := 0, 0
	for i := 0; i < len(sample); {
		all, n := true, 1
		for i+n < len(sample) && value(sample[i+n], number) == value(sample[i], number) {
			n++
		}
		for _, cells := range sample[i : i+n] {
			sum, err := readNumber(value(cells, total), false)
			all = all && err == nil && product(value(cells, quantity), value(cells, price)) == sum.String()
		}
		if i += n; n > 1 {
			matches, others = matches+count(all), others+count(!all)
		}
	}
	return matches > others
}

// product is the product of two plain numbers; "" if they are not.
func product(a, b string) string {
	x, okX := simpleNumber(a)
	y, okY := simpleNumber(b)
	if !okX || !okY {
		return ""
	}
	z, err := x.By(y)
	if err != nil {
		return ""
	}
	return z.String()
}
