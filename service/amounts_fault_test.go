//go:build fault

package service

import "os"

// inFaults is the size of a test of faults: long, unless COMEBACK_TEST_FAULTS says short, as
// the gate does.
func inFaults(usual, long int) int {
	if os.Getenv("COMEBACK_TEST_FAULTS") == "short" {
		return usual
	}
	return long
}
