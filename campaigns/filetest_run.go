package campaigns

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"comeback/commerce"
)

// TestResult is the result of one test of a campaign file.
type TestResult struct {
	Name       string
	Failures   []string // got and want, a line each; none: passed
	Sent       []SentInTest
	Did        []DidInTest // what steps did beside sending
	Enrolments []Enrolment // in order of entry, as they ended
	Messages   []Message   // all that were planned, by id
	Refused    []string    // why somebody did not enter, each reason once, at most 5
}

// SentInTest is one message sent during a test.
type SentInTest struct {
	Step string
	At   time.Duration // since the test's beginning
	ID   string
}

// DidInTest is a step that did something else than sending.
type DidInTest struct {
	Step string
	At   time.Duration // since the test's beginning
}

// Passed reports whether the test found what it expected.
func (t TestResult) Passed() bool { return len(t.Failures) == 0 }

// RunTests runs the tests of a campaign in memory, with the same engine as in
// production, in a shop of this market, zone and currency. The zero Shop means the
// market west, UTC and EUR.
func RunTests(c *Campaign, shop commerce.Shop) []TestResult {
	return runTests(c, shop, newWork(context.Background()))
}

func runTests(c *Campaign, shop commerce.Shop, k *work) []TestResult {
	results := make([]TestResult, 0, len(c.Tests))
	for _, t := range c.Tests {
		w := newWorld(c, shop)
		w.budget = k
		ended := w.run(t.Given)
		result := w.result(t)
		if !ended {
			result.Failures = append(result.Failures, "too much work: something is still due without end, or there are too many events")
		}
		results = append(results, result)
	}
	return results
}

func (w *world) result(t Test) TestResult {
	r := TestResult{Name: t.Name, Enrolments: w.entries, Did: w.did, Refused: w.refused}
	for _, id := range w.sent {
		m := w.messages[id]
		r.Sent = append(r.Sent, SentInTest{Step: m.Step, At: m.SentAt.Sub(w.start), ID: id})
	}
	for _, m := range w.messages {
		r.Messages = append(r.Messages, m)
	}
	slices.SortFunc(r.Messages, func(a, b Message) int { return strings.Compare(a.ID, b.ID) })
	r.compare(t)
	return r
}

// compare adds a failure if other messages were sent, if steps did something else, or if an
// enrolment ended in another state.
func (r *TestResult) compare(t Test) {
	sent := make([]ExpectedStep, len(r.Sent))
	for i, s := range r.Sent {
		sent[i] = ExpectedStep{Step: s.Step, At: s.At}
	}
	if got, want := sideBySide(sent, t.Sent); !slices.Equal(got, want) {
		r.Failures = append(r.Failures, fmt.Sprintf("sent %s, want %s%s", bracket(got), bracket(want), r.why()))
	}
	did := make([]ExpectedStep, len(r.Did))
	for i, s := range r.Did {
		did[i] = ExpectedStep{Step: s.Step, At: s.At}
	}
	if got, want := sideBySide(did, t.Did); t.Did != nil && !slices.Equal(got, want) {
		r.Failures = append(r.Failures, fmt.Sprintf("did %s, want %s%s", bracket(got), bracket(want), r.why()))
	}
	if t.Ends == nil {
		return
	}
	var ends []EnrolmentState
	for _, e := range r.Enrolments {
		ends = append(ends, e.State)
	}
	if !slices.Equal(ends, t.Ends) {
		r.Failures = append(r.Failures, fmt.Sprintf("ends %v, want %v%s", ends, t.Ends, r.why()))
	}
}

// sideBySide writes steps that were taken and expected, with the offset where it is expected.
func sideBySide(taken, expected []ExpectedStep) (got, want []string) {
	for i, s := range taken {
		text := s.Step
		if i >= len(expected) || !expected[i].Any {
			text += "@" + spellOffset(s.At)
		}
		got = append(got, text)
	}
	for _, x := range expected {
		text := x.Step
		if !x.Any {
			text += "@" + spellOffset(x.At)
		}
		want = append(want, text)
	}
	return got, want
}

// why lists the reasons of messages that were planned and not sent, and of entries that were refused.
func (r *TestResult) why() string {
	var reasons []string
	for _, m := range r.Messages {
		if m.State != Sent {
			reasons = append(reasons, m.Step+" "+string(m.State)+": "+m.Reason)
		}
	}
	for _, e := range r.Enrolments {
		for _, d := range e.Log {
			if d.Outcome == "skipped" && len(d.Reasons) > 0 {
				reasons = append(reasons, d.Step+" skipped: "+d.Reasons[0].Text)
			}
		}
	}
	for _, why := range r.Refused {
		reasons = append(reasons, "did not enter: "+why)
	}
	if len(reasons) == 0 {
		return ""
	}
	return " (" + strings.Join(reasons, "; ") + ")"
}

func bracket(list []string) string { return "[" + strings.Join(list, " ") + "]" }
