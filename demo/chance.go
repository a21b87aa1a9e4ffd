package demo

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"strings"
)

// chances are the demo's only source of randomness. Each draw has a name; the same
// seed and name always give the same result. So a shopper's actions depend neither on
// the order of events nor on their number.
type chances struct{ seed uint64 }

func (c chances) source(name ...string) *rand.Rand {
	sum := sha256.Sum256([]byte(strings.Join(name, "\x00")))
	return rand.New(rand.NewPCG(c.seed, binary.BigEndian.Uint64(sum[:8])))
}

// happens is true for the given share of all names; share is from 0 to 1.
func (c chances) happens(share float64, name ...string) bool {
	return c.source(name...).Float64() < share
}

// pick is a number from 0 to n-1.
func (c chances) pick(n int, name ...string) int { return c.source(name...).IntN(n) }
