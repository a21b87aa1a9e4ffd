package campaigns

import (
	"slices"
	"strings"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// Rivals are notes about other campaigns of the shop that have the priority of c and one of its
// events as their trigger: which of them goes first is then decided by due time and id.
func Rivals(c *Campaign, others []*Campaign) (notes []strictjson.Problem) {
	at := c.root.Member("priority")
	if at == nil {
		at = c.root.Member("trigger")
	}
	var names []string
	for _, o := range others {
		shares := slices.ContainsFunc(o.Trigger.Events, c.Triggers) || c.Trigger.Lapse > 0 && o.Trigger.Lapse > 0
		if o.ID != c.ID && o.enters() && o.Priority == c.Priority && shares && !slices.Contains(names, o.ID) {
			names = append(names, o.ID)
		}
	}
	if len(names) == 0 {
		return nil
	}
	slices.Sort(names)
	return []strictjson.Problem{noted(at, "priority: %d is also that of %s, with the same trigger: "+
		"the message that is due earlier goes first; give them different priorities", c.Priority, strings.Join(names, ", "))}
}

// AfterClosing are notes about steps that are due after a connection's store has closed the unpaid
// order that they are about. closes has the time of each connection, by its slug.
func AfterClosing(c *Campaign, closes map[string]time.Duration) (notes []strictjson.Problem) {
	where := demands(c.root.Member("trigger").Member("where"))
	if !c.Triggers(commerce.OrderPlaced) || !slices.Equal(where["order.payment_status"], []string{string(commerce.Unpaid)}) {
		return nil
	}
	for i, s := range c.Steps {
		if s.Do != DoSend {
			continue
		}
		due, known := s.Wait, s.Until == nil
		for _, p := range c.way(i) {
			before := c.Steps[p.step]
			due, known = due+before.Wait, known && before.Until == nil
		}
		var slugs []string
		for slug, after := range closes {
			if after > 0 && known && due >= after {
				slugs = append(slugs, slug)
			}
		}
		slices.Sort(slugs)
		for _, slug := range slugs {
			notes = append(notes, noted(s.at, "step %s is due %s after the order, and the store of connection %s closes unpaid orders after %s",
				s.ID, spell(due), slug, spell(closes[slug])))
		}
	}
	return notes
}

// SlowHoldout is the note that the campaign's holdout cannot be read within a month, even if all of
// so many customers entered in a month and reached the goal. known is false where it may be.
func SlowHoldout(c *Campaign, customers int) (note strictjson.Problem, known bool) {
	if c.Holdout == 0 || c.Goal == nil || customers*c.Holdout >= readableHeldOut*10_000 {
		return note, false
	}
	return noted(c.root.Member("holdout"), "holdout: too small to be read within a month: its trigger happened to %s in the last 30 days, "+
		"and a comparison needs %d conversions times the share held out", commerce.Count(customers, "customer"), readableHeldOut), true
}

// HoldoutVolume is the condition, as JSON, of the customers to whom the trigger happened in the last
// 30 days; empty where it cannot be counted.
func HoldoutVolume(c *Campaign) string {
	if c.Holdout == 0 || len(c.Trigger.Events) != 1 || c.Trigger.Missing != nil || !slices.Contains(countable, c.Trigger.Events[0]) {
		return ""
	}
	return `{"event": "` + string(c.Trigger.Events[0]) + `", "last": {"days": 30}}`
}

// countable are the events of triggers that conditions can count.
var countable = []commerce.EventKind{commerce.OrderPlaced, commerce.OrderPaid, commerce.OrderShipped, commerce.OrderDelivered}

func noted(at *strictjson.Node, format string, args ...any) strictjson.Problem {
	p := at.Problem(format, args...)
	p.Note = true
	return p
}
