// Package history reads files with a shop's past: order lines as CSV, and
// records of the generic schema as NDJSON, gzipped or not. A reader can
// continue at the end of another. The package is pure: bytes in, records out.
package history

import "comeback/connectors"

// Batch is a number of records of a file that are stored together.
type Batch struct {
	Records connectors.Records
	Until   Resume // start of the next reader after this batch
	Lines   int
	Refused []Refusal
	Dropped int // lines of refused records
}

// Refusal is a part of a file that is not imported.
type Refusal struct {
	Line  int64  `json:"line"`
	Order string `json:"order,omitempty"`
	Why   string `json:"why"`
}

func (b *Batch) refuse(line int64, order, why string, lines int) {
	b.Refused = append(b.Refused, Refusal{Line: line, Order: order, Why: why})
	b.Dropped += lines
}
