package campaigns

import "time"

// until is the moment a date of the order gives, as the order is now. Without
// the date: ElseWait; else a moment after it waits to be known, one before it is
// left out, for there may never be one.
func (d *decider) until(e Enrolment, u Until) (time.Time, turn) {
	date := d.date(u.Date, e.Order)
	switch {
	case !date.IsZero() && u.Before:
		return date.Add(-u.By), turn{}
	case !date.IsZero():
		return date.Add(u.By), turn{}
	case u.HasElse:
		return e.StepDue.Add(u.ElseWait), turn{}
	case u.Before:
		return time.Time{}, turn{skip: string(u.Date) + " is not known"}
	default:
		return time.Time{}, turn{}
	}
}
