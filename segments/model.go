package segments

import "math"

// Model is fitted to a shop's buyers. It predicts how long and how often a
// customer buys (BG/NBD) and how much an order is worth (Gamma-Gamma). Times are
// in the unit it was fitted in. Insights fits it; segments only reads it.
type Model struct {
	R     float64 `bson:"r" json:"r"` // buying: shape and scale of the rates
	Alpha float64 `bson:"alpha" json:"alpha"`
	A     float64 `bson:"a" json:"a"` // leaving: of the chance after each order
	B     float64 `bson:"b" json:"b"`
	P     float64 `bson:"p" json:"p"` // spending: shape of an order's value, and of its scale
	Q     float64 `bson:"q" json:"q"`
	V     float64 `bson:"v" json:"v"`
}

// Buying is the purchases of one buyer, as a Model needs them. Repeats are the
// orders after the first. Last and Age are the times from the first order to the
// last, and to now. Mean is the average value of the repeats.
type Buying struct {
	Repeats, Last, Age, Mean float64
}

// Alive is the probability that the buyer still buys (Fader, Hardie and Lee,
// "Counting Your Customers" the Easy Way, 2005): 1 before the second order.
func (m Model) Alive(b Buying) float64 { return 1 / (1 + m.left(b)) }

// left is the odds that the buyer has left.
func (m Model) left(b Buying) float64 {
	if b.Repeats <= 0 {
		return 0
	}
	return m.A / (m.B + b.Repeats - 1) * math.Pow((m.Alpha+b.Age)/(m.Alpha+b.Last), m.R+b.Repeats)
}

// Orders is the expected number of the buyer's orders within a future time
// (equation 10 of the same paper). Euler's transformation cancels the powers of
// the hypergeometric function, so that many orders do not overflow.
func (m Model) Orders(b Buying, within float64) float64 {
	a := m.A
	if math.Abs(a-1) < 1e-6 { // the formula has a limit there, and no value
		a = 1 + 1e-6
	}
	z := within / (m.Alpha + b.Age + within)
	kept := math.Pow(1-z, a-1) * hypergeometric(a+m.B-1-m.R, a-1, a+m.B+b.Repeats-1, z)
	return (a + m.B + b.Repeats - 1) / (a - 1) * (1 - kept) / (1 + m.left(b))
}

// Value is the expected average value of the buyer's orders (Fader and Hardie, The
// Gamma-Gamma Model of Monetary Value, 2013). The more repeats there are, the more
// it moves from the shop's mean to the buyer's. It is in the unit of Mean.
func (m Model) Value(b Buying) float64 {
	return m.P * (m.V + b.Repeats*b.Mean) / (m.P*b.Repeats + m.Q - 1)
}

// mostTerms limits the series.
const mostTerms = 100_000

// hypergeometric is Gauss's 2F1, computed by its series, for 0 <= z < 1.
func hypergeometric(a, b, c, z float64) float64 {
	sum, term := 1.0, 1.0
	for n := range mostTerms {
		k := float64(n)
		term *= (a + k) * (b + k) / ((c + k) * (k + 1)) * z
		if sum += term; math.Abs(term) <= 1e-15*math.Abs(sum) {
			break
		}
	}
	return sum
}

// alive is customer.p_alive, in millionths: days with a paid order count once.
func alive(v *evaluation, _ string) value {
	if v.params.Fitted == nil || v.params.Fitted.Model == nil || v.profile.History.Truncated {
		return value{}
	}
	var b Buying
	for _, days := range v.gaps() {
		b.Repeats++
		b.Last += float64(days)
	}
	last := v.profile.History.Figures.LastAt
	if last.IsZero() || last.After(v.now) {
		return value{}
	}
	b.Age = b.Last + float64(v.today.since(dayOf(last, v.zone)))
	p := v.params.Fitted.Model.Alive(b)
	if math.IsNaN(p) {
		return value{}
	}
	return value{set: true, num: fraction{int64(math.Round(p * 1e6)), 1e6}}
}
