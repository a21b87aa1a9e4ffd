package segments

import (
	"comeback/strictjson"
	"encoding/json"
	"fmt"
)

// jsonObject is a condition as JSON.
type jsonObject map[string]any

// isText, hasEntry, isGranted and bought make the conditions of traits: a text of a
// customer, an entry of a list, a consent, and a test of an order that counts.
func isText(field string) func(int, string) any {
	return func(_ int, value string) any { return jsonObject{"field": field, "op": "is", "value": value} }
}

func hasEntry(field string) func(int, string) any {
	return func(_ int, value string) any { return jsonObject{"field": field, "op": "has", "value": value} }
}

func isGranted(field string) func(int, string) any {
	return func(_ int, value string) any { return jsonObject{"field": field, "op": "is", "value": value == yes} }
}

func bought(field, op string) func(int, string) any {
	return func(_ int, value string) any {
		return jsonObject{"event": "order.paid", "where": jsonObject{"field": field, "op": op, "value": value}}
	}
}

// within makes the condition of a band of a field.
func (b bands) within(field string) func(int, string) any {
	return func(code int, _ string) any {
		from, last := b.list[code-1], code == len(b.list)
		if !last && from.from == b.list[code].from {
			return jsonObject{"field": field, "op": "is", "value": b.number(from.from)}
		}
		low := jsonObject{"field": field, "op": "gte", "value": b.number(from.from)}
		if from.above {
			low["op"] = "gt"
		}
		if last {
			return low
		}
		to := b.list[code]
		high := jsonObject{"field": field, "op": "lt", "value": b.number(to.from)}
		if to.above {
			high["op"] = "lte"
		}
		return jsonObject{"all": []any{low, high}}
	}
}

func (b bands) number(n int64) json.Number {
	return json.Number(fraction{n, 1}.text(b.scale))
}

// bornIn makes the condition of the birthdays of a month.
func bornIn(month int, _ string) any {
	var days []string
	for d := 1; d <= 31; d++ {
		if text := fmt.Sprintf("--%02d-%02d", month, d); isDay(text) {
			days = append(days, text)
		}
	}
	return jsonObject{"field": "customer.birthday", "op": "in", "value": days}
}

func isDay(text string) bool {
	_, ok := parseDay(text)
	return ok
}

// condition is the condition of a value as JSON; nil where the grammar has none
// or rejects it, such as an unknown gender.
func (d *dimension) condition(code int) json.RawMessage {
	if d.find == nil {
		return nil
	}
	condition := d.find(code, d.spelling(code))
	if condition == nil {
		return nil
	}
	text, err := json.Marshal(condition)
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
