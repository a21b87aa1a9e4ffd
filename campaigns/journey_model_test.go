package campaigns

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"comeback/commerce"
	"comeback/strictjson"
)

// drawnStep is a step of a random journey, in the words of the model. Times are in minutes.
type drawnStep struct {
	id, kind string
	wait     int
	expires  int    // 0: never
	total    int    // of if and of a guarded send: the least total; 0: no condition
	tag      string // of tag, and of a wait for a tag
	event    string // of wait_for; empty: it waits for the tag
	within   int
	weights  []int
	branches [][]drawnStep
}

// drawJourney draws the steps of a campaign. The last one does something, as files must.
func drawJourney(t *rapid.T) []drawnStep {
	ids := 0
	list := drawSteps(t, &ids, 0, true)
	if list[len(list)-1].kind != "exit" {
		list = append(list, drawnStep{id: "last", kind: "send"})
	}
	return list
}

// drawSteps draws a list of steps of all kinds. It ends by an exit only where it may: where all
// branches do, no step may follow.
func drawSteps(t *rapid.T, ids *int, depth int, mayEnd bool) (list []drawnStep) {
	kinds := []string{"send", "send", "send", "wait", "tag", "set", "enter", "if", "split", "wait_for", "wait_for", "exit"}
	for range rapid.IntRange(1, 4).Draw(t, "steps") {
		*ids++
		s := drawnStep{
			id: fmt.Sprintf("s%d", *ids), kind: rapid.SampledFrom(kinds).Draw(t, "kind"), wait: rapid.IntRange(0, 20).Draw(t,
				"wait") * 10,
		}
		if s.kind == "exit" && !mayEnd {
			s.kind = "send"
		}
		if (depth == 3 || *ids > 60) && // a file has at most 100 steps
			slices.Contains([]string{"if", "split", "wait_for"}, s.kind) {
			s.kind = "send"
		}
		switch s.kind {
		case "send":
			s.total = rapid.SampledFrom([]int{0, 0, 100}).Draw(t, "total")
			s.expires = rapid.SampledFrom([]int{0, 30, 300}).Draw(t, "expires")
		case "tag":
			s.tag = rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "tag")
		case "if":
			s.total = rapid.SampledFrom([]int{50, 100}).Draw(t, "total")
			s.branches = [][]drawnStep{drawSteps(t, ids, depth+1, true), drawSteps(t, ids, depth+1, false)}
		case "wait_for":
			s.within = rapid.IntRange(1, 30).Draw(t, "within") * 10
			if s.event = rapid.SampledFrom([]string{"order.shipped", "custom.quiz", ""}).Draw(t, "event"); s.event == "" {
				s.tag = rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "tag")
			}
			s.branches = [][]drawnStep{drawSteps(t, ids, depth+1, true), drawSteps(t, ids, depth+1, false)}
		case "split":
			s.weights = []int{rapid.IntRange(1, 5).Draw(t, "weight"), rapid.IntRange(1, 5).Draw(t, "weight")}
			s.branches = [][]drawnStep{drawSteps(t, ids, depth+1, true), nil}
		case "wait":
			s.wait += 10
		}
		if list = append(list, s); s.kind == "exit" {
			return list
		}
	}
	return list
}

// file writes steps as a campaign file does.
func fileOf(list []drawnStep) []any {
	var steps []any
	for _, s := range list {
		step := map[string]any{"id": s.id, "wait": fmt.Sprintf("%dm", s.wait)}
		atLeast := map[string]any{"field": "order.total", "op": "gte", "value": fmt.Sprint(s.total)}
		switch s.kind {
		case "send":
			if s.expires > 0 {
				step["expires"] = fmt.Sprintf("%dm", s.expires)
			}
			step["send"] = map[string]any{"channel": "email", "template": "t"}
			if s.total > 0 {
				step["if"] = atLeast
			}
		case "tag":
			step["tag"] = map[string]any{"add": s.tag}
		case "set":
			step["set"] = map[string]any{"customer.custom.x": s.id}
		case "enter":
			step["enter"] = "other"
		case "exit":
			step["exit"] = "enough"
		case "if":
			step["if"], step["then"], step["else"] = atLeast, fileOf(s.branches[0]), fileOf(s.branches[1])
		case "wait_for":
			awaited := map[string]any{"within": fmt.Sprintf("%dm", s.within)}
			if awaited["event"] = s.event; s.event == "" {
				delete(awaited, "event")
				awaited["condition"] = map[string]any{"field": "customer.tags", "op": "has", "value": s.tag}
			}
			step["wait_for"], step["then"], step["else"] = awaited, fileOf(s.branches[0]), fileOf(s.branches[1])
		case "split":
			step["split"] = []any{map[string]any{"name": "a", "weight": s.weights[0], "steps": fileOf(s.branches[0])},
				map[string]any{"name": "b", "weight": s.weights[1]}}
		}
		steps = append(steps, step)
	}
	return steps
}

// journeyFile is a campaign of these steps.
func journeyFile(t *rapid.T, list []drawnStep) *Campaign {
	file := map[string]any{
		"schema": 1, "id": "j", "name": "J", "class": "marketing", "key": "order", "reentry": "never",
		"trigger": map[string]any{"event": "order.placed"},
		"exit":    []any{map[string]any{"event": "order.cancelled", "same": "order"}},
		"policy": map[string]any{
			"quiet": map[string]any{"from": "00:00", "to": "00:00"},
			"cap":   []any{map[string]any{"max": 1000, "per": "24h"}, map[string]any{"max": 1000, "per": "7d"}},
		},
		"steps": fileOf(list),
	}
	data, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	c, problems := Parse(data)
	if strictjson.Refused(problems) {
		t.Fatal(problems)
	}
	return c
}

// drawnEvent is something that happens at a minute.
type drawnEvent struct {
	at   int
	kind commerce.EventKind
	more []commerce.KV
}

// drawHistory draws what happens after the order is placed, in order, at different minutes.
func drawHistory(t *rapid.T) []drawnEvent {
	history := []drawnEvent{{0, commerce.OrderPlaced, []commerce.KV{{Key: "total", Value: rapid.SampledFrom([]string{"20.00", "70.00",
		"150.00"}).Draw(t, "total")}}}}
	at := 0
	for range rapid.IntRange(0, 8).Draw(t, "events") {
		at += rapid.IntRange(1, 150).Draw(t, "later")
		e := drawnEvent{at: at, kind: rapid.SampledFrom([]commerce.EventKind{
			commerce.OrderShipped, "custom.quiz", orderUpdated, customerUpdated, commerce.OrderCancelled,
		}).Draw(t, "event")}
		switch e.kind {
		case orderUpdated:
			e.more = []commerce.KV{{Key: "total", Value: rapid.SampledFrom([]string{"20.00", "70.00", "150.00"}).Draw(t, "total")}}
		case customerUpdated:
			e.more = []commerce.KV{{Key: "tag", Value: rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "tag")}}
		case commerce.OrderShipped:
			e.more = []commerce.KV{{Key: "parcel", Value: fmt.Sprint(at)}}
		case commerce.OrderCancelled:
			if rapid.IntRange(0, 2).Draw(t, "cancelled") > 0 {
				e.kind = "custom.quiz"
			}
		}
		history = append(history, e)
	}
	return history
}

// model says what becomes of a journey, step by step and minute by minute, without the engine's
// notions: no enrolment, no due times that are stored, no facts.
type model struct {
	history  []drawnEvent
	customer string
	tags     map[string]int // since when steps or the platform gave them
	end      int            // when the order was cancelled
	sent     []string       // step@minute
	did      []string
	state    EnrolmentState
}

// total is the order's total at a minute.
func (m *model) total(at int) (total int) {
	for _, e := range m.history {
		if value, ok := commerce.Lookup(e.more, "total"); ok && e.at <= at {
			_, _ = fmt.Sscan(strings.TrimSuffix(value, ".00"), &total)
		}
	}
	return total
}

// tagged reports whether the customer has a tag at a minute.
func (m *model) tagged(tag string, at int) bool {
	if since, ok := m.tags[tag]; ok && since <= at {
		return true
	}
	return slices.ContainsFunc(m.history, func(e drawnEvent) bool {
		value, ok := commerce.Lookup(e.more, "tag")
		return ok && value == tag && e.at <= at
	})
}

// walk takes steps from a minute on. It returns when the last one was due, and whether the
// journey goes on.
func (m *model) walk(steps []drawnStep, at int) (int, bool) {
	for _, s := range steps {
		if at += s.wait; at >= m.end {
			m.state = Exited
			return at, false
		}
		goesOn := true
		switch s.kind {
		case "send":
			if m.total(at) >= s.total {
				m.sent = append(m.sent, fmt.Sprintf("%s@%d", s.id, at))
			}
		case "tag":
			if _, has := m.tags[s.tag]; !has {
				m.tags[s.tag] = at
			}
			m.did = append(m.did, fmt.Sprintf("%s@%d", s.id, at))
		case "set", "enter":
			m.did = append(m.did, fmt.Sprintf("%s@%d", s.id, at))
		case "exit":
			return at, false
		case "if":
			branch := 1
			if m.total(at) >= s.total {
				branch = 0
			}
			at, goesOn = m.walk(s.branches[branch], at)
		case "split":
			at, goesOn = m.walk(s.branches[m.draw(s)], at)
		case "wait_for":
			branch := 0
			if at, branch = m.await(s, at); at >= m.end {
				m.state = Exited
				return at, false
			}
			at, goesOn = m.walk(s.branches[branch], at)
		}
		if !goesOn {
			return at, false
		}
	}
	return at, true
}

// draw is the branch of a split.
func (m *model) draw(s drawnStep) int {
	sum := sha256.Sum256([]byte("j\x00test\x00" + s.id + "\x00split\x00" + m.customer))
	if int(binary.BigEndian.Uint64(sum[:8])%uint64(s.weights[0]+s.weights[1])) < s.weights[0] {
		return 0
	}
	return 1
}

// await is when the waiting of a step ends, and its branch. A condition is asked at once, with each
// event, and an hour after it was asked last.
func (m *model) await(s drawnStep, from int) (at, branch int) {
	until := from + s.within
	ask := from
	for minute := from; minute <= until; minute++ {
		if s.event != "" {
			if slices.ContainsFunc(m.history, func(e drawnEvent) bool { return e.at == minute && string(e.kind) == s.event }) {
				return minute, 0
			}
			continue
		}
		event := slices.ContainsFunc(m.history, func(e drawnEvent) bool { return e.at == minute && e.heard() })
		if minute == ask || event {
			if m.tagged(s.tag, minute) {
				return minute, 0
			}
			ask = min(until, minute+60)
		}
	}
	return until, 1
}

// heard reports whether it is an event, not only a change of a record.
func (e drawnEvent) heard() bool { return e.kind != orderUpdated && e.kind != customerUpdated }

// Whatever the journey and whatever happens, the engine does the steps that a plain model does, at
// the same minutes, and ends the same way.
func TestJourneysFollowTheModel(t *testing.T) {
	t.Parallel()
	for range journeyRounds {
		rapid.Check(t, func(rt *rapid.T) {
			steps, history := drawJourney(rt), drawHistory(rt)
			c := journeyFile(rt, steps)
			w := newWorld(c, commerce.Shop{})
			var given []Given
			m := &model{history: history, customer: commerce.Key("test", "platform", "c1"), tags: map[string]int{}, end: 1 << 30,
				state: Finished}
			for _, e := range history {
				given = append(given, Given{Offset: inMinutes(e.at), Event: e.kind, Fields: e.more})
				if e.kind == commerce.OrderCancelled {
					m.end = min(m.end, e.at)
				}
			}
			m.walk(steps, 0)
			if !w.run(given) {
				rt.Fatal("the work has no end")
			}
			got := w.result(Test{})
			var sent, did []string
			for _, s := range got.Sent {
				sent = append(sent, fmt.Sprintf("%s@%d", s.Step, int(s.At.Minutes())))
			}
			for _, s := range got.Did {
				did = append(did, fmt.Sprintf("%s@%d", s.Step, int(s.At.Minutes())))
			}
			slices.Sort(sent) // mails of one minute go in any order
			slices.Sort(m.sent)
			if !slices.Equal(sent, m.sent) || !slices.Equal(did,
				m.did) || len(got.Enrolments) != 1 || got.Enrolments[0].State != m.state {
				rt.Fatalf("%s\n%v\ngot  sent %v did %v %s\nwant sent %v did %v %s", c.Raw, history, sent, did, got.Enrolments[0].State,
					m.sent, m.did, m.state)
			}
		})
	}
}
