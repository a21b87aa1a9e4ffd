package service

import (
	"fmt"
	"testing"
	"time"
)

// An edited order has its present lines, total and amount due. A buyer who owes
// nothing any more gets no reminder.
func TestEditedOrderCountsAsItIsNow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change map[string]any
		total  string
		lines  int
		mails  int
	}{
		"one line taken off": {map[string]any{
			"current_total_price": "70.00", "total_outstanding": "70.00",
			"line_items": []any{shopifyItem(11, 1, "70.00"), shopifyItem(12, 0, "30.00")},
		}, "70.00", 1, 1},
		"every line taken off": {map[string]any{
			"current_total_price": "0.00", "total_outstanding": "0.00",
			"line_items": []any{shopifyItem(11, 0, "70.00"), shopifyItem(12, 0, "30.00")},
		}, "0.00", 0, 0},
		"a line exchanged for an equal one": {map[string]any{
			"total_price": "130.00", "current_total_price": "100.00", "total_outstanding": "100.00",
			"line_items": []any{shopifyItem(11, 1, "70.00"), shopifyItem(12, 0, "30.00"), shopifyItem(13, 1, "30.00")},
		}, "100.00", 2, 1},
		"nothing outstanding": {map[string]any{"total_outstanding": "0.00", "refunds": []any{}}, "100.00", 2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTrial(t, func(_ *testing.T, s *trial) {
				body := shopifyBody(s.at())
				s.posts("shopify", "orders/create", body)
				s.later(10 * time.Minute)
				var off []int
				for _, id := range []int{11, 12} {
					if fmt.Sprint(c.change["line_items"]) != "<nil>" && c.change["line_items"].([]any)[id-11].(map[string]any)["current_quantity"] == 0 {
						off = append(off, id)
					}
				}
				edit := map[string]any{"updated_at": written(s.at())}
				if len(off) > 0 {
					edit["refunds"] = []any{takenOff(s.at(), off...)}
				}
				s.posts("shopify", "orders/updated", body, c.change, edit)
				got := s.order("shopify", "1")
				if total := got["total"].(map[string]any)["amount"]; total != c.total || len(got["lines"].([]any)) != c.lines {
					t.Errorf("got a total of %v over %d lines, want %s over %d", total, len(got["lines"].([]any)), c.total, c.lines)
				}
				s.later(3 * time.Hour)
				s.wantMails("ann@example.com", c.mails)
			})
		})
	}
}

// A paid order counts with its present lines, after a line was exchanged for an
// equal one or was removed and refunded.
func TestExchangesAreNoSales(t *testing.T) {
	t.Parallel()
	back := func(at time.Time, amount string) map[string]any {
		return map[string]any{"id": 950, "created_at": written(at), "refund_line_items": []any{},
			"transactions": []any{map[string]any{"id": 1, "kind": "refund", "status": "success", "amount": amount, "currency": "EUR"}}}
	}
	for name, c := range map[string]struct {
		change func(at time.Time) map[string]any
		net    string
		units  float64
	}{
		"exchanged": {func(at time.Time) map[string]any {
			return map[string]any{"total_price": "130.00", "current_total_price": "100.00", "refunds": []any{takenOff(at, 12)},
				"line_items": []any{shopifyItem(11, 1, "70.00"), shopifyItem(12, 0, "30.00"), shopifyItem(13, 1, "30.00")}}
		}, "100.00", 2},
		"taken off and paid back": {func(at time.Time) map[string]any {
			return map[string]any{"current_total_price": "70.00", "financial_status": "partially_refunded", "refunds": []any{
				takenOff(at, 12), back(at, "30.00"),
			},
				"line_items": []any{shopifyItem(11, 1, "70.00"), shopifyItem(12, 0, "30.00")}}
		}, "70.00", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachTrial(t, func(t *testing.T, s *trial) {
				body := shopifyBody(s.at())
				paid := map[string]any{"financial_status": "paid", "total_outstanding": "0.00"}
				s.posts("shopify", "orders/create", body, paid)
				s.later(10 * time.Minute)
				s.posts("shopify", "orders/updated", body, paid, c.change(s.at()), map[string]any{"updated_at": written(s.at())})
				customer := s.shown("GET /v1/customers/" + s.order("shopify", "1")["customer"].(string))
				figures := customer["orders"].(map[string]any)
				if net := figures["net"].(map[string]any)["amount"]; net != c.net || figures["units"] != c.units {
					t.Errorf("got %v net over %v units, want %v over %v", net, figures["units"], c.net, c.units)
				}
			})
		})
	}
}

// A refund in the buyer's currency is counted in the shop's currency.
func TestRefundsInTheBuyersCurrencyAreCountedInTheShops(t *testing.T) {
	t.Parallel()
	eachTrial(t, func(t *testing.T, s *trial) {
		body := shopifyBody(s.at())
		s.posts("shopify", "orders/create", body, map[string]any{
			"financial_status": "paid", "total_outstanding": "0.00", "presentment_currency": "USD",
		})
		s.later(10 * time.Minute)
		both := map[string]any{
			"shop_money":        map[string]any{"amount": "20.00", "currency_code": "EUR"},
			"presentment_money": map[string]any{"amount": "22.00", "currency_code": "USD"},
		}
		s.posts("shopify", "refunds/create", map[string]any{
			"id": 8, "order_id": 1, "created_at": written(s.at()), "refund_line_items": []any{},
			"transactions": []any{
				map[string]any{"id": 7, "kind": "refund", "status": "success", "amount": "22.00", "currency": "USD", "amount_set": both},
			},
		})
		customer := s.shown("GET /v1/customers/" + s.order("shopify", "1")["customer"].(string))
		if net := customer["orders"].(map[string]any)["net"].(map[string]any)["amount"]; net != "80.00" {
			t.Errorf("got %v net, want 80.00", net)
		}
	})
}
