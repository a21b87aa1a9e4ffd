package service

import (
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/embedded"
)

// oldRows is how many deliveries, events and clicks a month of the two years has: few
// where there is no file to shrink.
func oldRows(t *testing.T, h *harness) int {
	t.Helper()
	text := os.Getenv("COMEBACK_TEST_OLD_ROWS")
	_, isFile := h.docs.(*embedded.DB)
	switch {
	case text == "" && isFile:
		return 40
	case text == "":
		return 10
	}
	n, err := strconv.Atoi(text)
	ok(t, err)
	return n
}

// month is one of 24 in two years.
const month = 730 * day / 24

// twoYears lets two years pass: each quarter has an order with a clicked reminder, and
// each month rows old deliveries, events and clicks. Every 20th delivery could not be
// read.
func (l *leaving) twoYears(t *testing.T, rows int) {
	t.Helper()
	message := ""
	for m := range 24 {
		began := l.at()
		if id := fmt.Sprint(m); m%3 == 0 {
			l.liveOrder(t, id, began, object{"payment_status": "unpaid", "pay_url": "https://tea.example/pay"})
			l.pass(t, time.Hour)
			var sent struct{ Items []shownMessage } // the newest first
			ok(t, json.Unmarshal([]byte(l.asks(t, l.key, 200, "GET /v1/messages", "")), &sent))
			if message = sent.Items[0].ID; len(sent.Items) != 1+2*(m/3) {
				t.Fatalf("month %d: got %d messages, want a reminder, after two of each quarter before", m, len(sent.Items))
			}
			l.click(t, message)
			l.liveOrder(t, id, began, object{"paid_at": l.at()})
		}
		l.month(t, m, rows, message)
		l.moveTo(began.Add(month))
	}
}

// month stores what a month of a busier shop would.
func (l *leaving) month(t *testing.T, m, rows int, message string) {
	t.Helper()
	body := []byte(strings.Repeat("x", 6000))
	phone := campaigns.Request{Method: "GET", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	for from := 0; from < rows; from += 500 {
		var deliveries, events []any
		var touches []campaigns.Touch
		for i := from; i < min(rows, from+500); i++ {
			id, at := fmt.Sprint(m, "-", i), l.at().Add(time.Duration(i)*month/time.Duration(2*rows))
			d := commerce.Delivery{
				ID: commerce.Key("s", "generic", id), Shop: "s", Connection: "generic", Platform: "generic",
				State: commerce.Read, ReceivedAt: at, Body: body,
			}
			if i%20 == 0 {
				d.State = commerce.Quarantined
			}
			deliveries = append(deliveries, d)
			events = append(events, commerce.Event{
				ID: commerce.Key("s", "order.paid", id, ""), Shop: "s", Kind: commerce.OrderPaid, Subject: commerce.Key("s", "generic", id),
				At: at, State: commerce.Handled,
			})
			touch, err := campaigns.NewTouch(message, campaigns.Clicked, 1, "192.0.2.1", phone, at)
			ok(t, err)
			touches = append(touches, touch)
		}
		for coll, list := range map[string][]any{"deliveries": deliveries, "events": events} {
			_, err := l.docs.InsertMany(t.Context(), coll, list)
			ok(t, err)
		}
		ok(t, l.AddTouches(t.Context(), "s", touches))
	}
	l.pass(t, 0)
}

// shownFigures are the answers of the API in which something is counted.
func (l *leaving) shownFigures(t *testing.T) (all []string) {
	t.Helper()
	for _, path := range []string{
		"campaigns/reminder/results", "campaigns/reminder/conversions", "campaigns/reminder/enrolments", "messages", "orders", "customers",
	} {
		all = append(all, path, l.asks(t, l.key, 200, "GET /v1/"+path, ""))
	}
	return all
}

// stored counts documents of the shop.
func (l *leaving) stored(t *testing.T, coll string, more ...bson.E) int64 {
	t.Helper()
	n, err := l.docs.Count(t.Context(), coll, append(bson.D{{Key: "shop", Value: "s"}}, more...))
	ok(t, err)
	return n
}

// keeps are the counts of documents that stay after a removal, by what they are.
func (l *leaving) keeps(t *testing.T) map[string]int64 {
	t.Helper()
	since := func(field string, age time.Duration) bson.E {
		return bson.E{Key: field, Value: bson.D{{Key: "$gte", Value: l.at().Add(-age)}}}
	}
	state := func(s commerce.DeliveryState) bson.E { return bson.E{Key: "state", Value: string(s)} }
	return map[string]int64{
		"bodies":             l.stored(t, "deliveries", state(commerce.Read), since("received_at", 30*day)),
		"quarantined bodies": l.stored(t, "deliveries", state(commerce.Quarantined), since("received_at", 90*day)),
		"deliveries":         l.stored(t, "deliveries", since("received_at", 400*day)),
		"events":             l.stored(t, "events", since("at", 400*day)),
		"clicks":             l.stored(t, "touches", since("at", l.at().Sub(l.at().Add(-400*day).UTC().Truncate(day)))), // whole days
	}
}

// left are the same counts of all that is stored.
func (l *leaving) left(t *testing.T) map[string]int64 {
	t.Helper()
	raw := bson.E{Key: "body", Value: bson.D{{Key: "$exists", Value: true}}}
	quarantined := bson.E{Key: "state", Value: string(commerce.Quarantined)}
	unreadable := l.stored(t, "deliveries", raw, quarantined)
	return map[string]int64{
		"bodies":             l.stored(t, "deliveries", raw) - unreadable,
		"quarantined bodies": unreadable,
		"deliveries":         l.stored(t, "deliveries"),
		"events":             l.stored(t, "events"),
		"clicks":             l.stored(t, "touches"),
	}
}

// A store with two years of data shrinks to what the settings allow, and to nothing
// less. Every figure that the API shows is as before. The embedded file gets smaller,
// and at most a tenth of it is free.
func TestTwoYearsShrinkToWhatTheSettingsAllow(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, h *harness) {
		l := newTimeline(t, h)
		l.Keep(usual(t))
		l.twoYears(t, oldRows(t, h))
		figures, want, before := l.shownFigures(t), l.keeps(t), l.left(t)
		free, pages := room(t, h)
		began := time.Now()
		l.removesOld(t)
		took := time.Since(began)
		if diff := cmp.Diff(want, l.left(t)); diff != "" {
			t.Errorf("what should stay, and what is left: %s", diff)
		}
		if diff := cmp.Diff(figures, l.shownFigures(t)); diff != "" {
			t.Errorf("the figures changed: %s", diff)
		}
		nowFree, now := room(t, h)
		if now*2 > pages || nowFree*10 > now {
			t.Errorf("the file has %d pages, %d of them free; before %d, %d free", now, nowFree, pages, free)
		}
		t.Logf("%v in place of %v in %v; %d pages, %d of them free, in place of %d", want, before, took, now, nowFree, pages)
	})
}

// room is the number of free pages of an embedded file, and of all; 0 of MongoDB.
func room(t *testing.T, h *harness) (free, pages int64) {
	t.Helper()
	file, isFile := h.docs.(*embedded.DB)
	if !isFile {
		return 0, 0
	}
	free, pages, err := file.Room(t.Context())
	ok(t, err)
	return free, pages
}
