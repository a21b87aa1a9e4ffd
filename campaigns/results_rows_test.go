package campaigns_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
	"comeback/commerce"
)

// A message counts once however often it was opened, by people before machines;
// what was not certainly sent does not count.
func TestAddMessage(t *testing.T) {
	t.Parallel()
	at := paidAt()
	var s campaigns.StepTally
	for _, m := range []campaigns.Message{
		{State: campaigns.Sent, SentAt: at, Opens: 3, Clicks: 2, MachineOpens: 9, MachineClicks: 1},
		{State: campaigns.Sent, SentAt: at, MachineOpens: 2, MachineClicks: 4},
		{State: campaigns.Failed, SentAt: at}, // returned afterwards
		{State: campaigns.Sent, SentAt: at, UnsubscribedAt: at},
		{State: campaigns.Uncertain},
		{State: campaigns.Planned},
	} {
		s.AddMessage(m)
	}
	s.AddConversion(campaigns.Conversion{Revenue: 10000, Margin: 4000, Reversed: 2500, MarginReversed: 1000, Discount: 500})
	want := campaigns.StepTally{
		Sent: 4, Delivered: 3, Opened: 1, MachineOpened: 1, Clicked: 1, MachineClicked: 1, Unsubscribed: 1, Converted: 1,
		Revenue: 7500, Margin: 3000, Discount: 500,
	}
	if diff := cmp.Diff(s, want); diff != "" {
		t.Errorf("got, want:\n%s", diff)
	}
}

// Both arms are measured by all their customers bought in the goal's window, net
// of refunds, each order once; entries whose window is open wait.
func TestEntriesOfACustomerAreOneCluster(t *testing.T) {
	t.Parallel()
	began := paidAt()
	day := 24 * time.Hour
	goal := &campaigns.Goal{Within: 7 * day}
	order := func(id string, after time.Duration, total, refunded int64) commerce.OrderFact {
		return commerce.OrderFact{ID: id, PaidAt: began.Add(after), Payment: commerce.Paid, Total: total, Net: total - refunded}
	}
	fake := order("fake", day, 9999, 0)
	fake.Fake = true
	orders := []commerce.OrderFact{
		order("before", -time.Second, 5000, 0), order("in", day, 10000, 2500), order("both", 3*day, 4000, 0),
		order("edge", 7*day, 1000, 0), order("after", 7*day+time.Second, 7000, 0), fake,
	}
	entries := []campaigns.Enrolment{
		{ID: "second", Entry: 1, Version: 1, Arm: campaigns.Treated, BeganAt: began.Add(2 * day), ConvertedAt: began.Add(3 * day)},
		{ID: "first", Entry: 1, Version: 1, Arm: campaigns.Treated, BeganAt: began, ConvertedAt: began.Add(8 * day)}, // reached too late
	}
	cases := map[string]struct {
		now  time.Time
		goal *campaigns.Goal
		want campaigns.ArmTally
	}{
		"no window over": {began.Add(7*day - 1), goal, campaigns.ArmTally{Entered: 2}},
		"one window over": {
			began.Add(7 * day),
			goal,
			campaigns.ArmTally{
				Entered: 2, Ripe: 1, Revenue: 12500, Margin: 5000, Customers: 1, Buyers: 1, RevenueSquares: 12500 * 12500,
				MarginSquares: 5000 * 5000,
			},
		},
		"both over": {began.Add(9 * day), goal, campaigns.ArmTally{
			Entered: 2, Ripe: 2, Converted: 1, Revenue: 19500, Margin: 7800,
			Customers: 1, Reached: 1, Buyers: 1, ConvertedSquares: 1, RevenueSquares: 19500 * 19500, MarginSquares: 7800 * 7800,
		}},
		"no goal": {began.Add(9 * day), nil, campaigns.ArmTally{Entered: 2}},
	}
	for name, c := range cases {
		one := campaigns.Participant{Enrolments: entries, Goals: map[int]*campaigns.Goal{1: c.goal}, Orders: orders}
		counting := campaigns.NewCounting(campaigns.Tally{MarginBP: 4000}, c.now)
		counting.Add(one.Rows())
		if diff := cmp.Diff(counting.Tally(nil).Treated, c.want); diff != "" {
			t.Errorf("%s: got, want:\n%s", name, diff)
		}
	}
}

// A campaign's margin is from unit costs only where every order's is.
func TestBasisAnd(t *testing.T) {
	t.Parallel()
	costs, rate, both := campaigns.FromUnitCosts, campaigns.FromRate, campaigns.FromBoth
	for _, c := range [][3]campaigns.MarginBasis{
		{"", costs, costs}, {costs, costs, costs}, {costs, rate, both}, {both, rate, both}, {rate, "", rate},
	} {
		if got := c[0].And(c[1]); got != c[2] {
			t.Errorf("%q and %q: got %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
