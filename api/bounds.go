package api

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/api/limits"
	"comeback/commerce"
)

// Limits for callers. The busiest minute of a shop stays far below each of them: ten
// thousand deliveries from one address are read one by one within milliseconds, and
// with a valid signature none of them counts as unproven.
const (
	bodiesAtOnce  = 48 << 20 // bytes of deliveries that are being read and stored, of all addresses
	bodiesOfOne   = 12 << 20 // of one address
	failuresBurst = 100      // invalid keys of one address
	failuresRate  = 1        // a second
	unprovenBurst = 64 << 10 // KiB of deliveries without a valid signature, of one address
	unprovenRate  = 1 << 10  // KiB a second
	callsBurst    = 6000     // calls of one key, and callBytes of bodies
	callsRate     = 500      // a second
	callBytes     = 2 << 10  // each so many bytes of a body count as another call
	largeBody     = 64 << 10 // larger bodies wait for a place
	largeAtOnce   = 4
	largeOfOne    = 2  // of one shop
	listsAtOnce   = 8  // complete lists of people that are read or written
	listsOfOne    = 2  // of one shop
	importsAtOnce = 4  // one of a shop
	importsQueued = 16 // in progress or waiting, with the beginning of the file in memory
	importsOfOne  = 4  // of one shop
	validations   = 2  // campaign files under test
	validationOne = 1  // of one shop
)

// bounds are the limits for the callers of one process.
type bounds struct {
	wall      func() time.Time
	bodies    *limits.Bytes
	failures  *limits.Rates
	unproven  *limits.Rates
	calls     *limits.Rates
	large     *limits.Places
	lists     *limits.Places
	imports   *limits.Places
	importers *limits.Places
	tests     *limits.Places
}

func newBounds(wall func() time.Time) *bounds {
	return &bounds{
		wall: wall, bodies: limits.NewBytes(bodiesAtOnce, bodiesOfOne),
		failures: limits.NewRates(failuresBurst, failuresRate), unproven: limits.NewRates(unprovenBurst, unprovenRate),
		calls: limits.NewRates(callsBurst, callsRate), large: limits.NewPlaces(largeAtOnce, largeOfOne),
		lists: limits.NewPlaces(listsAtOnce, listsOfOne), imports: limits.NewPlaces(importsAtOnce, 1),
		importers: limits.NewPlaces(importsQueued, importsOfOne),
		tests:     limits.NewPlaces(validations, validationOne),
	}
}

// counted limits the calls of a key.
func (b *bounds) counted(c *gin.Context) {
	key := c.GetString(keyKey)
	if key == "" { // the process's own token, used by commands on this machine
		return
	}
	left := b.calls.Take(key, 1+int(sizeOf(c, maxBody)/callBytes), b.wall())
	writeLimits(c, "calls", left)
	if !left.OK {
		refuse(c, tooMany("key: too many calls; wait %s, and send fewer at once", left))
	}
}

// turns limits how many large bodies are read at once: decoding one takes many
// times its size.
func (b *bounds) turns(c *gin.Context) {
	if sizeOf(c, maxBody) <= largeBody {
		return
	}
	leave, err := b.large.Enter(c.Request.Context(), shopOf(c))
	if err != nil {
		refuse(c, err)
		return
	}
	defer leave()
	c.Next()
}

// sizeOf is the size of a body by its Content-Length, or the largest possible
// size.
func sizeOf(c *gin.Context, most int64) int64 {
	if size := c.Request.ContentLength; size >= 0 {
		return min(size, most)
	}
	return most
}

// addressOf is the address that distinguishes clients. An IPv6 network of 64
// bits counts as one address, because its owner can use all of its addresses.
func addressOf(c *gin.Context) string {
	text := c.ClientIP()
	at, err := netip.ParseAddr(text)
	if err != nil || at.Unmap().Is4() {
		return text
	}
	network, err := at.WithZone("").Prefix(64)
	if err != nil {
		return text
	}
	return network.String()
}

// writeLimits writes the remaining limit into the answer's headers
// (draft-ietf-httpapi-ratelimit-headers). It also writes the form of earlier
// drafts, which most clients read.
func writeLimits(c *gin.Context, name string, left limits.Left) {
	full := int(left.Full / time.Second)
	h := c.Writer.Header()
	h.Set("RateLimit-Policy", fmt.Sprintf("%q;q=%d", name, left.Burst))
	h.Set("RateLimit", fmt.Sprintf("%q;r=%d;t=%d", name, left.Units, full))
	h.Set("RateLimit-Limit", strconv.Itoa(left.Burst))
	h.Set("RateLimit-Remaining", strconv.Itoa(left.Units))
	h.Set("RateLimit-Reset", strconv.Itoa(full))
	if !left.OK {
		h.Set("Retry-After", strconv.Itoa(int(left.Wait/time.Second)))
	}
}

func tooMany(format string, left limits.Left) error {
	return commerce.Errorf(commerce.TooMany, format, left.Wait)
}
