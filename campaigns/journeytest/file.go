package journeytest

import (
	"fmt"
	"maps"
	"slices"
)

// Filed writes steps as a campaign file does. Each mail is of the template.
func Filed(list []Step, template string) []any {
	var steps []any
	for _, s := range list {
		step := map[string]any{"id": s.id, "wait": fmt.Sprintf("%dm", s.wait)}
		atLeast := map[string]any{"field": "order.total", "op": "gte", "value": fmt.Sprint(s.total)}
		switch s.kind {
		case "send":
			if s.expires > 0 {
				step["expires"] = fmt.Sprintf("%dm", s.expires)
			}
			step["send"] = map[string]any{"channel": "email", "template": template}
			if s.total > 0 {
				step["if"] = atLeast
			}
		case "tag":
			step["tag"] = map[string]any{"add": s.tag}
		case "set":
			step["set"] = map[string]any{"customer.custom.x": s.id}
		case "enter":
			step["enter"] = "other"
		case "webhook":
			step["webhook"] = map[string]any{
				"url": fmt.Sprintf("https://example.com/%d", s.answer), "then": Filed(s.branches[0], template), "else": Filed(s.branches[1], template),
			}
		case "notify":
			step["notify"] = map[string]any{"to": "ops@example.org", "text": "a"}
		case "exit":
			step["exit"] = "enough"
		case "if":
			step["if"], step["then"], step["else"] = atLeast, Filed(s.branches[0], template), Filed(s.branches[1], template)
		case "wait_for":
			awaited := map[string]any{"within": fmt.Sprintf("%dm", s.within)}
			if awaited["event"] = s.event; s.event == "" {
				delete(awaited, "event")
				awaited["condition"] = map[string]any{"field": "customer.tags", "op": "has", "value": s.tag}
			}
			step["wait_for"], step["then"], step["else"] = awaited, Filed(s.branches[0], template), Filed(s.branches[1], template)
		case "split":
			step["split"] = []any{map[string]any{"name": "a", "weight": s.weights[0], "steps": Filed(s.branches[0], template)},
				map[string]any{"name": "b", "weight": s.weights[1]}}
		}
		steps = append(steps, step)
	}
	return steps
}

// Slower returns steps that wait ten minutes longer each, as another version of the campaign.
func Slower(list []Step) []Step {
	later := slices.Clone(list)
	for i := range later {
		later[i].wait += 10
		later[i].branches = slices.Clone(later[i].branches)
		for b := range later[i].branches {
			later[i].branches[b] = Slower(later[i].branches[b])
		}
	}
	return later
}

// Answers are the statuses with which webhooks are answered, by step.
func Answers(list []Step) map[string]int {
	answers := map[string]int{}
	for _, s := range list {
		if s.kind == "webhook" {
			answers[s.id] = s.answer
		}
		for _, b := range s.branches {
			maps.Copy(answers, Answers(b))
		}
	}
	return answers
}

// IDs are the ids of all steps, in the order of the file.
func IDs(list []Step) (ids []string) {
	for _, s := range list {
		ids = append(ids, s.id)
		for _, b := range s.branches {
			ids = append(ids, IDs(b)...)
		}
	}
	return ids
}

// Drawn are the branches of all splits that the model's customer goes along, by step.
func (m *Model) Drawn(list []Step) map[string]string {
	drawn := map[string]string{}
	for _, s := range list {
		if s.kind == "split" {
			drawn[s.id] = []string{"a", "b"}[m.draw(s)]
		}
		for _, b := range s.branches {
			maps.Copy(drawn, m.Drawn(b))
		}
	}
	return drawn
}
