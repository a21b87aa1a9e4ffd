package campaigns_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
	"comeback/commerce"
)

// An exit counts events after the cause, of the order or of the customer's other
// orders, that are still true now.
func TestExits(t *testing.T) {
	t.Parallel()
	shipped := func(exit string) string {
		return `{"schema": 1, "id": "c", "name": "C", "class": "service", "key": "order", "reentry": "never",
			"trigger": {"event": "order.shipped"}, "exit": [` + exit + `],
			"steps": [{"id": "s1", "wait": "1h", "send": {"channel": "email", "template": "t"}}]`
	}
	for _, tt := range []struct {
		name, file string
		given      []string
		sent       []string
		ends       []string
	}{
		{"the cause itself is no exit", shipped(`{"event": "order.shipped", "same": "order"}`),
			[]string{"0m order.placed", "1h order.shipped"}, []string{"s1@2h"}, []string{"finished"}},
		{"a second parcel is", shipped(`{"event": "order.shipped", "same": "order"}`),
			[]string{"0m order.placed", "1h order.shipped parcel=p1", "90m order.shipped parcel=p2"}, nil, []string{"exited"}},
		{"what the order went through before the cause is none", shipped(`{"event": "order.paid", "same": "order", "as": "goal"}`),
			[]string{"0m order.placed", "10m order.paid", "1h order.shipped"}, []string{"s1@2h"}, []string{"finished"}},
		{"what shares the cause's second is one", shipped(`{"event": "order.refund_requested", "same": "order"}`),
			[]string{"0m order.placed", "1h order.shipped", "70m order.refund_requested at=1h"}, nil, []string{"exited"}},
		{"the cause's own order is never another of the customer", shipped(`{"event": "order.delivered", "same": "customer"}`),
			[]string{"0m order.placed", "1h order.shipped", "90m order.delivered"}, []string{"s1@2h"}, []string{"finished"}},
		{"another order of the customer is", shipped(`{"event": "order.delivered", "same": "customer", "as": "superseded"}`),
			[]string{"0m order.placed order=o2", "0m order.placed", "1h order.shipped", "90m order.delivered order=o2"},
			nil, []string{"superseded"}},
		{"an order of somebody else is not", shipped(`{"event": "order.delivered", "same": "customer"}`),
			[]string{"0m order.placed order=o2 customer=c2", "0m order.placed", "1h order.shipped",
				"90m order.delivered order=o2 customer=c2"}, []string{"s1@2h"}, []string{"finished"}},
		{"a test order of the customer is not", shipped(`{"event": "order.placed", "same": "customer"}`),
			[]string{"0m order.placed", "1h order.shipped", "90m order.placed order=o2 test=true"}, []string{"s1@2h"}, []string{"finished"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result := play(t, tt.file, tt.given, tt.sent, tt.ends)
			if diff := cmp.Diff(result.Failures, []string(nil)); diff != "" {
				t.Errorf("failures (-got +want):\n%s", diff)
			}
		})
	}
}

// A goal counts in its time, also after the last step; later it is an exit only.
func TestGoal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		given []string
		sent  []string
		ends  []string
	}{
		{"after the last step", []string{"0m order.placed", "23h order.paid"}, []string{"r1"}, []string{"converted"}},
		{"at the end of its time", []string{"0m order.placed", "24h order.paid"}, []string{"r1"}, []string{"converted"}},
		{"after its time", []string{"0m order.placed", "1d1m order.paid"}, []string{"r1"}, []string{"finished"}},
		{"the webhook came after its time, the payment was in it", []string{"0m order.placed", "3d order.paid at=2h"}, []string{"r1"},
			[]string{"converted"}},
		{"of the hold-out too", []string{"0m order.placed holdout=true", "2h order.paid"}, nil, []string{"converted"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result := play(t, unpaid, tt.given, tt.sent, tt.ends)
			if diff := cmp.Diff(result.Failures, []string(nil)); diff != "" {
				t.Errorf("failures (-got +want):\n%s", diff)
			}
			for _, e := range result.Enrolments {
				if (e.State == campaigns.Converted) == e.ConvertedAt.IsZero() {
					t.Errorf("converted at %s in state %s", e.ConvertedAt, e.State)
				}
			}
		})
	}
}

// Entering again needs an ended entry, a later cause, and time where the
// campaign asks for it.
func TestReentry(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		reentry string
		state   campaigns.EnrolmentState
		later   time.Duration // of the new cause, after that of the last entry
		entered bool
	}{
		{"never", `"never"`, campaigns.Finished, 240 * time.Hour, false},
		{"always, after an end", `"always"`, campaigns.Finished, time.Hour, true},
		{"always, while under way", `"always"`, campaigns.Enrolled, time.Hour, false},
		{"always, by the same cause", `"always"`, campaigns.Finished, 0, false},
		{"always, by an earlier cause received late", `"always"`, campaigns.Exited, -time.Hour, false},
		{"after a day, too soon", `{"after": "1d"}`, campaigns.Converted, 23 * time.Hour, false},
		{"after a day", `{"after": "1d"}`, campaigns.Superseded, 24 * time.Hour, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, strings.Replace(unpaid, `"reentry": "never"`, `"reentry": `+tt.reentry, 1))
			last := s.enter(ten())
			last.State, last.Rev = tt.state, 3
			s.placed.At = ten().Add(tt.later)
			if tt.later != 0 {
				s.placed.Cause, s.placed.ID = "another", s.placed.ID+"another"
			}
			next, _ := campaigns.Decide(
				s.c, last, campaigns.Occasion{Kind: campaigns.OnTrigger, Event: s.placed}, s.facts, ten().Add(300*time.Hour),
			)
			if entered := next.Entry == 2 && next.State == campaigns.Enrolled && next.Rev == 3; entered != tt.entered {
				t.Errorf("entered: got %v, want %v: %v", entered, tt.entered, next.Log)
			}
			if !tt.entered && campaigns.Changed(last, next) {
				t.Errorf("a refusal changed the enrolment: %+v", next)
			}
		})
	}
}

// A watch reads the profile as it is when it comes due: a newer payment, or a
// longer lapse, moves it; a payment taken back brings the older one into force.
func TestWatches(t *testing.T) {
	t.Parallel()
	const lapse = `{"schema": 1, "id": "c", "name": "C", "class": "marketing", "key": "customer", "reentry": {"after": "100d"},
		"trigger": {"lapse": {"days": 60}}, "steps": [{"id": "w1", "send": {"channel": "email", "template": "t"}}]`
	days := func(n int) time.Time { return ten().Add(time.Duration(n) * 24 * time.Hour) }
	paid := func(id string, at time.Time) commerce.OrderFact {
		return commerce.OrderFact{ID: id, PlacedAt: at, PaidAt: at, Status: commerce.Open, Payment: commerce.Paid}
	}
	first := setup(t, lapse)
	first.facts.Customer.History.Orders = []commerce.OrderFact{paid("shop:woo:1", ten()), paid("shop:woo:2", days(30))}
	watch, ok := campaigns.WatchOf(first.c, first.facts, ten())
	if !ok || watch.ID != "shop:c:platform:7" || !watch.DueAt.Equal(days(90)) || watch.Cause != "shop:order.paid:shop~3awoo~3a2:" {
		t.Fatalf("watch: got %+v", watch)
	}
	for _, tt := range []struct {
		name    string
		change  func(s *scene, w *campaigns.Watch, e *campaigns.Enrolment)
		due     time.Time // of the watch afterwards
		entered string    // cause order; empty: nobody
		began   time.Time
	}{
		{"met", nil, time.Time{}, "shop:woo:2", days(90)},
		{"a newer payment moved it", func(s *scene, _ *campaigns.Watch, _ *campaigns.Enrolment) {
			s.facts.Customer.History.Orders = append(s.facts.Customer.History.Orders, paid("shop:woo:3", days(80)))
		}, days(140), "", time.Time{}},
		{"a new version waits longer", func(s *scene, _ *campaigns.Watch, _ *campaigns.Enrolment) { s.c.Trigger.Lapse = 100 }, days(130),
			"", time.Time{}},
		{"the payment went back", func(s *scene, _ *campaigns.Watch, _ *campaigns.Enrolment) {
			s.facts.Customer.History.Orders = s.facts.Customer.History.Orders[:1]
		}, time.Time{}, "shop:woo:1", days(60)},
		{"all payments went back", func(s *scene, _ *campaigns.Watch, _ *campaigns.Enrolment) {
			s.facts.Customer.History.Orders = nil
		}, time.Time{}, "", time.Time{}},
		{"an account too large for a history", func(s *scene, _ *campaigns.Watch, _ *campaigns.Enrolment) {
			s.facts.Customer.History = commerce.History{Truncated: true}
		}, time.Time{}, "", time.Time{}},
		{"while paused", func(s *scene, _ *campaigns.Watch, _ *campaigns.Enrolment) { s.c.State = campaigns.Paused }, days(90), "", time.Time{}},
		{"too soon after the last entry: asked again", func(_ *scene, _ *campaigns.Watch, e *campaigns.Enrolment) {
			*e = campaigns.Enrolment{ID: "shop:c:platform:7", State: campaigns.Finished, Entry: 1, CauseAt: ten(), BeganAt: days(10)}
		}, days(110), "", time.Time{}},
		{"another entry under way: asked again tomorrow", func(_ *scene, _ *campaigns.Watch, e *campaigns.Enrolment) {
			*e = campaigns.Enrolment{ID: "shop:c:platform:7", State: campaigns.Enrolled, Entry: 1, CauseAt: ten(), BeganAt: ten()}
		}, days(91), "", time.Time{}},
		{"no consent: not asked again", func(s *scene, _ *campaigns.Watch, _ *campaigns.Enrolment) { s.facts.Customer.Consents = nil },
			time.Time{}, "", time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, w, e := setup(t, lapse), watch, campaigns.Enrolment{}
			s.facts.Customer.History.Orders = []commerce.OrderFact{paid("shop:woo:1", ten()), paid("shop:woo:2", days(30))}
			if tt.change != nil {
				tt.change(&s, &w, &e)
			}
			after, next, _ := campaigns.DecideWatch(s.c, w, e, s.facts, days(90))
			if !after.DueAt.Equal(tt.due) {
				t.Errorf("due: got %s, want %s", after.DueAt, tt.due)
			}
			entered := ""
			if next.Entry > e.Entry && next.State == campaigns.Enrolled {
				entered = next.Order
			}
			if entered != tt.entered || entered != "" && !next.BeganAt.Equal(tt.began) {
				t.Errorf("entered: got %q from %s, want %q from %s (%v)", entered, next.BeganAt, tt.entered, tt.began, next.Log)
			}
		})
	}
}
