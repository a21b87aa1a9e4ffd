package campaigns

import (
	"cmp"
	"time"
)

// turn is when a step is due and until when it makes sense.
type turn struct {
	due     time.Time // zero: not known yet, an event will tell
	early   time.Time // when to send: due, or before quiet hours that due lies in
	expires time.Time // zero: never
	skip    string    // why the step has no time at all; empty: it has
	held    string    // why it is due later than its own time; empty: it is not
}

// turn finds when a step is due. Its own time runs from when the step before was
// due, or is a limit that lies earlier, and is never before that: a date that
// lies further back is due at once, and its expiry still counts from the date.
// After a hold it is due later.
func (d *decider) turn(e Enrolment, s Step) turn {
	at, m := e.StepDue.Add(s.Wait), turn{}
	if s.Until != nil {
		if at, m = d.until(e, *s.Until); at.IsZero() {
			return m
		}
	}
	if s.Latest != nil {
		at = earlierOf(at, d.limit(e, *s.Latest))
	}
	if s.Expires > 0 {
		m.expires = at.Add(s.Expires)
	}
	m.due = at
	if at.Before(e.StepDue) {
		m.due = e.StepDue
	}
	if held, why := d.afterHold(e, m.due); why != "" {
		m.due, m.early, m.held = held, held, why
		return m
	}
	m.early = d.beforeQuiet(e, s, m.due)
	return m
}

// holdSlack is how late a message may be sent without a hold: what a busy
// service, and a demo that steps its clock, take.
const holdSlack = 15 * time.Minute

// afterHold is when a step is due whose predecessor was held up: by a pause, an
// outage, a relay that was away, or a cause told of late. Then it keeps its
// distance from that sending, for which it waits. Quiet hours and caps are no
// hold, unless the two would go out together. why is empty where own holds.
func (d *decider) afterHold(e Enrolment, own time.Time) (due time.Time, why string) {
	gap := own.Sub(e.StepDue)
	if e.Sending == "" || gap <= 0 {
		return own, ""
	}
	sent, open := d.sending(e)
	switch late := sent.Sub(d.expected(e)); {
	case open && own.After(d.now), !open && sent.IsZero():
		return own, ""
	case open:
		return d.now.Add(max(gap, time.Minute)), "step " + e.Sending + " is not sent yet"
	case late > min(holdSlack, gap/2), !sent.Before(own):
		return sent.Add(gap), "step " + e.Sending + " was sent late, at " + stamp(sent)
	}
	return own, ""
}

// sending is when the last step of e was sent; open while it still may be, zero
// when it never was. For the held out it is when the step was taken.
func (d *decider) sending(e Enrolment) (at time.Time, open bool) {
	m := d.f.Before
	switch {
	case e.Arm != Treated:
		return e.TookAt, false
	case d.planned:
		return time.Time{}, true
	case m == nil || m.ID != e.Before():
		return time.Time{}, false
	}
	switch m.State {
	case Planned, Deferred, Claimed, HandingOver:
		return time.Time{}, true
	case Sent, Uncertain:
		return cmp.Or(m.SentAt, m.Rendered, m.EndedAt), false
	}
	return time.Time{}, false
}

// expected is when the last step of e should have been sent.
func (d *decider) expected(e Enrolment) time.Time {
	if m := d.f.Before; m != nil && m.ID == e.Before() && m.PutOffTo.After(e.StepDue) {
		return m.PutOffTo
	}
	return e.StepDue
}

// lateEntry is how long after its time a step may still open a sequence whose
// cause was told of late, where the file sets no expiry.
const lateEntry = day

// overAtEntry tells why a step is left out whose time was over when its customer
// entered; empty: it is taken. A reminder that is still in time opens the sequence
// late; a later one never opens it in place of those that were too late.
func (d *decider) overAtEntry(e Enrolment, m turn) string {
	heard := cmp.Or(e.HeardAt, e.EnteredAt)
	switch {
	case !m.due.Before(e.EnteredAt):
		return ""
	case e.Backfill:
		return "due " + stamp(m.due) + ", before the entry, of which the cause is older than the campaign"
	case e.Late:
		return "due " + stamp(m.due) + ", before the entry, and the steps before it were too late"
	case m.expires.IsZero() && d.c.Trigger.Lapse == 0 && heard.Sub(m.due) > lateEntry:
		return "due " + stamp(m.due) + ", and first told of more than a day later"
	}
	return ""
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
