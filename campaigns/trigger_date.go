package campaigns

import (
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// DateTrigger lets a customer enter a number of days before or after a date of theirs,
// at a local time of their zone (the shop's, where theirs is not known).
type DateTrigger struct {
	Field  string // customer.birthday or customer.custom.<key>
	Offset int    // calendar days from the date; negative: before
	At     int    // minute of the local day; a time that summer time skips comes when the clock is put forward
	Yearly bool   // each anniversary, from the year after the date; else the date itself, once
}

// catchUp is how late an occurrence of a date may be decided.
const catchUp = 24 * time.Hour

// dateReached is the kind of the cause of an occurrence. No such event is stored.
const dateReached commerce.EventKind = "date.reached"

// occurrence is one date and the instant at which the trigger is due for it.
type occurrence struct {
	date segments.Date
	at   time.Time
}

// next is the first occurrence of a date that is due at from or later; ok is false
// where there is none.
func (t DateTrigger) next(date segments.Date, zone *time.Location, from time.Time) (o occurrence, ok bool) {
	due := func(d segments.Date) occurrence { return occurrence{d, d.Add(t.Offset).At(t.At, zone)} }
	if !t.Yearly {
		if date.Year() == 0 {
			return occurrence{}, false
		}
		o = due(date)
		return o, !o.at.Before(from)
	}
	year := segments.DateOf(from, zone).Add(-t.Offset).Year() - 1
	if date.Year() > 0 {
		year = max(year, date.Year()+1)
	}
	for {
		if o = due(date.In(year)); !o.at.Before(from) {
			return o, true
		}
		year++
	}
}

// dateWatch is the watch of the next occurrence of the customer's date, with the one
// after it. It looks back no further than catchUp, the moment since when the customer is
// known, and the start of the campaign.
func (d *decider) dateWatch() (Watch, *Reason) {
	t, zone := *d.c.Trigger.Date, d.zone(CustomerZone)
	date, text, ok := segments.DateField(d.profile.Attributes, t.Field, zone)
	switch {
	case text == "":
		return Watch{}, refuse(CheckTrigger, "%s is not known", t.Field)
	case !ok:
		return Watch{}, refuse(CheckTrigger, "%s is no date: write 2006-01-02, or --01-02 without the year", t.Field)
	case !t.Yearly && date.Year() == 0:
		return Watch{}, refuse(CheckTrigger, "%s has no year: only a yearly trigger can wait for it", t.Field)
	}
	from := laterOf(laterOf(d.now.Add(-catchUp), d.profile.KnownSince), d.c.Since.Truncate(time.Second))
	first, ok := t.next(date, zone, from)
	if !ok {
		return Watch{}, refuse(CheckTrigger, "%s is over: it was due on %s", t.Field, stamp(date.Add(t.Offset).At(t.At, zone)))
	}
	w, r := d.occurs(first)
	if r != nil || !t.Yearly {
		return w, r
	}
	second, _ := t.next(date, zone, first.at.Add(time.Millisecond))
	next, r := d.occurs(second)
	w.Next = &next
	return w, r
}

// occurs is the watch of one occurrence.
func (d *decider) occurs(o occurrence) (Watch, *Reason) {
	ev := commerce.NewEvent(d.f.Shop.ID, dateReached, d.f.Customer.ID, commerce.Key(d.c.Trigger.Date.Field, o.date.String()), o.at)
	return d.watchFor(ev, o.at)
}

// laterOf is the later of two times.
func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// dated decides the occurrence of a date that is due, and goes on to the next one.
func (d *decider) dated(w Watch, e Enrolment, next *Watch) (Watch, Enrolment) {
	ev, err := commerce.EventOf(w.Cause, w.CauseAt)
	if err != nil {
		return w.decided(refuse(CheckTrigger, "%s", err), next), e
	}
	entering, refusal := d.entry(e, ev, w.DueAt)
	if refusal == nil {
		refusal = d.eligible(&entering, e)
	}
	return w.decided(refusal, next), d.entered(e, entering, refusal)
}

// overslept closes a date that is due for longer than catchUp, if w waits for one:
// current is the watch of the next occurrence.
func (d *decider) overslept(w, current Watch) Watch {
	if w.Cause == current.Cause || w.DueAt.IsZero() || !w.DueAt.Before(d.now.Add(-catchUp)) {
		return w
	}
	return w.decided(refuse(CheckTime, "due %s, and more than 24 hours are over", stamp(w.DueAt)), nil)
}
