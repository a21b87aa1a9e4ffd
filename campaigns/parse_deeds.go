package campaigns

import (
	"slices"
	"strings"

	"comeback/commerce"
	"comeback/strictjson"
)

// awaited reads what a step waits for.
func (r *reader) awaited(n *strictjson.Node) *Awaited {
	if !r.object(n, "wait_for") {
		return nil
	}
	r.needs(n, "wait_for", "within")
	a := &Awaited{}
	if at := n.Member("within"); at != nil {
		if a.Within = r.duration(at, "within"); a.Within == 0 && at.Kind == strictjson.String {
			r.problem(at, "within: must be more than nothing")
		}
	}
	condition := n.Member("condition")
	switch {
	case (n.Member("event") == nil && n.Member("segment") == nil) == (condition == nil):
		r.problem(n, "wait_for: one of event, segment and condition is wanted")
	case condition != nil:
		a.Condition = r.condition(condition)
		for _, key := range []string{"where", "same", "on", "campaign", "step"} {
			if at := n.Member(key); at != nil {
				r.problem(at, "%s: it belongs to an event, not to a condition", key)
			}
		}
	default:
		if at := n.Member("same"); at != nil {
			a.Same = r.same(at)
		}
		wanted := r.eventTest(n, "wait_for")
		a.Events, a.Of, a.Where = wanted.Kinds, wanted.Of, r.eventCondition(n, wanted.Kinds, a.Same)
	}
	return a
}

const (
	mostTags = 20  // that one step adds, and removes
	mostText = 100 // bytes of a tag, and of an attribute
)

// tagging reads {"add", "remove"}.
func (r *reader) tagging(n *strictjson.Node) (t Tagging) {
	if !r.object(n, "tag") {
		return t
	}
	t.Add, t.Remove = r.tags(n.Member("add"), "add"), r.tags(n.Member("remove"), "remove")
	if n.Member("add") == nil && n.Member("remove") == nil {
		r.problem(n, "tag: one of add and remove is wanted, or both")
	}
	for _, tag := range t.Add {
		if slices.Contains(t.Remove, tag) {
			r.problem(n, "tag: %q is added and removed", tag)
		}
	}
	return t
}

// tags reads one tag or a list of them.
func (r *reader) tags(n *strictjson.Node, what string) []string {
	if n == nil {
		return nil
	}
	one := func(n *strictjson.Node) string {
		tag := strings.TrimSpace(r.text(n, what))
		if len(tag) > mostText {
			r.problem(n, "%s: a tag has at most %d bytes", what, mostText)
		}
		return tag
	}
	if n.Kind != strictjson.Array {
		return []string{one(n)}
	}
	if len(n.Items) == 0 {
		r.problem(n, "%s: the list is empty", what)
	}
	return list(r, n, what, mostTags, one)
}

// customPrefix begins the names of attributes that a campaign may set.
const customPrefix = "customer.custom."

// settings reads {"customer.custom.x": value}. null removes the attribute.
func (r *reader) settings(n *strictjson.Node) (list []commerce.KV) {
	if n.Kind != strictjson.Object || len(n.Members) == 0 || len(n.Members) > mostTags {
		r.problem(n, `set: an object of 1 to %d attributes is wanted, such as {"customer.custom.tea": "green"}`, mostTags)
		return nil
	}
	for _, m := range n.Members {
		key, own := strings.CutPrefix(m.Key, customPrefix)
		if !own || key == "" || len(key) > mostText {
			r.problem(m.Value, "set: %q cannot be set: only attributes of your own, named %s and 1 to %d bytes", m.Key, customPrefix, mostText)
			continue
		}
		kv := commerce.KV{Key: key, Value: m.Value.Text}
		switch m.Value.Kind {
		case strictjson.String, strictjson.Number:
		case strictjson.Bool:
			kv.Value = "false"
			if m.Value.Text == "true" {
				kv.Value = "true"
			}
		case strictjson.Null:
			kv.Value = ""
		default:
			r.problem(m.Value, "set: text, a number, true, false or null is wanted, not %s", m.Value.Kind)
		}
		if len(kv.Value) > 1000 {
			r.problem(m.Value, "set: at most 1000 bytes")
		}
		list = append(list, kv)
	}
	return list
}
