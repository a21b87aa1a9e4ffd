package campaigns_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

// mailStep is a step that sends after a wait.
func mailStep(id, wait string) string {
	return fmt.Sprintf(`{"id": %q, "wait": %q, "send": {"channel": "email", "template": "t"}}`, id, wait)
}

func withSteps(steps ...string) string {
	return head + unpaidTrigger + `"steps": [` + strings.Join(steps, ", ") + `]`
}

// Branches are chosen when their step is due. Waits in a branch, and behind it, count from the due
// time of the step before.
func TestBranches(t *testing.T) {
	t.Parallel()
	rich := `"if": {"field": "order.total", "op": "gte", "value": "100.00"}`
	fork := `{"id": "rich", "wait": "1h", ` + rich + `, "then": [` + mailStep("a", "1h") + `], "else": [` + mailStep("b", "2h") + `]}`
	for _, tt := range []struct {
		name, file string
		given      []string
		sent, ends []string
	}{
		{"the branch where the condition holds", withSteps(fork, mailStep("c", "1h")), []string{"0m order.placed total=150.00"},
			[]string{"a@2h", "c@3h"}, []string{"finished"}},
		{"the branch where it does not", withSteps(fork, mailStep("c", "1h")), []string{"0m order.placed total=50.00"},
			[]string{"b@3h", "c@4h"}, []string{"finished"}},
		{"the condition is asked when the step is due, not at the entry", withSteps(fork),
			[]string{"0m order.placed total=50.00", "30m order.updated total=150.00"}, []string{"a@2h"}, []string{"finished"}},
		{"a branch without steps goes on behind", withSteps(`{"id": "x", `+rich+`, "then": [`+mailStep("a", "1h")+`]}`, mailStep("c",
			"1h")),
			[]string{"0m order.placed total=50.00"}, []string{"c@1h"}, []string{"finished"}},
		{"branches nest",
			withSteps(`{"id": "x", ` + rich + `, "then": [{"id": "y", "if": {"field": "order.total", "op": "gte", "value": "200.00"},
			"then": [` + mailStep("a", "1h") + `], "else": [` + mailStep("b", "1h") + `]}, ` + mailStep("c", "1h") + `]}`),
			[]string{"0m order.placed total=150.00"}, []string{"b@1h", "c@2h"}, []string{"finished"}},
		{"an exit ends with its reason", withSteps(`{"id": "x", `+rich+`, "then": [{"id": "out", "exit": "served by a person"}]}`,
			mailStep("c", "1h")),
			[]string{"0m order.placed total=150.00"}, nil, []string{"finished"}},
		{"an exit lets the mail before it go", withSteps(mailStep("a", "1h"), `{"id": "out", "exit": "enough"}`),
			[]string{"0m order.placed"}, []string{"a@1h"}, []string{"finished"}},
		{"a step that only waits", withSteps(`{"id": "w", "wait": "2h"}`, mailStep("c", "1h")), []string{"0m order.placed"},
			[]string{"c@3h"}, []string{"finished"}},
		{"an exit of the campaign ends a wait in a branch", withSteps(fork),
			[]string{"0m order.placed total=150.00", "90m order.paid"}, nil, []string{"converted"}},
		{"a wait until a time of day", withSteps(`{"id": "w", "wait_until": {"at": "18:00"}}`, mailStep("c", "0m")),
			[]string{"0m order.placed"}, []string{"c@8h"}, []string{"finished"}},
		{"that time of the next day where it is over", withSteps(`{"id": "w", "wait_until": {"at": "09:00"}}`, mailStep("c", "0m")),
			[]string{"0m order.placed"}, []string{"c@23h"}, []string{"finished"}},
		{"a wait until a day of the week", withSteps(`{"id": "w", "wait_until": {"at": "09:00", "weekday": ["sat", "wed"]}}`,
			mailStep("c", "0m")),
			[]string{"0m order.placed"}, []string{"c@1d23h"}, []string{"finished"}},
		{"the day of the week at whatever time", withSteps(`{"id": "w", "wait_until": {"weekday": "thu"}}`, mailStep("c", "0m")),
			[]string{"0m order.placed"}, []string{"c@3d"}, []string{"finished"}},
		{"the local time is the customer's", withSteps(`{"id": "w", "wait_until": {"at": "18:00"}}`, mailStep("c", "0m")),
			[]string{"0m order.placed zone=Asia/Tokyo"}, []string{"c@23h"}, []string{"finished"}},
		{"or the shop's", withSteps(`{"id": "w", "wait_until": {"at": "18:00", "zone": "shop"}}`, mailStep("c", "0m")),
			[]string{"0m order.placed zone=Asia/Tokyo"}, []string{"c@8h"}, []string{"finished"}},
		{"one that summer time leaves out is an hour later", withSteps(`{"id": "w", "wait": "26d"}`,
			`{"id": "v", "wait_until": {"at": "02:30"}}`,
			mailStep("c", "0m")), []string{"14h order.placed zone=Europe/Berlin"}, []string{"c@26d15h30m"}, []string{"finished"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if result := play(t, tt.file, tt.given, tt.sent, tt.ends); !result.Passed() {
				t.Error(result.Failures)
			}
		})
	}
}

const abTest = `{"id": "ab", "split": [
	{"name": "a", "weight": 70, "steps": [{"id": "a1", "wait": "1h", "send": {"channel": "email", "template": "t"}}]},
	{"name": "b", "weight": 30, "steps": [{"id": "b1", "wait": "1h", "send": {"channel": "email", "template": "t"}}]}]}`

// A split sends each customer along one branch, by the weights, and again along the same one.
func TestSplitIsWeightedAndSticky(t *testing.T) {
	t.Parallel()
	c := parse(t, withSteps(abTest)+`}`)
	other := parse(t, strings.Replace(withSteps(abTest), `"name": "C"`, `"name": "Renamed"`, 1)+`}`)
	taken := map[string]int{}
	const people = 4000
	for n := range people {
		s := setup(t, withSteps(abTest))
		s.facts.Customer.ID = commerce.Key("s", fmt.Sprint(n))
		var first string
		for _, version := range []*campaigns.Campaign{c, other} {
			s.c = version
			e := s.enter(ten())
			e, actions := campaigns.Decide(version, e, campaigns.Occasion{Kind: campaigns.OnDue}, s.facts, ten().Add(2*time.Hour))
			if len(actions) != 1 || e.State != campaigns.Finished {
				t.Fatalf("got %d actions, %s, want one mail", len(actions), e.State)
			}
			step := actions[0].(campaigns.Plan).Message.Step
			if first == "" {
				first = step
				taken[step]++
			}
			if step != first {
				t.Fatalf("customer %d: got %s, then %s, want the same branch", n, first, step)
			}
		}
	}
	if share := float64(taken["a1"]) / people; share < 0.67 || share > 0.73 {
		t.Errorf("got %.3f in branch a, want about 0.70", share)
	}
}

// A file whose steps contradict each other is refused with the place and the remedy.
func TestTreesThatAreRefused(t *testing.T) {
	t.Parallel()
	deep := mailStep("z", "1h")
	for n := range 7 {
		deep = fmt.Sprintf(`{"id": "d%d", "if": {"field": "order.total", "op": "gt", "value": "1"}, "then": [%s]}`, n, deep)
	}
	many := make([]string, 0, 120)
	for n := range 12 {
		var inner []string
		for i := range 10 {
			inner = append(inner, mailStep(fmt.Sprintf("s%d-%d", n, i), "1h"))
		}
		many = append(many, fmt.Sprintf(`{"id": "f%d", "if": {"field": "order.total", "op": "gt", "value": "1"}, "then": [%s]}`, n,
			strings.Join(inner, ", ")))
	}
	total := `"if": {"field": "order.total", "op": "gt", "value": "1"}`
	for _, tt := range []struct{ name, file, want string }{
		{"two deeds in one step", withSteps(`{"id": "x", "exit": "over", "send": {"channel": "email", "template": "t"}}`),
			"only one of send and exit"},
		{"nothing to do", withSteps(`{"id": "x"}`, mailStep("a", "1h")), "what it does is missing: one of send, then, split"},
		{"then without if", withSteps(`{"id": "x", "then": [` + mailStep("a", "1h") + `]}`), `"if" is missing`},
		{"a step behind an exit", withSteps(`{"id": "x", "exit": "over"}`, mailStep("a", "1h")),
			"(/steps/1): unreachable: step a comes after step x"},
		{"a step behind two exits",
			withSteps(`{"id": "x", `+total+`, "then": [{"id": "y", "exit": "one"}], "else": [{"id": "z", "exit": "two"}]}`,
				mailStep("a", "1h")), "unreachable: step a comes after step x"},
		{"one id in two branches", withSteps(`{"id": "x", ` + total + `, "then": [` + mailStep("a", "1h") + `], "else": [` + mailStep("a",
			"1h") + `]}`),
			"step a is there twice"},
		{"a split of one", withSteps(`{"id": "x", "split": [{"name": "a", "weight": 1}]}`), "at least two branches"},
		{"a branch without a share", withSteps(`{"id": "x", "split": [{"name": "a", "weight": 0}, {"name": "b", "weight": 1}]}`),
			"weight: a whole number from 1"},
		{"two branches of one name", withSteps(`{"id": "x", "split": [{"name": "a", "weight": 1}, {"name": "a", "weight": 1}]}`),
			"branch a is there twice"},
		{"two branches without a name", withSteps(`{"id": "x", "split": [{"weight": 1}, {"weight": 1}]}`),
			`(/steps/0/split/1): branch: "name" is missing`},
		{"an empty list of steps", withSteps(`{"id": "x", ` + total + `, "then": []}`), "(/steps/0/then): then: at least one step"},
		{"too deep", withSteps(deep), "nest at most 5 deep"},
		{"too many", withSteps(many...), "steps: at most 100"},
		{"a day that is none", withSteps(`{"id": "x", "wait_until": {"weekday": ["monn"]}}`, mailStep("a", "1h")), `did you mean "mon"?`},
		{"a date and a time of day", withSteps(`{"id": "x", "wait_until": {"at": "09:00", "before": "order.cancel_at"}}`, mailStep("a",
			"1h")), "one of the two"},
		{"a fate for no message", withSteps(`{"id": "x", "wait": "1h", "on_uncertain": "hold"}`, mailStep("a", "1h")),
			"on_uncertain: only a step that sends"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := campaigns.Parse([]byte(tt.file + `}`))
			if c != nil || !strictjson.Refused(problems) || !strings.Contains(list(problems), tt.want) {
				t.Errorf("got\n%s\nwant it refused with %s", list(problems), tt.want)
			}
		})
	}
}

// Whatever the tree, each step leads to a later one or to the end. So no customer goes round in
// circles.
func TestEveryStepLeadsForward(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		ids := 0
		c, problems := campaigns.Parse([]byte(withSteps(randomSteps(rt, &ids, 0, false)) + `}`))
		if c == nil {
			rt.Fatal(list(problems))
		}
		reached := map[int]bool{0: true}
		for i, s := range c.Steps {
			if s.Next <= i || s.Next > len(c.Steps) {
				rt.Errorf("step %s at %d goes on at %d", s.ID, i, s.Next)
			}
			if s.Do != campaigns.DoExit {
				reached[s.Next] = true
			}
			for _, b := range s.Branches {
				if b.First <= i || b.First > s.Next {
					rt.Errorf("branch %s of step %s at %d begins at %d, and ends at %d", b.Name, s.ID, i, b.First, s.Next)
				}
				reached[b.First] = true
			}
		}
		for i, s := range c.Steps {
			if !reached[i] {
				rt.Errorf("no step leads to %s", s.ID)
			}
		}
	})
}

// randomSteps writes some steps of all kinds. They end by an exit only where they may: where all
// branches do, no step may follow.
func randomSteps(t *rapid.T, ids *int, depth int, mayEnd bool) string {
	var list []string
	for range rapid.IntRange(1, 3).Draw(t, "steps") {
		*ids++
		id := fmt.Sprintf("s%d", *ids)
		kind := rapid.IntRange(0, 4).Draw(t, "kind")
		switch {
		case kind == 1 && depth < 3:
			list = append(list,
				fmt.Sprintf(`{"id": %q, "wait": "1h", "if": {"field": "order.total", "op": "gte", "value": "100.00"}, "then": [%s], "else": [%s]}`,
					id, randomSteps(t, ids, depth+1, true), randomSteps(t, ids, depth+1, false)))
		case kind == 2 && depth < 3:
			list = append(list,
				fmt.Sprintf(`{"id": %q, "split": [{"name": "a", "weight": 1, "steps": [%s]}, {"name": "b", "weight": 2}]}`,
					id, randomSteps(t, ids, depth+1, true)))
		case kind == 3 && mayEnd:
			list = append(list, fmt.Sprintf(`{"id": %q, "exit": "enough"}`, id))
			return strings.Join(list, ", ")
		default:
			list = append(list, mailStep(id, "30m"))
		}
	}
	return strings.Join(list, ", ")
}
