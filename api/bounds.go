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

// What callers may take. A shop's busiest minute is far below each: ten thousand
// deliveries from one address are read one after the other in milliseconds, and
// none of them counts as unproven.
const (
	bodiesAtOnce  = 48 << 20 // bytes of deliveries that are being read and stored, of all addresses
	bodiesOfOne   = 12 << 20 // of one address
	failuresBurst = 100      // keys that open nothing, of one address
	failuresRate  = 1        // a second
	unprovenBurst = 64 << 10 // KiB of deliveries that prove nothing, of one address
	unprovenRate  = 1 << 10  // KiB a second
	callsBurst    = 6000     // calls of one key, and callBytes of bodies
	callsRate     = 500      // a second
	callBytes     = 2 << 10  // of a body, beyond which it counts as another call
	largeBody     = 64 << 10 // beyond it, a body is read in turns
	largeAtOnce   = 4
	largeOfOne    = 2 // of one shop
	listsAtOnce   = 8 // lists of people that are read or written whole
	listsOfOne    = 2 // of one shop
	importsAtOnce = 4 // one of a shop
	validations   = 2 // campaign files whose tests are run
	validationOne = 1 // of one shop
)

// bounds are what callers of one process may take.
type bounds struct {
	wall     func() time.Time
	bodies   *limits.Bytes
	failures *limits.Rates
	unproven *limits.Rates
	calls    *limits.Rates
	large    *limits.Places
	lists    *limits.Places
	imports  *limits.Places
	tests    *limits.Places
}

func newBounds(wall func() time.Time) *bounds {
	return &bounds{
		wall: wall, bodies: limits.NewBytes(bodiesAtOnce, bodiesOfOne),
		failures: limits.NewRates(failuresBurst, failuresRate), unproven: limits.NewRates(unprovenBurst, unprovenRate),
		calls: limits.NewRates(callsBurst, callsRate), large: limits.NewPlaces(largeAtOnce, largeOfOne),
		lists: limits.NewPlaces(listsAtOnce, listsOfOne), imports: limits.NewPlaces(importsAtOnce, 1),
		tests: limits.NewPlaces(validations, validationOne),
	}
}

// counted lets a key call as often as it may.
func (b *bounds) counted(c *gin.Context) {
	key := c.GetString(keyKey)
	if key == "" { // the process's own token: commands on this machine
		return
	}
	left := b.calls.Take(key, 1+int(sizeOf(c, maxBody)/callBytes), b.wall())
	tell(c, "calls", left)
	if !left.OK {
		refuse(c, tooMany("key: more calls than it may make; wait %s, and ask for less at once", left))
	}
}

// turns has large bodies read a few at once: what is made of one takes many
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

// sizeOf is how large a body says it is, or may become.
func sizeOf(c *gin.Context, most int64) int64 {
	if size := c.Request.ContentLength; size >= 0 {
		return min(size, most)
	}
	return most
}

// addressOf tells clients apart by where they are: a whole network of IPv6 is one,
// for whoever has an address there has as many as there are.
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

// tell writes what is left into the answer (draft-ietf-httpapi-ratelimit-headers),
// also in the form of its earlier drafts, which most clients read.
func tell(c *gin.Context, name string, left limits.Left) {
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
