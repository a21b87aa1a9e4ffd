package clocktest

import (
	"fmt"
	"testing"
	"time"
)

// One seed is one instant for a test and its subtests, and another for other
// tests; the days that dates go wrong on come often.
func TestInstants(t *testing.T) {
	t.Setenv("COMEBACK_TEST_SEED", "7")
	at := Now(t)
	t.Run("subtest", func(t *testing.T) {
		if got := Now(t); !got.Equal(at) {
			t.Errorf("a subtest holds %v, its test %v", got, at)
		}
	})
	seen := map[string]int{}
	for i := range 2000 {
		at := choose(7, fmt.Sprint("Test", i), time.Time{})
		if at.Year() < firstYear || at.Year() > lastYear || at.Nanosecond()%1e6 != 0 {
			t.Fatalf("got %v", at)
		}
		seen[at.Format("01-02")]++
		seen[at.Format("2006-01-02")]++
	}
	for _, day := range []string{"02-29", "12-31", "01-01", "2038-01-19", "2100-02-28"} {
		if seen[day] < 20 {
			t.Errorf("%s came %d times in 2000", day, seen[day])
		}
	}
}

// Data with dates of its own lies before the clock.
func TestAfter(t *testing.T) {
	t.Parallel()
	earliest := time.Date(2100, 3, 1, 0, 0, 0, 0, time.UTC)
	if at := After(t, earliest); !at.After(earliest) {
		t.Errorf("got %v, before %v", at, earliest)
	}
}
