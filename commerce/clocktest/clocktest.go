// Package clocktest chooses the fixed instant of a test's clock. A rule must be
// right on every day, so the instant differs from run to run. About half of the
// time it is a day that date arithmetic often gets wrong. Setting
// COMEBACK_TEST_SEED repeats a run.
package clocktest

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

const (
	firstYear = 2005
	lastYear  = 2150
)

// Now returns the instant of a test: in the years 2005 to 2150, in UTC, in
// whole milliseconds. A test and its subtests share one instant. The log shows
// the seed.
func Now(tb testing.TB) time.Time {
	tb.Helper()
	return After(tb, time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC))
}

// After is Now for a test whose data contains dates: the instant lies after
// earliest.
func After(tb testing.TB, earliest time.Time) time.Time {
	tb.Helper()
	seed, err := seed()
	if err != nil {
		tb.Fatal(err)
	}
	name, _, _ := strings.Cut(tb.Name(), "/")
	at := choose(seed, name, earliest)
	Print(tb, at)
	return at
}

// All returns one instant for all tests of a package, for data made before the
// first test begins. Name is the package's name. A failing test shows the seed
// if its set-up calls Print.
func All(name string) time.Time {
	seed, err := seed()
	if err != nil {
		panic(err)
	}
	return choose(seed, name, time.Time{})
}

// Print logs the seed of the run.
func Print(tb testing.TB, at time.Time) {
	tb.Helper()
	seed, err := seed()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Logf("the clock is set to %s: COMEBACK_TEST_SEED=%d", at.Format(time.RFC3339Nano), seed)
}

// seed is the seed of the run: COMEBACK_TEST_SEED, else the process id.
func seed() (uint64, error) {
	text := os.Getenv("COMEBACK_TEST_SEED")
	if text == "" {
		return uint64(os.Getpid()), nil
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		err = fmt.Errorf("COMEBACK_TEST_SEED: %q is no whole number", text)
	}
	return seed, err
}

func choose(seed uint64, name string, earliest time.Time) time.Time {
	random := rand.New(rand.NewPCG(seed, hash(name)))
	for {
		if at := instant(random); at.After(earliest) && at.Year() <= lastYear {
			return at
		}
	}
}

// hash is FNV-1a. It gives each test of a run its own instant.
func hash(name string) uint64 {
	sum := uint64(14695981039346656037)
	for _, b := range []byte(name) {
		sum = (sum ^ uint64(b)) * 1099511628211
	}
	return sum
}

// instant is, half of the time, a day of hardDays: at the exact moment, or near
// it. Otherwise it is any day.
func instant(random *rand.Rand) time.Time {
	year := firstYear + random.IntN(lastYear-firstYear+1)
	if random.IntN(2) == 0 {
		return anyDay(random, year)
	}
	days := hardDays(year)
	at := days[random.IntN(len(days))]
	if random.IntN(2) == 0 {
		return at
	}
	return at.Add(time.Duration(random.Int64N(int64(24*time.Hour))) - 12*time.Hour).Truncate(time.Millisecond)
}

func anyDay(random *rand.Rand, year int) time.Time {
	into := time.Duration(random.Int64N(int64(365 * 24 * time.Hour)))
	return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).Add(into).Truncate(time.Millisecond)
}

// hardDays are a leap day, the changes of daylight saving time in Europe and in
// the United States, New Year, the end of 32-bit seconds, and 28 February of a
// century without a leap day.
func hardDays(year int) []time.Time {
	leap := year - year%4
	if leap < firstYear || leap%100 == 0 {
		leap = 2008
	}
	return []time.Time{
		time.Date(leap, 2, 29, 0, 0, 0, 0, time.UTC),
		sunday(year, time.March, 31).Add(time.Hour),
		sunday(year, time.October, 31).Add(time.Hour),
		sunday(year, time.March, 14).Add(10 * time.Hour),
		sunday(year, time.November, 7).Add(9 * time.Hour),
		time.Date(year, 12, 31, 23, 59, 59, 999e6, time.UTC),
		time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2038, 1, 19, 3, 14, 8, 0, time.UTC),
		time.Date(2100, 2, 28, 23, 0, 0, 0, time.UTC),
	}
}

// sunday returns the last Sunday up to and including a day of a month.
func sunday(year int, month time.Month, day int) time.Time {
	at := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return at.AddDate(0, 0, -int(at.Weekday()))
}
