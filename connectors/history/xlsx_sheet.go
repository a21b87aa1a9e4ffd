package history

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"

	"comeback/commerce"
)

// headerWithin is the number of rows that may lie above a sheet's header.
const headerWithin = 50

// Sheet is a worksheet as CSV in UTF-8, so that it is read like any export. A
// line has the number of its row; titles above the header are empty lines. Dates
// and numbers are written in one form, whatever the sheet shows. Line breaks
// within cells become blanks.
type Sheet struct {
	// Name is the name of the sheet that is read.
	Name string

	rows  *sheetRows
	width int          // columns of the header
	line  int64        // lines written
	out   bytes.Buffer // lines that are not read yet
	ended error
}

// OpenSheet reads a sheet of an xlsx file of size bytes: the one of that name,
// or the first visible one with rows. The file must stay open while the sheet
// is read.
func OpenSheet(file io.ReaderAt, size int64, name string) (*Sheet, error) {
	w, err := openWorkbook(file, size)
	if err != nil {
		return nil, err
	}
	texts, err := w.readStrings()
	if err != nil {
		return nil, err
	}
	dates, err := w.readStyles()
	if err != nil {
		return nil, err
	}
	wanted, err := w.wanted(name)
	if err != nil {
		return nil, err
	}
	for _, sheet := range wanted {
		body, err := w.open(sheet.part)
		if err != nil {
			return nil, err
		}
		rows := &sheetRows{part: sheet.part, body: body, tokens: xml.NewDecoder(body), strings: texts, dates: dates, since: w.since}
		s := &Sheet{Name: sheet.name, rows: rows}
		if err := s.begin(); err != nil {
			return nil, errors.Join(err, body.Close())
		}
		if s.width > 0 {
			return s, nil
		}
		_ = body.Close()
	}
	return nil, commerce.Errorf(commerce.Invalid, "file: the workbook has no rows")
}

// wanted are the sheets to try, in order.
func (w *workbook) wanted(name string) ([]worksheet, error) {
	var names []string
	for _, s := range w.sheets {
		if strings.EqualFold(strings.TrimSpace(s.name), strings.TrimSpace(name)) {
			return []worksheet{s}, nil
		}
		names = append(names, s.name)
	}
	if name != "" {
		return nil, commerce.Errorf(
			commerce.Invalid, "sheet %q: the workbook has %s", commerce.Clip(name, 50), commerce.Clip(strings.Join(names, ", "), 300),
		)
	}
	return slices.DeleteFunc(slices.Clone(w.sheets), func(s worksheet) bool { return s.hidden }), nil
}

// numberedRow is a row that was read ahead.
type numberedRow struct {
	number int64
	cells  []string
}

// begin finds the header, whose width all rows get, and writes the rows read so
// far. Titles above the header have few cells: the header is the first row with
// more than half as many cells as the fullest.
func (s *Sheet) begin() error {
	var rows []numberedRow
	fullest := 0
	for len(rows) < headerWithin && s.ended == nil {
		number, cells, err := s.rows.next()
		if errors.Is(err, io.EOF) {
			s.end(err)
			break
		}
		if err != nil {
			return err
		}
		rows = append(rows, numberedRow{number, slices.Clone(cells)})
		fullest = max(fullest, textCells(cells))
	}
	header := slices.IndexFunc(rows, func(r numberedRow) bool { return 2*textCells(r.cells) > fullest })
	if header < 0 {
		return nil
	}
	s.width = len(rows[header].cells)
	for _, r := range rows[header:] {
		s.write(r.number, r.cells)
	}
	return nil
}

func textCells(cells []string) int {
	n := 0
	for _, cell := range cells {
		if strings.TrimSpace(cell) != "" {
			n++
		}
	}
	return n
}

// Read returns the sheet's lines.
func (s *Sheet) Read(p []byte) (int, error) {
	for s.out.Len() == 0 && s.ended == nil {
		number, cells, err := s.rows.next()
		if err != nil {
			s.end(err)
			break
		}
		s.write(number, cells)
	}
	if s.out.Len() > 0 {
		return s.out.Read(p)
	}
	return 0, s.ended
}

func (s *Sheet) end(err error) {
	s.ended = err
	_ = s.rows.body.Close()
}

// write writes a row, after empty lines for titles and for rows that the sheet
// leaves out.
func (s *Sheet) write(number int64, cells []string) {
	for ; s.line < number-1; s.line++ {
		s.out.WriteByte('\n')
	}
	if len(cells) > 0 {
		for i := range max(len(cells), s.width) {
			if i > 0 {
				s.out.WriteByte(',')
			}
			if i < len(cells) {
				s.cell(cells[i])
			}
		}
	}
	s.out.WriteByte('\n')
	s.line++
}

func (s *Sheet) cell(text string) {
	if !strings.ContainsAny(text, ",;|\t\"\r\n") {
		s.out.WriteString(text)
		return
	}
	s.out.WriteByte('"')
	for _, c := range []byte(text) {
		switch c {
		case '\r', '\n':
			c = ' '
		case '"':
			s.out.WriteByte('"')
		}
		s.out.WriteByte(c)
	}
	s.out.WriteByte('"')
}
