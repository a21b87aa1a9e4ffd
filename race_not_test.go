//go:build !race

package main

// How much the tests of sweeps do.
const (
	modelChanges, modelPeople = 10_000, 150
	sweptPeople, sweptKilled  = 300, 6
)

// besideRaces: the race detector takes the processors, and figures of time are
// not what they are.
const besideRaces = false
