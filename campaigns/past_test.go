package campaigns_test

import (
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// When a key enters again, its entry before stays stored and may still reach its
// goal.
func TestPastEntriesMayStillReachTheirGoal(t *testing.T) {
	t.Parallel()
	file := `{"schema": 1, "id": "c", "name": "C", "class": "service", "trigger": {"event": "order.placed"}, "key": "customer",
	"reentry": "always", "goal": {"event": "order.paid", "same": "customer", "within": "30d"},
	"steps": [{"id": "r1", "wait": "15m", "send": {"channel": "email", "template": "unpaid-1"}}]`
	s := setup(t, file)
	first := s.enter(ten().Add(time.Second))
	first.State, first.EndedAt, first.Rev = campaigns.Finished, ten().Add(time.Hour), 1
	order := *s.facts.Order
	order.ID, order.External, order.Times.PlacedAt = "shop:woo:2", "2", ten().Add(24*time.Hour)
	s.facts.Order = &order
	placed := commerce.NewEvent("shop", commerce.OrderPlaced, order.ID, "", order.Times.PlacedAt)
	placed.Customer = s.facts.Customer.ID
	again, _ := campaigns.Decide(s.c, first, campaigns.Occasion{Kind: campaigns.OnTrigger, Event: placed}, s.facts, order.Times.PlacedAt)
	if again.Entry != 2 || len(again.Past) != 1 || again.Past[0].Entry != 1 || !again.Past[0].EnteredAt.Equal(first.EnteredAt) ||
		!again.PastOpen || !again.Recount {
		t.Fatalf("entered again: got %+v", again)
	}
	paid := commerce.NewEvent("shop", commerce.OrderPaid, "shop:woo:3", "", ten().Add(48*time.Hour))
	paid.Customer = placed.Customer
	again.Recount = false
	heard, _ := campaigns.Decide(s.c, again, campaigns.Occasion{Kind: campaigns.OnEvent, Event: paid}, s.facts, paid.At)
	if !heard.Past[0].ConvertedAt.Equal(paid.At) || !heard.ConvertedAt.Equal(paid.At) || heard.PastOpen || !heard.Recount ||
		!campaigns.Changed(again, heard) {
		t.Errorf("a goal of both: got %+v", heard)
	}
	if !again.Past[0].ConvertedAt.IsZero() {
		t.Error("the enrolment decided on was changed")
	}
}
