//go:build race

package campaigns_test

// moneySpreads is the middle one of three under the race detector, which finds nothing
// in arithmetic. The run without it uses all three.
func moneySpreads() []float64 { return []float64{0.9} }
