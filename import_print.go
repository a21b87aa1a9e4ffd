package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"comeback/commerce"
	"comeback/connectors/history"
	"comeback/jobs"
	"comeback/service"
)

// printImport writes the report for people.
func printImport(w io.Writer, t jobs.ImportReport) {
	switch {
	case t.NothingNew:
		fmt.Fprintf(w, "%s: everything in it was known\n\n", t.File)
	case t.Checked:
		fmt.Fprintf(w, "%s: checked, nothing stored\n\n", t.File)
	}
	printGuess(w, t)
	if t.Kind != commerce.ImportOrders {
		printList(w, t)
		return
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "month\torders\tpaid\tsales %s\trefunds\trefunded\tnet sales\t\n", t.Currency)
	for _, m := range t.Months {
		printTotals(table, m.Month, m.ImportTotals)
	}
	printTotals(table, "total", t.Totals)
	_ = table.Flush() // to a terminal or a buffer
	printStates(w, t)
	fmt.Fprintf(w, "\n%s: %s (%d new), %d changed, %d unchanged; %s without an order (%d new), %s, %s, %s; %s computed\n",
		lines(t.Lines), commerce.Count(t.Orders, "order"), t.NewOrders, t.Changed, t.Unchanged, commerce.Count(t.Refunds, "refund"), t.NewRefunds,
		commerce.Count(t.Customers, "customer record"), commerce.Count(t.Products, "product"), commerce.Count(t.Checkouts, "checkout"),
		commerce.Count(t.Profiles, "profile"))
	printOddities(w, t)
	printChanges(w, t.Changes)
	printRefusals(w, t)
}

// printList writes the report of a file of customers or products.
func printList(w io.Writer, t jobs.ImportReport) {
	records, saved, noun := t.Customers, t.People, "customers"
	if t.Kind == commerce.ImportProducts {
		records, saved, noun = t.Products, t.Articles, "products"
	}
	fmt.Fprintf(w, "%s: %s; %s: %d new, %d changed, %d unchanged",
		lines(t.Lines), commerce.Count(records, "record"), noun, saved.New, saved.Changed, saved.Unchanged)
	if t.Kind == commerce.ImportCustomers {
		gets := "get"
		if t.Suppressed == 1 {
			gets = "gets"
		}
		fmt.Fprintf(w, "; %s %s no more mail; %s computed", commerce.Count(t.Suppressed, "address"), gets, commerce.Count(t.Profiles, "profile"))
	}
	fmt.Fprintln(w)
	printRefusals(w, t)
}

// printGuess writes how the file was read, and of a check its first orders.
func printGuess(w io.Writer, t jobs.ImportReport) {
	g := t.Guessed
	if g == nil {
		return
	}
	fmt.Fprintf(w, "read as %s", g.Encoding)
	for _, part := range [][2]string{
		{"separator", g.Separator}, {"decimal", g.Decimal}, {"dates", g.Dates}, {"times of", g.Zone}, {"currency", g.Currency},
		{"profile", g.Profile},
	} {
		if part[1] != "" {
			fmt.Fprintf(w, ", %s %s", part[0], part[1])
		}
	}
	fmt.Fprint(w, "\ncolumns:")
	for _, c := range g.Columns {
		fmt.Fprintf(w, " %s=%s", c.Field, c.Column)
	}
	if len(g.Unused) > 0 {
		fmt.Fprintf(w, "; not used: %s", strings.Join(g.Unused, ", "))
	}
	fmt.Fprintln(w)
	for _, note := range g.Unsure {
		fmt.Fprintf(w, "unsure: %s\n", note)
	}
	if g.EveryOrderPaid && t.Kind == commerce.ImportOrders {
		fmt.Fprintln(w, bold(w, "Every order counts as completed and paid: the file has no column of states. --map status=COLUMN names one."))
	}
	printPreview(w, t.Preview)
	fmt.Fprintln(w)
}

// bold is a text in bold, where a terminal shows it.
func bold(w io.Writer, text string) string {
	if service.IsTerminal(w) {
		return "\x1b[1m" + text + "\x1b[0m"
	}
	return "** " + text + " **"
}

func printPreview(w io.Writer, orders []history.Preview) {
	for _, o := range orders {
		fmt.Fprintf(w, "  order %s, %s, %s, %s, %s %s, %s, first: %s, buyer: %s\n",
			o.Order, o.At.Format("2006-01-02 15:04 MST"), o.Status, o.Payment, o.Total, o.Currency, lines(o.Lines), o.FirstLine, o.Buyer)
	}
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

// printOddities writes what is in no sum, and how many orders name nobody.
func printOddities(w io.Writer, t jobs.ImportReport) {
	for _, odd := range []struct {
		n    int
		text string
	}{
		{t.TestOrders, "in no sum of money: tests or fakes"},
		{t.Unpriced, "in no sum of money: other currencies, without a rate"},
		{t.Nobody, "without a customer"},
	} {
		if odd.n > 0 {
			fmt.Fprintf(w, "%s %s\n", commerce.Count(odd.n, "order"), odd.text)
		}
	}
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

// printRefusals writes what was left out, and why.
func printRefusals(w io.Writer, t jobs.ImportReport) {
	for _, left := range t.LeftOut {
		fmt.Fprintf(w, "left out: %s (%s, the first is line %d)\n", left.Why, lines(left.Lines), left.First)
	}
	if t.Refused > 0 {
		fmt.Fprintf(w, "%s refused; of an order with one wrong line, all are:\n", linesWere(t.Refused))
	}
	for _, r := range t.Refusals {
		text := "  line " + strconv.FormatInt(r.Line, 10)
		if r.Order != "" {
			text += ", order " + r.Order
		}
		fmt.Fprintf(w, "%s: %s\n", text, r.Why)
	}
}

func lines(n int) string { return commerce.Count(n, "line") }

func linesWere(n int) string {
	if n == 1 {
		return "1 line was"
	}
	return lines(n) + " were"
}
