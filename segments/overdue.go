package segments

import (
	"math/big"
	"time"

	"comeback/commerce"
)

// OverdueAt is the first instant from which orders.overdue_ratio of a profile is at
// least ratio, unless the customer pays again: the beginning of a day in the zone of p.
// Orders paid after now do not count. ratio is above 0. ok is false where the field is
// unset: of a customer without a paid order, and in a shop that has fewer than 200
// repeat gaps or is not fitted.
func OverdueAt(profile *commerce.Profile, ratio commerce.Decimal, p Params, now time.Time) (at time.Time, ok bool) {
	v := newEvaluation(profile, nil, p, now)
	last, known := v.lastPaid()
	gap, own := v.expectedGap()
	if !known || !own || ratio.Units <= 0 {
		return time.Time{}, false
	}
	// The fewest whole days with days x dayParts x 10^scale >= units x gap.
	need := new(big.Int).Mul(big.NewInt(ratio.Units), big.NewInt(gap))
	per := new(big.Int).Mul(big.NewInt(dayParts), big.NewInt(pow10(ratio.Scale)))
	days, rest := new(big.Int).QuoRem(need, per, new(big.Int))
	if rest.Sign() > 0 {
		days.Add(days, big.NewInt(1))
	}
	if !days.IsInt64() || days.Int64() > mostDaysAhead {
		return time.Time{}, false
	}
	return dayOf(last, v.zone).add(int(days.Int64())).start(v.zone).UTC(), true
}

// mostDaysAhead bounds a date that is computed: 1000 years.
const mostDaysAhead = 365_250

// ExpectedGap is the gap between orders that conditions expect of a customer, in days;
// ok is false as for OverdueAt.
func ExpectedGap(profile *commerce.Profile, p Params, now time.Time) (days float64, ok bool) {
	gap, ok := newEvaluation(profile, nil, p, now).expectedGap()
	return float64(gap) / dayParts, ok
}
