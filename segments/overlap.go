package segments

import "math/bits"

// Overlap compares the members of two segments.
type Overlap struct {
	Base   int `json:"base"` // customers of the shop
	A      int `json:"a"`
	B      int `json:"b"`
	Both   int `json:"both"`
	Either int `json:"either"`

	Jaccard  float64 `json:"jaccard"`    // both / either; 0 where both are empty
	ShareOfA float64 `json:"share_of_a"` // both / A; 0 where A is empty
	ShareOfB float64 `json:"share_of_b"` // both / B; 0 where B is empty
	Lift     float64 `json:"lift"`       // share of B in A / share of B in the rest; 0 where the rest has none of B
	Only     bool    `json:"only"`       // B has members, all in A: the lift has no bound
}

// Overlap compares two segments of a shop with base customers. If base is less
// than the number of members of either, that number is used. No set is changed.
func (b *Bitmap) Overlap(other *Bitmap, base int) Overlap {
	o := Overlap{A: b.Count(), B: other.Count()}
	for i := range min(len(b.words), len(other.words)) {
		o.Both += bits.OnesCount64(b.words[i] & other.words[i])
	}
	o.Either = o.A + o.B - o.Both
	o.Base = max(base, o.Either)
	o.Jaccard, o.ShareOfA, o.ShareOfB = portion(o.Both, o.Either), portion(o.Both, o.A), portion(o.Both, o.B)
	o.Lift, _ = twoShares{o.Both, o.A, o.B - o.Both, o.Base - o.A}.lift()
	o.Only = o.Both > 0 && o.Both == o.B
	return o
}

// portion is n / all, or 0 if all is 0.
func portion(n, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(n) / float64(all)
}
