package campaigns

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/commerce"
)

// interruption is a period in which something does not work.
type interruption struct {
	kind     string // pause, outage, relay
	from, to time.Time
}

// Whatever is paused, down, unreachable or received late: a customer's mails are sent
// in the order of the steps, none before its time or after its expiry, and never two
// together. Without an interruption every mail is sent at its own time.
func TestDelayedStepsKeepTheirOrderAndDistance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, waits := delayedCampaign(t)
		w := newWorld(c, commerce.Shop{})
		late := time.Duration(0)
		if rapid.Bool().Draw(t, "received late") {
			late = time.Duration(rapid.IntRange(0, 6000).Draw(t, "late")) * time.Minute
		}
		interruptions := drawInterruptions(t, w.start)
		w.live(Given{Event: commerce.OrderPlaced, Fields: []commerce.KV{{Key: "at", Value: "0m"}}}, w.start.Add(late), interruptions)
		checkDelayed(t, w, waits, late == 0 && len(interruptions) == 0)
	})
}

// delayedCampaign has a few steps, no quiet hours and no effective cap.
func delayedCampaign(t *rapid.T) (*Campaign, []time.Duration) {
	var steps []string
	var waits []time.Duration
	for i := range rapid.IntRange(1, 5).Draw(t, "steps") {
		wait := rapid.IntRange(min(i, 1), 2000).Draw(t, "wait")
		expires := ""
		if rapid.Bool().Draw(t, "expires") {
			expires = fmt.Sprintf(`"expires": "%dm", `, rapid.IntRange(1, 3000).Draw(t, "after"))
		}
		waits = append(waits, time.Duration(wait)*time.Minute)
		steps = append(steps, fmt.Sprintf(`{"id": "s%d", "wait": "%dm", %s"send": {"channel": "email", "template": "t"}}`, i, wait, expires))
	}
	c, problems := Parse([]byte(`{"schema": 1, "id": "c", "name": "C", "class": "marketing", "key": "order", "reentry": "never",
		"trigger": {"event": "order.placed"}, "policy": {
"cap": [{"max": 100, "per": "1d"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00"}},
		"steps": [` + strings.Join(steps, ", ") + `]}`))
	if c == nil {
		t.Fatal(problems)
	}
	return c, waits
}

func drawInterruptions(t *rapid.T, start time.Time) []interruption {
	var list []interruption
	for range rapid.IntRange(0, 4).Draw(t, "interruptions") {
		from := start.Add(time.Duration(rapid.IntRange(0, 8000).Draw(t, "from")) * time.Minute)
		length := time.Duration(rapid.IntRange(1, 4000).Draw(t, "length")) * time.Minute
		list = append(list, interruption{rapid.SampledFrom([]string{"pause", "outage", "relay"}).Draw(t, "kind"), from, from.Add(length)})
	}
	return list
}

func (w *world) under(interruptions []interruption, kinds ...string) (until time.Time) {
	for _, h := range interruptions {
		if slices.Contains(kinds, h.kind) && !w.now.Before(h.from) && w.now.Before(h.to) && h.to.After(until) {
			until = h.to
		}
	}
	return until
}

// live lets one event happen, received at a time, and all that follows from it, as far
// as the interruptions allow.
func (w *world) live(g Given, received time.Time, interruptions []interruption) {
	pending := true
	for range 100_000 {
		next, ok := w.nextDue()
		if pending && (!ok || received.Before(next)) {
			next, ok = received, true
		}
		if !ok {
			return
		}
		if next.After(w.now) {
			w.now = next
		}
		if until := w.under(interruptions, "pause", "outage"); !until.IsZero() {
			w.now = until
			continue
		}
		if pending && !received.After(w.now) {
			pending = false
			w.happen(g)
			w.deliverAll()
		}
		w.relayed(interruptions)
	}
}

// relayed is a round of work in which the relay may be unreachable.
func (w *world) relayed(interruptions []interruption) {
	if w.under(interruptions, "relay").IsZero() {
		w.work()
		return
	}
	for _, id := range slices.Sorted(maps.Keys(w.enrolments)) {
		if e := w.enrolments[id]; !e.DueAt.IsZero() && !e.DueAt.After(w.now) {
			w.decide(w.campaign(e.Customer), e, Occasion{Kind: OnDue}, w.facts(w.c, Needs(w.c, Occasion{Kind: OnDue}), e))
		}
	}
	for id, m := range w.messages {
		if !m.DueAt.IsZero() && !m.DueAt.After(w.now) {
			m.State, m.DueAt = Deferred, w.now.Add(5*time.Minute)
			w.messages[id] = m
		}
	}
}

// checkDelayed checks the messages of a run: none before its time or after its
// expiry, all in the order of the steps, at their distance from the step before.
// Without a delay, smooth, each is sent at its own time.
func checkDelayed(t *rapid.T, w *world, waits []time.Duration, smooth bool) {
	nominal := make([]time.Time, len(waits))
	at := w.start
	for i, wait := range waits {
		at = at.Add(wait)
		nominal[i] = at
	}
	before := sentStep{step: -1}
	for _, id := range w.sent {
		m := w.messages[id]
		step := slices.IndexFunc(w.c.Steps, func(s Step) bool { return s.ID == m.Step })
		switch {
		case step <= before.step:
			t.Fatalf("step %d came after step %d", step, before.step)
		case m.SentAt.Before(nominal[step]):
			t.Fatalf("step %d came at %s, before its time %s", step, m.SentAt, nominal[step])
		case !m.ExpiresAt.IsZero() && !m.SentAt.Before(m.ExpiresAt):
			t.Fatalf("step %d came at %s, expired at %s", step, m.SentAt, m.ExpiresAt)
		case smooth && !m.SentAt.Equal(nominal[step]):
			t.Fatalf("step %d came at %s, its time is %s", step, m.SentAt, nominal[step])
		}
		before = before.next(t, step, m.SentAt, nominal[step], waits[step])
	}
	for _, e := range w.enrolments {
		if e.State != Finished || len(e.Log) < len(w.c.Steps) {
			t.Fatalf("%s is %s after %d decisions", e.ID, e.State, len(e.Log))
		}
	}
	if smooth && len(w.sent) != len(waits) {
		t.Fatalf("sent %d of %d steps", len(w.sent), len(waits))
	}
}

// sentStep is a sent step: when it was sent, and when it could have been.
type sentStep struct {
	step        int // -1: none
	sent, could time.Time
}

// next checks the distance of the next sent step and returns that step.
func (s sentStep) next(t *rapid.T, step int, sent, nominal time.Time, wait time.Duration) sentStep {
	if s.step < 0 {
		return sentStep{step, sent, nominal}
	}
	distance, late := sent.Sub(s.sent), s.sent.Sub(s.could)
	if distance < wait/2 {
		t.Fatalf("step %d came %s after step %d, though it waits %s", step, distance, s.step, wait)
	}
	if s.step == step-1 && late > delaySlack && distance < wait {
		t.Fatalf("step %d came %s after step %d, which was %s late; it waits %s", step, distance, s.step, late, wait)
	}
	if after := s.sent.Add(wait); after.After(nominal) {
		nominal = after // the step before it was late: this one was planned anew
	}
	return sentStep{step, sent, nominal}
}

// Examples in words: which step is sent when, counted from the order.
func TestDelayedSequences(t *testing.T) {
	t.Parallel()
	step := func(id, wait, more string) string {
		return fmt.Sprintf(`{"id": %q, "wait": %q, %s"send": {"channel": "email", "template": "t"}}`, id, wait, more)
	}
	open := step("r1", "1h", "") + "," + step("r2", "23h", "") + "," + step("r3", "48h", "")
	closing := step("r1", "1h", `"expires": "12h", `) + "," + step("r2", "23h", `"expires": "12h", `) + "," +
		step("r3", "48h", `"expires": "36h", `)
	hours := func(kind string, from, to int) interruption {
		start := newWorld(&Campaign{}, commerce.Shop{}).start
		return interruption{kind, start.Add(time.Duration(from)*time.Hour + time.Minute), start.Add(time.Duration(to) * time.Hour)}
	}
	for _, tt := range []struct {
		name, steps   string
		late          time.Duration
		interruptions []interruption
		want          string
	}{
		{"no delay", open, 0, nil, "r1@1h r2@1d r3@3d"},
		{"a pause over the first step moves those after it", open, 0, []interruption{hours("pause", 0, 6)}, "r1@6h r2@1d5h r3@3d5h"},
		{"a pause over two steps sends one, and the next after its wait", open, 0,
			[]interruption{hours("pause", 0, 30)}, "r1@1d6h r2@2d5h r3@4d5h"},
		{"an outage is a delay as well", open, 0, []interruption{hours("outage", 22, 30)}, "r1@1h r2@1d6h r3@3d6h"},
		{"an unreachable relay is one", open, 0, []interruption{hours("relay", 0, 30)}, "r1@1d6h r2@2d5h r3@4d5h"},
		{"a pause that ends before the step is due moves nothing", open, 0, []interruption{hours("pause", 2, 20)}, "r1@1h r2@1d r3@3d"},
		{"a step that expired in the pause is left out", closing, 0, []interruption{hours("pause", 2, 40)}, "r1@1h r3@3d"},
		{"received late, before the first step expires", closing, 5 * time.Hour, nil, "r1@5h r2@1d4h r3@3d4h"},
		{"received late, after the first steps expired: the last step is not sent first", closing, 80 * time.Hour, nil, ""},
		{"received late, and a step is still to come", closing, 40 * time.Hour, nil, "r3@3d"},
		{"received days later, with steps that never expire: the steps of before are left out", open, 50 * time.Hour, nil, "r3@3d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := Parse([]byte(`{"schema": 1, "id": "c", "name": "C", "class": "marketing", "key": "order", "reentry": "never",
				"trigger": {"event": "order.placed"},
				"policy": {
"cap": [{"max": 100, "per": "1d"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00"}}, "steps": [` + tt.steps + `]}`))
			if c == nil {
				t.Fatal(problems)
			}
			w := newWorld(c, commerce.Shop{})
			w.live(Given{Event: commerce.OrderPlaced, Fields: []commerce.KV{{Key: "at", Value: "0m"}}}, w.start.Add(tt.late), tt.interruptions)
			var got []string
			for _, id := range w.sent {
				got = append(got, w.messages[id].Step+"@"+spellOffset(w.messages[id].SentAt.Sub(w.start)))
			}
			if text := strings.Join(got, " "); text != tt.want {
				t.Errorf("got %q, want %q", text, tt.want)
			}
		})
	}
}

// A cause older than the campaign does not enter. Under backfill it does, and every
// step whose time was over by then is left out, expired or not.
func TestCausesOlderThanTheCampaign(t *testing.T) {
	t.Parallel()
	for backfill, want := range map[bool]string{false: "", true: "r2@1d"} {
		c, problems := Parse([]byte(`{"schema": 1, "id": "c", "name": "C", "class": "marketing", "key": "order", "reentry": "never",
			"trigger": {"event": "order.placed"}, "policy": {
"cap": [{"max": 100, "per": "1d"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}],
"quiet": {"from": "00:00", "to": "00:00"}},
			"steps": [{"id": "r1", "wait": "1h", "expires": "12h", "send": {"channel": "email", "template": "t"}},
				{"id": "r2", "wait": "23h", "send": {"channel": "email", "template": "t"}}]}`))
		if c == nil {
			t.Fatal(problems)
		}
		w := newWorld(c, commerce.Shop{})
		c.Backfill, c.Since = backfill, w.start.Add(time.Hour)
		w.live(Given{Event: commerce.OrderPlaced, Fields: []commerce.KV{{Key: "at", Value: "0m"}}}, w.start.Add(2*time.Hour), nil)
		var got []string
		for _, id := range w.sent {
			got = append(got, w.messages[id].Step+"@"+spellOffset(w.messages[id].SentAt.Sub(w.start)))
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("backfill %v: got %q, want %q", backfill, text, want)
		}
	}
}
