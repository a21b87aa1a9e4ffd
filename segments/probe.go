package segments

import (
	"comeback/strictjson"
	"encoding/json"
	"slices"
	"strings"
)

// Probe checks whether a part of a condition can match any customer. If Condition
// matches no customer of the shop, Note reports that at the place of the part. So
// a part that silently matches nobody is found: a field that no customer has, an
// event that never happened, an unknown category or group.
type Probe struct {
	Condition string // JSON
	Note      strictjson.Problem
}

// mostProbes limits the probes of one condition.
const mostProbes = 40

// Probes lists the probes of a condition, or of a segment file, as read from JSON.
func Probes(root *strictjson.Node) []Probe {
	p := &prober{}
	p.walk(root)
	return p.list
}

type prober struct{ list []Probe }

func (p *prober) walk(n *strictjson.Node) {
	switch {
	case n == nil:
	case n.Kind == strictjson.Array:
		for _, item := range n.Items {
			p.walk(item)
		}
	case n.Kind == strictjson.Object && n.Member("field") != nil && n.Member("op") != nil:
		p.field(n)
	case n.Kind == strictjson.Object && n.Member("event") != nil:
		p.event(n)
	case n.Kind == strictjson.Object:
		for _, m := range n.Members {
			p.walk(m.Value)
		}
	}
}

// field probes whether any customer has the field and, of a test for values, each
// value.
func (p *prober) field(n *strictjson.Node) {
	field, op := n.Member("field"), n.Member("op").Text
	if op == "unset" || ofRecord(field.Text) {
		return
	}
	p.add(field, object{"field": field.Text, "op": "set"}, "no customer has this field: "+field.Text)
	if op != "is" && op != "in" && op != "has" && op != "has_any" {
		return
	}
	one := map[string]string{"is": "is", "in": "is", "has": "has", "has_any": "has"}[op]
	for _, v := range textNodes(n.Member("value")) {
		p.add(v, sameCase(n, object{"field": field.Text, "op": one, "value": v.Text}), "no customer has "+field.Text+" "+clip(v.Text))
	}
}

// event probes whether the event ever happened and, of lines, whether it happened
// with each of the values.
func (p *prober) event(n *strictjson.Node) {
	named := n.Member("event")
	names := textNodes(named)
	for _, name := range names {
		p.add(name, object{"event": name.Text}, "this has not happened to any customer so far: "+name.Text)
	}
	for _, key := range []string{"followed_by", "not_followed_by"} {
		p.walk(n.Member(key))
	}
	if len(names) > 0 {
		p.where(names[0].Text, n.Member("where"))
	}
}

func (p *prober) where(event string, n *strictjson.Node) {
	switch {
	case n == nil || n.Kind != strictjson.Object:
	case n.Member("field") != nil && n.Member("op") != nil:
		field, op := n.Member("field").Text, n.Member("op").Text
		if op != "is" && op != "in" {
			return
		}
		for _, v := range textNodes(n.Member("value")) {
			where := sameCase(n, object{"field": field, "op": "is", "value": v.Text})
			p.add(v, object{"event": event, "where": where}, "no "+event+" of any customer has "+field+" "+clip(v.Text))
		}
	default:
		for _, m := range n.Members {
			if m.Value.Kind == strictjson.Array {
				for _, item := range m.Value.Items {
					p.where(event, item)
				}
				continue
			}
			p.where(event, m.Value)
		}
	}
}

type object map[string]any

// sameCase compares texts as test n does.
func sameCase(n *strictjson.Node, test object) object {
	if exact := n.Member("case"); exact != nil {
		test["case"] = exact.Bool
	}
	return test
}

func (p *prober) add(at *strictjson.Node, condition object, note string) {
	text, err := json.Marshal(condition)
	known := slices.ContainsFunc(p.list, func(other Probe) bool { return other.Condition == string(text) })
	if err != nil || known || len(p.list) >= mostProbes {
		return
	}
	p.list = append(p.list, Probe{Condition: string(text), Note: noteAt(at, note)})
}

// textNodes are the texts of a value or a list of them.
func textNodes(n *strictjson.Node) []*strictjson.Node {
	var list []*strictjson.Node
	for _, v := range productIDs(n) {
		if v.Kind == strictjson.String {
			list = append(list, v)
		}
	}
	return list
}

// ofRecord reports whether a field belongs to an order, line, message, checkout or
// consent. A customer has none of these outside an event.
func ofRecord(field string) bool {
	family, _, _ := strings.Cut(field, ".")
	return slices.Contains([]string{"order", "line", "message", "checkout", "consent", "event"}, family)
}

// TriggerProbes lists the probes of the where of a campaign's trigger. It probes
// fields of lines only, because other fields of the order may still change.
func TriggerProbes(event string, where *strictjson.Node) []Probe {
	p := &prober{}
	p.where(event, where)
	return slices.DeleteFunc(p.list, func(x Probe) bool { return !strings.Contains(x.Condition, `"field":"line.`) })
}

func noteAt(n *strictjson.Node, text string) strictjson.Problem {
	x := n.Problem("%s", text)
	x.Note = true
	return x
}
