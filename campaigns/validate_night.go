package campaigns

import (
	"fmt"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// nights notes the hours of the day at which a cause leads to a step that is never
// sent, because it expires before quiet hours end. If that is so at every hour, it
// is an error. Dates of orders count as not known.
func (r *reader) nights(c *Campaign, step int, at *strictjson.Node, shop commerce.Shop) {
	quiet, ok := c.quiet(c.Steps[step].likely(), shop.Market)
	if !ok {
		return
	}
	var never []string
	for hour := range 24 {
		if !c.sendable(step, hour, shop) {
			never = append(never, fmt.Sprintf("%02d:00", hour))
		}
	}
	switch {
	case len(never) == 0:
	case len(never) == 24:
		r.problem(at, "unreachable: at no hour of the day can step %s be sent, because quiet hours %s end after it expires", c.Steps[step].ID,
			quiet)
	case quiet.Then == QuietDrop:
		r.note(at, "step %s is never sent when the cause is at %s: quiet hours %s drop it", c.Steps[step].ID, strings.Join(never, ", "), quiet)
	default:
		r.note(at, "step %s is never sent when the cause is at %s: it expires before quiet hours %s end", c.Steps[step].ID,
			strings.Join(never, ", "), quiet)
	}
}

// sendable reports whether a step can be sent after a cause at an hour of the day.
func (c *Campaign) sendable(step, hour int, shop commerce.Shop) bool {
	cause := time.Date(2026, 3, 2, hour, 0, 0, 0, shop.Location())
	d := newDecider(c, Facts{Shop: shop}, cause)
	e := Enrolment{BeganAt: d.now, StepDue: d.now}
	for _, p := range c.way(step) {
		if m := d.timing(e, c.Steps[p.step]); !m.due.IsZero() {
			e.StepDue = m.due
		}
	}
	e.Step = step
	m := d.timing(e, c.Steps[step])
	if m.due.IsZero() {
		return true // it waits for a date
	}
	q, _ := c.quiet(c.Steps[step].likely(), shop.Market)
	_, ends, inside := q.during(m.early, d.zone(q.Zone))
	switch {
	case !inside:
		return true
	case q.Then == QuietDrop:
		return false
	default:
		return m.expires.IsZero() || ends.Before(m.expires)
	}
}
