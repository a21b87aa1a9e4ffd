package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"comeback/commerce"
	"comeback/connectors/history"
)

// importReport is what a file held, in the order of its lines, and what was
// new of it. It is kept with the import, so that a resumed one adds to it.
type importReport struct {
	File         string                  `json:"file"`
	Lines        int                     `json:"lines"`
	Orders       int                     `json:"orders"`
	NewOrders    int                     `json:"new_orders"`
	Refunds      int                     `json:"refunds"` // that name no order
	NewRefunds   int                     `json:"new_refunds"`
	Customers    int                     `json:"customer_records"`
	Products     int                     `json:"products"`
	Checkouts    int                     `json:"checkouts"`
	Months       map[string]*monthTotals `json:"months"`
	Currency     string                  `json:"currency"`
	OtherMoney   int                     `json:"orders_in_other_currencies"`
	Refused      int                     `json:"refused_lines"`
	Refusals     []history.Refusal       `json:"refusals"` // the first of them
	Differing    int                     `json:"differing_orders"`
	DifferingIDs []string                `json:"differing_order_ids"` // the first of them
	Profiles     int                     `json:"profiles"`
	ResumedAt    int64                   `json:"resumed_at_line"`
	NothingNew   bool                    `json:"nothing_new"` // read to its end before
	Checked      bool                    `json:"checked"`     // nothing was stored
}

// monthTotals are in minor units of the shop's currency, months on its clock.
type monthTotals struct {
	Orders   int   `json:"orders"`
	Revenue  int64 `json:"revenue"`
	Refunds  int   `json:"refunds"`
	Refunded int64 `json:"refunded"`
}

// shown is how many of a kind of oddity are listed.
const shown = 20

func (t *importReport) add(b history.Batch, zone *time.Location) {
	t.Lines += b.Lines
	t.Orders += len(b.Records.Orders)
	t.Refunds += len(b.Records.LooseRefunds)
	t.Customers += len(b.Records.Customers)
	t.Products += len(b.Records.Products)
	t.Checkouts += len(b.Records.Checkouts)
	t.Refused += b.Dropped
	t.Refusals = append(t.Refusals, b.Refused...)
	t.Refusals = t.Refusals[:min(len(t.Refusals), shown)]
	for _, o := range b.Records.Orders {
		t.addOrder(o, zone)
	}
	for _, r := range b.Records.LooseRefunds {
		t.addRefund(r.Refund, zone)
	}
}

func (t *importReport) addOrder(o commerce.Order, zone *time.Location) {
	if o.Times.PlacedAt.IsZero() {
		return // a part of an order: its refunds and parcels come to it
	}
	month := t.month(o.Times.PlacedAt, zone)
	month.Orders++
	switch {
	case o.Total.Currency != t.Currency:
		t.OtherMoney++
	case o.PaidNow():
		month.Revenue += o.Total.Minor
	}
	for _, r := range o.Refunds {
		t.addRefund(r, zone)
	}
}

func (t *importReport) addRefund(r commerce.Refund, zone *time.Location) {
	if r.RefundedAt.IsZero() || r.Amount.Currency != t.Currency {
		return
	}
	month := t.month(r.RefundedAt, zone)
	month.Refunds++
	month.Refunded += r.Amount.Minor
}

func (t *importReport) month(at time.Time, zone *time.Location) *monthTotals {
	name := at.In(zone).Format("2006-01")
	if t.Months[name] == nil {
		t.Months[name] = &monthTotals{}
	}
	return t.Months[name]
}

// print writes the report for people.
func (t *importReport) print(w io.Writer) {
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
	var all monthTotals
	for _, name := range slices.Sorted(maps.Keys(t.Months)) {
		m := t.Months[name]
		t.row(table, name, *m)
		all.Orders, all.Revenue = all.Orders+m.Orders, all.Revenue+m.Revenue
		all.Refunds, all.Refunded = all.Refunds+m.Refunds, all.Refunded+m.Refunded
	}
	t.row(table, "total", all)
	_ = table.Flush() // to a terminal or a buffer
	fmt.Fprintf(w, "\n%d lines: %d orders (%d new), %d refunds without an order (%d new), %d customer records, %d products, %d checkouts; %d profiles computed\n",
		t.Lines, t.Orders, t.NewOrders, t.Refunds, t.NewRefunds, t.Customers, t.Products, t.Checkouts, t.Profiles)
	t.printOddities(w)
}

func (t *importReport) row(w io.Writer, name string, m monthTotals) {
	money := func(minor int64) string { return commerce.Money{Minor: minor, Currency: t.Currency}.String() }
	fmt.Fprintf(w, "%s\t%d\t%s\t%d\t%s\t\n", name, m.Orders, money(m.Revenue), m.Refunds, money(m.Refunded))
}

func (t *importReport) printOddities(w io.Writer) {
	if t.OtherMoney > 0 {
		fmt.Fprintf(w, "%d orders are in other currencies and in no sum above\n", t.OtherMoney)
	}
	if t.Differing > 0 {
		fmt.Fprintf(w, "%d orders were stored already and said something else; the newer, else the fuller record stays:\n", t.Differing)
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
