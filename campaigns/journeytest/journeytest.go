// Package journeytest draws random journeys of customers through campaigns, and says by a plain model
// what becomes of them. It helps the tests of the engine and of the whole service, imports no campaigns,
// and is imported by tests alone.
package journeytest

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"comeback/commerce"
)

// Events that only change a record.
const (
	// OrderUpdated changes the order's total.
	OrderUpdated commerce.EventKind = "order.updated"
	// CustomerUpdated gives the customer a tag.
	CustomerUpdated commerce.EventKind = "customer.updated"
)

// Step is a step of a random journey, in the words of the model. Times are in minutes.
type Step struct {
	id, kind string
	wait     int
	expires  int    // 0: never
	total    int    // of if and of a guarded send: the least total; 0: no condition
	tag      string // of tag, and of a wait for a tag
	event    string // of wait_for; empty: it waits for the tag
	within   int
	weights  []int
	branches [][]Step
	answer   int // of webhook: the status
}

// DrawSteps draws the steps of a campaign. The last one does something, as files must.
func DrawSteps(t *rapid.T) []Step {
	ids := 0
	list := drawSteps(t, &ids, 0, true)
	if list[len(list)-1].kind != "exit" {
		list = append(list, Step{id: "last", kind: "send"})
	}
	return list
}

// drawSteps draws a list of steps of all kinds. It ends by an exit only where it may: where all
// branches do, no step may follow.
func drawSteps(t *rapid.T, ids *int, depth int, mayEnd bool) (list []Step) {
	kinds := []string{
		"send", "send", "send", "wait", "tag", "set", "enter", "if", "split", "wait_for", "wait_for", "webhook", "notify", "exit",
	}
	for range rapid.IntRange(1, 4).Draw(t, "steps") {
		*ids++
		s := Step{
			id: fmt.Sprintf("s%d", *ids), kind: rapid.SampledFrom(kinds).Draw(t, "kind"), wait: rapid.IntRange(0, 20).Draw(t,
				"wait") * 10,
		}
		if s.kind == "exit" && !mayEnd {
			s.kind = "send"
		}
		if (depth == 3 || *ids > 60) && // a file has at most 100 steps
			slices.Contains([]string{"if", "split", "wait_for", "webhook"}, s.kind) {
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
			s.branches = [][]Step{drawSteps(t, ids, depth+1, true), drawSteps(t, ids, depth+1, false)}
		case "wait_for":
			s.within = rapid.IntRange(1, 30).Draw(t, "within") * 10
			if s.event = rapid.SampledFrom([]string{"order.shipped", "custom.quiz", ""}).Draw(t, "event"); s.event == "" {
				s.tag = rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "tag")
			}
			s.branches = [][]Step{drawSteps(t, ids, depth+1, true), drawSteps(t, ids, depth+1, false)}
		case "split":
			s.weights = []int{rapid.IntRange(1, 5).Draw(t, "weight"), rapid.IntRange(1, 5).Draw(t, "weight")}
			s.branches = [][]Step{drawSteps(t, ids, depth+1, true), nil}
		case "webhook":
			s.answer = rapid.SampledFrom([]int{200, 204, 302, 404}).Draw(t, "answer")
			s.branches = [][]Step{drawSteps(t, ids, depth+1, true), drawSteps(t, ids, depth+1, false)}
		case "wait":
			s.wait += 10
		}
		if list = append(list, s); s.kind == "exit" {
			return list
		}
	}
	return list
}

// Event is something that happens at a minute.
type Event struct {
	At     int
	Kind   commerce.EventKind
	Fields []commerce.KV
}

// DrawHistory draws what happens after the order is placed, in order, at different minutes.
func DrawHistory(t *rapid.T) []Event {
	history := []Event{{0, commerce.OrderPlaced, []commerce.KV{{Key: "total", Value: rapid.SampledFrom([]string{"20.00", "70.00",
		"150.00"}).Draw(t, "total")}}}}
	at := 0
	for range rapid.IntRange(0, 8).Draw(t, "events") {
		at += rapid.IntRange(1, 150).Draw(t, "later")
		e := Event{At: at, Kind: rapid.SampledFrom([]commerce.EventKind{
			commerce.OrderShipped, "custom.quiz", OrderUpdated, CustomerUpdated, commerce.OrderCancelled,
		}).Draw(t, "event")}
		switch e.Kind {
		case OrderUpdated:
			e.Fields = []commerce.KV{{Key: "total", Value: rapid.SampledFrom([]string{"20.00", "70.00", "150.00"}).Draw(t, "total")}}
		case CustomerUpdated:
			e.Fields = []commerce.KV{{Key: "tag", Value: rapid.SampledFrom([]string{"red", "blue"}).Draw(t, "tag")}}
		case commerce.OrderShipped:
			e.Fields = []commerce.KV{{Key: "parcel", Value: fmt.Sprint(at)}}
		case commerce.OrderCancelled:
			if rapid.IntRange(0, 2).Draw(t, "cancelled") > 0 {
				e.Kind = "custom.quiz"
			}
		}
		history = append(history, e)
	}
	return history
}
