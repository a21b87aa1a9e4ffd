//go:build !race

package campaigns_test

// moneySpreads are the spreads of spending, of the logarithm, that intervals are
// held to.
func moneySpreads() []float64 { return []float64{0.6, 0.9, 1.2} }
