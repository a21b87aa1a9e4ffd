package history

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"

	"comeback/commerce"
)

const (
	maxSheetRows    = 1 << 20
	maxSheetColumns = 1 << 10
)

// sheetRows reads the rows of a worksheet.
type sheetRows struct {
	part    string
	body    io.Closer
	tokens  *xml.Decoder
	strings *sharedStrings
	dates   dateStyles
	since   dateSystem
	row     int64 // number of the row read last, from 1
	cells   []string
}

// next reads the next row. Its cells are valid until the call after; trailing
// empty cells are left out. It returns io.EOF after the last row.
func (s *sheetRows) next() (row int64, cells []string, err error) {
	for {
		token, err := s.tokens.RawToken()
		if err != nil {
			return 0, nil, unreadablePart(s.part, unfinished(err))
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local == "row" {
				err := s.read(e)
				return s.row, s.cells, err
			}
		case xml.EndElement:
			if e.Name.Local == "sheetData" || e.Name.Local == "worksheet" {
				return 0, nil, io.EOF
			}
		}
	}
}

func (s *sheetRows) read(e xml.StartElement) error {
	number := s.row + 1
	if text := attribute(e, "r"); text != "" {
		var err error
		if number, err = strconv.ParseInt(text, 10, 64); err != nil {
			return s.fault("row %q: not a number", commerce.Clip(text, 20))
		}
	}
	if number <= s.row || number > maxSheetRows {
		return s.fault("row %d after row %d", number, s.row)
	}
	s.row, s.cells = number, s.cells[:0]
	for {
		token, err := s.tokens.RawToken()
		if err != nil {
			return unreadablePart(s.part, unfinished(err))
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local != "c" {
				continue
			}
			if err := s.cell(e); err != nil {
				return err
			}
		case xml.EndElement:
			if e.Name.Local == "row" {
				s.cells = trimmed(s.cells)
				return nil
			}
		}
	}
}

// cell reads one cell to its place in the row.
func (s *sheetRows) cell(e xml.StartElement) error {
	column := len(s.cells)
	if at := attribute(e, "r"); at != "" {
		column = columnNumber(at)
	}
	kind, style := attribute(e, "t"), attribute(e, "s")
	text, err := s.value(kind)
	if err != nil {
		return err
	}
	if text, err = s.shown(kind, style, text); err != nil {
		return err
	}
	if column < len(s.cells) || column >= maxSheetColumns {
		if text == "" {
			return nil
		}
		return s.fault("row %d: a cell in column %d: at most %d columns in order are read", s.row, column+1, maxSheetColumns)
	}
	for len(s.cells) < column {
		s.cells = append(s.cells, "")
	}
	s.cells = append(s.cells, text)
	return nil
}

// value reads to the cell's end and returns what it contains: the text of v, or
// of is.
func (s *sheetRows) value(kind string) (text string, err error) {
	inValue := false
	for {
		token, err := s.tokens.RawToken()
		if err != nil {
			return "", unreadablePart(s.part, unfinished(err))
		}
		switch e := token.(type) {
		case xml.StartElement:
			inValue = e.Name.Local == "v"
			if e.Name.Local == "is" {
				if text, err = richText(s.tokens, "is"); err != nil {
					return "", unreadablePart(s.part, err)
				}
			}
		case xml.CharData:
			if inValue {
				text += string(e)
			}
		case xml.EndElement:
			inValue = false
			if e.Name.Local == "c" {
				return text, nil
			}
		}
	}
}

// shown is a cell's value as CSV has it.
func (s *sheetRows) shown(kind, style, value string) (string, error) {
	switch kind {
	case "s":
		n, err := strconv.Atoi(strings.TrimSpace(value))
		text, ok := s.strings.at(n)
		if value != "" && (err != nil || !ok) {
			return "", s.fault("row %d: the text number %q is not in the workbook", s.row, commerce.Clip(value, 20))
		}
		return text, nil
	case "str":
		return unescaped(value), nil
	case "inlineStr", "e":
		return value, nil
	case "b":
		if value == "1" {
			return "TRUE", nil
		}
		return "FALSE", nil
	case "d":
		return strings.Replace(value, "T", " ", 1), nil
	}
	value = strings.TrimSpace(value)
	if s.dates.at(style) {
		if serial, err := strconv.ParseFloat(value, 64); err == nil {
			if text, ok := s.since.date(serial); ok {
				return text, nil
			}
		}
	}
	return sheetNumber(value), nil
}

func (s *sheetRows) fault(format string, values ...any) error {
	return unreadablePart(s.part, fmt.Errorf(format, values...))
}

// columnNumber is the column of a cell's name, from 0: 27 for AB12.
func columnNumber(name string) int {
	n := 0
	for _, c := range strings.ToUpper(name) {
		if c < 'A' || c > 'Z' || n > maxSheetRows {
			break
		}
		n = n*26 + int(c-'A') + 1
	}
	return n - 1
}

func trimmed(cells []string) []string {
	for len(cells) > 0 && strings.TrimSpace(cells[len(cells)-1]) == "" {
		cells = cells[:len(cells)-1]
	}
	return cells
}

// sheetNumber writes a stored number without an exponent. Spreadsheets store 15
// digits, so 19.989999999999998 is 19.99. A number of more digits in the form
// 2.81639E+18 lost its last digits: it keeps this form, so that nobody takes it
// for an order's number. A number such as 1.234 gets a zero more, so that its
// point cannot be read as the separator of thousands.
func sheetNumber(text string) string {
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.ContainsAny(text, "_xXnN") {
		return text
	}
	whole, fraction, point := strings.Cut(text, ".")
	exponent := strings.ContainsAny(text, "eE")
	switch {
	case !exponent && !point:
		return text
	case exponent && (n >= 1e15 || n <= -1e15):
		return text
	case exponent || len(whole)+len(fraction) > 15:
		rounded, _ := strconv.ParseFloat(strconv.FormatFloat(n, 'g', 15, 64), 64)
		text = strconv.FormatFloat(rounded, 'f', -1, 64)
	}
	if whole, fraction, _ = strings.Cut(text, "."); len(fraction) == 3 && len(strings.TrimPrefix(whole, "-")) <= 3 {
		text += "0"
	}
	return text
}
