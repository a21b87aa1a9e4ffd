package history

import (
	"cmp"
	"time"

	"comeback/commerce"
)

// Guess is how a file is read: what its options say, and what was decided from
// its bytes.
type Guess struct {
	Encoding  string   `json:"encoding"` // utf-8, gb18030, ...
	Separator string   `json:"separator,omitempty"`
	Decimal   string   `json:"decimal"`         // comma or point
	Dates     string   `json:"dates,omitempty"` // dmy, mdy or ymd, where dates needed it
	Zone      string   `json:"zone"`            // of times without an offset
	Profile   string   `json:"profile,omitempty"`
	Columns   []Mapped `json:"columns"`
	Unused    []string `json:"unused_columns"`
	Currency  string   `json:"currency"` // the shop's, or the name of the column
	// EveryOrderPaid: the file has no column of states, so every order counts
	// as completed and paid.
	EveryOrderPaid bool `json:"every_order_counts_as_paid"`
	// Unsure names the decisions that a person should look at.
	Unsure []string `json:"unsure"`

	preview []Preview
}

// Mapped is a column and its field.
type Mapped struct {
	Field  string `json:"field"`
	Column string `json:"column"`
}

// Preview is an order as it was understood.
type Preview struct {
	Order     string                 `json:"order"`
	At        time.Time              `json:"at"`
	Status    commerce.OrderStatus   `json:"status"`
	Payment   commerce.PaymentStatus `json:"payment_status"`
	Total     string                 `json:"total"`
	Currency  string                 `json:"currency"`
	Refunded  string                 `json:"refunded,omitempty"`
	Buyer     string                 `json:"buyer"` // name or account, whichever the file has
	FirstLine string                 `json:"first_line,omitempty"`
	Lines     int                    `json:"lines"`
}

// previewed is the number of orders of a preview.
const previewed = 5

// Guess returns how the file is read.
func (h *Orders) Guess() Guess { return h.guess }

// Preview returns the first orders of the file as understood, of those read so
// far.
func (h *Orders) Preview() []Preview { return h.guess.preview }

func (h *Orders) guessed(t *table, decimal string, unsure bool, dates string) Guess {
	g := Guess{
		Decimal: decimal, Dates: dates, Zone: h.clock.zone.String(), Profile: h.profile.Name, Currency: h.options.Shop.Currency,
		EveryOrderPaid: !h.states, Unused: []string{}, Unsure: []string{}, Separator: shownSeparator(t.separator),
	}
	used := make([]bool, len(t.header))
	for _, c := range h.columns {
		g.Columns = append(g.Columns, Mapped{c.name, c.header})
		used[c.index] = true
		if c.clock != nil {
			g.Columns = append(g.Columns, Mapped{c.name, c.clock.header})
			used[c.clock.index] = true
		}
		if c.name == "currency" {
			g.Currency = c.header
		}
	}
	for i, name := range t.header {
		if !used[i] && filled(name) {
			g.Unused = append(g.Unused, commerce.Clip(name, 80))
		}
	}
	if unsure {
		g.Unsure = append(g.Unsure, unsureDecimal(decimal))
	}
	return g
}

// shownSeparator is a separator as reports show it; empty for a spreadsheet.
func shownSeparator(separator byte) string {
	switch separator {
	case 0:
		return ""
	case '\t':
		return "tab"
	}
	return string(separator)
}

func (g *Guess) show(o commerce.Order) {
	if len(g.preview) == previewed {
		return
	}
	p := Preview{
		Order: o.External, At: o.Times.PlacedAt, Status: o.Status, Payment: o.Payment, Total: o.Total.String(), Currency: o.Currency,
		Buyer: buyerName(o.Buyer), Lines: len(o.Lines),
	}
	if len(o.Refunds) > 0 {
		p.Refunded = o.Refunds[0].Amount.String()
	}
	if len(o.Lines) > 0 {
		p.FirstLine = cmp.Or(o.Lines[0].Title, o.Lines[0].SKU, o.Lines[0].Product)
	}
	g.preview = append(g.preview, p)
}

func buyerName(b commerce.Buyer) string {
	name := b.FirstName
	if name != "" && b.LastName != "" {
		name += " "
	}
	return cmp.Or(name+b.LastName, b.Platform, b.Email, b.Phone)
}

func unsureDecimal(decimal string) string {
	return "decimal: numbers such as 1.234 are read with a decimal " + decimal + "; decimal=point or decimal=comma decides it"
}
