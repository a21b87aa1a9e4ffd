package service

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/jobs"
)

// robots lead the posts to robots to a receiver of the test, and post what the service would have posted.
type robots struct {
	jobs.Poster
	at string // the receiver
}

// Notify makes the post in the vendor's form by the client of the service, with the host replaced.
func (r robots) Notify(ctx context.Context, n campaigns.Notice, text string) campaigns.CallAnswer {
	path := "/" + string(n.Robot())
	response, err := http.Post(r.at+path, "application/json", strings.NewReader(fmt.Sprintf("%q", text)))
	if err != nil {
		return campaigns.CallAnswer{Reason: "no connection"}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, response.Body)
	return campaigns.CallAnswer{Status: response.StatusCode, Done: response.StatusCode == 200, Reason: "the robot answered"}
}

func notifyStep(to, text string) string {
	return fmt.Sprintf(`{"id": "tell", "wait": "1h", "notify": {"to": %q, "text": %q}},
		{"id": "mail", "send": {"channel": "email", "template": "win-back-1"}}`, to, text)
}

// A colleague is mailed what the text says, with the customer's and the order's facts. It is no message to the
// customer: no list, no result and no cap contains it, and it offers no unsubscription.
func TestNotificationByMailIsNoMessage(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newOutside(t, h)
		file := callingFile(notifyStep("ops@tea.example", "{{ customer.first_name }} ordered for {{ order.total }}\nCall them."))
		activate(t, l.Store, strings.Replace(file, `{"max": 100, "per": "24h"}`, `{"max": 1, "per": "24h"}`, 1))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Hour)
		mails := l.mailsTo("ops@tea.example")
		if len(mails) != 1 {
			t.Fatalf("got %d mails to the colleague, want one", len(mails))
		}
		head, text := mails[0].Content().Header, mails[0].Content().Text
		if head.Get("Subject") != "ann ordered for €10.00" || !strings.Contains(text, "Call them.") || head.Get("List-Unsubscribe") != "" ||
			strings.Contains(text, "https://comeback.test") {
			t.Errorf("got %v\n%s\nwant the text, and no links of the service", head, text)
		}
		messages := l.messagesOf(t, "ann")
		if len(messages) != 1 || messages["mail"].State != "sent" {
			t.Errorf("got %+v, want the customer's own mail alone, and sent", messages)
		}
		if got := l.results(t, "calling").Total.Sent; got != 1 {
			t.Errorf("got %d sent in the results, want 1", got)
		}
		if list := l.callsOf(t, "done"); len(list) != 1 || list[0].Kind != "mail" || list[0].Attempts != 1 {
			t.Errorf("got %+v, want the notification among the calls", list)
		}
	})
}

// A relay that refuses the colleague for good stops nothing, and the failure is shown. One that is busy is asked again.
func TestFailedNotificationStopsNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newOutside(t, h)
		l.answers("ops@tea.example", 550)
		activate(t, l.Store, callingFile(notifyStep("ops@tea.example", "Order {{ order.number }}")))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Hour)
		if list := l.callsOf(t, "failed"); len(list) != 1 || list[0].Status != 550 || !slices.Equal(l.stepsSent(t, "ann"), []string{"mail"}) {
			t.Errorf("got %+v and %v sent, want it failed and the mail sent", list, l.stepsSent(t, "ann"))
		}
		l.answers("ops@tea.example", 450)
		l.subscriber(t, "ben", "ben@example.com")
		l.pass(t, time.Hour)
		l.answers("ops@tea.example", 0)
		l.comesTo(t, time.Hour, func() bool { return len(l.callsOf(t, "done")) == 1 })
		if n := len(l.mailsTo("ops@tea.example")); n != 1 {
			t.Errorf("got %d mails, want the second notification alone", n)
		}
	})
}

// While a person has stopped the mails, colleagues get none either. Then they get them.
func TestStopHoldsNotificationsByMail(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newOutside(t, h)
		activate(t, l.Store, callingFile(notifyStep("ops@tea.example", "Order")))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, 0)
		l.asks(t, l.key, 204, "POST /v1/sending/stop", `{"reason": "a test"}`)
		l.pass(t, time.Hour)
		if n := len(l.caught.Mails(0)); n != 0 {
			t.Fatalf("got %d mails during the stop", n)
		}
		l.asks(t, l.key, 204, "POST /v1/sending/resume", "")
		l.pass(t, 2*time.Minute)
		if list := l.callsOf(t, "done"); len(list) != 1 || list[0].Attempts != 1 || len(l.mailsTo("ops@tea.example")) != 1 {
			t.Errorf("got %+v, want it mailed after the stop", list)
		}
	})
}

// A step that would notify of each of many customers mails a shop's 100 of an hour. The others fail with the reason, and
// the customers go on.
func TestAShopMailsSomeNotificationsAnHour(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newOutside(t, h)
		activate(t, l.Store, callingFile(notifyStep("ops@tea.example", "Order")))
		const many = 103
		for i := range many {
			l.subscriber(t, fmt.Sprint("c", i), fmt.Sprintf("c%d@example.com", i))
		}
		l.pass(t, time.Hour)
		list := l.callsOf(t, "failed")
		if n := len(l.mailsTo("ops@tea.example")); n != 100 || len(list) != many-100 || !strings.Contains(list[0].Reason, "100 notifications") {
			t.Errorf("got %d mails and %d refused, want 100 and %d", n, len(list), many-100)
		}
		if n := len(l.caught.Mails(0)); n != 100+many {
			t.Errorf("got %d mails in all, want %d to customers too", n, many)
		}
		l.pass(t, time.Hour)
		l.subscriber(t, "later", "later@example.com")
		l.pass(t, time.Hour)
		if n := len(l.mailsTo("ops@tea.example")); n != 101 {
			t.Errorf("after an hour: got %d mails, want one more", n)
		}
	})
}

// A robot gets the text, and neither the log nor the API repeats its address, whatever it answers.
func TestRobotIsNotifiedAndItsAddressStaysSecret(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l, r := newOutside(t, h), newReceiver(t)
		var log bytes.Buffer
		l.poster = robots{l.poster, r.URL}
		l.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		l.serve(t, l.mail(t))
		r.will(status(500), status(400))
		activate(t, l.Store, callingFile(notifyStep("https://oapi.dingtalk.com/robot/send?access_token=TOPSECRET", "订单 {{ order.total }}")))
		l.subscriber(t, "ann", "ann@example.com")
		l.pass(t, time.Hour)
		l.pass(t, time.Minute)
		got := r.posts()
		if len(got) != 2 || got[0].path != "/dingtalk" || got[0].body != `"订单 €10.00"` {
			t.Errorf("got %+v, want the text twice", got)
		}
		list, err := json.Marshal(l.callsOf(t, ""))
		if err != nil || strings.Contains(string(list), "TOPSECRET") || strings.Contains(log.String(), "TOPSECRET") ||
			!strings.Contains(log.String(), "call not taken") {
			t.Errorf("got %s\nand in the log\n%s\nwant no address, and the failure logged", list, &log)
		}
	})
}

// The text of a notification is checked when the file is stored, with its place.
func TestTextOfANotificationIsChecked(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newOutside(t, h)
		for text, want := range map[string]string{
			"{{ order.nubmer }}": "text, line 1, column 1", "{% include 'x' %}": "unknown tag",
			"{{ links.unsubscribe }}": "nothing to unsubscribe from",
			"{% if order.number %}":   "is never closed",
		} {
			l.asks(t, l.key, 400, "PUT /v1/campaigns/calling", callingFile(notifyStep("ops@tea.example", text)), want, "/steps/0/notify/text")
		}
	})
}
