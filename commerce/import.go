package commerce

import "time"

// Import is one file's way into a shop: how far it is read, what it held so
// far, and, as its outbox, whose profiles the batch under way concerns.
type Import struct {
	ID         string    `bson:"_id"` // Key(shop, connection, what the file begins with)
	Shop       string    `bson:"shop"`
	Connection string    `bson:"connection"`
	Name       string    `bson:"name"`   // the file's, for people
	Done       bool      `bson:"done"`   // read to its end
	Offset     int64     `bson:"offset"` // bytes behind which nothing is stored yet
	Line       int64     `bson:"line"`   // of Offset, from 1
	Report     []byte    `bson:"report"` // the reader's running totals, opaque here
	Open       []string  `bson:"open"`   // customers of the batch under way
	Batch      int64     `bson:"batch"`  // rises with every batch begun
	At         time.Time `bson:"at"`     // wall clock of the last change
}

// HistorySaved says what saving one batch of history did.
type HistorySaved struct {
	NewOrders, NewRefunds int
	// Differing are orders that were stored already and say something else than
	// the batch does: the newer, else the fuller record stays.
	Differing []string
}

// ImportID names the import of what begins with digest into a connection.
func ImportID(shop, connection, digest string) string { return Key(shop, connection, digest) }
