package campaigns_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"comeback/campaigns"
	"comeback/commerce"
)

// ten is a Monday morning.
func ten() time.Time { return time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC) }

// scene is one unpaid order of a reachable customer, a campaign and the facts a
// decision about them reads.
type scene struct {
	c      *campaigns.Campaign
	facts  campaigns.Facts
	placed commerce.Event
}

func setup(t testing.TB, file string) scene {
	t.Helper()
	c := parse(t, file+"}")
	c.Version = 1
	order := commerce.Order{
		ID: "shop:woo:1", Shop: "shop", Connection: "woo", External: "1", Customer: "shop:platform:7",
		OrderState: commerce.OrderState{Version: ten(), Status: commerce.Open, Payment: commerce.Unpaid, Currency: "EUR",
			Total: commerce.Money{Minor: 5000, Currency: "EUR"}, Buyer: commerce.Buyer{Email: "ann@example.com"}},
		Times: commerce.Timeline{PlacedAt: ten()},
	}
	customer := commerce.Customer{ID: "shop:platform:7", Shop: "shop", Profile: commerce.Profile{
		Attributes: commerce.Attributes{Email: "ann@example.com"},
		Consents:   []commerce.Consent{{Channel: campaigns.Email, Granted: true, Explicit: true, At: ten(), Source: "test"}},
	}}
	s := scene{c: c, facts: campaigns.Facts{Shop: commerce.Shop{ID: "shop", Currency: "EUR"}, Order: &order, Customer: &customer}}
	s.placed = commerce.NewEvent("shop", commerce.OrderPlaced, order.ID, "", ten())
	s.placed.Customer = customer.ID
	return s
}

func (s scene) enter(now time.Time) campaigns.Enrolment {
	e, _ := campaigns.Decide(s.c, campaigns.Enrolment{}, campaigns.Occasion{Kind: campaigns.OnTrigger, Event: s.placed}, s.facts, now)
	return e
}

// planned enters and takes the first step.
func (s scene) planned(t testing.TB) (campaigns.Enrolment, campaigns.Message) {
	t.Helper()
	e := s.enter(ten())
	e, actions := campaigns.Decide(s.c, e, campaigns.Occasion{Kind: campaigns.OnDue}, s.facts, e.DueAt)
	if len(actions) != 1 {
		t.Fatalf("actions: got %v, want a plan (%+v)", actions, e)
	}
	return e, actions[0].(campaigns.Plan).Message
}

// An unpaid order enters with ids that name no version, and its message is
// planned for when the wait is over, to expire in its time.
func TestEnteringPlansOneMessage(t *testing.T) {
	t.Parallel()
	s := setup(t, unpaid)
	e := s.enter(ten().Add(time.Second))
	want := campaigns.Enrolment{
		ID: "shop:c:woo:1", Shop: "shop", Campaign: "c", Version: 1, Entry: 1, State: campaigns.Enrolled, Arm: campaigns.Treated,
		Customer: "shop:platform:7", Order: "shop:woo:1", Cause: s.placed.ID, CauseAt: ten(), BeganAt: ten(),
		EnteredAt: ten().Add(time.Second), Recount: true, StepID: "r1", StepDue: ten(), DueAt: ten().Add(15 * time.Minute),
	}
	if diff := cmp.Diff(e, want, cmpopts.IgnoreFields(campaigns.Enrolment{}, "Log")); diff != "" {
		t.Errorf("enrolment (-got +want):\n%s", diff)
	}
	e, m := s.planned(t)
	if m.ID != "shop:c:woo:1:1:r1" || !m.DueAt.Equal(ten().Add(15*time.Minute)) ||
		!m.ExpiresAt.Equal(ten().Add(12*time.Hour+15*time.Minute)) {
		t.Errorf("message: got %s due %s expires %s", m.ID, m.DueAt, m.ExpiresAt)
	}
	if e.State != campaigns.Finished || !e.DueAt.IsZero() {
		t.Errorf("enrolment: got %s due %s, want finished and nothing due", e.State, e.DueAt)
	}
}

// A customer who may not enter does not, and the reason is logged.
func TestRefusals(t *testing.T) {
	t.Parallel()
	marketing := strings.Replace(unpaid, `"service"`, `"marketing"`, 1)
	women := strings.Replace(unpaid, `"key"`, `"audience": {"field": "customer.gender", "op": "is", "value": "female"}, "key"`, 1)
	for _, tt := range []struct {
		name, file string
		change     func(s *scene)
		want       string
	}{
		{"an order imported as history", unpaid, func(s *scene) { s.facts.Order.Imported = true }, "imported as history"},
		{"a test order", unpaid, func(s *scene) { s.facts.Order.Test = true }, "test or fake"},
		{"an order that names nobody", unpaid, func(s *scene) { s.facts.Customer = nil }, "names nobody"},
		{"an order of which only a parcel is known", unpaid, func(s *scene) { s.facts.Order.Version = time.Time{} }, "is not known"},
		{"an order paid by now", unpaid, func(s *scene) { s.facts.Order.Payment = commerce.Paid }, "where does not hold"},
		{"a paused campaign", unpaid, func(s *scene) { s.c.State = campaigns.Paused }, "the campaign is paused"},
		{"an older version", unpaid, func(s *scene) { s.c.State = campaigns.Replaced }, "the campaign is replaced"},
		{"outside the audience", women, func(*scene) {}, "not in the audience"},
		{"marketing without consent", marketing, func(s *scene) { s.facts.Customer.Consents = nil }, "no consent for email"},
		{"marketing after a refusal", marketing, func(s *scene) { s.facts.Customer.Consents[0].Granted = false }, "email refused"},
		{"service after a refusal where no law is known to allow it", unpaid,
			func(s *scene) {
				s.facts.Customer.Consents[0].Granted, s.facts.Shop.Jurisdiction = false, commerce.OtherLaw
			}, "email refused"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, tt.file)
			tt.change(&s)
			e := s.enter(ten())
			if e.State != "" || len(e.Log) != 1 || !strings.Contains(e.Log[0].Reasons[0].Text, tt.want) {
				t.Errorf("got %q %v, want refused: %s", e.State, e.Log, tt.want)
			}
		})
	}
	allowed := setup(t, unpaid)
	allowed.facts.Customer.Consents[0].Granted = false
	allowed.facts.Shop.Country = "DE"
	if e := allowed.enter(ten()); e.State != campaigns.Enrolled {
		t.Errorf("service after a refusal in the EU: got %v, want it to enter", e.Log)
	}
}

// Activating a new version between two handlings of one event makes no second
// entry and no second mail.
func TestANewVersionSendsNoSecondMail(t *testing.T) {
	t.Parallel()
	s := setup(t, unpaid)
	first, message := s.planned(t)
	first.Rev = 1
	second := setup(t, unpaid)
	second.c.Version = 2
	again, actions := campaigns.Decide(
		second.c, first, campaigns.Occasion{Kind: campaigns.OnTrigger, Event: s.placed}, s.facts, ten().Add(time.Minute),
	)
	if campaigns.Changed(first, again) || len(actions) > 0 {
		t.Errorf("got %+v and %v, want nothing", again, actions)
	}
	if e := second.enter(ten()); campaigns.NewMessageID(e, "r1") != message.ID {
		t.Errorf("message id: got %s, want %s", campaigns.NewMessageID(e, "r1"), message.ID)
	}
}

// The moment before handing over everything is asked once more.
func TestHandOver(t *testing.T) {
	t.Parallel()
	due := ten().Add(15 * time.Minute)
	capped := strings.Replace(unpaid, `"key"`, `"policy": {"cap": {"max": 1, "per": "20h"}}, "key"`, 1)
	for _, tt := range []struct {
		name, file string
		change     func(s *scene, e *campaigns.Enrolment, m *campaigns.Message)
		now        time.Time
		outcome    campaigns.Outcome
		until      time.Time
		state      campaigns.MessageState
		why        string
	}{
		{"nothing speaks against it", unpaid, nil, due, campaigns.Go, time.Time{}, "", ""},
		{"the order is paid and its event is not delivered so far", unpaid, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) {
			s.facts.Order.Payment, s.facts.Order.Times.PaidAt = commerce.Paid, ten().Add(14*time.Minute)
		}, due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "order.paid at"},
		{"a later order of the customer, known by its event alone", unpaid, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) {
			s.facts.Events = []commerce.Event{commerce.NewEvent("shop", commerce.OrderPlaced, "shop:woo:2", "", ten().Add(time.Minute))}
		}, due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "order.placed at"},
		{"an earlier order of the customer", unpaid, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) {
			s.facts.Events = []commerce.Event{commerce.NewEvent("shop", commerce.OrderPlaced, "shop:woo:0", "", ten().Add(-time.Minute))}
		}, due, campaigns.Go, time.Time{}, "", ""},
		{"a payment under way is asked of the step's condition",
			strings.Replace(unpaid, `"wait"`, `"if": {"field": "order.payment_status", "op": "is", "value": "unpaid"}, "wait"`, 1),
			func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) {
				s.facts.Order.Payment = commerce.Authorized
			}, due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "does not hold any more"},
		{"the enrolment was left", unpaid, func(_ *scene, e *campaigns.Enrolment, _ *campaigns.Message) { e.State = campaigns.Superseded },
			due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "superseded"},
		{"the key entered again since", unpaid, func(_ *scene, e *campaigns.Enrolment, _ *campaigns.Message) { e.Entry = 2 },
			due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "does not exist any more"},
		{"a holdout's message, however it came about", unpaid,
			func(_ *scene, e *campaigns.Enrolment, _ *campaigns.Message) { e.Arm = campaigns.HeldOut },
			due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "holdout"},
		{"the campaign is paused", unpaid, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) { s.c.State = campaigns.Paused },
			due, campaigns.Wait, time.Time{}, "", "paused"},
		{"the campaign is archived", unpaid, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) { s.c.State = campaigns.Archived },
			due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "archived"},
		{"a newer version is active", unpaid, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) { s.c.State = campaigns.Replaced },
			due, campaigns.Go, time.Time{}, "", ""},
		{"it expired", unpaid, nil, due.Add(12 * time.Hour), campaigns.Drop, time.Time{}, campaigns.Cancelled, "expired"},
		{"claimed before it is due", unpaid, nil, ten(), campaigns.Defer, due, "", "not due before"},
		{"the address is suppressed", unpaid, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) {
			s.facts.Suppressions = map[string][]commerce.Suppression{campaigns.Email: {{Scope: commerce.SuppressAll, Reason: commerce.Bounced}}}
		},
			due, campaigns.Drop, time.Time{}, campaigns.Suppressed, "bounced"},
		{"there is no address", unpaid, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) {
			s.facts.Order.Buyer.Email, s.facts.Customer.Attributes.Email = "", ""
		}, due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "no address"},
		{"the order was deleted", unpaid, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) { s.facts.Order.Times.DeletedAt = due },
			due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "deleted"},
		{"over the cap", capped, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) {
			s.facts.Sends = []campaigns.Send{{At: due.Add(-10 * time.Hour), Channel: campaigns.Email, Class: campaigns.Service}}
		}, due, campaigns.Defer, due.Add(10 * time.Hour), "", "1 in 20h already"},
		{"over the cap until it expires", capped, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) {
			s.facts.Sends = []campaigns.Send{{At: due.Add(-time.Hour), Channel: campaigns.Email, Class: campaigns.Service}}
		}, due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "it expires at"},
		{"another class does not count", capped, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) {
			s.facts.Sends = []campaigns.Send{{At: due.Add(-time.Hour), Channel: campaigns.Email, Class: campaigns.Marketing}}
		}, due, campaigns.Go, time.Time{}, "", ""},
		{"a fourth message about one order in the west", unpaid, func(s *scene, _ *campaigns.Enrolment, _ *campaigns.Message) {
			for range 3 {
				s.facts.Sends = append(s.facts.Sends, campaigns.Send{
					At: ten().Add(-24 * time.Hour), Channel: campaigns.Email, Class: campaigns.Service, Order: "shop:woo:1",
				})
			}
		}, due, campaigns.Drop, time.Time{}, campaigns.Cancelled, "3 messages about this order"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, tt.file)
			e, m := s.planned(t)
			if tt.change != nil {
				tt.change(&s, &e, &m)
			}
			v := campaigns.HandOver(s.c, m, e, s.facts, tt.now)
			if v.Outcome != tt.outcome || !v.Until.Equal(tt.until) || v.State != tt.state || tt.why != "" && !strings.Contains(v.Why(), tt.why) {
				t.Errorf("got %s until %s, state %q: %s; want %s until %s, state %q: %s", v.Outcome, v.Until, v.State, v.Why(), tt.outcome,
					tt.until, tt.state, tt.why)
			}
		})
	}
}

// Of two enrolments that turn out to be about one person the smaller id goes
// on; the other ends merged and its message is cancelled.
func TestMergedEnrolmentsSendOnce(t *testing.T) {
	t.Parallel()
	byCustomer := strings.Replace(unpaid, `"key": "order"`, `"key": "customer"`, 1)
	s := setup(t, strings.Replace(byCustomer, `[`+r1, `[`+r1+`, `+strings.Replace(r1, `"r1"`, `"r2"`, 1), 1))
	e, m := s.planned(t)
	smaller, larger := e, e
	smaller.ID, larger.ID = "shop:c:platform:1", "shop:c:platform:9"
	s.facts.Siblings = []campaigns.Enrolment{e, larger}
	if v := campaigns.HandOver(s.c, m, e, s.facts, m.DueAt); v.Outcome != campaigns.Go {
		t.Errorf("beside a larger id: got %s, want go", v.Why())
	}
	s.facts.Siblings = []campaigns.Enrolment{smaller, e}
	v := campaigns.HandOver(s.c, m, e, s.facts, m.DueAt)
	if v.Outcome != campaigns.Drop || v.Ends != campaigns.Merged {
		t.Fatalf("beside a smaller id: got %s %s, want dropped and merged", v.Outcome, v.Ends)
	}
	if ended := campaigns.End(e, v, m.DueAt); ended.State != campaigns.Merged || !ended.DueAt.IsZero() {
		t.Errorf("enrolment: got %s due %s, want merged and nothing due", ended.State, ended.DueAt)
	}
	s.facts.Siblings = []campaigns.Enrolment{smaller}
	if entered := s.enter(ten().Add(time.Hour)); entered.State != "" {
		t.Errorf("entry beside one under an alias: got %s, want refused", entered.State)
	}
}
