package service

import (
	"encoding/json"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"comeback/commerce"
	"comeback/jobs"
)

const day = 24 * time.Hour

// usual is how long old data is stored unless it is set otherwise.
func usual(t *testing.T) commerce.Retention {
	t.Helper()
	c, err := LoadConfig(nil)
	ok(t, err)
	return c.Storage.retention()
}

// removesOld lets the chore do all its work, as of now.
func (h *harness) removesOld(t *testing.T) {
	t.Helper()
	chore := jobs.NewRetention(h.Store, jobs.Alone{}, h.at, slog.New(slog.NewTextHandler(io.Discard, nil)))
	for more := true; more; {
		var err error
		more, err = chore.Step(t.Context())
		ok(t, err)
	}
}

// shownDeliveries are the deliveries that the API lists, by state.
func (l *leaving) shownDeliveries(t *testing.T) map[string][]string {
	t.Helper()
	var page struct{ Items []struct{ ID, State string } }
	ok(t, json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/deliveries", "")), &page))
	found := map[string][]string{}
	for _, d := range page.Items {
		found[d.State] = append(found[d.State], d.ID)
	}
	return found
}

// moments are the lines of a customer's timeline: type and kind, and the class of
// touches.
func (l *leaving) moments(t *testing.T, customer string) (lines []string) {
	t.Helper()
	var page struct {
		Items []struct {
			Type, Kind, Class string
			Count             int
		}
	}
	ok(t, json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/customers/"+customer+"/timeline", "")), &page))
	for _, m := range page.Items {
		line := strings.TrimSpace(m.Type + " " + m.Kind + " " + m.Class)
		if m.Count > 0 {
			line += " in a sum"
		}
		lines = append(lines, line)
	}
	return lines
}

// clickedOrder is an order whose reminder was clicked and that was paid then.
func (l *leaving) clickedOrder(t *testing.T) (placed time.Time, message string) {
	t.Helper()
	placed = l.at()
	l.liveOrder(t, "1", placed, object{"payment_status": "unpaid", "pay_url": "https://tea.example/pay"})
	l.pass(t, time.Hour)
	var sent struct{ Items []shownMessage }
	ok(t, json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/messages", "")), &sent))
	if len(sent.Items) != 1 {
		t.Fatalf("got the messages %v, want the reminder", sent.Items)
	}
	l.click(t, sent.Items[0].ID)
	l.liveOrder(t, "1", placed, object{"paid_at": l.at()})
	return placed, sent.Items[0].ID
}

// Bodies of deliveries are deleted after 30 days, those that could not be read
// after 90. A repetition is recognised all the same, and what is too old cannot be
// replayed.
func TestBodiesAreDeletedWhenTheyAreOld(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		l.Keep(usual(t))
		order := delivery{platform: "woocommerce", topic: "order.created", body: []byte(`{"id": 7, "status": "pending", "total": "oops"}`)}
		l.liveOrder(t, "1", l.at(), nil)
		l.hook(t, order)
		first := l.shownDeliveries(t)
		if len(first["read"]) != 1 || len(first["quarantined"]) != 1 {
			t.Fatalf("got %v, want one read and one quarantined", first)
		}
		read, odd := "GET /v1/deliveries/"+first["read"][0], "/v1/deliveries/"+first["quarantined"][0]
		for _, step := range []struct {
			days         int
			reads, odds  string
			replayStatus int
		}{
			{29, `"body":"{`, `"body":"{`, 0},
			{31, `"body":""`, `"body":"{`, 0},
			{91, `"body":""`, `"body":""`, 409},
		} {
			began := l.at()
			l.moveTo(began.Add(time.Duration(step.days) * day))
			l.removesOld(t)
			l.asks(t, l.key, 200, read, "", step.reads)
			l.asks(t, l.key, 200, "GET "+odd, "", step.odds)
			if step.replayStatus != 0 {
				l.asks(t, l.key, step.replayStatus, "POST "+odd+"/replay", "", "too old")
			}
			l.moveTo(began)
		}
		l.hook(t, order)
		if again := l.shownDeliveries(t); len(again["quarantined"]) != 1 {
			t.Errorf("a repetition: got %v, want it recognised", again)
		}
	})
}

// After two years, what nobody needs is gone, and everything that is counted is as
// it was: the results, the counts of the message, and the credit of an order that
// is refunded only then. A late click is added to the old ones.
func TestCountsOutliveWhatTheyWereCountedFrom(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		l.Keep(usual(t))
		placed, message := l.clickedOrder(t)
		customer := l.order(t, "s:generic:1").Customer
		results := "GET /v1/campaigns/reminder/results"
		counts := l.counts(t, message)
		if lines := l.moments(t, customer); !slices.Contains(lines, "touch click human") || !slices.Contains(lines, "event order.paid") {
			t.Fatalf("got the timeline %v, want the click and the payment", lines)
		}

		l.moveTo(l.at().Add(730 * day))
		before := l.asks(t, l.key, 200, results, "")
		l.removesOld(t)
		if left := l.shownDeliveries(t); len(left) != 0 {
			t.Errorf("got the deliveries %v, want none", left)
		}
		lines := l.moments(t, customer)
		if slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, "event ") }) {
			t.Errorf("got the timeline %v, want no event", lines)
		}
		if !slices.Contains(lines, "touch click human in a sum") || !slices.Contains(lines, "message sent") {
			t.Errorf("got the timeline %v, want the message and its click as a sum", lines)
		}
		if diff := cmp.Diff(before, l.asks(t, l.key, 200, results, "")); diff != "" {
			t.Errorf("the results changed: %s", diff)
		}
		if got := l.counts(t, message); got != counts {
			t.Errorf("the message counts %+v, want %+v as before", got, counts)
		}

		mails := len(l.mailsTo("b1@x.test"))
		l.liveOrder(t, "1", placed, object{
			"paid_at": placed.Add(90 * time.Minute), "payment_status": "partially_refunded",
			"refunds": []object{{"id": "r1", "refunded_at": l.at(), "amount": "40.00"}},
		})
		if got := len(l.mailsTo("b1@x.test")); got != mails {
			t.Errorf("an old order was sent again: got %d mails, want still %d", got, mails)
		}
		l.asks(t, l.key, 200, results, "", `"converted":1,"revenue":{"amount":"60.00","currency":"EUR"}`)
		l.click(t, message)
		counts.Clicks++
		if got := l.counts(t, message); got != counts {
			t.Errorf("after a late click the message counts %+v, want %+v", got, counts)
		}
	})
}

// counts are the figures of a message.
func (l *leaving) counts(t *testing.T, message string) (c struct{ Opens, Clicks int64 }) {
	t.Helper()
	m, err := l.Message(t.Context(), "s", message)
	ok(t, err)
	c.Opens, c.Clicks = m.Opens, m.Clicks
	return c
}

// A retention of 0 deletes nothing.
func TestNothingIsDeletedWithoutALimit(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		l.clickedOrder(t)
		customer := l.order(t, "s:generic:1").Customer
		deliveries, lines := l.shownDeliveries(t), l.moments(t, customer)
		l.moveTo(l.at().Add(3650 * day))
		l.removesOld(t)
		if diff := cmp.Diff(deliveries, l.shownDeliveries(t)); diff != "" {
			t.Errorf("the deliveries changed: %s", diff)
		}
		same(t, "timeline", l.moments(t, customer), lines)
	})
}

// A wrong retention is refused by name.
func TestRetentionIsChecked(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"COMEBACK_RETENTION_BODIES=-1":       "COMEBACK_RETENTION_BODIES: -1 is not a number of days",
		"COMEBACK_RETENTION_TOUCHES=30":      "COMEBACK_RETENTION_TOUCHES: 30 is not a number of days from 90",
		"COMEBACK_RETENTION_EVENTS=30d":      "COMEBACK_RETENTION_EVENTS: not a whole number",
		"COMEBACK_RETENTION_QUARANTINED=500": "COMEBACK_RETENTION_EVENTS: 400 days: bodies are stored longer",
	} {
		if _, err := LoadConfig([]string{setting}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", setting, err, want)
		}
	}
	c, err := LoadConfig([]string{
		"COMEBACK_RETENTION_BODIES=0", "COMEBACK_RETENTION_QUARANTINED=0", "COMEBACK_RETENTION_EVENTS=0", "COMEBACK_RETENTION_TOUCHES=0",
	})
	if err != nil || c.Storage.retention() != (commerce.Retention{}) {
		t.Errorf("for ever: got %+v, %v", c.Storage.retention(), err)
	}
}
