package service

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/campaigns/journeytest"
)

// act is something that happens to a rough journey.
type act struct {
	at int // minutes
	do func(t *testing.T)
}

// Random journeys through the wired service, while webhooks come late, twice and out of order, campaigns
// are paused and edited, customers are moved to new versions, workers are late, and the process ends and
// begins again: no step is taken twice or before an earlier one, none after the exit or outside its
// window, splits and arms stay, who is held out gets nothing, and every journey ends.
func TestRoughJourneysTakeNoStepTwice(t *testing.T) {
	t.Parallel()
	for n := range journeyWorlds() {
		t.Run(fmt.Sprint("world ", n), func(t *testing.T) {
			t.Parallel()
			w := newJourneyWorld(t, journeySeed(t)+10+n, roughJourneys(), `"holdout": {"percent": 20},`)
			list := w.acts()
			slices.SortStableFunc(list, func(a, b act) int { return cmp.Compare(a.at, b.at) })
			for _, a := range list {
				if at := w.begin.Add(time.Duration(a.at) * time.Minute); at.After(w.at()) {
					if w.random.IntN(2) == 0 {
						w.workUntil(t, at)
					}
					w.moveTo(at)
				}
				a.do(t)
				if w.random.IntN(3) > 0 {
					settleAll(t, w.harness, 2)
				}
			}
			for _, p := range w.people {
				w.calls(t, "POST /v1/campaigns/"+p.campaign+"/resume", "")
			}
			w.pass(t, time.Minute)
			w.workUntil(t, w.begin.AddDate(0, 0, 90))
			for _, p := range w.people {
				w.checkRough(t, p)
			}
		})
	}
}

// acts are the reports of all people, late and some of them twice, between pauses, edits and restarts.
func (w *journeyWorld) acts() (list []act) {
	for _, p := range w.people {
		last := 0
		for _, r := range p.reports {
			for range 1 + w.random.IntN(2) {
				at := r.at + w.random.IntN(2)*w.random.IntN(300)
				list = append(list, act{at, func(t *testing.T) { w.sends(t, p, r) }})
			}
			last = r.at
		}
		path := "POST /v1/campaigns/" + p.campaign
		if w.random.IntN(2) == 0 {
			at := w.random.IntN(last + 600)
			list = append(list, act{at, func(t *testing.T) { w.calls(t, path+"/pause", "") }},
				act{at + w.random.IntN(600), func(t *testing.T) { w.calls(t, path+"/resume", "") }})
		}
		if w.random.IntN(2) == 0 {
			migrate := []string{"", `{"migrate": {}}`}[w.random.IntN(2)]
			list = append(list, act{w.random.IntN(last + 600), func(t *testing.T) {
				p.version++
				w.asks(t, w.key, 201, "PUT /v1/campaigns/"+p.campaign, p.file(t, journeytest.Slower(p.steps), `"holdout": {"percent": 20},`))
				w.calls(t, path+"/activate", migrate)
			}})
		}
	}
	for range 3 {
		list = append(list, act{w.random.IntN(1200), w.restart})
	}
	return list
}

// calls sends a request that may be out of place, as a person does who looks at an old page.
func (w *journeyWorld) calls(t *testing.T, call, body string) {
	t.Helper()
	if status, err := w.status(t, w.key, call, body); err != nil || status >= 500 {
		t.Fatalf("%s: got %d, %v", call, status, err)
	}
}

// checkRough checks what the store and the mail server say about a journey.
func (w *journeyWorld) checkRough(t *testing.T, p *wanderer) {
	t.Helper()
	if list := w.entered(t, p); len(list) == 0 && !p.leftAt.IsZero() && len(w.mailsTo(p.address())) == 0 {
		return // the cancellation came before the order
	}
	_, _, e := w.found(t, p)
	m := &journeytest.Model{Campaign: p.campaign, Shop: "s", Customer: e.Customer}
	drawn, order, last := m.Drawn(p.steps), journeytest.IDs(p.steps), -1
	for _, d := range e.Log {
		place := slices.Index(order, d.Step)
		if place < 0 || slices.Contains([]string{"skipped", "entered", "ended", "refused", "held", "goal reached", "webhook"}, d.Outcome) {
			continue
		}
		if place <= last {
			t.Errorf("%s: step %s was taken after %s: %v", p.campaign, d.Step, order[last], e.Log)
		}
		if branch := drawn[d.Step]; branch != "" && d.Outcome != branch {
			t.Errorf("%s: split %s led along %s, the draw is %s", p.campaign, d.Step, d.Outcome, branch)
		}
		last = place
	}
	if e.State == campaigns.Enrolled || !e.DueAt.IsZero() {
		t.Errorf("%s is %s, due %s, at the end of time", p.campaign, e.State, e.DueAt)
	}
	if arm := campaigns.ArmOf(&campaigns.Campaign{ID: p.campaign, Holdout: 2000}, "s", e.Customer); e.Arm != arm {
		t.Errorf("%s: got arm %s, want %s in every version", p.campaign, e.Arm, arm)
	}
	sent := 0
	for _, m := range w.messages(t, p) {
		if m.State != campaigns.Sent {
			continue
		}
		sent++
		late := !m.ExpiresAt.IsZero() && !m.SentAt.Before(m.ExpiresAt)
		if late || m.SentAt.Before(m.FirstDue.Truncate(time.Second)) {
			t.Errorf("%s: sent at %s, its window is from %s to %s", m.ID, m.SentAt, m.FirstDue, m.ExpiresAt)
		}
		if !p.leftAt.IsZero() && m.SentAt.After(p.leftAt) {
			t.Errorf("%s: sent at %s, the order was cancelled by %s", m.ID, m.SentAt, p.leftAt)
		}
	}
	if got := len(w.mailsTo(p.address())); got != sent || e.Arm != campaigns.Treated && got > 0 {
		t.Errorf("%s, %s: got %d mails, want %d", p.campaign, e.Arm, got, sent)
	}
}
