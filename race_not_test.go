//go:build !race

package main

// How much the tests of sweeps do.
const (
	modelChanges, modelPeople = 10_000, 150
	sweptPeople, sweptKilled  = 300, 6
)
