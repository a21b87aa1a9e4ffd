package history

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"

	"comeback/commerce"
)

// PeekBytes is the length of the beginning of a file that identifies the
// import, and from which the forms of its cells are decided.
const PeekBytes = 64 << 10

// Position is a place in an import's file.
type Position struct {
	Offset int64 // bytes, decompressed and decoded as UTF-8; of a spreadsheet: rows
	Line   int64 // from 1
}

// row is one row of a table. Its cells are valid until the next row.
type row struct {
	cells      []string
	from, next Position // its beginning, and that of the next row
	blank      bool     // all cells are empty
	fault      string   // why it cannot be read; it has no cells then
}

// rowReader reads the rows below a header; io.EOF after the last.
type rowReader interface{ next() (row, error) }

// table is a file's rows below its header.
type table struct {
	header    []string
	sample    [][]string // first rows, from which the forms of the cells are decided
	separator byte       // 0: of a spreadsheet
	rows      rowReader
}

// openText reads the header at the beginning of r.
func openText(r *bufio.Reader) (*table, error) {
	head, err := r.Peek(PeekBytes)
	if err != nil && !errors.Is(err, io.EOF) && (len(head) == 0 || commerce.CodeOf(err) == commerce.Invalid) {
		return nil, err
	}
	t, body, width, mac := readHead(head, errors.Is(err, io.EOF))
	if t == nil {
		return nil, invalid("no header: the first line names the columns, separated by commas, semicolons or tabs")
	}
	if _, err := io.CopyN(io.Discard, r, body.Offset); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	s := newScanner(r, t.separator, body)
	s.width, s.mac = width, mac
	t.rows = s
	return t, nil
}

// readHead reads the beginning of a file: its header, where the rows begin, the
// number of their cells, and whether lines end with \r alone.
func readHead(head []byte, whole bool) (t *table, body Position, width int, mac bool) {
	t = &table{}
	text, at := bytes.TrimPrefix(head, []byte("\ufeff")), Position{Line: 1}
	at.Offset = int64(len(head) - len(text))
	mac = bytes.IndexByte(head, '\n') < 0 && bytes.IndexByte(head, '\r') >= 0
	t.separator, text, at = separatorOf(text, at)
	s := newScanner(bytes.NewReader(text), t.separator, at)
	s.mac = mac
	var rows []row
	for {
		r, err := s.next()
		if err != nil || !whole && (s.start == s.end && s.ended || r.fault == errOpen.Error()) { // the last record may be cut off
			break
		}
		r.cells = append([]string(nil), r.cells...)
		rows = append(rows, r)
	}
	i := headerAt(rows)
	if i < 0 {
		return nil, body, 0, mac
	}
	t.header = rows[i].cells
	for _, r := range rows[i+1:] {
		if !r.blank && r.fault == "" {
			t.sample = append(t.sample, r.cells)
		}
	}
	return t, rows[i].next, widthOf(t.header, t.sample), mac
}

// separatorOf is the separator of columns: that of a first line like sep=;
// (Excel), else the most frequent one of the first line that has any, outside
// of quotes.
func separatorOf(text []byte, at Position) (byte, []byte, Position) {
	n := lineEnd(text, true)
	line := strings.TrimRight(string(text[:n]), "\r\n")
	if name, ok := strings.CutPrefix(strings.ToLower(strings.Trim(line, `"`)), "sep="); ok && len(name) == 1 {
		return name[0], text[n:], Position{at.Offset + int64(n), at.Line + 1}
	}
	for rest := text; len(rest) > 0; {
		n := lineEnd(rest, true)
		if best := mostFrequent(rest[:n]); best != 0 {
			return best, text, at
		}
		rest = rest[n:]
	}
	return ',', text, at
}

func mostFrequent(line []byte) (best byte) {
	most, quoted := 0, false
	counts := map[byte]int{}
	for _, c := range line {
		if quoted = quoted != (c == '"'); !quoted {
			counts[c]++
		}
	}
	for _, separator := range []byte(",;\t|") {
		if counts[separator] > most {
			most, best = counts[separator], separator
		}
	}
	return best
}

// headerAt is the index of the header: the first row that is not a title above
// it, which fills few cells. -1: there is none.
func headerAt(rows []row) int {
	most := 0
	for _, r := range rows[:min(len(rows), 10)] {
		most = max(most, filledCells(r.cells))
	}
	for i, r := range rows {
		if n := filledCells(r.cells); n > 0 && 2*n > most {
			return i
		}
	}
	return -1
}

func filledCells(cells []string) (n int) {
	for _, cell := range cells {
		if filled(cell) {
			n++
		}
	}
	return n
}

// widthOf is the number of cells of each row: that of the header, except where
// all rows of the sample have more or fewer empty cells at their end.
func widthOf(header []string, sample [][]string) int {
	width := len(header)
	if len(sample) < 2 {
		return width
	}
	for i, cells := range sample {
		if i > 0 && len(cells) != width {
			return len(header)
		}
		width = len(cells)
		if width > len(header) && filledCells(cells[len(header):]) > 0 {
			return len(header)
		}
	}
	if width < len(header) && filledCells(header[width:]) > 0 {
		return len(header)
	}
	return width
}
