package history

import (
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// sharedStrings are the texts of a workbook in one piece of memory. Cells name
// them by number.
type sharedStrings struct {
	text []byte
	ends []uint32 // end of each text
}

// at returns a text; ok is false for a number that is not in the list.
func (s *sharedStrings) at(n int) (text string, ok bool) {
	if n < 0 || n >= len(s.ends) {
		return "", false
	}
	from := uint32(0)
	if n > 0 {
		from = s.ends[n-1]
	}
	return string(s.text[from:s.ends[n]]), true
}

func (w *workbook) readStrings() (*sharedStrings, error) {
	s := &sharedStrings{}
	part := related(w.related, "sharedStrings")
	if part == "" || w.parts[part] == nil {
		return s, nil
	}
	r, err := w.open(part)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	tokens := xml.NewDecoder(r)
	for {
		token, err := tokens.RawToken()
		if err != nil {
			return nil, unreadablePart(part, unfinished(err))
		}
		switch e := token.(type) {
		case xml.StartElement:
			if e.Name.Local == "si" {
				text, err := richText(tokens, "si")
				if err != nil {
					return nil, unreadablePart(part, err)
				}
				s.text = append(s.text, text...)
				s.ends = append(s.ends, uint32(len(s.text)))
			}
		case xml.EndElement:
			if e.Name.Local == "sst" {
				return s, nil
			}
		}
	}
}

// unfinished is the error for a part that ends too early.
func unfinished(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// richText reads the text of an element: the runs of a rich text together,
// without the notes on how to pronounce it.
func richText(tokens *xml.Decoder, element string) (string, error) {
	var text strings.Builder
	inText, spoken := false, false
	for {
		token, err := tokens.RawToken()
		if err != nil {
			return "", unfinished(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			inText = e.Name.Local == "t"
			spoken = spoken || e.Name.Local == "rPh"
		case xml.CharData:
			if inText && !spoken {
				text.Write(e)
			}
		case xml.EndElement:
			inText = false
			switch e.Name.Local {
			case "rPh":
				spoken = false
			case element:
				return unescaped(text.String()), nil
			}
		}
	}
}

// unescaped decodes the characters that XML cannot contain: _x000D_ is a
// carriage return.
func unescaped(text string) string {
	if !strings.Contains(text, "_x") {
		return text
	}
	var out strings.Builder
	for {
		at := strings.Index(text, "_x")
		if at < 0 {
			out.WriteString(text)
			return out.String()
		}
		out.WriteString(text[:at])
		text = text[at:]
		if len(text) >= 7 && text[6] == '_' {
			if code, err := strconv.ParseUint(text[2:6], 16, 16); err == nil && utf8.ValidRune(rune(code)) {
				out.WriteRune(rune(code))
				text = text[7:]
				continue
			}
		}
		out.WriteString("_x")
		text = text[2:]
	}
}
