package segments

import "slices"

// Group is a named kind of customer, told by R, F and M.
type Group struct {
	Name string `bson:"name" json:"name"`
	R    Range  `bson:"r" json:"r"`
	F    Range  `bson:"f" json:"f"`
	M    Range  `bson:"m" json:"m"`
}

// Range is what a group asks of one of R, F and M. The zero value asks nothing.
type Range struct {
	From int  `bson:"from,omitempty" json:"from,omitempty"` // lowest score, 1 to 5; 0: open
	To   int  `bson:"to,omitempty" json:"to,omitempty"`     // highest score, 1 to 5; 0: open
	Mean Side `bson:"mean,omitempty" json:"mean,omitempty"` // side of the mean of the shop's buyers
}

// Side is a side of the mean of the shop's buyers; empty is either.
type Side string

// The sides of the mean. Of recency, above is more recent than the mean. A
// value at the mean is below: ties go low.
const (
	Above Side = "above"
	Below Side = "below"
)

// holds asks a score, and the side of the mean the value lies on.
func (r Range) holds(score int, side Side) bool {
	return score >= r.From && (r.To == 0 || score <= r.To) && (r.Mean == "" || r.Mean == side)
}

// UsualGroups are the ten usual groups, with the names and ranges of R's
// package rfm (the example of its rfm_segment), in its order. Ten of the 125
// combinations of scores belong to none. The caller owns the result.
func UsualGroups() []Group { return slices.Clone(usualGroups) }

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
