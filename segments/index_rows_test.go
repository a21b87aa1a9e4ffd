package segments

import (
	"slices"
	"testing"
)

// Every entry of the tables of columns has a name of its own and reads a field. A
// table without the column of a key would have an empty entry.
func TestEveryColumnHasItsKey(t *testing.T) {
	t.Parallel()
	checkColumns(t, &customerColumns)
	checkColumns(t, &orderColumns)
	checkColumns(t, &lineColumns)
	checkColumns(t, &messageColumns)
	checkColumns(t, &consentColumns)
	checkColumns(t, &checkoutColumns)
	for key, name := range map[int]string{
		birthdays:    customerColumns.texts[birthdays].name,
		lineProduct:  lineColumns.texts[lineProduct].name,
		lineCategory: lineColumns.texts[lineCategory].name,
	} {
		if want := map[int]string{birthdays: "customer.birthday", lineProduct: "line.product", lineCategory: "line.category"}[key]; name != want {
			t.Errorf("key %d: got %q, want %q", key, name, want)
		}
	}
}

func checkColumns[T any](t *testing.T, c *columns[T]) {
	t.Helper()
	var names []string
	for i, column := range c.texts {
		names = append(names, column.name)
		if column.of == nil {
			t.Errorf("text %d %q reads no field", i, column.name)
		}
	}
	for i, column := range c.ints {
		names = append(names, column.name)
		if column.of == nil {
			t.Errorf("number %d %q reads no field", i, column.name)
		}
	}
	for i, column := range c.times {
		names = append(names, column.name)
		if column.of == nil {
			t.Errorf("instant %d %q reads no field", i, column.name)
		}
	}
	slices.Sort(names)
	if slices.Contains(names, "") || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("columns without a name or with one name twice: %q", names)
	}
}
