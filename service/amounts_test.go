package service

import "os"

// much is the size of a long test: usual on a person's machine, races beside
// the race detector, which takes ten times as long, and whole where
// COMEBACK_TEST_WHOLE is set. The gate runs the whole once, without the
// detector.
func much(usual, races, whole int) int {
	if besideRaces {
		return races
	}
	return muchOfBuilt(usual, whole)
}

// muchOfBuilt is much for tests of the built program, which do not run beside the
// race detector.
func muchOfBuilt(usual, whole int) int {
	if os.Getenv("COMEBACK_TEST_WHOLE") != "" {
		return whole
	}
	return usual
}

// What the long tests do.
func modelChanges() int  { return much(2000, 300, 10_000) }
func modelPeople() int   { return much(60, 30, 150) }
func shuffledTimes() int { return much(3000, 1000, 10_000) }
func sweptPeople() int   { return muchOfBuilt(100, 300) }
func sweptKilled() int   { return muchOfBuilt(3, 6) }

// The tests of faults, with the build tag fault, do far more of these.
func killed() int   { return inFaults(muchOfBuilt(5, 20), 200) }        // times
func dueMails() int { return inFaults(muchOfBuilt(250, 1000), 20_000) } // between them
