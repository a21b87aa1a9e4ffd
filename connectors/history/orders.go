package history

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

// Rows of one order may be apart in an export. An order is complete once so many
// other orders have begun after its first row.
const openOrders = 256

const (
	batchOrders = 512   // orders stored together
	batchLines  = 4096  // or fewer orders, once they have so many lines
	orderLines  = 10000 // more lines mean a wrong column
)

// Options describe an export. Empty ones are decided from the file.
type Options struct {
	Shop       commerce.Shop
	Connection string
	Profile    string // --profile: name of a known export
	Columns    string // --map: field=column,...
	Statuses   string // --status: word=meaning,...
	Dates      string // order of day and month in dates that do not show it: dmy, mdy, ymd
	Decimal    string // sign before the fraction of numbers: comma, point
}

// Check checks the options that no file is needed for.
func (o Options) Check() error {
	switch {
	case o.Dates != "" && o.Dates != "dmy" && o.Dates != "mdy" && o.Dates != "ymd":
		return invalid("dates %q: write dmy, mdy or ymd", clip(o.Dates))
	case o.Decimal != "" && o.Decimal != "comma" && o.Decimal != "point":
		return invalid("decimal %q: write comma or point", clip(o.Decimal))
	}
	if _, err := profileOf(o.Profile, nil); err != nil {
		return err
	}
	return addWords(map[string]meaning{}, o.Statuses)
}

// Orders reads the rows of a file, one or more for each order, as orders and
// refunds.
type Orders struct {
	options Options
	profile Profile
	guess   Guess
	clock   clock
	words   map[string]meaning // of states, by lettersOf
	columns []column
	ofLine  []bool // by column: its field is of the line
	number  int    // column of the order's number
	rows    rowReader

	quantity, price, product int  // columns; -1: none
	states                   bool // there is a column of states, or of the time of payment

	open    map[string]*pastOrder
	queue   []*pastOrder // open orders, in the order of their first rows
	closed  []*pastOrder // closed orders for the next batch
	waiting int          // lines of closed
	left    []LeftOut    // for the next batch
	before  string       // number of the row before; empty: it was refused
	ended   bool
	broken  error // the file could not be read further
}

// NewCSV reads order lines as text, which Decode made UTF-8. The header is at the
// beginning of r.
func NewCSV(r *bufio.Reader, o Options) (*Orders, error) {
	t, err := openText(r)
	if err != nil {
		return nil, err
	}
	if err := o.Check(); err != nil {
		return nil, err
	}
	p, err := profileOf(o.Profile, t.header)
	if err != nil {
		return nil, err
	}
	h := &Orders{options: o, profile: p, rows: t.rows, open: map[string]*pastOrder{}, words: wordTable()}
	for word, name := range p.Statuses {
		h.words[lettersOf(word)] = meanings[name]
	}
	if err := addWords(h.words, o.Statuses); err != nil {
		return nil, err
	}
	if h.columns, err = mapColumns(t.header, o.Columns, p); err != nil {
		return nil, err
	}
	if !p.OwnOnly && o.Columns == "" {
		judge(h.columns, t.sample, h.words)
	}
	joinTimes(h.columns, t)
	return h, h.decide(t)
}

// decide decides how cells are read, and notes what was guessed.
func (h *Orders) decide(t *table) error {
	decimal, guessed, err := decide(h.columns, t, h.options, h.profile)
	if err != nil {
		return err
	}
	dates, err := decideDates(h.columns, t, h.options, h.profile)
	if err != nil {
		return err
	}
	h.clock = clock{zone: h.options.Shop.Location(), dates: dates}
	if h.profile.Zone != "" {
		if h.clock.zone, err = time.LoadLocation(h.profile.Zone); err != nil {
			return commerce.Errorf(commerce.Internal, "profile %s: %w", h.profile.Name, err)
		}
	}
	h.number, h.quantity = at(h.columns, "order"), at(h.columns, "quantity")
	h.price, h.product = at(h.columns, "price"), at(h.columns, "product")
	h.states = at(h.columns, "status") >= 0 || at(h.columns, "payment_status") >= 0 || at(h.columns, "paid_at") >= 0
	h.ofLine = make([]bool, len(h.columns))
	for i, c := range h.columns {
		h.ofLine[i] = slices.ContainsFunc(lineFields(), func(f field) bool { return f.name == c.name })
	}
	h.guess = h.guessed(t, decimal, guessed, dates)
	return nil
}

// Next returns the next batch; io.EOF after the last. For a file that breaks
// off, it returns the complete orders, and then the error.
func (h *Orders) Next() (Batch, error) {
	for !h.ended && h.broken == nil && len(h.closed) < batchOrders && h.waiting < batchLines {
		if err := h.row(); errors.Is(err, io.EOF) {
			h.end()
		} else if err != nil {
			h.broken = err
		}
	}
	if len(h.closed)+len(h.left) == 0 {
		return Batch{}, cmp.Or(h.broken, io.EOF)
	}
	b := Batch{Left: h.left}
	for _, l := range h.left {
		b.Lines += l.Lines
	}
	b.Records.Orders = make([]commerce.Order, 0, len(h.closed))
	for _, o := range h.closed {
		o.emit(h, &b)
	}
	h.closed, h.waiting, h.left = nil, 0, nil
	return b, nil
}

// row reads one row into its order. An unreadable row is an order of its own,
// which is refused.
func (h *Orders) row() error {
	r, err := h.rows.next()
	if err != nil {
		return err
	}
	switch {
	case r.fault != "":
		h.refuse(r.from, "", r.fault)
	case r.blank:
		h.leave(r.from, "blank line")
	default:
		h.add(r.from, r.cells)
	}
	return nil
}

func (h *Orders) refuse(at Position, external, why string) {
	h.before = ""
	h.close(&pastOrder{from: at, external: external, rows: 1, refused: why})
}

func (h *Orders) leave(at Position, why string) {
	i := slices.IndexFunc(h.left, func(l LeftOut) bool { return l.Why == why })
	if i < 0 {
		h.left = append(h.left, LeftOut{Why: why, First: at.Line})
		i = len(h.left) - 1
	}
	h.left[i].Lines++
}

func (h *Orders) add(from Position, cells []string) {
	external, left, err := h.numberOf(cells)
	switch {
	case err != nil:
		h.refuse(from, "", err.Error())
		return
	case left:
		h.leave(from, "row of totals")
		return
	}
	o := h.open[external]
	if o == nil {
		o = &pastOrder{external: strings.Clone(external), from: from}
		h.open[o.external], h.queue = o, append(h.queue, o)
	}
	h.before = o.external
	if err := o.add(h, cells); err != nil && o.refused == "" {
		o.refused, o.refusedAt = err.Error(), from.Line
	}
	if len(h.queue) > openOrders {
		h.closeFirst()
	}
}

// numberOf is the number of the row's order. A row without a number and a time
// is another line of the order before it, if it names a product; else it is a
// row of totals, which is left out.
func (h *Orders) numberOf(cells []string) (external string, left bool, err error) {
	external = unguarded(cells[h.columns[h.number].index])
	if whole, ok := wholeID(external); ok {
		external = whole
	}
	dated, sold := h.holds(cells, "at"), h.holds(cells, "product", "sku", "title")
	switch {
	case scientific(external):
		err = invalid("%s (order): %w", h.columns[h.number].header, errRounded(external))
	case garbled(external):
		err = invalid("%s (order): has bytes that are no text in this encoding; add encoding=...", h.columns[h.number].header)
	case !dated && !sold && (external == "" || slices.Contains(totalWords, lettersOf(external))):
		left = true
	case external == "" && !dated && sold && h.before != "":
		external = h.before
	case external == "":
		err = invalid("the order's number is empty")
	case len(external) > maxNumber:
		err = invalid("%s (order): longer than %d bytes", h.columns[h.number].header, maxNumber)
	}
	return external, left, err
}

// maxNumber is the longest number of an order, in bytes.
const maxNumber = 200

// totalWords begin a row of totals, as lettersOf.
var totalWords = []string{
	"total", "totals", "grandtotal", "subtotal", "sum", "summe", "gesamt", "gesamtsumme", "totale", "totaal", "totaux", "totales",
	"合计", "总计", "小计", "合計", "總計", "小計",
}

// holds reports whether a row fills one of the fields.
func (h *Orders) holds(cells []string, names ...string) bool {
	for _, name := range names {
		if i := at(h.columns, name); i >= 0 && unguarded(cells[h.columns[i].index]) != "" {
			return true
		}
	}
	return false
}

// end closes the open orders.
func (h *Orders) end() {
	for len(h.queue) > 0 {
		h.closeFirst()
	}
	h.ended = true
}

func (h *Orders) closeFirst() {
	o := h.queue[0]
	h.queue = h.queue[1:]
	delete(h.open, o.external)
	h.close(o)
}

func (h *Orders) close(o *pastOrder) {
	h.closed = append(h.closed, o)
	h.waiting += o.rows
}

// constant is a value that the profile gives every row; "" for none.
func (h *Orders) constant(field string) string { return h.profile.Constant[field] }
