package campaigns

// PlainIntervals are those of the difference of rates and of revenue by the plain
// formula.
func PlainIntervals(a, b ArmTally) (rate, revenue [2]float64) {
	rate[0], rate[1] = plainInterval(a.reached(), b.reached())
	revenue[0], revenue[1] = plainInterval(a.revenue(), b.revenue())
	return rate, revenue
}
