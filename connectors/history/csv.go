package history

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

// PeekBytes is the length of the beginning of a file that identifies the
// import. A file that has grown continues its import.
const PeekBytes = 64 << 10

// Rows of one order may be apart in an export. An order is complete once so many
// other orders have begun after its first row.
const openOrders = 256

const (
	batchOrders = 512   // orders stored together
	batchLines  = 16384 // or fewer orders, once they have so many lines
	orderLines  = 10000 // more lines mean a wrong column
)

// CSVOptions describe an export.
type CSVOptions struct {
	Shop       commerce.Shop
	Connection string
	Columns    string // --map: field=column,...; empty: found by the header
	Dates      string // order of day and month in dates with slashes: dmy, mdy; empty: refused
}

// CSV reads order lines, one a row, as orders and refunds.
type CSV struct {
	options CSVOptions
	zone    *time.Location
	columns []column // by index in the row; nil if not mapped
	rows    *csv.Reader
	base    Position // start of rows within the file
	at      Position // end of the last row read

	open    map[string]*csvOrder
	queue   []*csvOrder // open orders, in the order of their first rows
	closed  []*csvOrder // closed orders for the next batch
	waiting int         // lines of closed
	tails   []tail      // ends of returned orders with rows after the first row of an open one
	skip    Resume      // until its end: rows of orders that were returned before
	ended   bool
	broken  error // the file could not be read further
}

// tail is the end of a returned order.
type tail struct {
	external string
	offset   int64
}

// Position is a place in an import's file.
type Position struct {
	Offset int64 // bytes, decompressed
	Line   int64 // from 1
}

// Resume is the start of a reader that continues: the first row that is in no
// batch. Between it and end there are also rows of the orders in skip, which
// are in one.
type Resume struct {
	Position
	End  int64
	Skip []string
}

// NewCSV reads the header at the beginning of r and continues at from: the zero
// Resume, or that of a batch.
func NewCSV(r *bufio.Reader, o CSVOptions, from Resume) (*CSV, error) {
	head, err := r.Peek(PeekBytes)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	comma := separator(head)
	header := csvReader(bytes.NewReader(head), comma)
	names, err := header.Read()
	if err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "no header: the first line names the columns: %w", err)
	}
	names[0] = strings.TrimPrefix(names[0], "\ufeff")
	h := &CSV{options: o, zone: o.Shop.Location(), open: map[string]*csvOrder{}, skip: from}
	if h.columns, err = mapColumns(names, o.Columns); err != nil {
		return nil, err
	}
	line, _ := header.FieldPos(len(names) - 1)
	h.base = Position{header.InputOffset(), int64(line) + 1}
	if from.Offset > h.base.Offset {
		h.base = from.Position
	}
	if _, err := io.CopyN(io.Discard, r, h.base.Offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	h.rows, h.at = csvReader(r, comma), h.base
	return h, nil
}

func csvReader(r io.Reader, comma rune) *csv.Reader {
	c := csv.NewReader(r)
	c.Comma, c.FieldsPerRecord, c.ReuseRecord = comma, -1, true
	return c
}

// separator is the separator of columns in the header line.
func separator(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best := ','
	for _, r := range []rune{';', '\t'} {
		if bytes.Count(line, []byte(string(r))) > bytes.Count(line, []byte(string(best))) {
			best = r
		}
	}
	return best
}

// Next returns the next batch; io.EOF after the last. For a file that breaks
// off, it returns the complete orders, and then the error.
func (h *CSV) Next() (Batch, error) {
	for !h.ended && h.broken == nil && len(h.closed) < batchOrders && h.waiting < batchLines {
		if err := h.row(); errors.Is(err, io.EOF) {
			h.end()
		} else if err != nil {
			h.broken = err
		}
	}
	if len(h.closed) == 0 {
		return Batch{}, cmp.Or(h.broken, io.EOF)
	}
	var b Batch
	for _, o := range h.closed {
		o.emit(h.options, &b)
		h.tails = append(h.tails, tail{o.external, o.last.Offset})
	}
	h.closed, h.waiting = nil, 0
	b.Until = h.checkpoint()
	return b, nil
}

// checkpoint is the start of a reader that continues: the first row of the open
// orders. Orders close in the order they began, so few others have later rows.
func (h *CSV) checkpoint() Resume {
	at := Resume{Position: h.at, End: h.at.Offset}
	if len(h.queue) > 0 {
		at.Position = h.queue[0].from
	}
	h.tails = slices.DeleteFunc(h.tails, func(t tail) bool { return t.offset < at.Offset })
	for _, t := range h.tails {
		at.Skip = append(at.Skip, t.external)
	}
	return at
}

// row reads one row into its order. An unreadable row is an order of its own,
// which is refused.
func (h *CSV) row() error {
	from := h.at
	fields, err := h.rows.Read()
	if errors.Is(err, io.EOF) {
		return err
	}
	var unreadable *csv.ParseError
	if err != nil && !errors.As(err, &unreadable) {
		return err
	}
	if len(fields) > 0 {
		last, _ := h.rows.FieldPos(len(fields) - 1)
		h.at.Line = h.base.Line + int64(last+strings.Count(fields[len(fields)-1], "\n"))
	} else {
		h.at.Line++
	}
	h.at.Offset = h.base.Offset + h.rows.InputOffset()
	if unreadable != nil {
		h.close(&csvOrder{from: from, last: from, refused: fmt.Sprintf("not a row of CSV: %v", unreadable.Err), rows: 1})
		return nil
	}
	h.add(from, fields)
	return nil
}

func (h *CSV) add(from Position, fields []string) {
	external, _ := fieldOf(h.columns, fields, "order")
	if external == "" {
		h.close(&csvOrder{from: from, last: from, rows: 1, refused: "the order's number is empty"})
		return
	}
	if from.Offset < h.skip.End && slices.Contains(h.skip.Skip, external) {
		return
	}
	o := h.open[external]
	if o == nil {
		o = &csvOrder{external: strings.Clone(external), from: from}
		h.open[o.external], h.queue = o, append(h.queue, o)
	}
	o.last = from
	if err := o.add(h, fields); err != nil && o.refused == "" {
		o.refused, o.refusedAt = err.Error(), from.Line
	}
	if len(h.queue) > openOrders {
		h.closeFirst()
	}
}

// end closes the open orders.
func (h *CSV) end() {
	for len(h.queue) > 0 {
		h.closeFirst()
	}
	h.ended = true
}

func (h *CSV) closeFirst() {
	o := h.queue[0]
	h.queue = h.queue[1:]
	delete(h.open, o.external)
	h.close(o)
}

func (h *CSV) close(o *csvOrder) {
	h.closed = append(h.closed, o)
	h.waiting += o.rows
}
