package campaigns_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
)

// filling is a campaign of customers with a backfill.
func filling(trigger, more string) string {
	return fmt.Sprintf(`{"schema": 1, "id": "c", "name": "C", "class": "marketing", "trigger": %s, "key": "customer",
	"reentry": "always", "backfill": true, %s "policy": {"quiet": {"from": "00:00", "to": "00:00"}, "cap": {"max": 100, "per": "1d"}},
	"steps": [{"id": "w1", "wait": "1h", "send": {"channel": "email", "template": "t"}}]`, trigger, more)
}

const vips = `{"segment": "vip", "on": "entered"}`

// Customers who are past the trigger when the campaign starts enter then, once. What happens to them
// afterwards lets them enter as anybody.
func TestABackfillLetsThoseEnterWhoArePastTheTrigger(t *testing.T) {
	t.Parallel()
	left := `"exit": [{"segment": "vip", "on": "left", "same": "customer"}],`
	consent := `{"event": "consent.granted", "where": {"field": "customer.consent.email", "op": "is", "value": true}}`
	for _, tt := range []struct {
		name, file string
		given      []string
		sent       []string
	}{
		{"a member", filling(vips, ""), []string{"0m customer.updated segment=vip"}, []string{"w1@1h"}},
		{"who is none", filling(vips, ""), []string{"0m customer.updated segment=other"}, nil},
		{"without a backfill", strings.Replace(filling(vips, ""), `"backfill": true,`, "", 1),
			[]string{"0m customer.updated segment=vip"}, nil},
		{"one whose entering is received too", filling(vips, ""), []string{"0m segment.entered segment=vip"}, []string{"w1@1h"}},
		{"who leaves before the mail", filling(vips, left), []string{"0m customer.updated segment=vip", "30m segment.left segment=vip"}, nil},
		{"who leaves and enters again", filling(vips, left),
			[]string{"0m customer.updated segment=vip", "2h segment.left segment=vip", "3h segment.entered segment=vip"},
			[]string{"w1@1h", "w1@4h"}},
		{"outside the audience", filling(vips, `"audience": {"field": "customer.gender", "op": "is", "value": "female"},`),
			[]string{"0m customer.updated segment=vip"}, nil},
		{"a consent", filling(consent, ""), []string{"0m customer.updated"}, []string{"w1@1h"}},
		{"no consent", filling(consent, ""), []string{"0m customer.updated consent=unknown"}, nil},
		{"a new customer", filling(`{"event": "customer.created"}`, ""), []string{"0m customer.updated"}, []string{"w1@1h"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := parse(t, tt.file+"}")
			given := `"` + strings.Join(tt.given, `", "`) + `"`
			sent := ""
			if len(tt.sent) > 0 {
				sent = `"` + strings.Join(tt.sent, `", "`) + `"`
			}
			c = parse(t, strings.TrimSuffix(string(c.Raw), "}")+`, "tests": [{"name": "it", "given": [`+given+`], "expect": {"sent": [`+sent+`]}}]}`)
			if result := campaigns.RunTests(c, commerce.Shop{})[0]; !result.Passed() {
				t.Error(result.Failures)
			}
		})
	}
}

// A version has one backfill, whenever it is activated. It may begin late, and goes on where it
// stopped.
func TestABackfillIsOneRunOfAVersion(t *testing.T) {
	t.Parallel()
	c := parse(t, filling(vips, "")+"}")
	c.Version, c.Since = 2, ten()
	shop := commerce.Shop{ID: "shop"}
	r, ok := campaigns.FirstRun(c, shop, ten())
	if !ok || r.ID != "shop:c:backfill:2" || !r.DueAt.Equal(ten()) {
		t.Fatalf("got %+v, want a run at the start", r)
	}
	begun, next := campaigns.Begin(c, shop, r, ten().AddDate(0, 1, 0))
	if begun.State != campaigns.Running || next.ID != "" {
		t.Errorf("a month late: got %s, next %q, want it running and nothing next", begun.State, next.ID)
	}
	c.Since = ten().AddDate(1, 0, 0)
	again, _ := campaigns.FirstRun(c, shop, c.Since)
	if again.ID != r.ID || !r.Of(c) {
		t.Errorf("activated again: got %s, want the same run", again.ID)
	}
}

// A customer whom the backfill passes twice, as after a crash, or who entered before by whatever
// cause, does not enter again. Neither does an event of before the passage let them.
func TestABackfillLetsACustomerEnterOnce(t *testing.T) {
	t.Parallel()
	s := setup(t, filling(`{"event": "consent.granted"}`, ""))
	r, _ := campaigns.FirstRun(s.c, s.facts.Shop, ten())
	pass := func(before campaigns.Enrolment, now time.Time) campaigns.Enrolment {
		o := campaigns.Occasion{Kind: campaigns.OnRun, Run: r, Event: commerce.Event{Customer: s.facts.Customer.ID}}
		e, _ := campaigns.Decide(s.c, before, o, s.facts, now)
		return e
	}
	e := pass(campaigns.Enrolment{}, ten().Add(time.Hour))
	if e.State != campaigns.Enrolled || e.Cause != r.Cause() || !e.DueAt.Equal(ten().Add(2*time.Hour)) {
		t.Fatalf("got %s by %s, due %s, want an entry whose steps run from it", e.State, e.Cause, e.DueAt)
	}
	e.State = campaigns.Finished
	if again := pass(e, ten().Add(2*time.Hour)); again.Entry != 1 {
		t.Errorf("passed again: got entry %d, want none", again.Entry)
	}
	granted := commerce.NewEvent("shop", commerce.ConsentGranted, "shop:consent:x", commerce.Key("email", "1"), ten().Add(30*time.Minute))
	granted.Customer = s.facts.Customer.ID
	o := campaigns.Occasion{Kind: campaigns.OnTrigger, Event: granted}
	if late, _ := campaigns.Decide(s.c, e, o, s.facts, ten().Add(2*time.Hour)); late.Entry != 1 {
		t.Errorf("an event of before: got entry %d, want none", late.Entry)
	}
	o.Event.At = ten().Add(3 * time.Hour)
	if later, _ := campaigns.Decide(s.c, e, o, s.facts, ten().Add(3*time.Hour)); later.Entry != 2 {
		t.Errorf("a later event: got entry %d, want the second", later.Entry)
	}
	o.Event.At = ten()
	first, _ := campaigns.Decide(s.c, campaigns.Enrolment{}, o, s.facts, ten())
	if first.State = campaigns.Finished; first.Entry != 1 {
		t.Fatalf("an event of before the backfill: got entry %d, want the first", first.Entry)
	}
	if again := pass(first, ten().Add(4*time.Hour)); again.Entry != 1 {
		t.Errorf("who entered by an event: got entry %d, want none by the backfill", again.Entry)
	}
	r.Version = 2
	s.c.Version = 2
	if again := pass(e, ten().Add(4*time.Hour)); again.Entry != 1 {
		t.Errorf("the backfill of another version: got entry %d, want none", again.Entry)
	}
}

// A backfill of what leaves nothing behind is refused with the remedy.
func TestBackfillsThatAreRefused(t *testing.T) {
	t.Parallel()
	for trigger, want := range map[string]string{
		`{"segment": "vip", "on": "left"}`:                 `make a broadcast with an audience such as {"not": {"segment": "vip"}}`,
		`{"event": "message.clicked", "campaign": "x"}`:    `make a broadcast with an audience such as {"event": "message.clicked"`,
		`{"event": ["consent.granted", "message.opened"]}`: `message.opened of before is over`,
	} {
		c, problems := campaigns.Parse([]byte(filling(trigger, "") + "}"))
		if c != nil || len(problems) != 1 || !strings.Contains(problems[0].String(), want) || problems[0].Pointer != "/backfill" {
			t.Errorf("%s: got %v, want %s", trigger, problems, want)
		}
	}
}
