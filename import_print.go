package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"

	"comeback/commerce"
	"comeback/jobs"
)

// printImport writes the report for people.
func printImport(w io.Writer, t jobs.ImportReport) {
	switch {
	case t.NothingNew:
		fmt.Fprintf(w, "%s was read to its end before; --again reads it from the start\n\n", t.File)
	case t.Checked:
		fmt.Fprintf(w, "%s: checked, nothing stored\n\n", t.File)
	case t.ResumedAt > 0:
		fmt.Fprintf(w, "%s: continued at line %d\n\n", t.File, t.ResumedAt)
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "month\torders\trevenue %s\trefunds\trefunded\t\n", t.Currency)
	var all jobs.MonthTotals
	for _, name := range slices.Sorted(maps.Keys(t.Months)) {
		m := t.Months[name]
		printMonth(table, t.Currency, name, *m)
		all.Orders, all.Revenue = all.Orders+m.Orders, all.Revenue+m.Revenue
		all.Refunds, all.Refunded = all.Refunds+m.Refunds, all.Refunded+m.Refunded
	}
	printMonth(table, t.Currency, "total", all)
	_ = table.Flush() // to a terminal or a buffer
	fmt.Fprintf(w, "\n%d lines: %d orders (%d new), %d refunds without an order (%d new), "+
		"%d customer records, %d products, %d checkouts; %d profiles computed\n",
		t.Lines, t.Orders, t.NewOrders, t.Refunds, t.NewRefunds, t.Customers, t.Products, t.Checkouts, t.Profiles)
	printOddities(w, t)
}

func printMonth(w io.Writer, currency, name string, m jobs.MonthTotals) {
	money := func(minor int64) string { return commerce.Money{Minor: minor, Currency: currency}.String() }
	fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%s\t\n", name, m.Orders, money(m.Revenue), m.Refunds, money(m.Refunded))
}

func printOddities(w io.Writer, t jobs.ImportReport) {
	if t.OtherMoney > 0 {
		fmt.Fprintf(w, "%d orders in other currencies are in no sum above\n", t.OtherMoney)
	}
	if t.Differing > 0 {
		fmt.Fprintf(w, "%d orders were stored already and differed; the newer, else the fuller record stays:\n", t.Differing)
		for _, id := range t.DifferingIDs {
			fmt.Fprintf(w, "  %s\n", id)
		}
	}
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
