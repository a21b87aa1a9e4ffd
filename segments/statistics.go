package segments

import (
	"cmp"
	"math"
	"slices"
)

// twoShares is the customers of two groups with a trait: x1 of n1 and x2 of n2.
type twoShares struct{ x1, n1, x2, n2 int }

// Constants of the tests and intervals.
const (
	fewExpected = 5                  // customers expected in a cell from which the chi-square test is used
	wide95      = 3.8414588206941254 // the 95 % quantile of chi-square with one degree of freedom
	roundedTie  = 1 + 1e-7           // tables as unlikely as the one at hand, but for rounding
)

// p is the probability of shares that differ as much where the groups do not:
// Pearson's chi-square test with Yates' correction where all four expected
// counts are at least 5 (Cochran's rule), else Fisher's exact test, two-sided.
// Both are as R's chisq.test and fisher.test have them. 1 where there is
// nothing to compare.
func (s twoShares) p() float64 {
	has, all := s.x1+s.x2, s.n1+s.n2
	if s.n1 == 0 || s.n2 == 0 || has == 0 || has == all {
		return 1
	}
	least := float64(min(s.n1, s.n2)) * float64(min(has, all-has)) / float64(all)
	if least >= fewExpected {
		return s.chiSquare()
	}
	return s.fisher()
}

// chiSquare is P(X > statistic) with one degree of freedom.
func (s twoShares) chiSquare() float64 {
	n1, n2, has := float64(s.n1), float64(s.n2), float64(s.x1+s.x2)
	all := n1 + n2
	off := math.Abs(float64(s.x1) - n1*has/all) // the difference from the expectation in each of the four cells
	off -= min(off, 0.5)
	statistic := off * off * all * all * all / (n1 * n2 * has * (all - has))
	return math.Erfc(math.Sqrt(statistic / 2))
}

// fisher sums the probabilities of all tables with these margins that are at
// most as likely as this one. It walks from the likeliest table to both sides,
// each by its neighbour, so that nothing overflows or cancels.
func (s twoShares) fisher() float64 {
	has := s.x1 + s.x2
	low, high := max(0, has-s.n2), min(has, s.n1)
	mode := int(float64(s.n1+1) * float64(has+1) / float64(s.n1+s.n2+2))
	mode = min(max(mode, low), high)
	up := func(x int) float64 { // P(x+1) / P(x)
		return float64(s.n1-x) * float64(has-x) / (float64(x+1) * float64(s.n2-has+x+1))
	}
	weights := []float64{}
	for x, w := mode, 1.0; x <= high && w > 0; x++ {
		weights = append(weights, w)
		w *= up(x)
	}
	above := len(weights)
	for x, w := mode, 1.0; x > low; x-- {
		if w /= up(x - 1); w == 0 {
			break
		}
		weights = append(weights, w)
	}
	this := 0.0
	switch d := s.x1 - mode; {
	case d >= 0 && d < above:
		this = weights[d]
	case d < 0 && above-d <= len(weights):
		this = weights[above-d-1]
	}
	slices.Sort(weights) // the small ones first: nothing is lost in the sum
	total, extreme := 0.0, 0.0
	for _, w := range weights {
		if total += w; w <= this*roundedTie {
			extreme = total
		}
	}
	return min(1, extreme/total)
}

// falseDiscovery are the q-values of p-values, in their order: the smallest
// false discovery rate at which each is still a discovery (Benjamini and
// Hochberg, Controlling the False Discovery Rate, 1995; R's p.adjust with
// method BH). It is valid for tests that are independent or depend on one another
// positively.
func falseDiscovery(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(p[b], p[a]) })
	q, least := make([]float64, len(p)), 1.0
	for i, at := range order {
		rank := len(p) - i
		least = min(least, p[at]*(float64(len(p))/float64(rank))) // a factor of at least 1, also when rounded
		q[at] = least
	}
	return q
}
