package campaigns

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"comeback/campaigns/journeytest"
	"comeback/commerce"
	"comeback/strictjson"
)

// journeyFile is a campaign of these steps.
func journeyFile(t *rapid.T, list []journeytest.Step) *Campaign {
	file := map[string]any{
		"schema": 1, "id": "j", "name": "J", "class": "marketing", "key": "order", "reentry": "never",
		"trigger": map[string]any{"event": "order.placed"},
		"exit":    []any{map[string]any{"event": "order.cancelled", "same": "order"}},
		"policy": map[string]any{
			"quiet": map[string]any{"from": "00:00", "to": "00:00"},
			"cap":   []any{map[string]any{"max": 1000, "per": "24h"}, map[string]any{"max": 1000, "per": "7d"}},
		},
		"steps": journeytest.Filed(list, "t"),
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

// Whatever the journey and whatever happens, the engine does the steps that a plain model does, at
// the same minutes, and ends the same way.
func TestJourneysFollowTheModel(t *testing.T) {
	t.Parallel()
	for range journeyRounds {
		rapid.Check(t, func(rt *rapid.T) {
			steps, history := journeytest.DrawSteps(rt), journeytest.DrawHistory(rt)
			c := journeyFile(rt, steps)
			w := newWorld(c, commerce.Shop{})
			var given []Given
			for step, status := range journeytest.Answers(steps) {
				given = append(given, Given{Event: webhookAnswered, Fields: []commerce.KV{
					{Key: "step", Value: step}, {Key: "answer", Value: fmt.Sprint(status)},
				}})
			}
			for _, e := range history {
				given = append(given, Given{Offset: inMinutes(e.At), Event: e.Kind, Fields: e.Fields})
			}
			m := &journeytest.Model{Campaign: "j", Shop: "test", Customer: commerce.Key("test", "platform", "c1"), History: history}
			m.Walk(steps)
			want := Finished
			if m.Left {
				want = Exited
			}
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
			if !slices.Equal(sent, m.Sent) || !slices.Equal(did, m.Did) || len(got.Enrolments) != 1 || got.Enrolments[0].State != want {
				rt.Fatalf("%s\n%v\ngot  sent %v did %v %s\nwant sent %v did %v %s", c.Raw, history, sent, did, got.Enrolments[0].State,
					m.Sent, m.Did, want)
			}
		})
	}
}
