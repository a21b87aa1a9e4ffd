package campaigns

import "time"

// journeyRounds are 100 journeys each.
const journeyRounds = 50

func inMinutes(n int) time.Duration { return time.Duration(n) * time.Minute }
