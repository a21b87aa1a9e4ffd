package service

import (
	"math"
	"strconv"
	"strings"

	"comeback/commerce"
)

// memorySize is a size of memory in bytes. Settings write it as 536870912, 512MB or
// 512MiB.
type memorySize int64

// memoryUnits are the suffixes of sizes, the longer first.
var memoryUnits = []struct {
	name  string
	bytes int64
}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"", 1}}

// UnmarshalText reads a size; anything else is Invalid.
func (m *memorySize) UnmarshalText(text []byte) error {
	for _, unit := range memoryUnits {
		digits, found := strings.CutSuffix(string(text), unit.name)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(digits, 10, 63)
		if err != nil || int64(n) > math.MaxInt64/unit.bytes {
			break
		}
		*m = memorySize(int64(n) * unit.bytes)
		return nil
	}
	return commerce.Errorf(commerce.Invalid, "size %q: write a number of bytes, such as 512MB or 1GiB", text)
}
