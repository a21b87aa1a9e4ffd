package segments

import (
	"maps"
	"slices"
)

// quantile is the k/parts quantile of n values, of which at gives the i-th
// smallest: R's type 7 (Hyndman and Fan, Sample Quantiles in Statistical
// Packages, 1996), which R, NumPy and spreadsheets use. The value is at
// position (n-1) x k/parts and lies between its neighbours in proportion. The
// position is counted in whole numbers, so that a quantile that is one of the
// values is exactly that value, and ties are exact. n is at least 1.
func quantile(n, k, parts int64, at func(i int64) float64) float64 {
	low, rest := (n-1)*k/parts, (n-1)*k%parts
	if rest == 0 {
		return at(low)
	}
	return at(low) + float64(rest)*(at(low+1)-at(low))/float64(parts)
}

// cutPoints are the points that divide values into parts of equal size; none
// where there is no value. It sorts values.
func cutPoints(values []float64, parts int64) []float64 {
	if len(values) == 0 {
		return nil
	}
	slices.Sort(values)
	var cuts []float64
	for k := int64(1); k < parts; k++ {
		cuts = append(cuts, quantile(int64(len(values)), k, parts, func(i int64) float64 { return values[i] }))
	}
	return cuts
}

// counted is how often each whole number was seen: gaps between orders have few
// different numbers of days.
type counted map[int64]int64

// total is how many numbers were seen.
func (c counted) total() (n int64) {
	for _, times := range c {
		n += times
	}
	return n
}

// quantile is the k/parts quantile of what was seen; there is at least one.
func (c counted) quantile(k, parts int64) float64 {
	order := slices.Sorted(maps.Keys(c))
	return quantile(c.total(), k, parts, func(i int64) float64 {
		for _, value := range order {
			if i -= c[value]; i < 0 {
				return float64(value)
			}
		}
		return float64(order[len(order)-1])
	})
}
