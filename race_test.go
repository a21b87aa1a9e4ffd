//go:build race

package main

// How much the tests of sweeps do beside the race detector, which watches the
// database too: that takes ten times as long then. The gate does all of it once
// without.
const (
	modelChanges, modelPeople = 300, 30
	sweptPeople, sweptKilled  = 60, 2
)

// besideRaces: the race detector takes the processors, and figures of time are
// not what they are.
const besideRaces = true
