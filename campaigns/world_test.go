package campaigns

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"comeback/commerce"
)

// chaosCampaigns are one of each kind, with everything that can defer or stop.
var chaosCampaigns = []string{
	`{"schema": 1, "id": "unpaid", "name": "U", "class": "service", "key": "order", "reentry": "never",
	"trigger": {"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}},
	"exit": [{"event": "order.paid", "same": "order", "as": "goal"}, {"event": "order.cancelled", "same": "order"},
		{"event": "order.placed", "same": "customer", "as": "superseded"}],
	"goal": {"event": "order.paid", "same": "order", "within": "48h"},
	"policy": {"quiet": {"from": "23:00", "to": "08:00", "then": "earlier_or_after"}, "cap": {"max": 1, "per": "20h"}},
	"steps": [{"id": "r1", "wait": "15m", "expires": "12h", "send": {"channel": "email", "template": "t"}},
		{"id": "r2", "wait_until": {"before": "order.cancel_at", "by": "2h", "else_wait": "23h"}, "expires": "110m",
			"send": {"channel": "email", "template": "t"}}]}`,
	`{"schema": 1, "id": "again", "name": "A", "class": "marketing", "key": "customer", "reentry": {"after": "3d"},
	"trigger": {"event": ["order.shipped", "order.placed"]},
	"exit": [{"event": "order.paid", "same": "customer", "as": "goal"}, {"event": "order.cancelled", "same": "order"}],
	"steps": [{"id": "a1", "wait": "1h", "send": {"channel": "email", "template": "t"}},
		{"id": "a2", "wait": "30h", "expires": "2d", "send": {"channel": "email", "template": "t"}}]}`,
}

// Whatever happens, in whatever order the work is done, with decisions made
// twice on what was read before: one message a key, entry and step; nothing
// after an exit was saved; nothing to the held out; nothing in quiet hours, over
// the cap or expired.
func TestNoReminderTooMany(t *testing.T) {
	t.Parallel()
	for _, file := range chaosCampaigns {
		c, problems := Parse([]byte(file))
		if c == nil {
			t.Fatal(problems)
		}
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) { chaos(t, c) })
		})
	}
}

// chaos plays a random history. Saving comes at its time; handling, ticks and
// hand-overs come late, early or twice.
func chaos(t *rapid.T, c *Campaign) {
	w := newWorld(c, commerce.Shop{Market: commerce.West})
	gone := map[string]time.Time{} // when the order was saved as paid or cancelled
	var stale []func()
	for range rapid.IntRange(1, 60).Draw(t, "acts") {
		switch rapid.IntRange(0, 5).Draw(t, "act") {
		case 0:
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 30).Draw(t, "pass")) * time.Hour / 2)
		case 1:
			w.now = w.now.Add(time.Second)
			line := chaosLine(t)
			w.happen(line)
			noteGone(c, line, w.now, gone)
		case 2:
			if len(w.undelivered) > 0 {
				ev := w.undelivered[0]
				stale = append(stale, func() { w.deliver(ev) })
				w.undelivered = w.undelivered[1:]
				w.deliver(ev)
			}
		case 3:
			w.work()
		case 4:
			w.work()
			w.deliverAll()
		case 5:
			if len(stale) > 0 {
				stale[rapid.IntRange(0, len(stale)-1).Draw(t, "again")]()
			}
		}
	}
	w.deliverAll()
	w.run(nil)
	checkChaos(t, w, gone)
}

// noteGone notes since when an order, as it is now, is one to leave.
func noteGone(c *Campaign, line Given, now time.Time, gone map[string]time.Time) {
	order, _ := commerce.Lookup(line.Fields, "order")
	id := commerce.Key("test", "test", order)
	switch {
	case line.Event == commerce.OrderCancelled, line.Event == commerce.OrderPaid && c.ID == "unpaid":
		if gone[id].IsZero() {
			gone[id] = now
		}
	case line.Event == commerce.OrderPaid:
		delete(gone, id) // the payment undoes the cancelling
	}
}

func chaosLine(t *rapid.T) Given {
	kinds := []commerce.EventKind{
		commerce.OrderPlaced, commerce.OrderPlaced, commerce.OrderPaid, commerce.OrderCancelled, commerce.OrderShipped,
	}
	n := rapid.IntRange(1, 6).Draw(t, "order")
	customer := fmt.Sprintf("c%d", n%3)
	return Given{Event: rapid.SampledFrom(kinds).Draw(t, "event"), Fields: []commerce.KV{
		{Key: "order", Value: fmt.Sprintf("o%d", n)}, {Key: "customer", Value: customer},
		{Key: "holdout", Value: fmt.Sprint(customer == "c2")},
	}}
}

func checkChaos(t *rapid.T, w *world, gone map[string]time.Time) {
	steps := map[string]string{}
	var last = map[string]time.Time{}
	for _, id := range w.sent {
		m := w.messages[id]
		key := fmt.Sprint(m.Enrolment, " ", m.Entry, " ", m.Step)
		if steps[key] != "" {
			t.Fatalf("two messages for %s: %s and %s", key, steps[key], id)
		}
		steps[key] = id
		if strings.HasSuffix(m.Customer, "c2") || m.Arm != Treated {
			t.Fatalf("%s went to the holdout", id)
		}
		if at, ok := gone[m.Order]; ok && !m.SentAt.Before(at) && (w.c.ID == "unpaid" || !at.Before(w.causeOf(m))) {
			t.Fatalf("%s sent at %s, its order was left at %s", id, m.SentAt, at)
		}
		if !m.ExpiresAt.IsZero() && !m.SentAt.Before(m.ExpiresAt) {
			t.Fatalf("%s sent at %s, expired at %s", id, m.SentAt, m.ExpiresAt)
		}
		q, _ := w.c.quiet(m.Channel, w.shop.Market)
		if _, _, inside := q.during(m.SentAt, time.UTC); inside {
			t.Fatalf("%s sent at %s, in quiet hours", id, m.SentAt)
		}
		if before, ok := last[m.Customer]; ok && m.SentAt.Sub(before) < 20*time.Hour {
			t.Fatalf("%s sent %s after another", id, m.SentAt.Sub(before))
		}
		last[m.Customer] = m.SentAt
	}
	for _, e := range w.enrolments {
		if e.State == Enrolled || !e.DueAt.IsZero() {
			t.Fatalf("%s is %s, due %s, at the end of time", e.ID, e.State, e.DueAt)
		}
	}
}

func (w *world) causeOf(m Message) time.Time {
	i := slices.IndexFunc(w.entries, func(e Enrolment) bool { return e.ID == m.Enrolment && e.Entry == m.Entry })
	return w.entries[i].CauseAt
}

// Deciding twice on the same facts, in whatever order they are listed, answers
// the same.
func TestDecideIsDeterministic(t *testing.T) {
	t.Parallel()
	c, _ := Parse([]byte(chaosCampaigns[0]))
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(c, commerce.Shop{})
		for range rapid.IntRange(1, 10).Draw(t, "lines") {
			w.now = w.now.Add(time.Hour)
			w.happen(chaosLine(t))
		}
		ev := rapid.SampledFrom(w.events).Draw(t, "event")
		e := Enrolment{Customer: ev.Customer, Order: ev.Subject, CauseAt: w.start}
		o := Occasion{Kind: OnTrigger, Event: ev}
		f := w.facts(c, Needs(c, o), e)
		again := f
		again.Events = rapid.Permutation(f.Events).Draw(t, "shuffled")
		first, actions := Decide(c, Enrolment{}, o, f, w.now)
		second, actionsAgain := Decide(c, Enrolment{}, o, again, w.now)
		if diff := cmp.Diff(first, second); diff != "" {
			t.Fatalf("enrolment (-got +want):\n%s", diff)
		}
		if diff := cmp.Diff(actions, actionsAgain, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("actions (-got +want):\n%s", diff)
		}
	})
}
