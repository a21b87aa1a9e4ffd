package commerce

import "time"

// Import is one file on its way into a shop, and afterwards its report. A file is
// always read from its start: what is stored already is only compared. So a file
// that was changed, or an import that stopped, needs no position. Open is its
// outbox: the customers of the current batch.
type Import struct {
	ID         string      `bson:"_id"` // ImportID
	Shop       string      `bson:"shop"`
	Connection string      `bson:"connection"`
	Name       string      `bson:"name"`             // the file's name, for display
	Kind       ImportKind  `bson:"kind"`             // what the file contains
	Format     string      `bson:"format"`           // csv, ndjson, ...
	State      ImportState `bson:"state"`            // see StateAt
	Reason     string      `bson:"reason,omitempty"` // why it stopped or failed
	Size       int64       `bson:"size"`             // bytes of the file as it is sent; 0: not known
	Bytes      int64       `bson:"bytes"`            // read so far
	Lines      int64       `bson:"lines"`            // read so far
	Records    int64       `bson:"records"`          // of the file's kind, read so far
	Result     []byte      `bson:"result"`           // report so far, as JSON
	Open       []string    `bson:"open"`             // customers of the current batch
	Batch      int64       `bson:"batch"`            // number of batches begun
	StartedAt  time.Time   `bson:"started_at"`
	EndedAt    time.Time   `bson:"ended_at,omitempty"`
	At         time.Time   `bson:"at"` // wall clock of the last change

	// Done and Line are of imports of older releases, which have no State: whether
	// the file was read to its end, and the line that was reached.
	Done bool  `bson:"done,omitempty"`
	Line int64 `bson:"line,omitempty"`
}

// ImportKind is what a file contains.
type ImportKind string

const (
	// ImportOrders: orders, as lines of a table or as records of the generic schema.
	ImportOrders ImportKind = "orders"
	// ImportCustomers: people, with their consents.
	ImportCustomers ImportKind = "customers"
	// ImportProducts: articles, with their costs.
	ImportProducts ImportKind = "products"
)

// ImportState is how an import ended, or that it has not.
type ImportState string

const (
	// ImportRunning: the file is being read.
	ImportRunning ImportState = "running"
	// ImportDone: the file was read to its end, and all profiles are computed.
	ImportDone ImportState = "done"
	// ImportStopped: it was interrupted. The same file, sent again, completes it.
	ImportStopped ImportState = "stopped"
	// ImportFailed: the file cannot be read further.
	ImportFailed ImportState = "failed"
)

// ImportSilent is how long a running import may store nothing. After that its
// process is taken for dead.
const ImportSilent = 10 * time.Minute

// StateAt is the state at a time of the wall clock. An import whose process died is
// stopped.
func (i Import) StateAt(wall time.Time) ImportState {
	switch {
	case i.State == "" && i.Done:
		return ImportDone
	case i.State == "", i.State == ImportRunning && wall.Sub(i.At) > ImportSilent:
		return ImportStopped
	}
	return i.State
}

// HistorySaved is the result of saving one batch of history: what is stored now of
// each record, in the order of the batch.
type HistorySaved struct {
	Orders   []SavedOrder
	Refunds  []SavedRefund
	People   SavedCount
	Products SavedCount
	// Suppressed is the number of addresses that get no more mail, and did before.
	Suppressed int
}

// SavedCount counts records of an import by what they did.
type SavedCount struct{ New, Changed, Unchanged int }

// SavedOrder is an order before and after a record of an import.
type SavedOrder struct {
	Before, After Order    // Before has no id if the order is new
	Changed       []string // names of the fields that the record changed
}

// SavedRefund is a refund that names no order, before and after a record of an
// import.
type SavedRefund struct {
	Before, After LooseRefund // Before has no id if the refund is new
}

// ImportID is the id of the import into a connection that began at a time. No two
// begin in one millisecond.
func ImportID(shop, connection string, began time.Time) string {
	return Key(shop, connection, began.UTC().Format("20060102T150405.000"))
}
