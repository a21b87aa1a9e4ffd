// Package clocktest chooses the instant that a test holds its clocks at. A rule
// must hold on every day, so the instant differs from run to run: often it is a
// day that dates go wrong on. COMEBACK_TEST_SEED repeats a run.
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

// Now is the instant of a test: from 2005 to 2150, in UTC, in whole
// milliseconds. A test and its subtests share one. The log names the seed.
func Now(tb testing.TB) time.Time {
	tb.Helper()
	return After(tb, time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC))
}

// After is Now for a test whose data has dates of its own: the instant lies
// after earliest.
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

// All is the instant that all tests of a package share whose data are made
// before any of them begins. Name is the package's. Tests that fail show the
// seed if their set-up calls Print.
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
	tb.Logf("the clock is held at %s: COMEBACK_TEST_SEED=%d", at.Format(time.RFC3339Nano), seed)
}

// seed is the run's: COMEBACK_TEST_SEED, else a number of this process.
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

// hash is FNV-1a: two tests of one run differ.
func hash(name string) uint64 {
	sum := uint64(14695981039346656037)
	for _, b := range []byte(name) {
		sum = (sum ^ uint64(b)) * 1099511628211
	}
	return sum
}

// instant is one day in two of those that dates go wrong on, at or near the
// moment itself; else any.
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

// hardDays are a leap day, both changes of daylight saving in Europe and in the
// United States, New Year, and the two days on which counters of seconds and
// rules of leap years end.
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

// sunday is the last Sunday up to a day of a month.
func sunday(year int, month time.Month, day int) time.Time {
	at := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	return at.AddDate(0, 0, -int(at.Weekday()))
}
