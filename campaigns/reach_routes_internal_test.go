package campaigns

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/commerce"
	"comeback/segments"
	"comeback/strictjson"
)

// Of a step with several channels, those counted as reachable are those whom one of them reaches. A
// customer is free where the caps of the first such channel have room.
func TestReachCountsThoseWhomAChannelReaches(t *testing.T) {
	t.Parallel()
	c, problems := Parse([]byte(`{"schema": 1, "id": "c", "name": "C", "class": "marketing", "trigger": {"broadcast": {}}, "key": "customer",
		"reentry": "never", "policy": {"caps": [{"scope": "channel", "max": 1, "per": "7d"}]},
		"steps": [{"id": "r1", "send": {"channel": ["sms", "email"], "templates": {"sms": "a", "email": "b"}}}]}`))
	if c == nil {
		t.Fatal(problems)
	}
	shop, now := commerce.Shop{ID: "shop", Country: "FR"}, time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		person, sent := commerce.Customer{ID: "shop:platform:7"}, map[string]bool{}
		person.Attributes.Country = "FR"
		for _, channel := range []string{Email, SMS} {
			if rapid.Bool().Draw(t, channel+" address") {
				person.Attributes.Email, person.Attributes.Phone = addressOf(channel, person.Attributes)
			}
			if said := rapid.IntRange(-1, 1).Draw(t, channel+" said"); said >= 0 {
				person.Consents = append(person.Consents,
					commerce.Consent{Channel: channel, Granted: said == 1, Explicit: true, Confirmed: true, At: now, Source: "x"})
			}
			if sent[channel] = rapid.Bool().Draw(t, channel+" sent"); sent[channel] {
				person.Engagement = append(person.Engagement, commerce.MessageFact{ID: "m" + channel, Channel: channel, SentAt: now.AddDate(0, 0, -1)})
			}
		}
		d := newDecider(c, Facts{Shop: shop, Customer: &person, Senders: []string{SMS, Email}}, now)
		route, why, _ := d.firstRoute(c.Steps[0].Routes)
		r := c.reachOn([]string{SMS, Email}, shop)
		if counted := matches(t, r.Addressed, person); counted != why.Pass {
			t.Errorf("addressed: counted %v, reached %v: %s", counted, why.Pass, why.Text)
		}
		if counted, want := matches(t, r.Free, person), why.Pass && !sent[route.Channel]; counted != want {
			t.Errorf("free: counted %v, want %v by %s", counted, want, route.Channel)
		}
	})
}

// addressOf are the addresses of a customer, with one on a channel.
func addressOf(channel string, own commerce.Attributes) (email, phone string) {
	if channel == SMS {
		return own.Email, "+33612345678"
	}
	return "ann@example.com", own.Phone
}

func matches(t *rapid.T, text string, person commerce.Customer) bool {
	root, problems := strictjson.Read([]byte(text))
	if len(problems) > 0 {
		t.Fatalf("%s: %v", text, problems)
	}
	condition, found := segments.Parse(root, segments.Scope{})
	if strictjson.Refused(found) {
		t.Fatalf("%s: %v", text, found)
	}
	params := segments.Params{Zone: time.UTC, Currency: "EUR"}
	return segments.Match(condition, &person.Profile, nil, params, time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC))
}
