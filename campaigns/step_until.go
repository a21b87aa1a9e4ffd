package campaigns

import (
	"slices"
	"time"
)

// limit is the moment that u gives for a step; zero while its date is not known.
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

// earlierOf is a, or limit if that is set and earlier.
func earlierOf(a, limit time.Time) time.Time {
	if !limit.IsZero() && limit.Before(a) {
		return limit
	}
	return a
}

// until is the moment that a date of the order gives, as the order is now. Without
// the date it is ElseWait. Without that, a step after the date waits for the date. A
// step before it is left out, because the order may never have one.
func (d *decider) until(e Enrolment, u Until) (time.Time, timing) {
	at := d.limit(e, u)
	switch {
	case !at.IsZero():
		return at, timing{}
	case u.HasElse:
		return e.StepDue.Add(u.ElseWait), timing{}
	case u.Before:
		return time.Time{}, timing{skip: string(u.Date) + " is not known"}
	default:
		return time.Time{}, timing{}
	}
}

// localTime is the next local time, not before from. A time of day that the change to summer time
// leaves out is as much later as the clocks are put forward; of one that there is twice it is the
// first.
func (d *decider) localTime(from time.Time, l LocalTime) time.Time {
	zone := d.zone(l.Zone)
	local := wall(from, zone)
	for days := range 9 {
		clock := local.AddDate(0, 0, days)
		if l.Minute >= 0 {
			clock = time.Date(clock.Year(), clock.Month(), clock.Day(), 0, l.Minute, 0, 0, time.UTC)
		}
		at := instantOf(clock, zone)
		if days == 0 && l.Minute < 0 {
			at = from
		}
		if !at.Before(from) && (len(l.Weekdays) == 0 || slices.Contains(l.Weekdays, at.In(zone).Weekday())) {
			return at.UTC()
		}
	}
	return from
}

// movedTime is the local time of a step that was scheduled before. Where the customer has moved west since,
// own is the time of a day on which it was over there: then it is the next one from when the step was
// scheduled for.
func (d *decider) movedTime(e Enrolment, s Step, own time.Time) time.Time {
	if e.StepID != s.ID || !own.Before(e.DueAt) || s.Do == DoWaitFor || s.Do == DoWebhook {
		return own
	}
	if _, delayed := d.afterDelay(e, own); delayed != "" {
		return own
	}
	return d.localTime(e.DueAt, *s.Until.Local)
}
