package history

import (
	"bufio"
	"slices"
)

// List is the rows of a file with a header, for lists of people: read as files
// of orders are, whatever the encoding, the separator and the words of the
// header.
type List struct{ table *table }

// ListRow is one row of a list. Its cells are valid until the next row.
type ListRow struct {
	Line  int64
	Fault string // why it cannot be read; it has no cells then
	cells []string
}

// NewList reads the header at the beginning of r, which Decode made UTF-8.
func NewList(r *bufio.Reader) (*List, error) {
	t, err := openText(r)
	if err != nil {
		return nil, err
	}
	return &List{t}, nil
}

// Columns are the columns with a usual name of the field, such as email or
// phone, and those named names.
func (l *List) Columns(field string, names ...string) []int {
	for _, u := range usualNames {
		if u.field == field {
			names = slices.Concat(names, u.names)
		}
	}
	for i, name := range names {
		names[i] = plainHeader(name)
	}
	var found []int
	for i, name := range plainHeaders(l.table.header) {
		if slices.Contains(names, name) {
			found = append(found, i)
		}
	}
	return found
}

// Next returns the next row that is not blank; io.EOF after the last.
func (l *List) Next() (ListRow, error) {
	for {
		r, err := l.table.rows.next()
		if err != nil {
			return ListRow{}, err
		}
		if !r.blank {
			return ListRow{Line: r.from.Line, Fault: r.fault, cells: r.cells}, nil
		}
	}
}

// Cell is the first value in one of the columns, without the guards of
// spreadsheets. broken: it has bytes that are no text in this encoding.
func (r ListRow) Cell(columns []int) (text string, broken bool) {
	for _, i := range columns {
		if text := unguarded(cellAt(r.cells, i)); text != "" {
			return text, garbled(text)
		}
	}
	return "", false
}
