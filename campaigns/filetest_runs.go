package campaigns

import (
	"time"

	"comeback/commerce"
)

// mostTestRuns bounds the runs of a schedule in one test.
const mostTestRuns = 100

// testStart is when a test begins: on Monday, 2 March 2026, at 10:00 in the shop's zone. That
// of a broadcast with a time begins a day before it, so that it is sent at 1d in the shop's
// zone, and in each other zone when its time comes there.
func testStart(c *Campaign, shop commerce.Shop) time.Time {
	if t := c.Trigger.Timetable; t != nil && !t.At.IsZero() {
		return instantOf(t.At, shop.Location()).Add(-day)
	}
	return time.Date(2026, 3, 2, 10, 0, 0, 0, shop.Location()).UTC()
}

// plan plans the runs of a test, which activates its campaign when it begins. A schedule has
// the runs up to the last line, and the one after it.
func (w *world) plan(given []Given) {
	last := w.start
	for _, g := range given {
		last = w.start.Add(g.Offset)
	}
	for r, ok := FirstRun(w.c, w.shop, w.start); ok && len(w.runs) < mostTestRuns; r, ok = NextRun(w.c, w.shop, r, r.Planned) {
		if r.DueAt.Before(w.start) {
			r.DueAt = w.start
		}
		if w.runs = append(w.runs, r); r.DueAt.After(last) {
			return
		}
	}
}

// pass lets a run pass all customers.
func (w *world) pass(r Run) {
	for _, id := range which(w.customers, func(*person) bool { return true }) {
		w.budget.spend(w.size())
		c := w.campaign(id)
		enrolment, err := EnrolmentID(c, w.shop.ID, id)
		if err != nil {
			continue
		}
		o := Occasion{Kind: OnRun, Run: r, Event: commerce.Event{Customer: id}}
		w.decide(c, w.enrolments[enrolment], o, w.facts(c, Needs(c, o), Enrolment{Customer: id, CauseAt: r.DueAt}))
	}
}
