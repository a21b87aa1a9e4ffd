//go:build !race

package service

// besideRaces: the race detector takes the processors, and figures of time are
// not what they are.
const besideRaces = false
