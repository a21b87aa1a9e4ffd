package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// A record longer than this is not a record of a table: most often a quote is
// missing before it. It is refused, and reading continues at its second line.
const (
	recordBytes = 1 << 20
	recordLines = 1000
)

// scanner reads records of separated text. Lines end with \n, \r\n or \r, also
// in turns. A quote inside an unquoted cell is text. What cannot be a record
// is refused with its first line only, so one open quote costs one line.
type scanner struct {
	from      io.Reader
	separator byte
	width     int  // cells of each record; 0: any number
	mac       bool // lines end with \r alone

	buf        []byte
	start, end int      // of buf: what is read and not yet scanned
	at         Position // of start
	ended      bool     // from has nothing more
	failed     error    // from failed

	text  []byte // cells of the record, unquoted, one after another
	ends  []int  // ends of the cells in text
	cells []string
}

// span is the extent of a record within the buffer.
type span struct {
	bytes, lines           int
	firstBytes, firstLines int // of its first line
}

// Reasons why a record is refused.
var (
	errShort    = errors.New("needs more bytes")
	errAfter    = errors.New("text after a closing quote; write a quote within a quoted cell twice")
	errOpen     = errors.New("a quote is opened and not closed")
	errTooLarge = fmt.Errorf("the record has more than %d bytes or %d lines; most often a closing quote is missing", recordBytes, recordLines)
)

func newScanner(from io.Reader, separator byte, at Position) *scanner {
	return &scanner{from: from, separator: separator, at: at, buf: make([]byte, PeekBytes)}
}

// next returns the next record; its cells are valid until the next call.
// io.EOF after the last.
func (s *scanner) next() (row, error) {
	for {
		if s.start == s.end && s.ended {
			return row{}, io.EOF
		}
		if s.start == s.end && s.failed != nil {
			return row{}, s.failed
		}
		record, err := s.split(s.buf[s.start:s.end])
		switch {
		case errors.Is(err, errShort) && s.failed != nil:
			return row{}, s.failed
		case errors.Is(err, errShort) && s.end-s.start <= recordBytes:
			s.fill()
			continue
		case errors.Is(err, errShort):
			return s.refuse(errTooLarge)
		case err != nil:
			return s.refuse(err)
		}
		return s.record(record)
	}
}

// record returns the cells of a record that was split.
func (s *scanner) record(r span) (row, error) {
	out := row{from: s.at}
	if len(s.cells) == 0 {
		all, start := string(s.text), 0
		for _, end := range s.ends {
			s.cells, start = append(s.cells, all[start:end]), end
		}
	}
	if out.blank = !slices.ContainsFunc(s.cells, filled); !out.blank && s.width > 0 && len(s.cells) != s.width {
		out.fault = s.wrongWidth(len(s.cells))
		r.bytes, r.lines = r.firstBytes, r.firstLines
	}
	if out.cells = s.cells; out.fault != "" {
		out.cells = nil
	}
	s.consume(r.bytes, r.lines)
	out.next = s.at
	return out, nil
}

func (s *scanner) wrongWidth(cells int) string {
	if cells < s.width {
		return fmt.Sprintf("%d of the header's %d cells: the row is cut short, or another separator was used", cells, s.width)
	}
	return fmt.Sprintf("%d cells, and the header has %d: write a cell that contains %s in quotes", cells, s.width, separatorName(s.separator))
}

func filled(cell string) bool { return strings.TrimSpace(cell) != "" }

func separatorName(separator byte) string {
	if separator == '\t' {
		return "a tab"
	}
	return string(separator)
}

// refuse refuses the first line of what cannot be a record.
func (s *scanner) refuse(why error) (row, error) {
	out := row{from: s.at, fault: why.Error()}
	for {
		n := lineEnd(s.buf[s.start:s.end], s.ended)
		if n > 0 {
			s.consume(n, 1)
			break
		}
		if s.failed != nil {
			return row{}, s.failed
		}
		if keep := s.end - s.start; keep > recordBytes { // one endless line: all but its last byte, which may begin \r\n
			s.consume(keep-1, 0)
		}
		s.fill()
	}
	out.next = s.at
	return out, nil
}

func (s *scanner) consume(n, lines int) {
	s.start += n
	s.at.Offset += int64(n)
	s.at.Line += int64(lines)
}

// fill reads more, and makes room for it first.
func (s *scanner) fill() {
	if s.start > 0 {
		copy(s.buf, s.buf[s.start:s.end])
		s.start, s.end = 0, s.end-s.start
	}
	if s.end == len(s.buf) {
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.from.Read(s.buf[s.end:])
		s.end += n
		if errors.Is(err, io.EOF) {
			s.ended = true
		} else if err != nil {
			s.failed = err
		}
		if n > 0 || err != nil {
			return
		}
	}
	s.failed = io.ErrNoProgress
}

// lineEnd is the length of the first line with its end; 0: its end is not there
// yet.
func lineEnd(data []byte, last bool) int {
	i := bytes.IndexAny(data, "\r\n")
	switch {
	case i < 0 && last:
		return len(data)
	case i < 0, data[i] == '\r' && i+1 == len(data) && !last:
		return 0
	case data[i] == '\r' && i+1 < len(data) && data[i+1] == '\n':
		return i + 2
	}
	return i + 1
}

// split finds the first record of data and its cells.
func (s *scanner) split(data []byte) (span, error) {
	s.text, s.ends, s.cells = s.text[:0], s.ends[:0], s.cells[:0]
	if !s.mac {
		if n := bytes.IndexByte(data, '\n'); n >= 0 {
			line := data[:n]
			if n > 0 && line[n-1] == '\r' {
				line = line[:n-1]
			}
			if n <= recordBytes && bytes.IndexByte(line, '"') < 0 && bytes.IndexByte(line, '\r') < 0 {
				s.plain(string(line))
				return span{n + 1, 1, n + 1, 1}, nil
			}
		}
	}
	return s.quoted(data)
}

// plain splits a line without quotes.
func (s *scanner) plain(line string) {
	for {
		i := strings.IndexByte(line, s.separator)
		if i < 0 {
			s.cells = append(s.cells, line)
			return
		}
		s.cells, line = append(s.cells, line[:i]), line[i+1:]
	}
}

// quoted splits a record that may have quotes and any line end.
func (s *scanner) quoted(data []byte) (span, error) {
	var r span
	for i := 0; ; {
		n, err := s.cell(data[i:], &r, i)
		if err != nil {
			return r, err
		}
		if i += n; i > recordBytes {
			return r, errTooLarge
		}
		s.ends = append(s.ends, len(s.text))
		switch {
		case i == len(data):
			return r.until(i), nil
		case data[i] == s.separator:
			if i++; i == len(data) && s.ended { // an empty cell ends the file
				s.ends = append(s.ends, len(s.text))
				return r.until(i), nil
			}
		default: // a line end
			n := lineEnd(data[i:], s.ended)
			if n == 0 {
				return r, errShort
			}
			return r.until(i + n), nil
		}
	}
}

// until ends the record.
func (r span) until(end int) span {
	r.lines, r.bytes = r.lines+1, end
	r.first(end)
	return r
}

// first notes the end of the record's first line.
func (r *span) first(end int) {
	if r.firstBytes == 0 {
		r.firstBytes, r.firstLines = end, 1
	}
}

// cell reads one cell, until its separator, line end or the end of the file.
func (s *scanner) cell(data []byte, r *span, at int) (int, error) {
	if len(data) > 0 && data[0] == '"' {
		return s.quotedCell(data, r, at)
	}
	if n, quoted, err := s.quotedBehindBlanks(data, r, at); quoted {
		return n, err
	}
	for i, c := range data {
		if c == s.separator || c == '\n' || c == '\r' {
			s.text = append(s.text, data[:i]...)
			return i, nil
		}
	}
	if !s.ended {
		return 0, errShort
	}
	s.text = append(s.text, data...)
	return len(data), nil
}

// quotedBehindBlanks reads a quoted cell with blanks before it, as in "a", "b". quoted
// is false where that is no such cell: then a quote is text.
func (s *scanner) quotedBehindBlanks(data []byte, r *span, at int) (n int, quoted bool, err error) {
	blanks := len(data) - len(bytes.TrimLeft(data, " "))
	if blanks == 0 || blanks == len(data) || data[blanks] != '"' || s.separator == ' ' {
		return 0, false, nil
	}
	text, before := len(s.text), *r
	n, err = s.quotedCell(data[blanks:], r, at+blanks)
	if err != nil && !errors.Is(err, errShort) {
		s.text, *r = s.text[:text], before
		return 0, false, nil
	}
	return blanks + n, true, err
}

func (s *scanner) quotedCell(data []byte, r *span, at int) (int, error) {
	for i := 1; ; {
		n := bytes.IndexByte(data[i:], '"')
		if n < 0 && s.ended {
			return 0, errOpen
		}
		if part := data[i:]; n >= 0 {
			part = data[i : i+n]
			s.unquote(part)
			if !r.within(part, at+i) {
				return 0, errTooLarge
			}
		} else {
			r.lines += bytes.Count(part, []byte("\n"))
			if r.lines > recordLines {
				return 0, errTooLarge
			}
			return 0, errShort
		}
		i += n + 1
		switch {
		case i == len(data) && !s.ended:
			return 0, errShort
		case i == len(data) || data[i] == s.separator || data[i] == '\n' || data[i] == '\r':
			return i, nil
		case data[i] != '"':
			return 0, errAfter
		}
		s.text = append(s.text, '"')
		i++
	}
}

// unquote adds a part of a quoted cell, with \n for every \r\n.
func (s *scanner) unquote(part []byte) {
	for {
		i := bytes.Index(part, []byte("\r\n"))
		if i < 0 {
			break
		}
		s.text, part = append(s.text, part[:i]...), part[i+1:]
	}
	s.text = append(s.text, part...)
}

// within counts the lines of a part of a quoted cell that begins at at, and
// reports whether the record is still small enough.
func (r *span) within(part []byte, at int) bool {
	for i := 0; i < len(part); {
		n := bytes.IndexAny(part[i:], "\r\n")
		if n < 0 {
			break
		}
		i += n + 1
		if part[i-1] == '\r' && i < len(part) && part[i] == '\n' {
			i++
		}
		r.lines++
		r.first(at + i)
	}
	return r.lines < recordLines && at+len(part) <= recordBytes
}
