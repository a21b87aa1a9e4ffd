package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"comeback/jobs"
)

// printImport writes the report for people.
func printImport(w io.Writer, t jobs.ImportReport) {
	switch {
	case t.NothingNew:
		fmt.Fprintf(w, "%s: everything in it was known\n\n", t.File)
	case t.Checked:
		fmt.Fprintf(w, "%s: checked, nothing stored\n\n", t.File)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "month\torders\tpaid\tsales %s\trefunds\trefunded\tnet sales\t\n", t.Currency)
	for _, m := range t.Months {
		printTotals(table, m.Month, m.ImportTotals)
	}
	printTotals(table, "total", t.Totals)
	_ = table.Flush() // to a terminal or a buffer
	printStates(w, t)
	fmt.Fprintf(w, "\n%d lines: %d orders (%d new), %d changed, %d unchanged; %d refunds without an order (%d new), "+
		"%d customer records, %d products, %d checkouts; %d profiles computed\n",
		t.Lines, t.Orders, t.NewOrders, t.Changed, t.Unchanged, t.Refunds, t.NewRefunds, t.Customers, t.Products, t.Checkouts, t.Profiles)
	printOddities(w, t)
	printChanges(w, t.Changes)
	printRefusals(w, t)
}

func printTotals(w io.Writer, name string, t jobs.ImportTotals) {
	fmt.Fprintf(w, "%s\t%d\t%d\t%s\t%d\t%s\t%s\t\n", name, t.Placed, t.Paid, t.Sales.Amount, t.Refunds, t.Refunded.Amount, t.Net.Amount)
}

func printStates(w io.Writer, t jobs.ImportReport) {
	if len(t.States) == 0 {
		return
	}
	fmt.Fprintln(w)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "state\torders\ttotal\t\t")
	for _, s := range t.States {
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t\n", s.State, s.Count, s.Total.Amount, s.Total.Currency)
	}
	_ = table.Flush() // to a terminal or a buffer
}

// printOddities writes what is in no sum, and the orders that name nobody.
func printOddities(w io.Writer, t jobs.ImportReport) {
	for _, odd := range []struct {
		n    int
		text string
	}{
		{t.TestOrders, "%s in no sum of money: they are tests or fakes\n"},
		{t.Unpriced, "%s in no sum of money: they are in other currencies, without a rate\n"},
		{t.Nobody, "%s no customer\n"},
	} {
		if odd.n > 0 {
			fmt.Fprintf(w, odd.text, orders(odd.n, odd.text))
		}
	}
}

// orders is a number of orders with the verb of text.
func orders(n int, text string) string {
	verb := "are"
	if strings.HasPrefix(text, "%s no customer") {
		verb = "name"
	}
	if n == 1 {
		verb = map[string]string{"are": "is", "name": "names"}[verb]
		return "1 order " + verb
	}
	return fmt.Sprintf("%d orders %s", n, verb)
}

func printChanges(w io.Writer, c jobs.ImportChanges) {
	if len(c.Fields) == 0 {
		return
	}
	fmt.Fprint(w, "orders changed in:")
	for _, field := range slices.Sorted(maps.Keys(c.Fields)) {
		fmt.Fprintf(w, " %s (%d)", field, c.Fields[field])
	}
	fmt.Fprintf(w, "\nsum of the changed orders: %s before, %s now\n", amounts(c.Before), amounts(c.After))
	for _, o := range c.First {
		fmt.Fprintf(w, "  %s: %s -> %s %s (%s)\n", o.Order, o.Before.Amount, o.After.Amount, o.After.Currency, strings.Join(o.Fields, ", "))
	}
}

func amounts(list []jobs.Amount) string {
	texts := make([]string, len(list))
	for i, a := range list {
		texts[i] = a.Amount + " " + a.Currency
	}
	return strings.Join(texts, ", ")
}

func printRefusals(w io.Writer, t jobs.ImportReport) {
	if t.Refused > 0 {
		fmt.Fprintf(w, "%d lines were refused; of an order with one wrong line, all are:\n", t.Refused)
	}
	for _, r := range t.Refusals {
		text := "  line " + strconv.FormatInt(r.Line, 10)
		if r.Order != "" {
			text += ", order " + r.Order
		}
		fmt.Fprintf(w, "%s: %s\n", text, r.Why)
	}
}
