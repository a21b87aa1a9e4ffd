//go:build !race

package campaigns_test

// moneySpreads are the spreads of the logarithm of spending in the tests of the
// intervals.
func moneySpreads() []float64 { return []float64{0.6, 0.9, 1.2} }
