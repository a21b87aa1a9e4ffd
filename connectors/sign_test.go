package connectors_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// sign makes the signature of a generic delivery as a sender would.
func sign(secret, stamp, body string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(stamp + "." + body))
	return "sha256=" + hex.EncodeToString(h.Sum(nil))
}
