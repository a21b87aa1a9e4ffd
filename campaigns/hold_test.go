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

// hold is a time in which something does not work.
type hold struct {
	kind     string // pause, outage, relay
	from, to time.Time
}

// Whatever is paused, down, away or told of late: a customer's mails come in the
// order of the steps, none before its time or after it expired, and never two
// together. Without a hold every mail comes at its time.
func TestHeldUpStepsKeepTheirOrderAndDistance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c, waits := heldCampaign(t)
		w := newWorld(c, commerce.Shop{})
		late := time.Duration(0)
		if rapid.Bool().Draw(t, "told late") {
			late = time.Duration(rapid.IntRange(0, 6000).Draw(t, "late")) * time.Minute
		}
		holds := drawHolds(t, w.start)
		w.live(Given{Event: commerce.OrderPlaced, Fields: []commerce.KV{{Key: "at", Value: "0m"}}}, w.start.Add(late), holds)
		checkHeld(t, w, waits, late == 0 && len(holds) == 0)
	})
}

// heldCampaign has a few steps and neither quiet hours nor a cap that counts.
func heldCampaign(t *rapid.T) (*Campaign, []time.Duration) {
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
		"trigger": {"event": "order.placed"}, "policy": {"cap": {"max": 100, "per": "1h"}, "quiet": {"from": "00:00", "to": "00:00"}},
		"steps": [` + strings.Join(steps, ", ") + `]}`))
	if c == nil {
		t.Fatal(problems)
	}
	return c, waits
}

func drawHolds(t *rapid.T, start time.Time) []hold {
	var list []hold
	for range rapid.IntRange(0, 4).Draw(t, "holds") {
		from := start.Add(time.Duration(rapid.IntRange(0, 8000).Draw(t, "from")) * time.Minute)
		length := time.Duration(rapid.IntRange(1, 4000).Draw(t, "length")) * time.Minute
		list = append(list, hold{rapid.SampledFrom([]string{"pause", "outage", "relay"}).Draw(t, "kind"), from, from.Add(length)})
	}
	return list
}

func (w *world) under(holds []hold, kinds ...string) (until time.Time) {
	for _, h := range holds {
		if slices.Contains(kinds, h.kind) && !w.now.Before(h.from) && w.now.Before(h.to) && h.to.After(until) {
			until = h.to
		}
	}
	return until
}

// live lets one thing happen, told at a time, and all that comes of it, as far as
// the holds let it.
func (w *world) live(g Given, told time.Time, holds []hold) {
	untold := true
	for range 100_000 {
		next, ok := w.nextDue()
		if untold && (!ok || told.Before(next)) {
			next, ok = told, true
		}
		if !ok {
			return
		}
		if next.After(w.now) {
			w.now = next
		}
		if until := w.under(holds, "pause", "outage"); !until.IsZero() {
			w.now = until
			continue
		}
		if untold && !told.After(w.now) {
			untold = false
			w.happen(g)
			w.deliverAll()
		}
		w.relayed(holds)
	}
}

// relayed is a round of work in which mails may find the relay away.
func (w *world) relayed(holds []hold) {
	if w.under(holds, "relay").IsZero() {
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

func checkHeld(t *rapid.T, w *world, waits []time.Duration, smooth bool) {
	nominal := make([]time.Time, len(waits))
	at := w.start
	for i, wait := range waits {
		at = at.Add(wait)
		nominal[i] = at
	}
	before := -1
	var sentBefore, could time.Time // of the step before: when it was sent, and could have been
	for _, id := range w.sent {
		m := w.messages[id]
		step := slices.IndexFunc(w.c.Steps, func(s Step) bool { return s.ID == m.Step })
		switch {
		case step <= before:
			t.Fatalf("step %d came after step %d", step, before)
		case m.SentAt.Before(nominal[step]):
			t.Fatalf("step %d came at %s, before its time %s", step, m.SentAt, nominal[step])
		case !m.ExpiresAt.IsZero() && !m.SentAt.Before(m.ExpiresAt):
			t.Fatalf("step %d came at %s, expired at %s", step, m.SentAt, m.ExpiresAt)
		case smooth && !m.SentAt.Equal(nominal[step]):
			t.Fatalf("step %d came at %s, its time is %s", step, m.SentAt, nominal[step])
		}
		if before >= 0 && m.SentAt.Sub(sentBefore) < waits[step]/2 {
			t.Fatalf("step %d came %s after step %d, though it waits %s", step, m.SentAt.Sub(sentBefore), before, waits[step])
		}
		if late := sentBefore.Sub(could); before == step-1 && before >= 0 && late > delaySlack && m.SentAt.Sub(sentBefore) < waits[step] {
			t.Fatalf("step %d came %s after step %d, which was %s late; it waits %s", step, m.SentAt.Sub(sentBefore), before, late, waits[step])
		}
		could = nominal[step]
		if after := sentBefore.Add(waits[step]); before >= 0 && after.After(could) {
			could = after // the step before it was late: this one was planned anew
		}
		before, sentBefore = step, m.SentAt
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

// Examples of holds in words: what is sent when, in minutes of hours from the
// order on.
func TestHolds(t *testing.T) {
	t.Parallel()
	step := func(id, wait, more string) string {
		return fmt.Sprintf(`{"id": %q, "wait": %q, %s"send": {"channel": "email", "template": "t"}}`, id, wait, more)
	}
	open := step("r1", "1h", "") + "," + step("r2", "23h", "") + "," + step("r3", "48h", "")
	closing := step("r1", "1h", `"expires": "12h", `) + "," + step("r2", "23h", `"expires": "12h", `) + "," +
		step("r3", "48h", `"expires": "36h", `)
	hours := func(kind string, from, to int) hold {
		start := newWorld(&Campaign{}, commerce.Shop{}).start
		return hold{kind, start.Add(time.Duration(from)*time.Hour + time.Minute), start.Add(time.Duration(to) * time.Hour)}
	}
	for _, tt := range []struct {
		name, steps string
		told        time.Duration
		holds       []hold
		want        string
	}{
		{"no hold", open, 0, nil, "r1@1h r2@1d r3@3d"},
		{"a pause over the first step moves those after it", open, 0, []hold{hours("pause", 0, 6)}, "r1@6h r2@1d5h r3@3d5h"},
		{"a pause over two steps sends one, and the next after its wait", open, 0, []hold{hours("pause", 0, 30)}, "r1@1d6h r2@2d5h r3@4d5h"},
		{"an outage is a hold as well", open, 0, []hold{hours("outage", 22, 30)}, "r1@1h r2@1d6h r3@3d6h"},
		{"a relay that was away is one", open, 0, []hold{hours("relay", 0, 30)}, "r1@1d6h r2@2d5h r3@4d5h"},
		{"a pause that ends before the step is due moves nothing", open, 0, []hold{hours("pause", 2, 20)}, "r1@1h r2@1d r3@3d"},
		{"what expired in the pause is left out", closing, 0, []hold{hours("pause", 2, 40)}, "r1@1h r3@3d"},
		{"told of late, while the first still makes sense", closing, 5 * time.Hour, nil, "r1@5h r2@1d4h r3@3d4h"},
		{"told of late, when the first steps are over: no last note first", closing, 80 * time.Hour, nil, ""},
		{"told of late, and a step is still to come", closing, 40 * time.Hour, nil, "r3@3d"},
		{"told of days later, of steps that never expire: those of before are left out", open, 50 * time.Hour, nil, "r3@3d"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := Parse([]byte(`{"schema": 1, "id": "c", "name": "C", "class": "marketing", "key": "order", "reentry": "never",
				"trigger": {"event": "order.placed"},
				"policy": {"cap": {"max": 100, "per": "1h"}, "quiet": {"from": "00:00", "to": "00:00"}}, "steps": [` + tt.steps + `]}`))
			if c == nil {
				t.Fatal(problems)
			}
			w := newWorld(c, commerce.Shop{})
			w.live(Given{Event: commerce.OrderPlaced, Fields: []commerce.KV{{Key: "at", Value: "0m"}}}, w.start.Add(tt.told), tt.holds)
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

// A cause of before the campaign began to run does not enter. Under backfill it
// does, and every step whose time was over then is left out, expired or not.
func TestCausesOfBefore(t *testing.T) {
	t.Parallel()
	for backfill, want := range map[bool]string{false: "", true: "r2@1d"} {
		c, problems := Parse([]byte(`{"schema": 1, "id": "c", "name": "C", "class": "marketing", "key": "order", "reentry": "never",
			"trigger": {"event": "order.placed"}, "policy": {"cap": {"max": 100, "per": "1h"}, "quiet": {"from": "00:00", "to": "00:00"}},
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
