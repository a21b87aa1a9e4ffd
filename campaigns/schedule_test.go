package campaigns_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/campaigns"
	"comeback/commerce"
)

// Waits run from when the step before was due; dates of the order move with the
// order; what is too late is left out.
func TestSteps(t *testing.T) {
	t.Parallel()
	two := func(first, second string) string {
		step := `{"id": "%s", %s, "send": {"channel": "email", "template": "t"}}`
		return head + unpaidTrigger + `"steps": [` + fmt.Sprintf(step, "s1", first) + `, ` + fmt.Sprintf(step, "s2", second) + `]`
	}
	night := strings.Replace(
		two(`"wait": "14h"`, `"wait": "20h"`), `"key"`, `"policy": {"quiet": {"from": "23:00", "to": "08:00"}}, "key"`, 1,
	)
	for _, tt := range []struct {
		name, file string
		given      []string
		sent       []string
	}{
		{"a deferred step does not put off the next", night, []string{"0m order.placed"}, []string{"s1@22h", "s2@1d10h"}},
		{"a sequence begun late keeps its distances", two(`"wait": "1h"`, `"wait": "3h"`), []string{"3h order.placed at=0m"},
			[]string{"s1@3h", "s2@6h"}},
		{"before a date", two(`"wait": "1h"`, `"wait_until": {"before": "order.cancel_at", "by": "2h"}`),
			[]string{"0m order.placed cancel_at=24h"}, []string{"s1@1h", "s2@22h"}},
		{"the date moves with the order", two(`"wait": "1h"`, `"wait_until": {"before": "order.cancel_at", "by": "2h"}`),
			[]string{"0m order.placed cancel_at=24h", "3h order.updated cancel_at=48h"}, []string{"s1@1h", "s2@1d22h"}},
		{"without the date the wait that was given instead",
			two(`"wait": "1h"`, `"wait_until": {"before": "order.cancel_at", "by": "2h", "else_wait": "23h"}`),
			[]string{"0m order.placed"}, []string{"s1@1h", "s2@1d"}},
		{"without the date and without another wait, left out", two(`"wait_until": {"before": "order.cancel_at", "by": "2h"}`, `"wait": "1h"`),
			[]string{"0m order.placed"}, []string{"s2@1h"}},
		{"a moment after a date waits for the date", two(`"wait_until": {"after": "order.delivered_at", "by": "1d"}`, `"wait": "1d"`),
			[]string{"0m order.placed", "9d order.delivered"}, []string{"s1@10d", "s2@11d"}},
		{"delivered later than expected moves the day",
			two(`"wait_until": {"after": "order.delivered_at", "by": "1d", "else_wait": "8d"}`, `"wait": "1d"`),
			[]string{"0m order.placed", "7d12h order.delivered"}, []string{"s1@8d12h", "s2@9d12h"}},
		{"a moment before the step in front is due with it, and expires from the date",
			two(`"wait": "3h"`, `"wait_until": {"before": "order.cancel_at", "by": "2h"}, "expires": "30m"`),
			[]string{"0m order.placed cancel_at=4h"}, []string{"s1@3h"}},
		{"a moment before the beginning is due at once, and waits run from there",
			two(`"wait_until": {"before": "order.cancel_at", "by": "2h"}`, `"wait": "3h"`),
			[]string{"0m order.placed cancel_at=1h"}, []string{"s1@0m", "s2@3h"}},
		{"a condition leaves a step out", two(`"wait": "1h", "if": {"field": "order.total", "op": "gte", "value": "60.00"}`, `"wait": "1h"`),
			[]string{"0m order.placed total=50.00"}, []string{"s2@2h"}},
		{"the hold-out takes every step and sends nothing", two(`"wait": "1h"`, `"wait": "1h"`),
			[]string{"0m order.placed holdout=true"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			result := play(t, tt.file, tt.given, tt.sent, []string{"finished"})
			if len(result.Messages) != len(tt.sent) {
				t.Errorf("planned: got %d messages, want %d: none that will not be sent", len(result.Messages), len(tt.sent))
			}
			if diff := cmp.Diff(result.Failures, []string(nil)); diff != "" {
				t.Errorf("failures (-got +want):\n%s", diff)
			}
		})
	}
}

// Quiet hours are the campaign's own, else those of the market, on the shop's or
// the customer's clock, through summer time.
func TestQuietHours(t *testing.T) {
	t.Parallel()
	marketing := strings.Replace(unpaid, `"service"`, `"marketing"`, 1)
	quiet := func(policy string) string {
		return strings.Replace(marketing, `"key"`, `"policy": {"quiet": {`+policy+`}}, "key"`, 1)
	}
	for _, tt := range []struct {
		name, file string
		shop       commerce.Shop
		zone       string
		due        string
		until      string // empty: go; "never": dropped
	}{
		{"west, marketing: at night not, by the recipient's clock", marketing, commerce.Shop{}, "America/New_York", "2026-01-10T03:00:00Z",
			"2026-01-10T13:00:00Z"},
		{"west, marketing: the shop's clock where the recipient's is not known", marketing, commerce.Shop{Zone: "Europe/Berlin"}, "",
			"2026-01-10T21:30:00Z", "2026-01-11T07:00:00Z"},
		{"west, marketing: by day", marketing, commerce.Shop{}, "", "2026-01-10T12:00:00Z", ""},
		{"west, service: e-mail at any hour", unpaid, commerce.Shop{}, "", "2026-01-10T03:00:00Z", ""},
		{"china, service: from 23:00", unpaid, commerce.Shop{Market: commerce.China, Zone: "Asia/Shanghai"}, "", "2026-01-10T15:00:00Z",
			"2026-01-11T00:00:00Z"},
		{"china, service: until 22:59", unpaid, commerce.Shop{Market: commerce.China, Zone: "Asia/Shanghai"}, "", "2026-01-10T14:59:00Z", ""},
		{"china, marketing: the shop's clock counts, not the recipient's", marketing,
			commerce.Shop{Market: commerce.China, Zone: "Asia/Shanghai"}, "America/New_York", "2026-01-10T13:30:00Z", "2026-01-11T01:00:00Z"},
		{"spring: the night is an hour shorter", quiet(`"from": "21:00", "to": "08:00"`), commerce.Shop{Zone: "Europe/Berlin"}, "",
			"2026-03-28T23:00:00Z", "2026-03-29T06:00:00Z"},
		{"autumn: an hour longer", quiet(`"from": "21:00", "to": "08:00"`), commerce.Shop{Zone: "Europe/Berlin"}, "",
			"2026-10-24T22:00:00Z", "2026-10-25T07:00:00Z"},
		{"a pause at noon", quiet(`"from": "12:00", "to": "14:00"`), commerce.Shop{}, "", "2026-01-10T12:00:00Z", "2026-01-10T14:00:00Z"},
		{"its end is not quiet", quiet(`"from": "12:00", "to": "14:00"`), commerce.Shop{}, "", "2026-01-10T14:00:00Z", ""},
		{"dropped where the campaign says so", quiet(`"from": "12:00", "to": "14:00", "then": "drop"`), commerce.Shop{}, "",
			"2026-01-10T12:00:00Z", "never"},
		{"from equal to to: none", quiet(`"from": "12:00", "to": "12:00"`), commerce.Shop{}, "", "2026-01-10T12:00:00Z", ""},
		{"an unknown zone counts as the shop's", quiet(`"from": "21:00", "to": "08:00", "zone": "customer"`), commerce.Shop{}, "Mars/Base",
			"2026-01-10T22:00:00Z", "2026-01-11T08:00:00Z"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, tt.file)
			e, m := s.planned(t)
			s.facts.Shop, s.facts.Shop.ID = tt.shop, "shop"
			s.facts.Customer.Attributes.Zone = tt.zone
			m.DueAt, m.ExpiresAt = at(t, tt.due), time.Time{}
			v := campaigns.HandOver(s.c, m, e, s.facts, m.DueAt)
			got := ""
			switch v.Outcome {
			case campaigns.Defer:
				got = v.Until.Format(time.RFC3339)
			case campaigns.Drop:
				got = "never"
			}
			if got != tt.until {
				t.Errorf("got %q, want %q (%s)", got, tt.until, v.Why())
			}
		})
	}
}

// Marketing mail in any market: one a day and three a week, whatever campaign
// they are from.
func TestMarketCaps(t *testing.T) {
	t.Parallel()
	now := ten().Add(time.Hour)
	for _, tt := range []struct {
		name string
		ago  []time.Duration
		wait time.Duration
	}{
		{"none so far", nil, 0},
		{"one of yesterday", []time.Duration{25 * time.Hour}, 0},
		{"one of today", []time.Duration{4 * time.Hour}, 20 * time.Hour},
		{"one exactly a day ago", []time.Duration{24 * time.Hour}, 0},
		{"three in the week", []time.Duration{30 * time.Hour, 60 * time.Hour, 90 * time.Hour}, 78 * time.Hour},
		{"four in the week, for the cap was wider then", []time.Duration{30 * time.Hour, 60 * time.Hour, 90 * time.Hour, 100 * time.Hour},
			78 * time.Hour},
		{"three in the week and one of today", []time.Duration{4 * time.Hour, 60 * time.Hour, 90 * time.Hour}, 78 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := setup(t, strings.Replace(unpaid, `"service"`, `"marketing"`, 1))
			e, m := s.planned(t)
			m.ExpiresAt = time.Time{}
			for _, ago := range tt.ago {
				s.facts.Sends = append(s.facts.Sends, campaigns.Send{At: now.Add(-ago), Channel: campaigns.Email, Class: campaigns.Marketing})
			}
			v := campaigns.HandOver(s.c, m, e, s.facts, now)
			var got time.Duration
			if v.Outcome == campaigns.Defer {
				got = v.Until.Sub(now)
			}
			if got != tt.wait {
				t.Errorf("wait: got %v, want %v (%s)", got, tt.wait, v.Why())
			}
		})
	}
}

// The arm is drawn for the customer: about the share asked for, the same for
// every version and order, and raising the share moves nobody out.
func TestArms(t *testing.T) {
	t.Parallel()
	c := parse(t, strings.Replace(whole, `"percent": 5`, `"percent": 7.5`, 1))
	wider := parse(t, strings.Replace(whole, `"percent": 5`, `"percent": 20`, 1))
	held := 0
	for i := range 20_000 {
		customer := fmt.Sprintf("shop:platform:%d", i)
		if campaigns.ArmOf(c, "shop", customer) == campaigns.HeldOut {
			held++
			if campaigns.ArmOf(wider, "shop", customer) != campaigns.HeldOut {
				t.Fatalf("%s left the holdout when it grew", customer)
			}
		}
	}
	if held < 1380 || held > 1620 { // 1500 expected, standard deviation 37
		t.Errorf("held out: got %d of 20000, want about 1500", held)
	}
}

// A customer who entered under an alias stays in the arm of the alias.
func TestArmSurvivesAMerge(t *testing.T) {
	t.Parallel()
	s := setup(t, strings.Replace(unpaid, `"key"`, `"holdout": {"percent": 50}, "key"`, 1))
	own := s.enter(ten()).Arm
	for i := range 50 {
		alias := fmt.Sprintf("shop:platform:%d", 100+i)
		if campaigns.ArmOf(s.c, "shop", alias) == own {
			continue
		}
		s.facts.Siblings = []campaigns.Enrolment{
			{ID: "shop:c:woo:0", Customer: alias, State: campaigns.Finished, EnteredAt: ten().Add(-time.Hour)},
		}
		if got := s.enter(ten()).Arm; got == own {
			t.Errorf("arm: got %s, want that of the alias", got)
		}
		return
	}
	t.Fatal("no alias on the other side")
}

func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when
}
