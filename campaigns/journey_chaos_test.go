package campaigns

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/campaigns/journeytest"
	"comeback/commerce"
)

// Whatever the journey, and however late, twice or out of order the work is done, also across pauses:
// no step is taken twice, each step is behind the one before, none is taken after an exit or outside
// its window, and one who is held out gets nothing.
func TestNoStepIsTakenTwice(t *testing.T) {
	t.Parallel()
	for range journeyRounds / 5 {
		rapid.Check(t, func(rt *rapid.T) {
			c := journeyFile(rt, journeytest.DrawSteps(rt))
			w := newWorld(c, commerce.Shop{})
			disturb(rt, w)
			c.State = Active
			w.deliverAll()
			if !w.run(nil) {
				rt.Fatal("the work has no end")
			}
			checkJourneys(rt, w)
		})
	}
}

// disturb plays a random history of six orders, with work that comes late, early or twice.
func disturb(t *rapid.T, w *world) {
	var stale []func()
	for range rapid.IntRange(1, 50).Draw(t, "acts") {
		switch rapid.IntRange(0, 6).Draw(t, "act") {
		case 0:
			w.now = w.now.Add(time.Duration(rapid.IntRange(0, 300).Draw(t, "pass")) * time.Minute)
		case 1:
			w.now = w.now.Add(time.Second)
			line := chaosLine(t)
			if rapid.Bool().Draw(t, "quiz") {
				line.Event = "custom.quiz"
			}
			w.happen(line)
		case 2:
			if len(w.undelivered) > 0 {
				at := rapid.IntRange(0, len(w.undelivered)-1).Draw(t, "which")
				ev := w.undelivered[at]
				stale = append(stale, func() { w.deliver(ev) })
				w.undelivered = slices.Delete(slices.Clone(w.undelivered), at, at+1)
				w.deliver(ev)
			}
		case 3, 4:
			w.work()
		case 5:
			if len(stale) > 0 {
				stale[rapid.IntRange(0, len(stale)-1).Draw(t, "again")]()
			}
		case 6:
			w.c.State = rapid.SampledFrom([]CampaignState{Active, Active, Paused}).Draw(t, "state")
		}
	}
}

// takenNot are the outcomes of decisions that take no step.
var takenNot = []string{"skipped", "entered", "ended", "refused", "held", "goal reached"}

func checkJourneys(t *rapid.T, w *world) {
	place := map[string]int{}
	for i, s := range w.c.Steps {
		place[s.ID] = i
	}
	for _, e := range w.enrolments {
		last, ended, called := -1, false, map[string]bool{}
		for _, d := range e.Log {
			if d.Outcome == "ended" {
				ended = true
			}
			if d.Step == "" || slices.Contains(takenNot, d.Outcome) {
				continue
			}
			if e.Arm != Treated && slices.Contains([]string{"planned", "tag", "set", "enter", "webhook", "notify"}, d.Outcome) {
				t.Fatalf("%s is held out, and step %s did something", e.ID, d.Step)
			}
			if d.Outcome == string(DoWebhook) { // the step is over when it is answered
				if called[d.Step] {
					t.Fatalf("%s: step %s called twice: %s", e.ID, d.Step, w.c.Raw)
				}
				called[d.Step] = true
				continue
			}
			if at := place[d.Step]; at <= last {
				t.Fatalf("%s: step %s at %d was taken after the one at %d: %s", e.ID, d.Step, at, last, w.c.Raw)
			} else if last = at; ended {
				t.Fatalf("%s: step %s was taken after the end", e.ID, d.Step)
			}
		}
		if e.State == Enrolled || !e.DueAt.IsZero() {
			t.Fatalf("%s is %s, due %s, at the end of time: %s", e.ID, e.State, e.DueAt, w.c.Raw)
		}
	}
	sent := map[string]bool{}
	for _, id := range w.sent {
		m := w.messages[id]
		if sent[id] || strings.HasSuffix(m.Customer, "c2") {
			t.Fatalf("%s was sent twice, or to one who is held out", id)
		}
		if sent[id] = true; !m.ExpiresAt.IsZero() && !m.SentAt.Before(m.ExpiresAt) || m.SentAt.Before(m.DueAt) {
			t.Fatalf("%s was sent outside its window", id)
		}
	}
}
