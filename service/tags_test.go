package service

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The tags of an order are a list on every platform: a segment matches one of
// them, not the whole text, and an order that lost its tags leaves the segment.
func TestTagsOfAnOrderAreAList(t *testing.T) {
	t.Parallel()
	for platform, c := range map[string]struct {
		topics     [2]string
		body       func(at time.Time) map[string]any
		tags, none any
	}{
		"shopify": {[2]string{"orders/create", "orders/updated"}, shopifyBody, "vip, wholesale,vip", ""},
		"generic": {[2]string{"order", "order"}, genericBody, []any{"vip", " wholesale ", "vip"}, []any{}},
	} {
		t.Run(platform, func(t *testing.T) {
			t.Parallel()
			eachTrial(t, func(t *testing.T, s *trial) {
				counts := func(want int, test string) {
					t.Helper()
					s.later(time.Minute)
					file := `{"schema": 1, "id": "tags", "name": "Tags", "condition": {"event": "order.placed",
						"where": {"field": "order.tags", ` + test + `}}}`
					if got := s.asks(t, s.key, 200, "POST /v1/segments/count", file); !strings.Contains(got, fmt.Sprintf(`"size":%d,`, want)) {
						t.Errorf("%s: got %s, want %d", test, got, want)
					}
				}
				s.posts(platform, c.topics[0], c.body(s.at()), map[string]any{"tags": c.tags})
				counts(1, `"op": "has", "value": "vip"`)
				counts(1, `"op": "has_all", "value": ["wholesale", "vip"]`)
				counts(0, `"op": "has", "value": "vip, wholesale"`)
				counts(0, `"op": "unset"`)
				if got := fmt.Sprint(s.order(platform, "1")["tags"]); got != "[vip wholesale]" {
					t.Errorf("the order shows tags %s, want vip and wholesale", got)
				}
				s.posts(platform, c.topics[1], c.body(s.at()), map[string]any{"tags": c.none})
				counts(0, `"op": "has", "value": "vip"`)
				counts(1, `"op": "unset"`)
				if got := fmt.Sprint(s.order(platform, "1")["tags"]); got != "[]" {
					t.Errorf("the edited order shows tags %s, want an empty list", got)
				}
			})
		})
	}
}

// genericBody is an unpaid order of 30.00 of a shop's own software, changed at
// an instant.
func genericBody(at time.Time) map[string]any {
	return map[string]any{
		"type": "order", "id": "1", "updated_at": written(at), "placed_at": written(at), "payment_status": "unpaid",
		"currency": "EUR", "total": "30.00",
		"buyer": map[string]any{"email": "cat@example.com"},
	}
}
