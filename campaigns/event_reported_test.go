package campaigns_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

// quiz is a campaign by reported events with some of its parts replaced.
func quiz(replace ...string) string {
	return strings.NewReplacer(replace...).Replace(`{"schema": 1, "id": "quiz", "name": "Quiz", "class": "marketing",
"trigger": {"event": "custom.quiz_done", "where": {"all": [{"field": "event.score", "op": "gte", "value": 5},
  {"field": "customer.language", "op": "is", "value": "de"}]}},
"key": "customer", "reentry": "never",
"exit": [{"event": "custom.called", "same": "customer", "where": {"field": "event.result", "op": "is", "value": "reached"}}],
"goal": {"event": "custom.booked", "same": "customer", "within": "7d", "where": {"field": "event.seats", "op": "gte", "value": 2}},
"policy": {"quiet": {"from": "00:00", "to": "00:00"}},
"steps": [{"id": "a", "wait": "1h", "send": {"channel": "email", "template": "win-back-1"}},
 {"id": "b", "wait": "3d", "if": {"field": "event.topics", "op": "has", "value": "Tea"},
  "send": {"channel": "email", "template": "win-back-2"}}],
"tests": [GIVEN]}`)
}

// example is a test of a file.
func example(name, ends string, sent []string, given ...string) string {
	list := func(texts []string) string {
		if len(texts) == 0 {
			return "[]"
		}
		return `["` + strings.Join(texts, `", "`) + `"]`
	}
	return fmt.Sprintf(`{"name": %q, "given": %s, "expect": {"sent": %s, "ends": %s}}`, name, list(given), list(sent), ends)
}

// A reported event lets a customer enter if its properties and the customer pass
// where; exits and goals by reported events read the properties of their own event,
// and conditions of steps those of the event that the customer entered with.
func TestReportedEventsEnterAndEndCampaigns(t *testing.T) {
	t.Parallel()
	for _, one := range []string{
		example("high enough", `["finished"]`, []string{"a@1h"}, "0m custom.quiz_done score=7 language=de"),
		example("too low", `[]`, nil, "0m custom.quiz_done score=4 language=de"),
		example("the customer does not pass", `[]`, nil, "0m custom.quiz_done score=7 language=fr"),
		example("without the property", `[]`, nil, "0m custom.quiz_done language=de"),
		example("the same customer once", `["finished"]`, []string{"a@1h"},
			"0m custom.quiz_done score=7 language=de", "5d custom.quiz_done score=9"),
		example("two customers", `["finished", "finished"]`, []string{"a", "a"},
			"0m custom.quiz_done score=7 language=de", "5m custom.quiz_done score=7 language=de customer=c2"),
		example("another event", `[]`, nil, "0m custom.quiz_begun score=7 language=de"),
		example("the exit", `["exited"]`, nil, "0m custom.quiz_done score=7 language=de", "30m custom.called result=reached"),
		example("an exit that does not pass where", `["finished"]`, []string{"a"},
			"0m custom.quiz_done score=7 language=de", "30m custom.called result=busy"),
		example("an exit from before", `["finished"]`, []string{"a"},
			"0m custom.called result=reached", "30m custom.quiz_done score=7 language=de"),
		example("an exit of another customer", `["finished"]`, []string{"a"},
			"0m custom.quiz_done score=7 language=de", "30m custom.called result=reached customer=c2"),
		example("the goal", `["converted"]`, []string{"a"}, "0m custom.quiz_done score=7 language=de", "4d custom.booked seats=2"),
		example("too few seats", `["finished"]`, []string{"a"}, "0m custom.quiz_done score=7 language=de", "4d custom.booked seats=1"),
		example("a list of texts", `["finished"]`, []string{"a", "b"},
			"0m custom.quiz_done score=7 language=de topics=coffee topics=tea"),
		example("a property called as a field", `["finished"]`, []string{"a"}, "0m custom.quiz_done score=7 language=de event.language=xx"),
	} {
		c, problems := campaigns.Parse([]byte(quiz("GIVEN", one)))
		if c == nil {
			t.Fatalf("%s: %v", one, problems)
		}
		for _, result := range campaigns.RunTests(c, commerce.Shop{}) {
			if !result.Passed() {
				t.Errorf("%s: %v", result.Name, result.Failures)
			}
		}
	}
}

// A file that uses a reported event where it has no meaning is refused, with the
// remedy.
func TestReportedEventsInTheWrongPlaceAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, to, want string
	}{
		"a name with blanks": {`"custom.quiz_done"`, `"custom.Quiz done"`, "is no name of a reported event: custom. and 1 to 60 of"},
		"class service":      {`"class": "marketing"`, `"class": "service"`, "class: service is about an order"},
		"key order":          {`"key": "customer"`, `"key": "order"`, "key: custom.quiz_done is about a customer"},
		"beside an order's event": {`"event": "custom.quiz_done"`, `"event": ["custom.quiz_done", "order.paid"]`,
			"cannot be listed with"},
		"an exit of the same order": {
			`"custom.called", "same": "customer"`, `"custom.called", "same": "order"`,
			"same: custom.called is about a customer"},
		"order.* without an order": {
			`"field": "event.topics", "op": "has", "value": "Tea"`, `"field": "order.total", "op": "gte", "value": 5`,
			"order.total is about one order"},
		"event.* of an order": {`"event": "custom.booked"`, `"event": "order.paid"`,
			"event.seats is about an event that the shop reported"},
		"a number as text": {`"op": "gte", "value": 5`, `"op": "gte", "value": "5"`, "write the value without quotes"},
		"a condition that counts": {`{"field": "customer.language", "op": "is", "value": "de"}`, `{"event": "custom.called"}`,
			"only in campaigns"},
		"a date without an order": {`"wait": "3d"`, `"wait_until": {"before": "order.cancel_at"}`,
			"unreachable: custom.quiz_done is about no order"},
		"a property without a name": {"GIVEN", example("x", `[]`, nil, "0m custom.quiz_done event.=7"), "the name of a property is"},
	} {
		text := strings.Replace(quiz(), c.from, c.to, 1)
		_, problems := campaigns.Parse([]byte(strings.Replace(text, "[GIVEN]", "[]", 1)))
		if !strictjson.Refused(problems) || !strings.Contains(fmt.Sprint(problems), c.want) {
			t.Errorf("%s: got %v, want %q", name, problems, c.want)
		}
	}
}

// Whatever two customers do and in whichever order, each gets the mail an hour after
// the first event that passes where, unless the exit's event came in that hour.
func TestRandomReportsFollowAPlainModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		given := []string{"0m customer.updated language=de", "0m customer.updated customer=c2 language=de"}
		entered, left := map[string]int{}, map[string]bool{}
		at := 0
		for range rapid.IntRange(0, 20).Draw(r, "events") {
			at += rapid.IntRange(1, 30).Draw(r, "minutes")
			who := rapid.SampledFrom([]string{"c1", "c2"}).Draw(r, "who")
			began, inside := entered[who]
			switch what := rapid.SampledFrom([]string{
				"custom.quiz_done score=4.99", "custom.quiz_done score=5.0", "custom.quiz_done score=7", "custom.quiz_done", "custom.other score=9",
				"custom.called result=reached", "custom.called result=busy", "custom.called",
			}).Draw(r, "event"); what {
			case "custom.quiz_done score=5.0", "custom.quiz_done score=7":
				if !inside {
					entered[who] = at
				}
				given = append(given, fmt.Sprintf("%dm %s customer=%s", at, what, who))
			case "custom.called result=reached":
				left[who] = left[who] || inside && at <= began+60
				given = append(given, fmt.Sprintf("%dm %s customer=%s", at, what, who))
			default:
				given = append(given, fmt.Sprintf("%dm %s customer=%s", at, what, who))
			}
		}
		var sent []int
		for who, began := range entered {
			if !left[who] {
				sent = append(sent, began+60)
			}
		}
		slices.Sort(sent)
		c, problems := campaigns.Parse([]byte(quiz("GIVEN", example("x", "[]", nil, given...))))
		if c == nil {
			r.Fatalf("%v: %v", given, problems)
		}
		var got []int
		for _, s := range campaigns.RunTests(c, commerce.Shop{})[0].Sent {
			got = append(got, int(s.At.Minutes()))
		}
		if !slices.Equal(got, sent) {
			r.Fatalf("%v: got mails at %v, want %v", given, got, sent)
		}
	})
}
