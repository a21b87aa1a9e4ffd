package service

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// New rules of scoring hold for the next count. A shop may have 3 to 10 scores.
func TestCountsFollowNewRulesOfScoringAtOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := scoredShop(t, h)
		best := func(score string) string { return `{"field": "rfm.m", "op": "is", "value": ` + score + `}` }
		l.asks(t, l.key, 200, "POST /v1/segments/count", best("1"), `"size":0,"base":12`)
		for _, c := range []struct{ rules, highest, size, beyond string }{
			{`{"bins": 3}`, "3", `"size":4`, "4"},
			{`{"bins": 4}`, "4", `"size":3`, "5"},
			{`{}`, "5", `"size":3`, "6"},
			{`{"bins": 10}`, "10", `"size":2`, "11"},
			{`{"bins": 3, "thresholds": {"recency": [1, 2], "frequency": [1, 2], "monetary": [
				{"amount": "15", "currency": "EUR"}, {"amount": "25", "currency": "EUR"}]}}`, "3", `"size":10`, "4"},
		} {
			l.asks(t, l.key, 200, "PUT /v1/segments/rules", c.rules, `"bins":`+c.highest, `"in_force":true`)
			l.asks(t, l.key, 200, "GET /v1/segments/rules", "", `"bins":`+c.highest, `"in_force":true`)
			l.moveTo(l.at().Add(time.Second)) // an index is at most 250 ms behind
			l.asks(t, l.key, 200, "POST /v1/segments/count", best(c.highest), c.size)
			l.asks(t, l.key, 200, "POST /v1/segments/count", best(c.beyond), `"size":0`, "rfm.m is 1 to "+c.highest)
		}
		l.asks(t, l.key, 400, "PUT /v1/segments/rules", `{"bins": 2}`, "bins", "at least 3 and at most 10")
		l.asks(
			t,
			l.key,
			400,
			"PUT /v1/segments/rules",
			`{"bins": 4, "thresholds": {"recency": [1], "frequency": [1], "monetary": [{"amount": "1", "currency": "EUR"}]}}`,
			"thresholds.recency",
			"give 3 numbers",
		)
	})
}

// Where the process that stores new rules has no index of the shop, a sweep scores the
// customers later. Until then a count that depends on scores has a note.
func TestCountsByEarlierRulesHaveANote(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := scoredShop(t, h)
		const note = "the rules of scoring changed, and these customers are still scored by the earlier ones"
		l.asks(t, l.key, 200, "POST /v1/segments/count", `{"field": "rfm.m", "op": "set"}`, `"size":0`)
		l.asks(t, l.key, 200, "PUT /v1/segments/rules", `{"bins": 4}`, `"in_force":true`)
		rules, err := l.SegmentRules(t.Context(), "s")
		ok(t, err)
		rules.Bins = 3
		ok(t, l.SaveSegmentRules(t.Context(), "s", rules))
		l.moveTo(l.at().Add(time.Second))
		l.asks(t, l.key, 200, "GET /v1/segments/rules", "", `"bins":3`, `"in_force":false`)
		l.asks(t, l.key, 200, "POST /v1/segments/count", `{"not": {"field": "rfm.m", "op": "is", "value": 4}}`, `"size":9`, note)
		const unscored = `{"field": "orders.count", "op": "gte", "value": 1}`
		if answer := l.asks(t, l.key, 200, "POST /v1/segments/count", unscored, `"size":12`); strings.Contains(answer, note) {
			t.Errorf("got %s, want no note", answer)
		}
	})
}

// scoredShop has twelve buyers who paid 10, 20, ... 120 euros.
func scoredShop(t *testing.T, h *harness) *leaving {
	t.Helper()
	l := newLeaving(t, h)
	for i := range 12 {
		id := "c" + string(rune('a'+i))
		l.report(t, object{
			"type": "order", "id": "o" + id, "placed_at": l.at(), "paid_at": l.at(), "payment_status": "paid", "currency": "EUR",
			"total": fmt.Sprintf("%d.00", 10*(i+1)), "buyer": object{"id": id, "email": id + "@example.com"},
		})
	}
	l.pass(t, time.Minute)
	return l
}
