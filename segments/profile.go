package segments

import (
	"encoding/json"
	"math"
	"time"
)

// Profile shows what is special about a segment: its key figures beside those of
// the rest of the shop, and its traits, the strongest first, those that its condition
// implies last. No number in it is
// NaN or infinite.
type Profile struct {
	Size  int     `json:"size"`  // members in the index
	Base  int     `json:"base"`  // customers of the shop
	Share float64 `json:"share"` // size / base, 0 to 1

	Segment KPIs `json:"segment"`
	Rest    KPIs `json:"rest"` // the customers outside
	All     KPIs `json:"all"`

	Traits  []Trait  `json:"traits"`            // none where the segment has all customers or none
	Tested  int      `json:"tested"`            // number compared: the q-values are over them
	Support int      `json:"support"`           // the minimum support used
	Trimmed []string `json:"trimmed,omitempty"` // fields of which only the most frequent values were compared
}

// ProfileOptions control a profile. The zero value is all time, every customer,
// and the defaults named here.
type ProfileOptions struct {
	Days int // window of the key figures: calendar days of the shop's zone up to now; 0: all time
	// Support is the least number of members with a trait, or the number expected if the segment were like the rest.
	// 0: 1 % of the segment, at least 5 and at most 30.
	Support int
	Level   float64 // false discovery rate up to which a trait is special; 0: 0.05
	Most    int     // traits returned; 0: 100
	// Known counts shares of the customers whose field is known, or of the buyers for purchases. Else shares are of all.
	Known bool
	// Of is the condition that the members match; nil: not known. Traits that it implies are marked.
	Of Condition
}

// Trait is a value that more, or fewer, customers of a segment have than of the
// rest of the shop.
type Trait struct {
	Family    string          `json:"family"`          // natural, social, lifecycle, rfm, purchase, habit, engagement
	Field     string          `json:"field"`           // as conditions name it
	Value     string          `json:"value"`           // as it is stored; of a number, a range
	Title     string          `json:"title,omitempty"` // of a product, whose value is its id
	Condition json.RawMessage `json:"condition,omitempty"`

	In     int `json:"in"`      // members who have it
	Of     int `json:"of"`      // members
	Rest   int `json:"rest"`    // others who have it
	OfRest int `json:"of_rest"` // others

	Share     float64 `json:"share"`      // in / of
	RestShare float64 `json:"rest_share"` // rest / of_rest
	Lift      float64 `json:"lift"`       // share / rest_share; 0 with Only
	Low       float64 `json:"low"`        // 95 % interval of the lift, by Koopman's score
	High      float64 `json:"high"`       // 0 with Only
	Only      bool    `json:"only"`       // nobody else has it: the lift is unbounded

	P       float64 `json:"p"`       // of the chi-square test, or Fisher's exact where few are expected
	Q       float64 `json:"q"`       // of Benjamini and Hochberg, over all traits tested
	Special bool    `json:"special"` // q is at most the level
	Implied bool    `json:"implied"` // the segment's own condition says so: listed last
	// Weight is |share - rest_share| x |ln of the end of the interval nearest to 1|. It is 0 where 1 lies in the
	// interval, or the trait is not special.
	Weight float64 `json:"weight"`
}

// Defaults of ProfileOptions.
const (
	defaultLevel  = 0.05
	defaultTraits = 100
	leastSupport  = 5
	mostSupport   = 30
)

// Profile compares the members of a segment with all other customers at now,
// in one pass over the index as it is when it begins. It ignores members that are
// not in the index. Traits are of all time, of the orders that count. If a field
// has more than 32,768 values, only frequent ones are compared: all that are more
// than 1 in 32,768 of the field's entries. This bounds the memory for any shop.
func (ix *Index) Profile(members *Bitmap, opt ProfileOptions, now time.Time) Profile {
	state, s := ix.state.Load(), ix.shop.Load()
	v := newEvaluation(nil, nil, s.params, now)
	figures := state.kpis([]*Bitmap{members}, opt.Days, v)
	p := Profile{Segment: figures[0], All: figures[1], Rest: figures[1].without(figures[0])}
	p.Segment.finish(&figures[1])
	p.Rest.finish(&figures[1])
	p.All.finish(&figures[1])
	p.Size, p.Base, p.Share = p.Segment.Customers, p.All.Customers, p.Segment.Share
	p.Support = opt.Support
	if p.Support <= 0 {
		p.Support = min(max(p.Size/100, leastSupport), mostSupport)
	}
	if p.Size == 0 || p.Size == p.Base {
		return p
	}
	pr := newProfiler(state, s, v)
	pr.count(members)
	p.Trimmed = pr.trimmed()
	p.Traits, p.Tested = pr.traits(p.Size, p.Base, p.Support, opt)
	return p
}

// compare computes shares, lift, interval and weight.
func (t *Trait) compare() {
	s := twoShares{t.In, t.Of, t.Rest, t.OfRest}
	t.Share, t.RestShare = portion(t.In, t.Of), portion(t.Rest, t.OfRest)
	lift, ok := s.lift()
	t.Lift, t.Only = lift, !ok
	if t.Low, t.High = s.interval(); t.Only {
		t.High = 0
	}
	switch {
	case !t.Special:
	case t.Low > 1:
		t.Weight = math.Abs(t.Share-t.RestShare) * math.Log(t.Low)
	case t.High < 1 && !t.Only:
		t.Weight = -math.Abs(t.Share-t.RestShare) * math.Log(t.High)
	}
}
