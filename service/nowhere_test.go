package service

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// A mail that would lead nowhere is not sent. The file's notes say so before, its
// activation is refused where no mail could ever be sent, and the message says why it
// failed.
func TestAMailThatLeadsNowhereIsNotSentAndSaysWhy(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 200, "PATCH /v1/shop", `{"url": "", "rev": `+l.revOf(t, "GET /v1/shop")+`}`)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/news", threeMails, `step one is never sent`, `/steps/0/send/template`)
		l.asks(t, l.key, 400, "POST /v1/campaigns/news/activate", "", "the shop has no url", "PATCH /v1/shop")
		l.asks(t, l.key, 201, "PUT /v1/campaigns/reminder", reminder, `step r1 is not sent for an order without a payment page`)
		l.asks(t, l.key, 204, "POST /v1/campaigns/reminder/activate", "")
		l.pass(t, time.Minute)
		bare := unpaidAt("bare", "", l.at())
		bare["payment_method"] = "stripe"
		l.report(t, bare, unpaidAt("app", "weixin://wxpay/1", l.at()), unpaidAt("page", "https://tea.example/pay", l.at()))
		l.pass(t, 61*time.Minute)
		for id, want := range map[string]int{"bare": 0, "app": 0, "page": 1} {
			if got := len(l.mailsTo(id + "@example.com")); got != want {
				t.Errorf("order %s: got %d mails, want %d", id, got, want)
			}
			if want == 0 {
				path := "GET /v1/messages/" + l.messageAbout(t, "s:generic:"+id) + "/explain"
				l.asks(t, l.key, 200, path, "", `"state":"failed"`, "would lead nowhere", "set it with PATCH /v1/shop")
			}
		}
		l.asks(t, l.key, 200, "PATCH /v1/shop", `{"url": "https://tea.example", "rev": `+l.revOf(t, "GET /v1/shop")+`}`)
		l.asks(t, l.key, 204, "POST /v1/campaigns/news/activate", "")
	})
}

// revOf is the revision that an answer shows.
func (l *leaving) revOf(t *testing.T, call string) string {
	t.Helper()
	var shown struct{ Rev json.Number }
	if err := json.Unmarshal([]byte(l.asks(t, l.key, 200, call, "")), &shown); err != nil {
		t.Fatal(err)
	}
	return shown.Rev.String()
}

// An activation that names no version activates the newest one.
func TestActivationWithoutAVersionTakesTheNewest(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newLeaving(t, h)
		l.asks(t, l.key, 404, "POST /v1/campaigns/reminder/activate", "", "not found")
		l.asks(t, l.key, 201, "PUT /v1/campaigns/reminder", reminder)
		l.asks(t, l.key, 201, "PUT /v1/campaigns/reminder", strings.Replace(reminder, `"wait": "1h"`, `"wait": "2h"`, 1))
		l.asks(t, l.key, 204, "POST /v1/campaigns/reminder/activate", "")
		l.asks(t, l.key, 200, "GET /v1/campaigns/reminder", "", `"active":2`)
		l.asks(t, l.key, 204, "POST /v1/campaigns/reminder/activate", `{"version": 1}`)
		l.asks(t, l.key, 200, "GET /v1/campaigns/reminder", "", `"active":1`)
		l.asks(t, l.key, 200, "POST /v1/campaigns/reminder/activate", `{"count": true}`, `"version":2`)
		l.asks(t, l.key, 400, "POST /v1/campaigns/reminder/activate", `{"version": 0}`, "leave it out for the newest")
	})
}
