package campaigns_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/campaigns"
	"comeback/commerce"
)

// twoWays is a marketing campaign of one message, by text message or else by mail.
const twoWays = `{"schema": 1, "id": "c", "name": "C", "class": "marketing", "trigger": {"event": "order.placed"}, "key": "order",
	"reentry": "never", "policy": {"quiet": {"from": "00:00", "to": "00:00"}, "cap": {"max": 100, "per": "7d"}},
	"steps": [{"id": "r1", "wait": "15m", "send": {"channel": ["sms", "email"], "templates": {"sms": "short", "email": "long"}}}]`

// onBoth is an order of a customer of a German shop with senders of both channels. The laws ask a
// consent for each.
func onBoth(t testing.TB) scene {
	t.Helper()
	s := setup(t, twoWays)
	s.facts.Shop.Jurisdiction, s.facts.Senders = "eu", []string{campaigns.SMS, campaigns.Email}
	s.facts.Order.Buyer.Phone, s.facts.Order.Buyer.Country = "+4915112345678", "FR"
	own := &s.facts.Customer.Attributes
	own.Phone, own.Country = "+4915112345678", "FR"
	s.consent(campaigns.SMS, true)
	return s
}

// consent is what the customer said last about a channel.
func (s scene) consent(channel string, granted bool) {
	c := s.facts.Customer
	c.Consents = slices.DeleteFunc(slices.Clone(c.Consents), func(old commerce.Consent) bool { return old.Channel == channel })
	said := commerce.Consent{Channel: channel, Granted: granted, Explicit: true, Confirmed: true, At: ten(), Source: "test"}
	c.Consents = append(c.Consents, said)
}

// suppress stops an address.
func (s *scene) suppress(channel string) {
	s.facts.Suppressions = map[string][]commerce.Suppression{channel: {{Scope: commerce.SuppressAll, Reason: commerce.Bounced}}}
}

func (s scene) handOver(e campaigns.Enrolment, m campaigns.Message) (campaigns.Verdict, campaigns.Message) {
	now := m.DueAt.Add(time.Minute)
	v := campaigns.HandOver(s.c, m, e, s.facts, now)
	m.Apply(v, now)
	return v, m
}

// A message goes out on the first channel that reaches the customer, and says why not on those before
// it.
func TestAMessageTakesTheFirstChannelThatReachesTheCustomer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, want, why string
		change          func(*scene)
	}{
		{"both reach", "sms short", "sms reaches the customer", func(*scene) {}},
		{"no consent for text messages", "email long", "not sms: no consent for sms", func(s *scene) {
			s.facts.Customer.Consents = s.facts.Customer.Consents[:1]
		}},
		{"text messages refused", "email long", "not sms: sms refused on", func(s *scene) { s.consent(campaigns.SMS, false) }},
		{"a consent whose proof the law of text messages does not accept", "email long", "without the proof", func(s *scene) {
			s.facts.Customer.Consents[1].Explicit, s.facts.Customer.Consents[1].Confirmed = false, false
		}},
		{"no phone", "email long", "not sms: no address for sms", func(s *scene) {
			s.facts.Customer.Attributes.Phone, s.facts.Order.Buyer.Phone = "", ""
		}},
		{"the phone is suppressed", "email long", "not sms: suppressed: bounced", func(s *scene) { s.suppress(campaigns.SMS) }},
		{"no sender of text messages", "email long", "not sms: sms has no sender yet", func(s *scene) { s.facts.Senders = nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := onBoth(t)
			tt.change(&s)
			e, m := s.planned(t)
			if got := m.Channel + " " + m.Template; got != tt.want || !said(m, tt.why) {
				t.Errorf("planned: got %s %v, want %s: %s", got, m.Record, tt.want, tt.why)
			}
			v, m := s.handOver(e, m)
			if got := m.Channel + " " + m.Template; v.Outcome != campaigns.Go || got != tt.want || !said(m, tt.why) || m.Rerouted {
				t.Errorf("handed over: got %s by %s %v, want %s: %s", v.Outcome, got, m.Record, tt.want, tt.why)
			}
		})
	}
}

// said reports whether a reason about channels has a text.
func said(m campaigns.Message, text string) bool {
	for _, r := range m.Record[len(m.Record)-1].Reasons {
		if r.Check == campaigns.CheckChannel && strings.Contains(r.Text, text) {
			return true
		}
	}
	return false
}

// If the customer refuses the channel before the message goes out, it takes the next one. Once it was
// handed over on a channel it stays there, whatever became of it.
func TestAMessageChangesItsChannelUntilItIsHandedOver(t *testing.T) {
	t.Parallel()
	s := onBoth(t)
	e, m := s.planned(t)
	s.consent(campaigns.SMS, false)
	v, moved := s.handOver(e, m)
	if v.Outcome != campaigns.Go || moved.Channel != campaigns.Email || moved.Template != "long" || !moved.Rerouted {
		t.Errorf("got %s by %s, want the mail", v.Outcome, moved.Channel)
	}
	m.Attempts = 1
	v, stays := s.handOver(e, m)
	if v.Outcome != campaigns.Drop || v.State != campaigns.Suppressed || stays.Channel != campaigns.SMS || stays.Rerouted {
		t.Errorf("handed over before: got %s, %s by %s, want it suppressed on its channel", v.Outcome, v.State, stays.Channel)
	}
	s.consent(campaigns.SMS, true)
	if v, _ := s.handOver(e, moved); v.Route.Channel != campaigns.SMS {
		t.Errorf("consent again: got %v, want the preferred channel", v.Route)
	}
	if v, _ := s.handOver(e, m); v.Outcome != campaigns.Go || !strings.Contains(v.Reasons[7].Text, "handed over before") {
		t.Errorf("resend: got %s %v, want the same channel", v.Outcome, v.Reasons)
	}
}

// A mail that is written and waits for its turn does not go out where another channel reaches the customer
// first by then: it is taken up again at once.
func TestAMailWrittenForAnotherChannelIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	s := onBoth(t)
	e, m := s.planned(t)
	v, _ := s.handOver(e, m)
	now := m.DueAt.Add(time.Minute)
	if again := v.Elsewhere(now); again.Outcome != campaigns.Defer || !again.Until.Equal(now) ||
		!strings.Contains(again.Why(), "sms reaches the customer by now") {
		t.Errorf("got %s until %s: %s, want it due now", again.Outcome, again.Until, again.Why())
	}
}

// A message that no channel can carry ends with the reasons of all of them. The customer does not even
// enter where the laws forbid all.
func TestAMessageThatNoChannelReachesSaysWhyOfEach(t *testing.T) {
	t.Parallel()
	s := onBoth(t)
	e, m := s.planned(t)
	s.consent(campaigns.SMS, false)
	s.consent(campaigns.Email, false)
	v, _ := s.handOver(e, m)
	if why := v.Why(); v.Outcome != campaigns.Drop || v.State != campaigns.Suppressed || !strings.Contains(why, "not sms: sms refused") ||
		!strings.Contains(why, "not email: email refused") {
		t.Errorf("got %s, %s: %s, want it suppressed with both reasons", v.Outcome, v.State, why)
	}
	e = s.enter(ten())
	if why := e.Log[0].Reasons[0].Text; e.State != "" || !strings.Contains(why, "sms refused") || !strings.Contains(why, "email refused") {
		t.Errorf("got %s, %v, want no entry, with both reasons", e.State, e.Log)
	}
}

// Caps and quiet hours are those of the channel that the message takes.
func TestCapsCountOnTheChannelThatAMessageTakes(t *testing.T) {
	t.Parallel()
	file := strings.Replace(twoWays, `"cap": {`, `"caps": [{"scope": "channel", "max": 1, "per": "7d"}], "cap": {`, 1)
	for channel, want := range map[string]campaigns.Outcome{campaigns.SMS: campaigns.Defer, campaigns.Email: campaigns.Go} {
		s := onBoth(t)
		s.c = parse(t, file+"}")
		e, m := s.planned(t)
		s.facts.Sends = []campaigns.Send{{At: ten(), Campaign: "other", Channel: channel, Class: campaigns.Marketing}}
		if v, _ := s.handOver(e, m); v.Outcome != want {
			t.Errorf("after a message by %s: got %s: %s, want %s", channel, v.Outcome, v.Why(), want)
		}
	}
}

// However consents, addresses and suppressions change, a message goes out on the first channel that
// reaches the customer at that moment, and on no other after it was handed over.
func TestRoutesOfAnyCustomer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		s := onBoth(t)
		draw := func(when string) (first string) {
			s.facts.Suppressions = map[string][]commerce.Suppression{}
			for _, channel := range []string{campaigns.Email, campaigns.SMS} {
				granted := rapid.Bool().Draw(r, when+channel+" granted")
				stopped := rapid.Bool().Draw(r, when+channel+" suppressed")
				s.consent(channel, granted)
				if stopped {
					s.facts.Suppressions[channel] = []commerce.Suppression{{Scope: commerce.SuppressAll, Reason: commerce.Bounced}}
				}
				if granted && !stopped {
					first = channel // text messages are asked last, and preferred
				}
			}
			return first
		}
		e, m := s.planned(t)
		want := draw("at hand-over: ")
		m.Attempts = rapid.IntRange(0, 1).Draw(r, "tries")
		before := m.Channel
		v, after := s.handOver(e, m)
		switch {
		case m.Attempts > 0 && after.Channel != before:
			r.Errorf("got %s after a try on %s", after.Channel, before)
		case m.Attempts == 0 && want != "" && (v.Outcome != campaigns.Go || after.Channel != want):
			r.Errorf("got %s by %s, want it sent by %s", v.Outcome, after.Channel, want)
		case m.Attempts == 0 && want == "" && v.Outcome != campaigns.Drop:
			r.Errorf("got %s by %s, want nothing sent", v.Outcome, after.Channel)
		}
	})
}

// A list of channels that cannot be meant is refused with its place and the remedy. One without a
// sender gets a note.
func TestListsOfChannels(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, send, want string }{
		{"nobody sends on it", `{"channel": ["sms"], "templates": {"sms": "t"}}`, `/steps/0/send/channel/0): not supported yet: channel "sms"`},
		{"alone", `{"channel": "sms", "template": "t"}`, `not supported yet: channel "sms"`},
		{"one of later", `{"channel": ["wechat", "email"], "templates": {"email": "t"}}`, `not supported yet: channel "wechat"`},
		{"twice", `{"channel": ["email", "email"], "templates": {"email": "t"}}`, `channel/1): channel: email is listed twice`},
		{"a wrong name", `{"channel": ["emial"], "templates": {"email": "t"}}`, `"emial" is none of email, sms; did you mean "email"`},
		{"an empty list", `{"channel": [], "templates": {}}`, `channel: the list is empty`},
		{"no text", `{"channel": [5, "email"], "templates": {"email": "t"}}`, `channel/0): channel: text is wanted`},
		{"template with a list", `{"channel": ["sms", "email"], "template": "t"}`, `with a list of channels it is "templates"`},
		{"templates with one", `{"channel": "email", "templates": {"email": "t"}}`, `with one channel it is "template"`},
		{"both", `{"channel": ["email"], "template": "t", "templates": {"email": "t"}}`, `with a list of channels it is "templates"`},
		{"no templates", `{"channel": ["sms", "email"]}`, `send: "templates" is missing`},
		{"one template too few", `{"channel": ["sms", "email"], "templates": {"email": "t"}}`, `templates: "sms" is missing`},
		{"one too many", `{"channel": ["email"], "templates": {"email": "t", "sms": "t"}}`,
			`templates/sms): templates: sms is none of the channels`},
		{"of no channel", `{"channel": ["email"], "templates": {"email": "t", "fax": "t"}}`, `fax`},
		{"templates as text", `{"channel": ["email"], "templates": "t"}`, `channel_templates: an object is wanted`},
		{"a note", `{"channel": ["sms", "email"], "templates": {"sms": "s", "email": "t"}}`,
			`sms has no sender yet; customers are reached by the next channel`},
		{"a note of the last", `{"channel": ["email", "sms"], "templates": {"sms": "s", "email": "t"}}`, `gets nothing`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := head + unpaidTrigger + `"steps": [{"id": "a", "wait": "1h", "send": ` + tt.send + `}]}`
			c, problems := campaigns.Parse([]byte(file))
			if note := strings.HasPrefix(tt.name, "a note"); (c != nil) != note || len(problems) == 0 {
				t.Fatalf("accepted: %v, %v", c != nil, problems)
			}
			var texts []string
			for _, p := range problems {
				texts = append(texts, p.String())
			}
			if all := strings.Join(texts, "\n"); !strings.Contains(all, tt.want) {
				t.Errorf("got %s, want %s", all, tt.want)
			}
		})
	}
}
