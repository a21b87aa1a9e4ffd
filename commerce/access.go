package commerce

import "time"

// Installation stands where a shop's id stands for what belongs to no shop, such
// as installation keys. No shop can be called so.
const Installation = "_"

// APIKey is the right to call the API, for one shop or (Shop is Installation)
// for making shops and keys. The secret itself is stored nowhere.
type APIKey struct {
	ID         string    `bson:"_id"` // Key(shop, id)
	Shop       string    `bson:"shop"`
	Name       string    `bson:"name"` // what it is for, as its owner put it
	Hash       []byte    `bson:"hash"` // SHA-256 of the secret
	CreatedAt  time.Time `bson:"created_at"`
	CreatedBy  string    `bson:"created_by,omitempty"` // id of the key that made it; empty: a command, or not recorded
	ExpiresAt  time.Time `bson:"expires_at,omitempty"` // zero: never
	RevokedAt  time.Time `bson:"revoked_at,omitempty"`
	LastUsedAt time.Time `bson:"last_used_at,omitempty"` // to the minute
}

// Active tells whether the key opens anything at a time.
func (k APIKey) Active(at time.Time) bool {
	return len(k.Hash) > 0 && k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || at.Before(k.ExpiresAt))
}

// Reply is what a request under an Idempotency-Key was answered, so that the
// request sent again is answered the same and does nothing.
type Reply struct {
	ID      string    `bson:"_id"` // Key(shop, hash of the key)
	Shop    string    `bson:"shop"`
	Request []byte    `bson:"request"` // hash of method, path and body
	Status  int       `bson:"status"`  // 0: still being worked on
	Body    []byte    `bson:"body"`    // sealed: it may show a secret
	Holder  string    `bson:"holder"`
	At      time.Time `bson:"at"`
}
