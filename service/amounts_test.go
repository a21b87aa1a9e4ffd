package service

import "os"

// much is the size of a long test: usual on a person's machine, races beside
// the race detector, which takes ten times as long, and whole where
// COMEBACK_TEST_WHOLE is set. The gate runs the whole once, without the
// detector.
func much(usual, races, whole int) int {
	switch {
	case besideRaces:
		return races
	case os.Getenv("COMEBACK_TEST_WHOLE") != "":
		return whole
	}
	return usual
}

// What the long tests do.
func modelChanges() int  { return much(2000, 300, 10_000) }
func modelPeople() int   { return much(60, 30, 150) }
func sweptPeople() int   { return much(100, 60, 300) }
func sweptKilled() int   { return much(3, 2, 6) }
func killed() int        { return much(5, 5, 20) }       // times
func dueMails() int      { return much(250, 250, 1000) } // between them
func shuffledTimes() int { return much(3000, 1000, 10_000) }

// Of each kind; memory is measured all the same beside the race detector.
func hostileRequests() int { return much(1000, 200, 1000) }
