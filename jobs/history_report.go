package jobs

import (
	"time"

	"comeback/commerce"
	"comeback/connectors/history"
)

// ImportReport counts the records of a file and those of them that were new. It is
// stored with the import, so a resumed import adds to it.
type ImportReport struct {
	File         string                  `json:"file"`
	Lines        int                     `json:"lines"`
	Orders       int                     `json:"orders"`
	NewOrders    int                     `json:"new_orders"`
	Refunds      int                     `json:"refunds"` // without an order in the file
	NewRefunds   int                     `json:"new_refunds"`
	Customers    int                     `json:"customer_records"`
	Products     int                     `json:"products"`
	Checkouts    int                     `json:"checkouts"`
	Months       map[string]*MonthTotals `json:"months"`
	Currency     string                  `json:"currency"`
	OtherMoney   int                     `json:"orders_in_other_currencies"`
	Refused      int                     `json:"refused_lines"`
	Refusals     []history.Refusal       `json:"refusals"` // the first of them
	Differing    int                     `json:"differing_orders"`
	DifferingIDs []string                `json:"differing_order_ids"` // the first of them
	Profiles     int                     `json:"profiles"`
	ResumedAt    int64                   `json:"resumed_at_line"`
	NothingNew   bool                    `json:"nothing_new"` // the file was read to its end before
	Checked      bool                    `json:"checked"`     // nothing was stored
}

// MonthTotals are in minor units of the shop's currency, of a month in its zone.
type MonthTotals struct {
	Orders   int   `json:"orders"`
	Revenue  int64 `json:"revenue"`
	Refunds  int   `json:"refunds"`
	Refunded int64 `json:"refunded"`
}

// shown is how many refusals and how many differing orders are listed.
const shown = 20

func (t *ImportReport) add(b history.Batch, zone *time.Location) {
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

func (t *ImportReport) addOrder(o commerce.Order, zone *time.Location) {
	if o.Times.PlacedAt.IsZero() {
		return // only a part of an order: its refunds and parcels
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

func (t *ImportReport) addRefund(r commerce.Refund, zone *time.Location) {
	if r.RefundedAt.IsZero() || r.Amount.Currency != t.Currency {
		return
	}
	month := t.month(r.RefundedAt, zone)
	month.Refunds++
	month.Refunded += r.Amount.Minor
}

func (t *ImportReport) month(at time.Time, zone *time.Location) *MonthTotals {
	name := at.In(zone).Format("2006-01")
	if t.Months[name] == nil {
		t.Months[name] = &MonthTotals{}
	}
	return t.Months[name]
}
