package campaigns

import (
	"fmt"
	"slices"

	"comeback/commerce"
	"comeback/strictjson"
)

// sound finds conflicts between parts that are each well formed.
func (r *reader) sound(c *Campaign, root *strictjson.Node) {
	if c.Class == Service && c.onCheckout() {
		r.suggest(root.Member("class"), string(Marketing), "class: service is about an order the customer made, and this trigger has none")
	}
	r.planless(c, root)
	r.soundCustomer(c, root)
	r.timely(c, root)
	if c.Goal != nil && c.Goal.Within == 0 {
		r.problem(root.Member("goal").Member("within"), "within: must be more than nothing")
	}
	r.exits(c, root.Member("exit"))
	ids := map[string]bool{}
	for _, s := range c.Steps {
		if ids[s.ID] {
			r.problem(s.at.Member("id"), "id: step %s is there twice", s.ID)
		}
		ids[s.ID] = true
		if s.Do == DoEnter && s.Enter == c.ID {
			r.problem(s.at.Member("enter"), "enter: it is this campaign itself; reentry decides when customers enter it again")
		}
		if s.Do == DoWait && s.Next == len(c.Steps) {
			r.problem(s.at, "step: it only waits, and no step follows: leave it out, or give it something to do, such as send")
		}
		r.reachable(c, s, s.at, root)
	}
	r.examples(c, ids)
}

// planless finds what a broadcast or schedule cannot have, because it is about no order.
func (r *reader) planless(c *Campaign, root *strictjson.Node) {
	if !c.OnTime() {
		return
	}
	if c.Class == Service {
		r.suggest(root.Member("class"), string(Marketing), "class: service is about an order the customer made, and this trigger has none")
	}
	if c.Key == ByOrder {
		r.suggest(root.Member("key"), string(ByCustomer), "key: a broadcast or schedule is about customers, not about an order")
	}
	if c.Backfill {
		r.problem(root.Member("backfill"), "backfill: a time that is over is not caught up on; leave backfill out")
	}
	if c.Goal != nil && c.Goal.Same == SameOrder {
		r.suggest(root.Member("goal").Member("same"), string(SameCustomer), "same: a broadcast or schedule is about no order")
	}
	for i, x := range c.Exits {
		if x.Same == SameOrder {
			r.suggest(root.Member("exit").Items[i].Member("same"), string(SameCustomer), "same: a broadcast or schedule is about no order")
		}
	}
}

// exits notes exits that cannot happen, and refuses repeated ones.
func (r *reader) exits(c *Campaign, n *strictjson.Node) {
	seen := map[string]bool{}
	for i, x := range c.Exits {
		for _, kind := range x.Events {
			if key := fmt.Sprint(kind, x.Same, x.Of); seen[key] && x.Where == nil {
				r.problem(n.Items[i], "exit: %s of the same %s is there twice", kind, x.Same)
			} else {
				seen[key] = true
			}
		}
		if x.Same == SameOrder && len(x.Events) == 1 && len(c.Trigger.Events) == 1 && x.Events[0] == c.Trigger.Events[0] &&
			happensOnce(x.Events[0]) {
			r.note(n.Items[i], "exit: %s is the trigger and happens once an order, so nobody leaves by it", x.Events[0])
		}
	}
}

func happensOnce(kind commerce.EventKind) bool {
	switch kind {
	case commerce.OrderShipped, commerce.OrderRefundRequested, commerce.OrderRefundClosed, commerce.OrderPartiallyRefunded:
		return false
	}
	return true
}

// reachable refuses a step that no enrolment can reach.
func (r *reader) reachable(c *Campaign, s Step, at, root *strictjson.Node) {
	if s.Until != nil && s.Until.Local == nil && !s.Until.HasElse {
		wait := at.Member("wait_until")
		switch {
		case c.onCheckout():
			r.problem(wait, "unreachable: a checkout has no %s; give else_wait", s.Until.Date)
		case c.OnCustomer():
			r.problem(wait, "unreachable: %s is about no order, so there is no %s; give else_wait", c.Trigger.Events[0], s.Until.Date)
		case c.OnTime():
			r.problem(wait, "unreachable: a broadcast or schedule has no order, and so no %s; give else_wait", s.Until.Date)
		case s.Until.Before:
			r.note(wait, "step %s is left out where %s is not known; else_wait would give it a time", s.ID, s.Until.Date)
		default:
			r.note(wait, "step %s waits for ever where %s is never known; else_wait would give it a time", s.ID, s.Until.Date)
		}
	}
	if s.Do == DoIf {
		return // the other branch is for those
	}
	for field, wanted := range demands(at.Member("if")) {
		switch kind := exitOn(c, field, wanted); {
		case kind != "":
			r.problem(at.Member("if"), "unreachable: step %s wants %s to be %v, and %s ends the campaign before", s.ID, field, wanted, kind)
		case slices.Contains(fixedFields, field) && disjoint(wanted, demands(root.Member("trigger").Member("where"))[field]):
			r.problem(at.Member("if"), "unreachable: step %s wants %s to be %v, and the trigger lets only others in", s.ID, field, wanted)
		}
	}
}

// fixedFields are fields of an order that do not change after its placing.
var fixedFields = []string{"order.payment_method", "order.channel", "order.store", "order.device", "order.currency"}

// paidStates are the payment states that order.paid must have led to.
var paidStates = []string{string(commerce.Paid), string(commerce.PartiallyRefunded), string(commerce.Refunded)}

// exitOn is the exit that must happen before an order's field can have one of
// the wanted values; empty: there is none.
func exitOn(c *Campaign, field string, wanted []string) commerce.EventKind {
	var kind commerce.EventKind
	switch {
	case field == "order.payment_status" && !slices.ContainsFunc(wanted, func(v string) bool { return !slices.Contains(paidStates, v) }):
		kind = commerce.OrderPaid
	case field == "order.status" && slices.Equal(wanted, []string{string(commerce.Cancelled)}):
		kind = commerce.OrderCancelled
	default:
		return ""
	}
	before := slices.Index(eventKinds, kind)
	for _, trigger := range c.Trigger.Events {
		if slices.Index(eventKinds, trigger) >= before {
			return "" // it may have happened before the trigger
		}
	}
	if c.Trigger.ofCustomer() || c.OnTime() {
		return ""
	}
	for _, x := range c.Exits {
		if x.Same == SameOrder && slices.Contains(x.Events, kind) {
			return kind
		}
	}
	return ""
}

// demands lists the values that fields must have for a condition to hold, as far as
// "is" and "in" under "all" show them.
func demands(n *strictjson.Node) map[string][]string {
	found := map[string][]string{}
	if n == nil {
		return found
	}
	if all := n.Member("all"); all != nil {
		for _, item := range all.Items {
			for field, values := range demands(item) {
				found[field] = values
			}
		}
	}
	field, op, value := n.Member("field"), n.Member("op"), n.Member("value")
	if field == nil || op == nil || value == nil {
		return found
	}
	switch op.Text {
	case "is":
		found[field.Text] = []string{value.Text}
	case "in":
		var values []string
		for _, item := range value.Items {
			values = append(values, item.Text)
		}
		found[field.Text] = values
	}
	return found
}

func disjoint(a, b []string) bool {
	return len(a) > 0 && len(b) > 0 && !slices.ContainsFunc(a, func(v string) bool { return slices.Contains(b, v) })
}

// examples checks that tests name existing steps, and have different names.
func (r *reader) examples(c *Campaign, ids map[string]bool) {
	var known []string
	for _, s := range c.Steps {
		known = append(known, s.ID)
	}
	names := map[string]bool{}
	for _, t := range c.Tests {
		if names[t.Name] {
			r.problem(t.at, "test: the name %q is there twice", t.Name)
		}
		names[t.Name] = true
		for key, steps := range map[string][]ExpectedStep{"sent": t.Sent, "did": t.Did} {
			for i, x := range steps {
				if !ids[x.Step] {
					r.suggest(t.at.Member("expect").Member(key).Items[i], strictjson.Nearest(x.Step, known), "%s: there is no step %q", key, x.Step)
				}
			}
		}
	}
}
