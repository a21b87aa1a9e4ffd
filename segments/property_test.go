package segments_test

import (
	"testing"

	"comeback/commerce"
	"comeback/segments"

	"pgregory.net/rapid"
)

// bench evaluates conditions in a property. Match and Explain have to agree.
func bench(outer *testing.T) func(t *rapid.T, condition any, p *commerce.Profile) bool {
	params, at := shanghai(outer), instant(outer, now)
	return func(t *rapid.T, condition any, p *commerce.Profile) bool {
		text := written(outer, condition)
		c, problems := tryParse(text, segments.Scope{})
		if c == nil {
			t.Fatalf("%s: %v", text, problems)
		}
		got := segments.Match(c, p, nil, params, at)
		if verdict := segments.Explain(c, p, nil, params, at); verdict.Match != got {
			t.Fatalf("%s: Match returns %v, Explain %+v", text, got, verdict)
		}
		return got
	}
}

// not is the exact complement. all and any are the conjunction and disjunction of
// their parts.
func TestGroupsFollowBooleanAlgebra(t *testing.T) {
	t.Parallel()
	ask, outer := bench(t), t
	rapid.Check(t, func(t *rapid.T) {
		p, a, b := drawProfile(t), drawCondition(t), drawCondition(t)
		x, y := ask(t, a, &p), ask(t, b, &p)
		for name, c := range map[string]struct {
			condition object
			want      bool
		}{
			"not":       {object{"not": a}, !x},
			"all":       {object{"all": []any{a, b}}, x && y},
			"any":       {object{"any": []any{a, b}}, x || y},
			"De Morgan": {object{"not": object{"any": []any{object{"not": a}, object{"not": b}}}}, x && y},
		} {
			if got := ask(t, c.condition, &p); got != c.want {
				t.Fatalf("%s of %s and %s: got %v, want %v", name, written(outer, a), written(outer, b), got, c.want)
			}
		}
	})
}

// is_not and not_in are the exact complements of is and in, and unset is that of
// set.
func TestNegationsAreComplements(t *testing.T) {
	t.Parallel()
	ask, outer := bench(t), t
	rapid.Check(t, func(t *rapid.T) {
		p, test := drawProfile(t), drawTest(t, customerKinds)
		complement, ok := map[any]string{"is": "is_not", "in": "not_in", "set": "unset"}[test["op"]]
		if !ok {
			t.Skip("no negation")
		}
		got := ask(t, test, &p)
		test["op"] = complement
		if ask(t, test, &p) == got {
			t.Fatalf("%s does not complement: both are %v", written(outer, test), got)
		}
	})
}

// A longer window never loses a member, a higher bound never gains one, and a
// union counts at least what its parts count.
func TestWindowsAndBoundsAreMonotone(t *testing.T) {
	t.Parallel()
	ask := bench(t)
	rapid.Check(t, func(t *rapid.T) {
		p := drawProfile(t)
		days, count := rapid.IntRange(1, 120).Draw(t, "days"), rapid.IntRange(1, 4).Draw(t, "count")
		event := func(kinds any, days, count int) object {
			return object{"event": kinds, "last": object{"days": days}, "count": object{"gte": count}}
		}
		base := ask(t, event("order.paid", days, count), &p)
		switch {
		case base && !ask(t, event("order.paid", days+1, count), &p):
			t.Fatal("a longer window lost a member")
		case !base && ask(t, event("order.paid", days, count+1), &p):
			t.Fatal("a higher bound gained a member")
		case base && !ask(t, event([]any{"order.paid", "order.refunded"}, days, count), &p):
			t.Fatal("a union counts less than its part")
		case ask(t, object{"event": "order.paid", "count": object{"gte": count}}, &p) != ask(t,
			object{"field": "orders.count", "op": "gte", "value": count}, &p):
			t.Fatal("order.paid and orders.count differ")
		}
	})
}

// not is the exact complement of a condition on an order too, with any lines.
func TestNotComplementsConditionsOnLines(t *testing.T) {
	t.Parallel()
	params, at := shanghai(t), instant(t, now)
	outer := t
	rapid.Check(t, func(t *rapid.T) {
		order := drawOrder(t, "o1")
		condition := drawGroup(t, 3, func(t *rapid.T) object { return drawTest(t, orderKinds) })
		got := [2]bool{}
		for i, c := range []object{condition, {"not": condition}} {
			parsed, problems := tryParse(written(outer, c), segments.Scope{Order: true})
			if parsed == nil {
				t.Fatal(problems)
			}
			got[i] = segments.Match(parsed, nil, &order, params, at)
		}
		if got[0] == got[1] {
			t.Fatalf("%s and its not are both %v", written(outer, condition), got[0])
		}
	})
}
