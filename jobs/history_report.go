package jobs

import (
	"maps"
	"slices"

	"comeback/commerce"
	"comeback/connectors/history"
)

// ImportReport counts the records of a file, what they changed, and the orders as
// they are stored afterwards.
type ImportReport struct {
	Import    string              `json:"import"` // its id; empty for a check
	File      string              `json:"file"`
	Kind      commerce.ImportKind `json:"kind"`
	Lines     int                 `json:"lines"`
	Orders    int                 `json:"orders"`
	NewOrders int                 `json:"new_orders"`
	Changed   int                 `json:"changed_orders"`
	Unchanged int                 `json:"unchanged_orders"`
	Refunds   int                 `json:"refunds"` // without an order in the file
	// NewRefunds are those of Refunds that were not known.
	NewRefunds int               `json:"new_refunds"`
	Customers  int               `json:"customer_records"`
	People     ImportCount       `json:"customers_saved"`
	Suppressed int               `json:"suppressions"` // addresses that get no more mail, and did before
	Products   int               `json:"products"`
	Articles   ImportCount       `json:"products_saved"`
	Checkouts  int               `json:"checkouts"`
	Changes    ImportChanges     `json:"changes"`
	Currency   string            `json:"currency"`
	Totals     ImportTotals      `json:"totals"`
	Months     []ImportMonth     `json:"months"`
	States     []ImportOrders    `json:"orders_by_state"`
	Nobody     int               `json:"orders_without_customer"`
	Unpriced   int               `json:"orders_in_other_currencies"` // paid, without a rate: in no sum
	TestOrders int               `json:"test_orders"`                // tests and fakes: in no sum
	Refused    int               `json:"refused_lines"`
	Refusals   []history.Refusal `json:"refusals"` // the first of them
	LeftOut    []history.LeftOut `json:"left_out"` // lines that are no records, by reason
	Guessed    *history.Guess    `json:"guessed"`  // how the file is read; null for ndjson
	Preview    []history.Preview `json:"preview,omitempty"`
	Profiles   int               `json:"profiles"`
	NothingNew bool              `json:"nothing_new"` // every record was known
	Checked    bool              `json:"checked"`     // nothing was stored
}

// importTally makes a report while the file is read.
type importTally struct {
	ImportReport
	totals  *commerce.HistoryTotals
	changes map[string]*changedMoney // by currency
	fields  map[string]int
}

// ImportCount counts customers or products by what the file changed.
type ImportCount struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
}

// Amount is money as exact text.
type Amount struct {
	Amount   string `json:"amount"`
	Currency string `json:"currency"`
}

// ImportTotals are sums over all months: sales are what was paid before refunds, of
// orders that are neither test, fake nor cancelled; net sales are less refunds.
type ImportTotals struct {
	Placed   int    `json:"orders"` // neither test nor fake
	Paid     int    `json:"paid_orders"`
	Sales    Amount `json:"sales"`
	Refunds  int    `json:"refunds"`
	Refunded Amount `json:"refunded"`
	Net      Amount `json:"net_sales"`
}

// ImportMonth are the totals of one month in the shop's zone.
type ImportMonth struct {
	Month string `json:"month"`
	ImportTotals
}

// ImportOrders are orders of one state, with the sum of their totals.
type ImportOrders struct {
	State string `json:"state"`
	Count int    `json:"orders"`
	Total Amount `json:"total"`
}

// ImportChanges are how known orders were changed: how often each field, and the sum
// of their totals before and after, by currency.
type ImportChanges struct {
	Fields map[string]int `json:"fields"`
	Before []Amount       `json:"total_before"`
	After  []Amount       `json:"total_after"`
	First  []ChangedOrder `json:"orders"` // the first of them
}

// ChangedOrder is one known order that the file changed.
type ChangedOrder struct {
	Order  string   `json:"order"`
	Fields []string `json:"fields"`
	Before Amount   `json:"total_before"`
	After  Amount   `json:"total_after"`
}

// changedMoney are the sums of changed orders in one currency.
type changedMoney struct{ before, after int64 }

// listed is how many refusals and how many changed orders are listed.
const listed = 20

func newImportTally(q ImportRequest, shop commerce.Shop) *importTally {
	return &importTally{
		ImportReport: ImportReport{
			File: q.File, Kind: q.kind(), Currency: shop.Currency, Checked: q.Check, Refusals: []history.Refusal{}, LeftOut: []history.LeftOut{},
		},
		totals: commerce.NewHistoryTotals(shop.Location()), changes: map[string]*changedMoney{}, fields: map[string]int{},
	}
}

// read counts a batch that was read.
func (t *importTally) read(b history.Batch) {
	t.Lines += b.Lines
	t.Orders += len(b.Records.Orders)
	t.Refunds += len(b.Records.LooseRefunds)
	t.Customers += len(b.Records.Customers)
	t.Products += len(b.Records.Products)
	t.Checkouts += len(b.Records.Checkouts)
	t.Refused += b.Dropped
	t.Refusals = append(t.Refusals, b.Refused...)
	t.Refusals = t.Refusals[:min(len(t.Refusals), listed)]
	for _, left := range b.Left {
		t.leave(left)
	}
}

func (t *importTally) leave(left history.LeftOut) {
	for i, known := range t.LeftOut {
		if known.Why == left.Why {
			t.LeftOut[i].Lines += left.Lines
			return
		}
	}
	if len(t.LeftOut) < listed {
		t.LeftOut = append(t.LeftOut, left)
	}
}

// people counts the customers and products of a batch.
func (t *importTally) people(saved commerce.HistorySaved) {
	t.People.add(saved.People)
	t.Articles.add(saved.Products)
	t.Suppressed += saved.Suppressed
}

func (n *ImportCount) add(more commerce.SavedCount) {
	n.New, n.Changed, n.Unchanged = n.New+more.New, n.Changed+more.Changed, n.Unchanged+more.Unchanged
}

// saved counts an order that the file contains. again: it was counted before, because
// the file contains it more than once.
func (t *importTally) saved(o commerce.SavedOrder, again bool) {
	switch {
	case again:
		t.totals.Remove(o.Before)
	case o.Before.ID == "":
		t.NewOrders++
	case len(o.Changed) == 0:
		t.Unchanged++
	default:
		t.Changed++
	}
	t.totals.Add(o.After)
	if len(o.Changed) > 0 && !again {
		t.change(o)
	}
}

func (t *importTally) change(o commerce.SavedOrder) {
	for _, field := range o.Changed {
		t.fields[field]++
	}
	if o.Before.Total.Currency != "" {
		t.changed(o.Before.Total.Currency).before += o.Before.Total.Minor
	}
	if o.After.Total.Currency != "" {
		t.changed(o.After.Total.Currency).after += o.After.Total.Minor
	}
	if len(t.Changes.First) < listed {
		t.Changes.First = append(t.Changes.First, ChangedOrder{o.After.ID, o.Changed, amountOf(o.Before.Total), amountOf(o.After.Total)})
	}
}

func (t *importTally) changed(currency string) *changedMoney {
	if t.changes[currency] == nil {
		t.changes[currency] = &changedMoney{}
	}
	return t.changes[currency]
}

// savedRefund counts a refund that names no order.
func (t *importTally) savedRefund(r commerce.SavedRefund, again bool) {
	if again {
		t.totals.RemoveRefund(r.Before, t.Currency)
	} else if r.Before.ID == "" {
		t.NewRefunds++
	}
	t.totals.AddRefund(r.After, t.Currency)
}

func amountOf(m commerce.Money) Amount { return Amount{m.String(), m.Currency} }

func (t *importTally) amount(minor int64) Amount {
	return amountOf(commerce.Money{Minor: minor, Currency: t.Currency})
}

func (t *importTally) sums(m commerce.HistoryMonth) ImportTotals {
	return ImportTotals{
		Placed: m.Placed, Paid: m.Paid, Sales: t.amount(m.Sales), Refunds: m.Refunds, Refunded: t.amount(m.Refunded),
		Net: t.amount(m.Sales - m.Refunded),
	}
}

// shown is the report as it is shown, at any time of the import.
func (t *importTally) shown() ImportReport {
	r := t.ImportReport
	r.Totals, r.Months, r.States = t.sums(t.totals.All()), []ImportMonth{}, []ImportOrders{}
	for _, m := range t.totals.Months() {
		r.Months = append(r.Months, ImportMonth{m.Month, t.sums(m)})
	}
	for _, s := range t.totals.States() {
		r.States = append(r.States, ImportOrders{s.State, s.Count, amountOf(commerce.Money{Minor: s.Sum, Currency: s.Currency})})
	}
	r.Nobody, r.Unpriced, r.TestOrders = t.totals.Nobody, t.totals.Unpriced, t.totals.TestCount
	r.Changes.Fields, r.Changes.Before, r.Changes.After = t.fields, []Amount{}, []Amount{}
	r.Changes.First = append([]ChangedOrder{}, t.Changes.First...)
	for _, currency := range slices.Sorted(maps.Keys(t.changes)) {
		sum := t.changes[currency]
		r.Changes.Before = append(r.Changes.Before, amountOf(commerce.Money{Minor: sum.before, Currency: currency}))
		r.Changes.After = append(r.Changes.After, amountOf(commerce.Money{Minor: sum.after, Currency: currency}))
	}
	r.LeftOut, r.Refusals = slices.Clone(t.LeftOut), slices.Clone(t.Refusals)
	read, news := t.Orders+t.Refunds+t.Customers+t.Products, t.NewOrders+t.Changed+t.NewRefunds+t.People.New+t.People.Changed+t.Suppressed
	r.NothingNew = !t.Checked && read > 0 && news+t.Articles.New+t.Articles.Changed == 0
	return r
}
