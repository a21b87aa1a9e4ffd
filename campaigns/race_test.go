//go:build race

package campaigns_test

// moneySpreads is the middle one of three beside the race detector, which finds
// nothing in arithmetic; the run without it does them all.
func moneySpreads() []float64 { return []float64{0.9} }
