// Package history reads the files that a shop's past comes in: order lines as
// CSV and records of the generic schema as NDJSON, packed or not. A reader can
// continue where another ended. It is pure: bytes in, records out.
package history

import "comeback/connectors"

// Batch is some records of a file that are stored together.
type Batch struct {
	Records connectors.Records
	Until   Resume // where a reader continues that has this batch
	Lines   int
	Refused []Refusal
	Dropped int // lines of what was refused
}

// Refusal is something a file says that is not taken over.
type Refusal struct {
	Line  int64  `json:"line"`
	Order string `json:"order,omitempty"`
	Why   string `json:"why"`
}

func (b *Batch) refuse(line int64, order, why string, lines int) {
	b.Refused = append(b.Refused, Refusal{Line: line, Order: order, Why: why})
	b.Dropped += lines
}
