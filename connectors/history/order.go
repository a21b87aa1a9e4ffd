package history

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"comeback/commerce"
)

// pastOrder is one order, with the rows read so far.
type pastOrder struct {
	external  string   // as its rows are named
	id        string   // of the platform, where the export has it beside; webhooks name the order so
	from      Position // its first row
	rows      int
	refused   string // why the whole order is refused
	refusedAt int64  // line of the faulty row

	state            commerce.OrderState
	times            commerce.Timeline
	updated          time.Time
	earliest, latest time.Time // of its rows
	lastSale         time.Time // of its rows that sell
	rowAt            time.Time // of the row at hand
	status, payment  saidState
	fulfillment      meaning
	marked           string // currency that stands with its amounts
	sums             orderSums
	lines            []lineSums // beside state.Lines
	negative         int        // lines with a quantity below 0
}

// saidState is a state as a column says it.
type saidState struct {
	word string
	meaning
}

// orderSums are the amounts of the whole order that the file has.
type orderSums struct {
	total, due, subtotal, discount, shipping, tax, deposit, refund optional
}

// lineSums are the amounts of a line that the file has beside its price.
type lineSums struct {
	total, discount, cost, refund optional
	status, payment               saidState // of the line, see Profile.LineStates
	unpriced                      bool
}

// add adds one row. An error refuses the whole order, because half of it would
// look complete.
func (o *pastOrder) add(h *Orders, cells []string) error {
	if o.rows++; o.rows > orderLines {
		o.state.Lines, o.lines = nil, nil
		return invalid("more than %d lines: check that %q is the right column for order", orderLines, h.columns[h.number].header)
	}
	if o.refused != "" {
		return nil
	}
	var line commerce.Line
	var sums lineSums
	o.rowAt = time.Time{}
	c := cell{order: o, line: &line, sums: &sums, reader: h}
	sells, set := false, "" // set: the last field with a value
	for i := range h.columns {
		c.column = &h.columns[i]
		if c.column.set == nil || c.column.spare && set == c.column.name {
			continue
		}
		text := unguarded(cells[c.column.index])
		if text == "" {
			continue
		}
		set = c.column.name
		if c.column.clock != nil {
			text = c.column.clock.join(text, cells)
		}
		if err := c.set(text); err != nil {
			return invalid("%s (%s): %w", c.column.header, c.column.name, err)
		}
		sells = sells || h.ofLine[i]
	}
	if !sells {
		return nil
	}
	return o.addLine(h, line, sums, cells)
}

func (c *cell) set(text string) error {
	if garbled(text) {
		return invalid("has bytes that are no text in this encoding; add encoding=..., or correct the cell")
	}
	return c.column.set(c, text)
}

// garbled reports whether a text has bytes that could not be decoded.
func garbled(text string) bool { return !isASCII(text) && strings.ContainsRune(text, utf8.RuneError) }

// addLine adds the line of a row. A line has a quantity, and a price or a sum,
// wherever the file has columns for them.
func (o *pastOrder) addLine(h *Orders, line commerce.Line, sums lineSums, cells []string) error {
	if h.quantity >= 0 && unguarded(cells[h.columns[h.quantity].index]) == "" {
		return invalid("%s (quantity): is empty", h.columns[h.quantity].header)
	}
	if h.price >= 0 && !sums.total.given && !o.unsold(sums) && line.Amount().Units != 0 &&
		unguarded(cells[h.columns[h.price].index]) == "" {
		return invalid("%s (price): is empty", h.columns[h.price].header)
	}
	sums.unpriced = h.price < 0 && !sums.total.given
	if h.quantity < 0 {
		line.Quantity = 1
	}
	if h.product < 0 {
		line.Product = line.SKU
	}
	line.ID = strconv.Itoa(o.rows)
	if line.Quantity < 0 {
		o.negative++
		o.note("negative_quantity")
	} else if o.rowAt.After(o.lastSale) {
		o.lastSale = o.rowAt
	}
	switch {
	case sums.unpriced || sums.total.given:
	case line.UnitPrice.Units == 0:
		o.note("zero_price")
	case line.UnitPrice.Units < 0:
		o.note("negative_price")
	}
	o.state.Lines, o.lines = append(o.state.Lines, line), append(o.lines, sums)
	return nil
}

// placed uses the earliest row as the order's time, and the latest as its
// version.
func (o *pastOrder) placed(at time.Time) {
	if o.rowAt = at; o.earliest.IsZero() || at.Before(o.earliest) {
		o.earliest = at
	}
	if at.After(o.latest) {
		o.latest = at
	}
}

// buys keeps what names the buyer. Another buyer of the same order shows that
// its number was used twice.
func (o *pastOrder) buys(of func(*commerce.Buyer) *string, value string) {
	into := of(&o.state.Buyer)
	if value == "" || *into == value {
		return
	}
	if *into != "" {
		var before, now commerce.Buyer
		*of(&before), *of(&now) = *into, value
		if !slices.Equal(before.Identities(""), now.Identities("")) {
			o.note("order_number_reused")
		}
	}
	fill(into, value)
}

func (o *pastOrder) custom(key, value string) error {
	if !slices.ContainsFunc(o.state.Custom, func(kv commerce.KV) bool { return kv.Key == key }) {
		o.state.Custom = append(o.state.Custom, commerce.KV{Key: key, Value: strings.Clone(value)})
	}
	return nil
}

func (o *pastOrder) note(code string) {
	if !slices.Contains(o.state.Quality, code) {
		o.state.Quality = append(o.state.Quality, code)
	}
}
