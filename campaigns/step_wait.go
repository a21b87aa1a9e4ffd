package campaigns

import "time"

// turn is when a step is due and until when it makes sense.
type turn struct {
	due     time.Time // zero: not known yet, an event will tell
	early   time.Time // when to send: due, or before quiet hours that due lies in
	expires time.Time // zero: never
	skip    string    // why the step is left out; empty: it is taken
}

// turn finds when a step is due. It runs from when the step before was due and
// is never before that: a date that lies further back is due at once, and its
// expiry still counts from the date.
func (d *decider) turn(e Enrolment, s Step) turn {
	at, m := e.StepDue.Add(s.Wait), turn{}
	if s.Until != nil {
		if at, m = d.until(e, *s.Until); at.IsZero() {
			return m
		}
	}
	if s.Expires > 0 {
		m.expires = at.Add(s.Expires)
	}
	m.due = at
	if at.Before(e.StepDue) {
		m.due = e.StepDue
	}
	m.early = d.beforeQuiet(e, s, m.due)
	return m
}

// schedule sets DueAt to when the enrolment's next step is to be taken.
func (d *decider) schedule(e Enrolment) Enrolment {
	e.StepID, e.DueAt = "", time.Time{}
	if e.State != Enrolled {
		return e
	}
	if e.Step >= len(d.c.Steps) {
		e.DueAt = e.StepDue
		return e
	}
	s := d.c.Steps[e.Step]
	m := d.turn(e, s)
	e.StepID = s.ID
	if m.skip != "" {
		e.DueAt = e.StepDue
		return e
	}
	e.DueAt = m.early // zero while the date is not known: an event will tell
	return e
}
