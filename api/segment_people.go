package api

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"comeback/commerce"
	"comeback/connectors/history"
	"comeback/strictjson"
)

// personLine is one line of a list of people. why: the reason it is invalid.
type personLine struct {
	line       int
	id         string
	identities []commerce.Identity // strongest first
	why        string
}

// among is the customer named by the line: by id, else by e-mail, else by
// phone.
func (p personLine) among(
	byID map[string]commerce.Customer, byIdentity map[commerce.Identity]commerce.Customer,
) (commerce.Customer, bool) {
	if c, found := byID[p.id]; found {
		return c, true
	}
	for _, i := range p.identities {
		if c, found := byIdentity[i]; found {
			return c, true
		}
	}
	return commerce.Customer{}, false
}

// people reads a list of people, line by line. err is set when reading ends
// early.
type people struct {
	next func() (personLine, error) // io.EOF at the end
	err  error
}

func (p *people) all() iter.Seq[personLine] {
	return func(yield func(personLine) bool) {
		for {
			line, err := p.next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					p.err = err
				}
				return
			}
			if !yield(line) {
				return
			}
		}
	}
}

// personColumns are those of a list, in the order they are believed.
var personColumns = []string{"id", "email", "phone"}

// listFile is a file of people, and how it is to be read. encoding: empty, or
// named by the caller.
type listFile struct {
	contentType, encoding string
	shop                  commerce.Shop
	body                  io.Reader
}

// peopleOf reads text/csv or an xlsx workbook, with a header that contains id,
// email or phone, or application/x-ndjson: each line an object with one of these
// keys, or an id as text.
func peopleOf(file listFile) (*people, error) {
	body := bufio.NewReaderSize(file.body, history.PeekBytes)
	switch file.contentType {
	case "text/csv", workbookType:
		table, err := asText(body, file)
		if err != nil {
			return nil, err
		}
		return peopleOfCSV(table)
	case "application/x-ndjson", "application/jsonl":
		return &people{next: ndjsonPeople(body)}, nil
	}
	return nil, commerce.Errorf(
		commerce.Invalid, "Content-Type: %q: send text/csv or application/x-ndjson, or an xlsx workbook as %s", clip(file.contentType),
		workbookType,
	)
}

// byteOrderMark begins a UTF-8 file of Excel. Without it, Chinese Excel reads the
// file as GBK.
const byteOrderMark = "\ufeff"

// peopleOfCSV reads rows with any separator, as files of orders are read. The
// names of columns are those of orders too.
func peopleOfCSV(table *bufio.Reader) (*people, error) {
	list, err := history.NewList(table)
	if err != nil {
		return nil, err
	}
	ids, emails, phones := list.Columns("", "id"), list.Columns("email"), list.Columns("phone")
	if len(ids)+len(emails)+len(phones) == 0 {
		return nil, commerce.Errorf(
			commerce.Invalid, "body: the first line names the columns, one or more of %s", strings.Join(personColumns, ", "),
		)
	}
	return &people{next: func() (personLine, error) {
		row, err := list.Next()
		if err != nil {
			return personLine{}, err
		}
		id, badID := row.Cell(ids)
		email, badEmail := row.Cell(emails)
		phone, badPhone := row.Cell(phones)
		if badID || badEmail || badPhone {
			row.Fault = "has bytes that are no text in this encoding"
		}
		if row.Fault != "" {
			return personLine{line: int(row.Line), why: row.Fault}, nil
		}
		return newPersonLine(int(row.Line), id, email, phone), nil
	}}, nil
}

// ndjsonPeople reads one JSON value a line. An invalid line is reported and
// skipped. A line longer than any person's ends the list.
func ndjsonPeople(body *bufio.Reader) func() (personLine, error) {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxPersonLine)
	n := 0
	return func() (personLine, error) {
		for lines.Scan() {
			n++
			if text := bytes.TrimSpace(lines.Bytes()); len(text) > 0 {
				return personOfJSON(n, text), nil
			}
		}
		switch err := lines.Err(); {
		case errors.Is(err, bufio.ErrTooLong):
			return personLine{}, commerce.Errorf(commerce.Invalid, "body: line %d: longer than %d bytes", n+1, maxPersonLine)
		case err != nil:
			return personLine{}, err
		}
		return personLine{}, io.EOF
	}
}

func personOfJSON(n int, text []byte) personLine {
	root, problems := strictjson.Read(text)
	switch {
	case root == nil:
		return personLine{line: n, why: problems[0].Message}
	case root.Kind == strictjson.String:
		return newPersonLine(n, root.Text, "", "")
	case root.Kind != strictjson.Object:
		return personLine{line: n, why: fmt.Sprintf("%s: write an object with id, email or phone, or the id as text", root.Kind)}
	}
	cells := map[string]string{}
	for _, m := range root.Members {
		switch {
		case !slices.Contains(personColumns, m.Key):
			return personLine{line: n, why: m.Unknown(personColumns).String()}
		case m.Value.Kind != strictjson.String:
			return personLine{line: n, why: fmt.Sprintf("%s: write text, not %s", m.Key, m.Value.Kind)}
		}
		cells[m.Key] = m.Value.Text
	}
	return newPersonLine(n, cells["id"], cells["email"], cells["phone"])
}

// newPersonLine reports why a line is invalid. It does not quote the line,
// which is personal data.
func newPersonLine(n int, id, email, phone string) personLine {
	p := personLine{line: n, id: strings.TrimSpace(id), identities: commerce.Buyer{Email: email, Phone: phone}.Identities("")}
	switch {
	case len(p.id) > maxPersonID:
		p.id, p.why = "", fmt.Sprintf("id: longer than %d bytes", maxPersonID)
	case p.id != "" || len(p.identities) > 0:
	case strings.TrimSpace(email) != "":
		p.why = "email: not an e-mail address"
	case strings.TrimSpace(phone) != "":
		p.why = "phone: not a number with its country code, such as +4915112345678"
	default:
		p.why = "empty: no id, email or phone"
	}
	return p
}

// Longest line and id, in bytes.
const (
	maxPersonLine = 64 << 10
	maxPersonID   = 300
)
