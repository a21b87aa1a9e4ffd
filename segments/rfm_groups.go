package segments

import "slices"

// Group is a named kind of customer, defined by R, F and M.
type Group struct {
	Name string `bson:"name" json:"name"`
	R    Range  `bson:"r" json:"r"`
	F    Range  `bson:"f" json:"f"`
	M    Range  `bson:"m" json:"m"`
}

// Range is the condition of a group on one of R, F and M. The zero value matches
// all.
type Range struct {
	From int  `bson:"from,omitempty" json:"from,omitempty"` // lowest score, from 1; 0: open
	To   int  `bson:"to,omitempty" json:"to,omitempty"`     // highest score; 0: open
	Mean Side `bson:"mean,omitempty" json:"mean,omitempty"` // side of the mean of the shop's buyers
}

// Side is a side of the mean of the shop's buyers; empty is either.
type Side string

// The sides of the mean.
const (
	// Above the mean; of recency, more recent than the mean.
	Above Side = "above"
	// Below the mean, or at it: ties go low.
	Below Side = "below"
)

// accepts tests a score, and the side of the mean of the value.
func (r Range) accepts(score int, side Side) bool {
	return score >= r.From && (r.To == 0 || score <= r.To) && (r.Mean == "" || r.Mean == side)
}

// UsualGroups are the ten usual groups, with the names and ranges of R's
// package rfm (the example of its rfm_segment), in its order. Ten of the 125
// combinations of scores belong to none. Where there are other than five scores, each
// range covers the same part of them. The caller owns the result.
func UsualGroups(bins int) []Group {
	list := slices.Clone(usualGroups)
	for i := range list {
		for _, r := range []*Range{&list[i].R, &list[i].F, &list[i].M} {
			r.From, r.To = (r.From-1)*bins/UsualBins+1, (r.To*bins+UsualBins-1)/UsualBins
		}
	}
	return list
}

var usualGroups = []Group{
	{"Champions", Range{From: 5, To: 5}, Range{From: 5, To: 5}, Range{From: 5, To: 5}},
	{"Potential Loyalist", Range{From: 3, To: 5}, Range{From: 3, To: 5}, Range{From: 2, To: 5}},
	{"Loyal Customers", Range{From: 2, To: 4}, Range{From: 2, To: 4}, Range{From: 2, To: 4}},
	{"Promising", Range{From: 3, To: 4}, Range{From: 1, To: 3}, Range{From: 3, To: 5}},
	{"New Customers", Range{From: 4, To: 5}, Range{From: 1, To: 3}, Range{From: 1, To: 5}},
	{"Can't Lose Them", Range{From: 1, To: 2}, Range{From: 3, To: 4}, Range{From: 4, To: 5}},
	{"At Risk", Range{From: 1, To: 2}, Range{From: 2, To: 5}, Range{From: 4, To: 5}},
	{"Need Attention", Range{From: 1, To: 3}, Range{From: 3, To: 5}, Range{From: 3, To: 5}},
	{"About To Sleep", Range{From: 2, To: 3}, Range{From: 1, To: 3}, Range{From: 1, To: 4}},
	{"Lost", Range{From: 1, To: 1}, Range{From: 1, To: 5}, Range{From: 1, To: 5}},
}

// ChineseGroups are the eight cells usual in China: each of R, F and M above
// or below the mean of the shop's buyers. Everybody scored belongs to one. The
// caller owns the result.
func ChineseGroups() []Group { return slices.Clone(chineseGroups) }

var chineseGroups = []Group{
	{"重要价值", Range{Mean: Above}, Range{Mean: Above}, Range{Mean: Above}},
	{"重要发展", Range{Mean: Above}, Range{Mean: Below}, Range{Mean: Above}},
	{"重要保持", Range{Mean: Below}, Range{Mean: Above}, Range{Mean: Above}},
	{"重要挽留", Range{Mean: Below}, Range{Mean: Below}, Range{Mean: Above}},
	{"一般价值", Range{Mean: Above}, Range{Mean: Above}, Range{Mean: Below}},
	{"一般发展", Range{Mean: Above}, Range{Mean: Below}, Range{Mean: Below}},
	{"一般保持", Range{Mean: Below}, Range{Mean: Above}, Range{Mean: Below}},
	{"一般挽留", Range{Mean: Below}, Range{Mean: Below}, Range{Mean: Below}},
}

// groupTable is the number of the group for each combination of scores and
// sides of the means.
type groupTable struct {
	bins   int
	groups []uint8
}

func newGroupTable(f *Fitted) *groupTable {
	names := groupNames(f)
	n := binsOf(f.Bins)
	t := groupTable{n, make([]uint8, n*n*n*8)}
	for i := range t.groups {
		s := rfm{i/8/n/n + 1, i/8/n%n + 1, i/8%n + 1}
		for _, g := range f.Groups {
			if g.R.accepts(s.r, f.sideOf(i&4 > 0)) && g.F.accepts(s.f, f.sideOf(i&2 > 0)) && g.M.accepts(s.m, f.sideOf(i&1 > 0)) {
				t.groups[i] = uint8(slices.Index(names, g.Name) + 1)
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
	i := ((s.r-1)*t.bins+s.f-1)*t.bins + s.m - 1
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
	return t.groups[i]
}
