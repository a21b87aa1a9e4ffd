package campaigns_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/commerce"
)

// busyFile is a campaign of so many steps, with one test of so many orders.
func busyFile(steps, orders int) []byte {
	var does, given []string
	for i := range steps {
		does = append(does,
			fmt.Sprintf(`{"id": "s%d", "wait": "30d", "expires": "12h", "send": {"channel": "email", "template": "unpaid-1"}}`, i))
	}
	for i := range orders {
		given = append(given, fmt.Sprintf(`"%dm order.placed order=o%d customer=c%d"`, i, i, i%7))
	}
	return fmt.Appendf(
		nil,
		`{"schema": 1, "id": "x", "name": "x", "class": "service", "trigger": {"event": "order.placed"}, "key": "order", "reentry": "always",
		"steps": [%s], "tests": [{"name": "t", "given": [%s], "expect": {"sent": []}}]}`,
		strings.Join(does, ","),
		strings.Join(given, ","),
	)
}

// The tests of a file may take so much work and no more: what people write is
// run, and a file that asks for a minute of it is refused, saying so.
func TestTestsOfAFileTakeBoundedWork(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		steps, orders int
		much          bool
	}{{1, 5, false}, {5, 20, false}, {20, 15, false}, {10, 200, true}, {50, 40, true}, {50, 200, true}} {
		v, err := campaigns.Review(t.Context(), busyFile(tt.steps, tt.orders), nil, commerce.Shop{})
		if err != nil || v.TooMuch != tt.much || v.Campaign != nil || tt.much != (v.Tests == nil) {
			t.Errorf("%d steps, %d orders: got too much %v, %d tests, %v; want %v", tt.steps, tt.orders, v.TooMuch, len(v.Tests), err, tt.much)
		}
		if last := v.Problems[len(v.Problems)-1]; tt.much != strings.Contains(last.Message, "too much work") ||
			tt.much && last.Pointer != "/tests" {
			t.Errorf("%d steps, %d orders: got %s", tt.steps, tt.orders, last)
		}
	}
}

// A review stops when its context ends.
func TestReviewStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	if v, err := campaigns.Review(ctx, busyFile(20, 15), nil, commerce.Shop{}); !errors.Is(err, context.Canceled) || v.Tests != nil {
		t.Errorf("got %d tests, %v; want canceled", len(v.Tests), err)
	}
}

// A failed example says why nobody entered, with the value that was seen.
func TestFailedExampleSaysWhoDidNotEnterAndWhy(t *testing.T) {
	t.Parallel()
	file := []byte(`{"schema": 1, "id": "x", "name": "x", "class": "service", "trigger": {"event": "order.placed"}, "key": "order",
		"reentry": "never", "audience": {"field": "customer.country", "op": "is", "value": "DE"},
		"steps": [{"id": "one", "send": {"channel": "email", "template": "unpaid-1"}}],
		"tests": [{"name": "t", "given": ["0m order.placed country=FR", "1m order.placed order=o2"], "expect": {"sent": ["one"]}}]}`)
	_, problems := campaigns.Accept(file, nil, commerce.Shop{})
	const want = `sent [], want [one] (did not enter: audience: not in the audience: customer.country is DE (saw FR))`
	if text := list(problems); !strings.Contains(text, want) {
		t.Errorf("got %s, want %s", text, want)
	}
}
