package commerce

// Oddity is a record of which the data-quality count says something.
type Oddity struct {
	Record string // id
	Why    string // empty where the code says it all
}
