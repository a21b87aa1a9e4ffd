//go:build !race

package main

// besideRaces: tests of the built program, which is built without the race detector, do
// less. They do all of it in the step without.
const besideRaces = false
