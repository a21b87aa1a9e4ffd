package campaigns

import (
	"cmp"
	"fmt"
	"time"
)

// DefaultPriority is the priority of a campaign whose file states none.
const DefaultPriority = 50

// Want is a message of a campaign to a customer, beside the one that is decided about: it waits
// to be sent, a worker hands it over now, it was sent, or its step is still to be taken.
type Want struct {
	Message  string // its id
	Campaign string
	Priority int
	Class    Class
	FirstDue time.Time // when it was due at first: of equal priorities the earlier goes first
	At       time.Time // when it may go out; of a sent one, when it was sent
	Sent     bool
}

// before reports whether w goes before o. It is a part of one total order (priority, class, due
// time, id), so no messages can wait for each other in a circle. Of its own priority a service
// message waits for nobody: what is owed about one order is not held up by another.
func (w Want) before(o Want) bool {
	switch {
	case w.Priority != o.Priority:
		return w.Priority > o.Priority
	case o.Class == Service:
		return false
	case w.Class == Service:
		return true
	}
	return cmp.Or(w.FirstDue.Compare(o.FirstDue), cmp.Compare(w.Message, o.Message)) < 0
}

// defers is until when w defers o; zero: it does not. Within a window, a customer gets the
// messages of one campaign: of those that want it, the one that goes before the others. Without
// a window a message waits only for one that is due now, and only for a higher priority.
func (w Want) defers(o Want, window time.Duration, now time.Time) time.Time {
	switch {
	case w.Campaign == o.Campaign || !w.before(o) || window == 0 && w.Priority == o.Priority:
		return time.Time{}
	case w.Sent && w.At.Add(window).After(now):
		return w.At.Add(window)
	case w.Sent || w.At.After(now.Add(window)):
		return time.Time{}
	case w.At.After(now):
		return w.At.Add(time.Minute)
	}
	// It is about to go out, or something holds it up: ask again, less and less often.
	return now.Add(min(max(now.Sub(w.At)/2, time.Minute), time.Hour))
}

func (w Want) String() string {
	if w.Sent {
		return fmt.Sprintf("campaign %s (priority %d) wrote to the customer at %s", w.Campaign, w.Priority, stamp(w.At))
	}
	return fmt.Sprintf("campaign %s (priority %d) wants the customer too, at %s", w.Campaign, w.Priority, stamp(w.At))
}

// guardWants lets a message wait while another campaign's goes before it.
func (d *decider) guardWants(m Message) check {
	own := Want{Message: m.ID, Campaign: d.c.ID, Priority: d.c.Priority, Class: m.Class, FirstDue: m.firstDue()}
	window := d.f.Shop.Contact.Window()
	var first Want
	var until time.Time
	for _, w := range d.f.Wants {
		at := w.defers(own, window, d.now)
		if at.IsZero() || w.Class == Marketing && d.frozen() {
			continue
		}
		if until.IsZero() || w.before(first) {
			first = w
		}
		if at.After(until) {
			until = at
		}
	}
	if until.IsZero() {
		return check{reason: pass(CheckWants, "priority %d: no other campaign goes first", d.c.Priority)}
	}
	return d.waits(m, fail(CheckWants, "%s, and goes before this one (priority %d)", first, d.c.Priority), until)
}

// longestDeferral is how long a message without an expiry waits for other campaigns or for the end
// of a freeze.
const longestDeferral = 30 * day

// waits is the answer of a guard that lets a message wait until a time, at most until it expires.
// Then it is dropped with the reason.
func (d *decider) waits(m Message, r Reason, until time.Time) check {
	last := m.ExpiresAt
	if last.IsZero() && !m.PlannedAt.IsZero() {
		last = m.PlannedAt.Add(longestDeferral)
	}
	switch {
	case last.IsZero() || until.Before(last):
		return check{reason: r, defers: until, waiting: true}
	case d.now.Before(last):
		return check{reason: r, defers: last, waiting: true}
	}
	r.Text += fmt.Sprintf("; it has waited since %s", stamp(m.PlannedAt))
	return check{reason: r}
}

// waitedFor is what a message waited for when it expired; empty: it did not wait.
func (m Message) waitedFor() string {
	if len(m.Record) == 0 {
		return ""
	}
	last := m.Record[len(m.Record)-1]
	for _, r := range last.Reasons {
		if !r.Pass && (r.Check == CheckWants || r.Check == CheckFreeze) {
			return r.Text
		}
	}
	return ""
}

// firstDue is when the message was due before anything put it off.
func (m Message) firstDue() time.Time { return cmp.Or(m.FirstDue, m.PlannedAt) }

// WantsOf are the wants beside message among the sendings to one customer under all ids. running
// returns the version of a campaign whose messages may go out now, or nil.
func WantsOf(list []Sending, message string, running func(campaign string, version int) *Campaign, now time.Time) []Want {
	var wants []Want
	for _, s := range list {
		if s.ID == message || s.over(now) {
			continue
		}
		c := running(s.Campaign, s.Version)
		if c == nil && !s.gone() {
			continue // it is paused, or archived
		}
		w := Want{
			Message: s.ID, Campaign: s.Campaign, Priority: DefaultPriority, Class: s.Class,
			FirstDue: cmp.Or(s.FirstDue, s.PlannedAt), At: s.DueAt, Sent: s.gone(),
		}
		if c != nil {
			w.Priority = c.Priority
		}
		if w.Sent {
			w.At = cmp.Or(s.SentAt, s.Rendered)
		}
		wants = append(wants, w)
	}
	return wants
}

// WantsAhead are the wants of running enrolments whose next step is to send. running is that of
// WantsOf.
func WantsAhead(list []Enrolment, running func(campaign string, version int) *Campaign) []Want {
	var wants []Want
	for _, e := range list {
		c := running(e.Campaign, e.Version)
		if c == nil || e.Arm != Treated || e.DueAt.IsZero() || e.Step >= len(c.Steps) || c.Steps[e.Step].Do != DoSend {
			continue
		}
		wants = append(wants, Want{
			Message: NewMessageID(e, e.StepID), Campaign: e.Campaign, Priority: c.Priority, Class: c.Class, FirstDue: e.DueAt, At: e.DueAt,
		})
	}
	return wants
}
