package segments

import "cmp"

// bands divide a number into ranges, in rising order.
type bands struct {
	scale int // decimals of the bounds
	list  []band
}

// band is the numbers from its bound to the next one's. Above excludes the bound
// itself, which is then in the band before.
type band struct {
	name  string
	from  int64
	above bool
}

// of is the number of the band that contains num / den, from 1. It is 0 below all
// bands, and where den is not above 0.
func (b *bands) of(num, den int64) uint8 {
	const small = 1 << 40 // its product with a bound fits
	if den <= 0 || num < 0 {
		return 0
	}
	i, scale := 0, pow10(b.scale)
	for i < len(b.list) {
		at := &b.list[i]
		var c int
		if num < small && den < small {
			c = cmp.Compare(num*scale, at.from*den)
		} else {
			c = cmpProducts(num, scale, at.from, den)
		}
		if c < 0 || c == 0 && at.above {
			break
		}
		i++
	}
	return uint8(i)
}

func (b *bands) names() (list []string) {
	for _, at := range b.list {
		list = append(list, at.name)
	}
	return list
}

// The ranges of a profile.
var (
	ageBands = bands{list: []band{{"under 18", 0, false}, {"18-24", 18, false}, {"25-34", 25, false}, {"35-44", 35, false},
		{"45-54", 45, false}, {"55-64", 55, false}, {"65 and over", 65, false}}}
	knownBands = bands{list: []band{{"up to 30 days", 0, false}, {"31-90 days", 31, false}, {"91-365 days", 91, false},
		{"1-2 years", 366, false}, {"over 2 years", 731, false}}}
	pointBands = bands{list: []band{{"0", 0, false}, {"1-99", 1, false}, {"100-999", 100, false},
		{"1000-9999", 1000, false}, {"10000 and more", 10000, false}}}
	countBands = bands{list: []band{{"0", 0, false}, {"1", 1, false}, {"2", 2, false},
		{"3-4", 3, false}, {"5-9", 5, false}, {"10 and more", 10, false}}}
	sinceBands = bands{list: []band{{"up to 30 days", 0, false}, {"31-60 days", 31, false}, {"61-90 days", 61, false},
		{"91-180 days", 91, false},
		{"181-365 days", 181, false}, {"over 1 year", 366, false}}}
	gapBands = bands{list: []band{{"up to 7 days", 0, false}, {"over 7 to 30 days", 7, true},
		{"over 30 to 90 days", 30, true}, {"over 90 to 180 days", 90, true}, {"over 180 days", 180, true}}}
	unitBands = bands{list: []band{{"up to 1", 0, false}, {"over 1 to 2", 1, true}, {"over 2 to 3", 2, true},
		{"over 3 to 5", 3, true}, {"over 5", 5, true}}}
	hourBands = bands{list: []band{{"0-5", 0, false}, {"6-11", 6, false}, {"12-17", 12, false}, {"18-23", 18, false}}}
	lateBands = bands{scale: 1, list: []band{{"up to 0.5", 0, false}, {"over 0.5 to 1", 5, true}, {"over 1 to 1.5", 10, true},
		{"over 1.5 to 2.5", 15, true}, {"over 2.5 to 4", 25, true}, {"over 4", 40, true}}}
	shareBands = bands{scale: 2, list: []band{{"none", 0, false}, {"up to 25 %", 0, true}, {"over 25 to 50 %", 25, true},
		{"over 50 to 75 %", 50, true}, {"over 75 %", 75, true}}}
	discountBands = bands{scale: 2, list: []band{{"none", 0, false}, {"up to 5 %", 0, true}, {"over 5 to 10 %", 5, true},
		{"over 10 to 20 %", 10, true}, {"over 20 to 40 %", 20, true}, {"over 40 %", 40, true}}}
)
