package journeytest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"comeback/commerce"
)

// Model says what becomes of a journey, step by step and minute by minute, without the engine's
// notions: no enrolment, no due times that are stored, no facts. A Model is for one customer, and not
// used again.
type Model struct {
	Campaign, Shop, Customer string // their ids
	History                  []Event

	Sent []string // step@minute, sorted
	Did  []string // likewise the steps that do something else, in their order
	Left bool     // the customer left the campaign by the exit, not at the end of the steps

	tags map[string]int // since when steps gave them
	end  int            // when the order was cancelled
}

// Walk takes the steps.
func (m *Model) Walk(steps []Step) {
	m.tags, m.end = map[string]int{}, 1<<30
	for _, e := range m.History {
		if e.Kind == commerce.OrderCancelled {
			m.end = min(m.end, e.At)
		}
	}
	m.walk(steps, 0)
	slices.Sort(m.Sent) // mails of one minute go in any order
}

// total is the order's total at a minute.
func (m *Model) total(at int) (total int) {
	for _, e := range m.History {
		if value, ok := commerce.Lookup(e.Fields, "total"); ok && e.At <= at {
			_, _ = fmt.Sscan(strings.TrimSuffix(value, ".00"), &total)
		}
	}
	return total
}

// tagged reports whether the customer has a tag at a minute.
func (m *Model) tagged(tag string, at int) bool {
	if since, ok := m.tags[tag]; ok && since <= at {
		return true
	}
	return slices.ContainsFunc(m.History, func(e Event) bool {
		value, ok := commerce.Lookup(e.Fields, "tag")
		return ok && value == tag && e.At <= at
	})
}

// walk takes steps from a minute on. It returns when the last one was due, and whether the
// journey goes on.
func (m *Model) walk(steps []Step, at int) (int, bool) {
	for _, s := range steps {
		if at += s.wait; at >= m.end {
			m.Left = true
			return at, false
		}
		goesOn := true
		switch s.kind {
		case "send":
			if m.total(at) >= s.total {
				m.Sent = append(m.Sent, fmt.Sprintf("%s@%d", s.id, at))
			}
		case "tag":
			if _, has := m.tags[s.tag]; !has {
				m.tags[s.tag] = at
			}
			m.Did = append(m.Did, fmt.Sprintf("%s@%d", s.id, at))
		case "webhook":
			m.Did = append(m.Did, fmt.Sprintf("%s@%d", s.id, at))
			branch := 0
			if s.answer >= 300 {
				branch = 1
			}
			at, goesOn = m.walk(s.branches[branch], at)
		case "set", "enter", "notify":
			m.Did = append(m.Did, fmt.Sprintf("%s@%d", s.id, at))
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
				m.Left = true
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
func (m *Model) draw(s Step) int {
	sum := sha256.Sum256([]byte(m.Campaign + "\x00" + m.Shop + "\x00" + s.id + "\x00split\x00" + m.Customer))
	if int(binary.BigEndian.Uint64(sum[:8])%uint64(s.weights[0]+s.weights[1])) < s.weights[0] {
		return 0
	}
	return 1
}

// await is when the waiting of a step ends, and its branch. A condition is asked at once, with each
// event, and an hour after it was asked last.
func (m *Model) await(s Step, from int) (at, branch int) {
	until := from + s.within
	ask := from
	for minute := from; minute <= until; minute++ {
		if s.event != "" {
			if slices.ContainsFunc(m.History, func(e Event) bool { return e.At == minute && string(e.Kind) == s.event }) {
				return minute, 0
			}
			continue
		}
		event := slices.ContainsFunc(m.History, func(e Event) bool { return e.At == minute && e.heard() })
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
func (e Event) heard() bool { return e.Kind != OrderUpdated && e.Kind != CustomerUpdated }
