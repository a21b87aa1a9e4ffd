package commerce

// Oddity is a record with a data-quality code.
type Oddity struct {
	Record string // id
	Why    string // empty where the code needs no explanation
}
