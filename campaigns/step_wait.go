package campaigns

import (
	"cmp"
	"time"
)

// timing is when a step is due and when it expires.
type timing struct {
	due     time.Time // zero: not known yet; an event will set it
	early   time.Time // when to send: due, or before quiet hours that due lies in
	expires time.Time // zero: never
	skip    string    // why the step can have no time; empty: it can
	delay   string    // why it is due after its own time; empty: it is not
}

// timing finds when a step is due. Its own time counts from the due time of the
// step before, or is an earlier limit. It is never before that due time: an earlier
// date is due at once, and its expiry still counts from the date. After a delay of
// the step before it is due later.
func (d *decider) timing(e Enrolment, s Step) timing {
	at, m := e.StepDue.Add(s.Wait), timing{}
	if s.Until != nil {
		if s.Until.Local != nil {
			at = d.movedTime(e, s, d.localTime(e.StepDue, *s.Until.Local))
		} else if at, m = d.until(e, *s.Until); at.IsZero() {
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
	if held, why := d.afterDelay(e, m.due); why != "" {
		m.due, m.early, m.delay = held, held, why
		return m
	}
	if m.early = m.due; s.Do == DoSend {
		m.early = d.beforeQuiet(e, s, m.due)
	}
	return m
}

// delaySlack is how late a message may be sent without counting as delayed: a busy
// service, and a demo that steps its clock, need that time.
const delaySlack = 15 * time.Minute

// afterDelay is when a step is due whose predecessor was delayed by a pause, an
// outage, an unreachable relay, or a cause received late. The step waits for that
// sending and keeps its distance from it. Quiet hours and caps are no delay, unless
// the two messages would go out together. why is empty if own stays the due time.
func (d *decider) afterDelay(e Enrolment, own time.Time) (due time.Time, why string) {
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
	case late > min(delaySlack, gap/2), !sent.Before(own):
		return sent.Add(gap), "step " + e.Sending + " was sent late, at " + stamp(sent)
	}
	return own, ""
}

// sending is when the last step of e was sent: open while it may still be sent, zero
// if it never was. For customers held out it is when the step was taken.
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

// lateEntry is how long after its time a step may still begin a sequence whose cause
// was received late, if the file sets no expiry.
const lateEntry = day

// tooLateAtEntry is why a step is left out whose time was over when its customer
// entered; empty: it is taken. A reminder still in time begins the sequence late. A
// later one never begins it in place of the reminders that were too late.
func (d *decider) tooLateAtEntry(e Enrolment, m timing) string {
	heard := cmp.Or(e.ReceivedAt, e.EnteredAt)
	switch {
	case !m.due.Before(e.EnteredAt):
		return ""
	case e.Backfill:
		return "due " + stamp(m.due) + ", before the entry, of which the cause is older than the campaign"
	case e.Late:
		return "due " + stamp(m.due) + ", before the entry, and the steps before it were too late"
	case m.expires.IsZero() && !d.c.Trigger.lapses() && !d.c.OnTime() && heard.Sub(m.due) > lateEntry:
		return "due " + stamp(m.due) + ", and first received more than a day later"
	}
	return ""
}

// schedule sets DueAt to when the enrolment's next step is to be taken.
func (d *decider) schedule(e Enrolment) Enrolment {
	before := e
	e.StepID, e.DueAt = "", time.Time{}
	if e.State != Enrolled {
		return e
	}
	if e.Step >= len(d.c.Steps) {
		e.DueAt = e.StepDue
		return e
	}
	s := d.c.Steps[e.Step]
	m := d.timing(before, s)
	if e.StepID = s.ID; s.Do == DoWebhook && e.Called == s.ID {
		e.DueAt = d.askedAt(e, before.DueAt)
		return e
	}
	if m.skip != "" {
		e.DueAt = e.StepDue
		return e
	}
	e.DueAt = m.early // zero while the date is not known: an event will set it
	if s.Do == DoWaitFor && !m.due.IsZero() && !m.due.After(d.now) {
		at, _, _, ended := d.awaited(e, s, m)
		if e.DueAt = at; ended {
			e.DueAt = d.now
		}
	}
	return e
}
