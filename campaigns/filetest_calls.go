package campaigns

import (
	"cmp"
	"strconv"

	"comeback/commerce"
)

// webhookAnswered is the line of a test that sets how the receiver of a webhook step answers in the end, from
// then on.
const webhookAnswered commerce.EventKind = "webhook.answered"

// testCalls are the calls of a test, and how receivers answer.
type testCalls struct {
	made    map[string]Call
	answers map[string]int // by step: the status from now on; else 200
}

// called makes a call: nobody is called in a test, and the answer comes at once.
func (w *world) called(k Call) {
	if _, called := w.calls.made[k.ID]; called {
		return
	}
	w.did = append(w.did, DidInTest{k.Step, w.now.Sub(w.start)})
	status := cmp.Or(w.calls.answers[k.Step], 200)
	w.calls.made[k.ID] = k.After(CallAnswer{Status: status, Done: status < 300, Final: true, Reason: "as the test says"}, w.now)
}

// answer sets the answer of a step's receiver from now on.
func (w *world) answer(g Given) {
	w.calls.answers[w.field(g, "step", "")], _ = strconv.Atoi(w.field(g, "answer", "200"))
}

// checkAnswer returns what is wrong with the fields of such a line; "" if they are valid.
func (g Given) checkAnswer() string {
	status, says := commerce.Lookup(g.Fields, "answer")
	_, named := commerce.Lookup(g.Fields, "step")
	switch {
	case g.Event != webhookAnswered && says:
		return "answer: it belongs to webhook.answered"
	case g.Event == webhookAnswered && (!named || !says || len(g.Fields) > 2):
		return "write which step, and how it is answered in the end: webhook.answered step=x answer=500"
	case g.Event == webhookAnswered && (len(status) != 3 || status < "200" || status > "599"):
		return "answer: a number from 200 to 599 is wanted"
	}
	return ""
}

// awaitedCall is the call that an enrolment waits for; nil without one.
func (w *world) awaitedCall(e Enrolment) *Call {
	if k, ok := w.calls.made[e.Awaited()]; ok {
		return &k
	}
	return nil
}

// woken is an enrolment whose call has been answered: it is due.
func (w *world) woken(e Enrolment) Enrolment {
	if w.awaitedCall(e) != nil && e.State == Enrolled {
		e.DueAt = w.now
	}
	return e
}
