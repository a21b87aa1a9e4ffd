package campaigns

import "math"

// normal95 is the 97.5 % point of the normal distribution.
const normal95 = 1.959963984540054

// sample sums up one number per customer: 1 for a reached goal, or the amount spent.
type sample struct {
	n            int64
	sum, squares float64
}

func (s sample) mean() float64 { return s.sum / float64(s.n) }

// ratio is the sum of squares over the sum, of both samples together: 1 for numbers
// that are 0 or 1. ok is false if the sum is 0 or a loss; then no interval can be
// computed with it.
func ratio(a, b sample) (r float64, ok bool) {
	sum := a.sum + b.sum
	return (a.squares + b.squares) / sum, sum > 0 && a.sum >= 0 && b.sum >= 0
}

// betweenMeans is the 95 % interval of a's mean minus b's. Each arm's limits are
// joined by square-and-add, as Newcombe joins those of two shares (Interval
// Estimation for the Difference between Independent Proportions, 1998, method
// 10). With r = 1 it is that interval.
func betweenMeans(a, b sample, r float64) (low, high float64) {
	lowA, highA := a.limits(r)
	lowB, highB := b.limits(r)
	difference := a.mean() - b.mean()
	return difference - math.Hypot(a.mean()-lowA, highB-b.mean()), difference + math.Hypot(highA-a.mean(), b.mean()-lowB)
}

// limits are the smallest and the largest mean mu such that the sample's mean lies
// within normal95 standard errors of mu, if the variance at mean mu is r mu - mu^2.
// A campaign changes how many customers buy; r, what they spend, is known from both
// arms. The limits are the roots of
//
//	(1 + z^2/n) mu^2 - (2 m + z^2 r/n) mu + m^2 = 0
//
// With r = 1 they are Wilson's (Probable Inference, the Law of Succession, and
// Statistical Inference, 1927).
func (s sample) limits(r float64) (low, high float64) {
	n, m, z2 := float64(s.n), s.mean(), normal95*normal95
	centre := m + z2*r/(2*n)
	spread := math.Sqrt(max(0, z2/n*(m*(r-m)+z2*r*r/(4*n))))
	return (centre - spread) / (1 + z2/n), (centre + spread) / (1 + z2/n)
}

// plainInterval is the 95 % interval of a's mean minus b's by the normal
// distribution and each sample's own variance (Wald's). It is too narrow if one
// sample is small. Results use it only for margins that sum up to a loss.
func plainInterval(a, b sample) (low, high float64) {
	difference := a.mean() - b.mean()
	width := normal95 * math.Sqrt(a.meanVariance()+b.meanVariance())
	return difference - width, difference + width
}

// meanVariance is the variance of the sample's mean.
func (s sample) meanVariance() float64 {
	if s.n < 2 {
		return 0
	}
	n, m := float64(s.n), s.mean()
	return max(0, (s.squares-n*m*m)/(n-1)) / n
}
