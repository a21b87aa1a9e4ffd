package segments

import "math"

// lift is the share of the first group over that of the second; ok is false where
// nobody of the second has the trait.
func (s twoShares) lift() (lift float64, ok bool) {
	if s.x2 == 0 || s.n1 == 0 {
		return 0, false
	}
	return float64(s.x1) / float64(s.n1) * float64(s.n2) / float64(s.x2), true
}

// interval is the 95 % confidence interval of the lift: Koopman's asymptotic
// score interval (Confidence Limits for the Ratio of Two Binomial Proportions,
// 1984; recommended by Fagerland, Lydersen and Laake, 2015). It needs no
// correction for zeros: low is 0 where nobody of the first group has the trait,
// high +Inf where nobody of the second has. Both groups have customers.
func (s twoShares) interval() (low, high float64) {
	p1, p2 := float64(s.x1)/float64(s.n1), float64(s.x2)/float64(s.n2)
	low, high = 0, math.Inf(1)
	if s.x1 > 0 {
		low = s.edge(p1/max(p2, 0.5/float64(s.n2)), 0.5)
	}
	if s.x2 > 0 {
		high = s.edge(max(p1, 0.5/float64(s.n1))/p2, 2)
	}
	return low, high
}

// edge is where the score leaves the interval, sought from start downwards
// (by 0.5) or upwards (by 2).
func (s twoShares) edge(start, by float64) float64 {
	inside, outside := start, start
	for s.score(inside) > wide95 { // start was a guess
		outside = inside
		inside /= by
	}
	for outside == inside || s.score(outside) <= wide95 {
		inside = outside
		outside *= by
	}
	for range 64 {
		middle := math.Sqrt(inside) * math.Sqrt(outside)
		if s.score(middle) <= wide95 {
			inside = middle
		} else {
			outside = middle
		}
	}
	return inside
}

// score is the squared score statistic of the hypothesis that the lift is phi:
// the difference from it over its variance under the likeliest shares for which
// the lift is phi (Miettinen and Nurminen, Comparative Analysis of Two Rates,
// 1985, without their factor N/(N-1)).
func (s twoShares) score(phi float64) float64 {
	x1, n1, x2, n2 := float64(s.x1), float64(s.n1), float64(s.x2), float64(s.n2)
	off := x1/n1 - phi*x2/n2
	if off == 0 {
		return 0
	}
	q1, rest1 := likeliest(1/phi, x2, n2, x1, n1)
	q2, rest2 := likeliest(phi, x1, n1, x2, n2)
	return off * off / (q1*rest1/n1 + phi*phi*q2*rest2/n2)
}

// likeliest is the likeliest share q of the second group where the first group's
// is phi times it, and 1 - q. It is the smaller root of a q^2 - b q + c with
// a = (n1+n2) phi, b = (n1+x2) phi + x1 + n2 and c = x1 + x2. Where nearly all
// have the trait, b^2 - 4ac and 1 - q are small differences of large numbers:
// both are written as sums that lose nothing.
func likeliest(phi, x1, n1, x2, n2 float64) (q, rest float64) {
	without1, without2 := n1-x1, n2-x2
	a, left, right := (n1+n2)*phi, (n1+x2)*phi, x1+n2
	root := math.Hypot(left-right, 2*math.Sqrt(phi*without1*without2))
	q = min(1, 2*(x1+x2)/(left+right+root))
	m := (n1+n2+without2)*phi - right // 2a - b
	if m >= 0 {
		return q, (m + root) / (2 * a)
	}
	return q, 2 * (1 - phi) * without2 / (root - m)
}
