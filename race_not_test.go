//go:build !race

package main

// besideRaces: the built program is without the race detector, so its tests run in the step
// without.
const besideRaces = false
