// Package history reads files with a shop's past: order lines as text, and
// records of the generic schema as NDJSON, gzipped or not. The package is pure: bytes in, records out.
package history

import (
	"comeback/commerce"
	"comeback/connectors"
)

// Batch is a number of records of a file that are stored together.
type Batch struct {
	Records connectors.Records
	Lines   int // all that were read: of records, refused and left out
	Refused []Refusal
	Dropped int       // lines of refused records
	Left    []LeftOut // by reason
	Nobody  int       // orders that name no customer
}

// Refusal is a part of a file that is not imported.
type Refusal struct {
	Line  int64  `json:"line"`
	Order string `json:"order,omitempty"`
	Why   string `json:"why"`
}

// LeftOut counts lines that are no records, such as blank lines.
type LeftOut struct {
	Why   string `json:"why"`
	Lines int    `json:"lines"`
	First int64  `json:"first_line"`
}

func (b *Batch) refuse(line int64, order, why string, lines int) {
	b.Refused = append(b.Refused, Refusal{Line: line, Order: order, Why: why})
	b.Dropped += lines
}

func invalid(format string, args ...any) error {
	return commerce.Errorf(commerce.Invalid, format, args...)
}
