package limits

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Rates gives each caller so many units at once, and so many new ones a second.
type Rates struct {
	burst   int
	second  float64
	mu      sync.Mutex
	buckets recent[*rate.Limiter]
}

// maxCallers is the number of callers stored.
const maxCallers = 20_000

// NewRates gives each caller burst units at once and second units a second.
func NewRates(burst int, second float64) *Rates {
	return &Rates{burst: burst, second: second, buckets: newRecent[*rate.Limiter](maxCallers)}
}

// Left is what a caller may still use.
type Left struct {
	OK    bool          // the units were taken
	Units int           // units left
	Burst int           // most units
	Full  time.Duration // time until all units are back
	Wait  time.Duration // time until the wanted units are back; 0: now
}

// Take takes n units if the caller has them. A number above the burst counts as
// the whole burst.
func (r *Rates) Take(who string, n int, now time.Time) Left {
	bucket := r.bucket(who)
	ok := bucket.AllowN(now, min(n, r.burst))
	return r.left(bucket, n, ok, now)
}

// Peek reports whether the caller has n units, and takes none.
func (r *Rates) Peek(who string, n int, now time.Time) Left {
	bucket := r.bucket(who)
	return r.left(bucket, n, bucket.TokensAt(now) >= float64(min(n, r.burst)), now)
}

// Charge takes n units, or those left.
func (r *Rates) Charge(who string, n int, now time.Time) {
	bucket := r.bucket(who)
	if !bucket.AllowN(now, min(n, r.burst)) {
		bucket.AllowN(now, int(bucket.TokensAt(now)))
	}
}

func (r *Rates) bucket(who string) *rate.Limiter {
	r.mu.Lock()
	defer r.mu.Unlock()
	bucket, known := r.buckets.get(who)
	if !known {
		bucket = rate.NewLimiter(rate.Limit(r.second), r.burst)
		r.buckets.put(who, bucket)
	}
	return bucket
}

func (r *Rates) left(bucket *rate.Limiter, n int, ok bool, now time.Time) Left {
	units := max(bucket.TokensAt(now), 0)
	l := Left{OK: ok, Units: int(units), Burst: r.burst, Full: r.in(float64(r.burst) - units)}
	if !ok {
		l.Wait = max(r.in(float64(min(n, r.burst))-units), time.Second)
	}
	return l
}

// in is the time, in whole seconds, until so many units are back.
func (r *Rates) in(units float64) time.Duration {
	return time.Duration(math.Ceil(units/r.second)) * time.Second
}
