package commerce

import "time"

// Import is the progress of one file into a shop: how far it is read and its
// totals so far. Open is its outbox: the customers of the current batch.
type Import struct {
	ID         string    `bson:"_id"` // Key(shop, connection, what the file begins with)
	Shop       string    `bson:"shop"`
	Connection string    `bson:"connection"`
	Name       string    `bson:"name"`   // the file's name, for display
	Done       bool      `bson:"done"`   // read to its end
	Offset     int64     `bson:"offset"` // bytes of the file that are stored
	Line       int64     `bson:"line"`   // line number of Offset, from 1
	Report     []byte    `bson:"report"` // totals so far, encoded by the reader
	Open       []string  `bson:"open"`   // customers of the current batch
	Batch      int64     `bson:"batch"`  // number of batches begun
	At         time.Time `bson:"at"`     // wall clock of the last change
}

// HistorySaved is the result of saving one batch of history.
type HistorySaved struct {
	NewOrders, NewRefunds int
	// Differing are orders that were stored already and differ from the batch.
	// The newer record remains, else the one with more facts.
	Differing []string
}

// ImportID is the id of an import into a connection. digest is the hash of the
// beginning of the file.
func ImportID(shop, connection, digest string) string { return Key(shop, connection, digest) }
