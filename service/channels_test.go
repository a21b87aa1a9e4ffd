package service

import (
	"strings"
	"testing"
	"time"
)

// A step with several channels reaches a customer on the first one that it can. Text messages have no
// sender yet, so everybody gets the mail, and the explanations say why.
func TestAStepWithSeveralChannelsReachesCustomersByMail(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		file := strings.Replace(by("welcome", `{"event": "customer.created"}`, ""), `{"channel": "email", "template": "win-back-1"}`,
			`{"channel": ["sms", "email"], "templates": {"sms": "short", "email": "win-back-1"}}`, 1)
		l.asks(t, l.key, 200, "POST /v1/campaigns/validate", file, `"valid":true`, `"pointer":"/steps/0/send/channel/0"`,
			"sms has no sender yet; customers are reached by the next channel")
		l.asks(t, l.key, 400, "PUT /v1/campaigns/welcome", strings.Replace(file, `["sms", "email"]`, `["sms"]`, 1),
			`not supported yet: channel \"sms\"`)
		l.puts(t, "welcome", file)
		l.pass(t, time.Minute)
		l.report(t, object{"type": "customer", "id": "ann", "email": "ann@example.com", "phone": "+33612345678", "verified": true,
			"consents": []object{said("email", true, true, l.at()), said("sms", true, true, l.at())}})
		l.report(t, object{"type": "customer", "id": "ben", "phone": "+33612345679", "verified": true,
			"consents": []object{said("sms", true, true, l.at())}})
		l.pass(t, time.Hour)
		l.hasMails(t, map[string]int{"ann": 1})
		m := l.messagesOf(t, "ann")["w1"]
		const why = "email reaches the customer; not sms: sms has no sender yet"
		if m.State != "sent" || !strings.Contains(m.explained, why) {
			t.Errorf("got %s: %s, want a mail, and %s", m.State, m.explained, why)
		}
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "ann").ID+"/explain?campaign=welcome", "", why)
		l.asks(t, l.key, 200, "GET /v1/customers/"+l.customerOf(t, "ben").ID+"/explain?campaign=welcome", "",
			"sms has no sender yet; no consent for email")
		l.asks(t, l.key, 200, "GET /v1/campaigns/welcome/reach", "", `"customers":2`, `"no_consent":1`, `"no_address":0`)
	})
}
