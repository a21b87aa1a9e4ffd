package campaigns

import "time"

// limit is the moment a step is to be taken by, zero where its date is not known.
func (d *decider) limit(e Enrolment, u Until) time.Time {
	date := d.date(u.Date, e.Order)
	switch {
	case date.IsZero():
		return date
	case u.Before:
		return date.Add(-u.By)
	}
	return date.Add(u.By)
}

// earlierOf is a, or limit where that is set and earlier.
func earlierOf(a, limit time.Time) time.Time {
	if !limit.IsZero() && limit.Before(a) {
		return limit
	}
	return a
}

// until is the moment a date of the order gives, as the order is now. Without
// the date: ElseWait; else a moment after it waits to be known, one before it is
// left out, for there may never be one.
func (d *decider) until(e Enrolment, u Until) (time.Time, turn) {
	at := d.limit(e, u)
	switch {
	case !at.IsZero():
		return at, turn{}
	case u.HasElse:
		return e.StepDue.Add(u.ElseWait), turn{}
	case u.Before:
		return time.Time{}, turn{skip: string(u.Date) + " is not known"}
	default:
		return time.Time{}, turn{}
	}
}
