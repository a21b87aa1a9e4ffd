package segments

import (
	"comeback/strictjson"
	"encoding/json"
	"fmt"
)

// asking is a condition as it is written.
type asking map[string]any

// isText, hasEntry, isSaid and bought make the conditions of traits: a text of a
// customer, an entry of a list, consent, and something about an order that
// counts.
func isText(field string) func(int, string) any {
	return func(_ int, value string) any { return asking{"field": field, "op": "is", "value": value} }
}

func hasEntry(field string) func(int, string) any {
	return func(_ int, value string) any { return asking{"field": field, "op": "has", "value": value} }
}

func isSaid(field string) func(int, string) any {
	return func(_ int, value string) any { return asking{"field": field, "op": "is", "value": value == yes} }
}

func bought(field, op string) func(int, string) any {
	return func(_ int, value string) any {
		return asking{"event": "order.paid", "where": asking{"field": field, "op": op, "value": value}}
	}
}

// within asks for a range of a number: band i of a field.
func (b bands) within(field string) func(int, string) any {
	return func(answer int, _ string) any {
		from, last := b.list[answer-1], answer == len(b.list)
		if !last && from.from == b.list[answer].from {
			return asking{"field": field, "op": "is", "value": b.number(from.from)}
		}
		low := asking{"field": field, "op": "gte", "value": b.number(from.from)}
		if from.above {
			low["op"] = "gt"
		}
		if last {
			return low
		}
		to := b.list[answer]
		high := asking{"field": field, "op": "lt", "value": b.number(to.from)}
		if to.above {
			high["op"] = "lte"
		}
		return asking{"all": []any{low, high}}
	}
}

func (b bands) number(n int64) json.Number {
	return json.Number(fraction{n, 1}.text(b.scale))
}

// bornIn asks for the birthdays of a month.
func bornIn(month int, _ string) any {
	var days []string
	for d := 1; d <= 31; d++ {
		if text := fmt.Sprintf("--%02d-%02d", month, d); isDay(text) {
			days = append(days, text)
		}
	}
	return asking{"field": "customer.birthday", "op": "in", "value": days}
}

func isDay(text string) bool {
	_, ok := parseDay(text)
	return ok
}

// condition is the trait's condition as JSON; nil where the grammar has none
// or refuses it, as a gender nobody has.
func (q *question) condition(answer int) json.RawMessage {
	if q.ask == nil {
		return nil
	}
	asked := q.ask(answer, q.answers[answer-1])
	if asked == nil {
		return nil
	}
	text, err := json.Marshal(asked)
	if err != nil {
		return nil
	}
	node, problems := strictjson.Read(text)
	if node == nil || strictjson.Refused(problems) {
		return nil
	}
	if _, problems = Parse(node, Scope{}); strictjson.Refused(problems) {
		return nil
	}
	return text
}
