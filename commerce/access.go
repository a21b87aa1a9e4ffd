package commerce

import "time"

// Installation is the shop id of documents that belong to no shop, such as
// installation keys. No shop can have this id.
const Installation = "_"

// APIKey is the right to call the API: for one shop, or to create shops and
// keys where Shop is Installation. The secret itself is not stored.
type APIKey struct {
	ID         string    `bson:"_id"` // Key(shop, id)
	Shop       string    `bson:"shop"`
	Name       string    `bson:"name"` // what its owner calls it
	Hash       []byte    `bson:"hash"` // SHA-256 of the secret
	CreatedAt  time.Time `bson:"created_at"`
	CreatedBy  string    `bson:"created_by,omitempty"` // id of the key that made it; empty: a command, or not recorded
	ExpiresAt  time.Time `bson:"expires_at,omitempty"` // zero: never
	RevokedAt  time.Time `bson:"revoked_at,omitempty"`
	LastUsedAt time.Time `bson:"last_used_at,omitempty"` // to the minute
}

// Active reports whether the key is valid at a time.
func (k APIKey) Active(at time.Time) bool {
	return len(k.Hash) > 0 && k.RevokedAt.IsZero() && (k.ExpiresAt.IsZero() || at.Before(k.ExpiresAt))
}

// Reply is the stored answer to a request with an Idempotency-Key. The same
// request sent again gets this answer and has no further effect.
type Reply struct {
	ID      string    `bson:"_id"` // Key(shop, hash of the key)
	Shop    string    `bson:"shop"`
	Request []byte    `bson:"request"` // hash of method, path and body
	Status  int       `bson:"status"`  // 0: the request is still being served
	Body    []byte    `bson:"body"`    // encrypted: it may contain a secret
	Holder  string    `bson:"holder"`
	At      time.Time `bson:"at"`
}
