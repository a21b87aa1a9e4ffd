package segments

import "slices"

// groupTable is the number of the group for each combination of scores and
// sides of the means.
type groupTable [scores * scores * scores * 8]uint8

func newGroupTable(f *Fitted) *groupTable {
	names := groupNames(f)
	var t groupTable
	for i := range t {
		s := rfm{i/8/scores/scores + 1, i/8/scores%scores + 1, i/8%scores + 1}
		for _, g := range f.Groups {
			if g.R.holds(s.r, f.sideOf(i&4 > 0)) && g.F.holds(s.f, f.sideOf(i&2 > 0)) && g.M.holds(s.m, f.sideOf(i&1 > 0)) {
				t[i] = uint8(slices.Index(names, g.Name) + 1)
				break
			}
		}
	}
	return &t
}

func (f *Fitted) sideOf(above bool) Side {
	if above {
		return f.side(1)
	}
	return f.side(0)
}

// of is the number of the group of a customer.
func (t *groupTable) of(f *Fitted, x figures, s rfm) uint8 {
	i := ((s.r-1)*scores+s.f-1)*scores + s.m - 1
	i *= 8
	if f.Recency.Mean-float64(x.days) > 0 {
		i += 4
	}
	if float64(x.orders)-f.Frequency.Mean > 0 {
		i += 2
	}
	if float64(x.net)-f.Monetary.Mean > 0 {
		i++
	}
	return t[i]
}
