package campaigns_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

const whole = `{
  "schema": 1, "id": "unpaid-simple", "name": "Unpaid order reminder", "class": "service",
  "trigger": {"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}},
  "key": "order", "reentry": "never",
  "exit": [{"event": "order.paid", "same": "order", "as": "goal"}, {"event": "order.cancelled", "same": "order"},
    {"event": "order.deposit_paid", "same": "order", "as": "superseded"}],
  "goal": {"event": "order.paid", "same": "order", "within": "24h"},
  "holdout": {"percent": 5},
  "steps": [{"id": "r1", "wait": "15m", "expires": "12h", "send": {"channel": "email", "template": "unpaid-1"}}],
  "tests": [{"name": "paid in time sends nothing", "given": ["0m order.placed total=50.00", "10m order.paid"], "expect": {"sent": []}}]
}`

// The smallest campaign of the language's page is accepted without a word.
func TestParseAcceptsTheSmallestCampaign(t *testing.T) {
	t.Parallel()
	c, problems := campaigns.Accept([]byte(whole), nil, commerce.Shop{})
	if len(problems) > 0 {
		t.Fatalf("problems: got %v, want none", problems)
	}
	if c.Holdout != 500 || len(c.Exits) != 3 || c.Exits[0].As != campaigns.Converted || c.Steps[0].OnUncertain != campaigns.Resend {
		t.Errorf("campaign: got %+v", c)
	}
}

// Every mistake is refused at its place, with the nearest name.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, old, with, want string
	}{
		{"an unknown key", `"reentry"`, `"renetry"`, `line 4, column 19 (/renetry): unknown key "renetry"; did you mean "reentry"?`},
		{"a priority that is too high", `"key"`, `"priority": 101, "key"`, "(/priority): priority: a whole number from 0 to 100 is wanted"},
		{"a backfill that is no flag", `"key"`, `"backfill": "all", "key"`, "(/backfill): backfill: true or false is wanted, not text"},
		{"a coupon", `"template": "unpaid-1"`, `"template": "unpaid-1", "coupon": {}`, "(/steps/0/send/coupon): not supported yet: coupon"},
		{"a channel that is not built", `"channel": "email"`, `"channel": "sms"`, `not supported yet: channel "sms"`},
		{"an event that nobody raises", `"event": "order.placed"`, `"event": "message.delivered"`,
			`not supported yet: event "message.delivered"`},
		{"a mistyped event", `"event": "order.cancelled"`, `"event": "order.canceled"`, `did you mean "order.cancelled"?`},
		{"a wrong type", `"class": "service"`, `"class": 1`, "(/class): class: text is wanted, not a number"},
		{"a missing key", `"name": "Unpaid order reminder",`, ``, `"name" is missing`},
		{"a schema of the future", `"schema": 1`, `"schema": 2`, "schema: a whole number from 1 to 1"},
		{"an id with a slash", `"id": "unpaid-simple"`, `"id": "a/b"`, "(/id): id: 1 to 60 of a-z"},
		{"a wait without a unit", `"15m"`, `"15"`, "(/steps/0/wait): wait: write"},
		{"a wait in months", `"wait": "15m"`, `"wait": {"months": 1}`, "a month has no fixed length"},
		{"a wait of a thousand years", `"15m"`, `"400000d"`, "from 0 to 3660 days"},
		{"a negative wait", `"15m"`, `"-15m"`, "from 0 to 3660 days"},
		{"two waits", `"wait": "15m"`, `"wait": "15m", "wait_until": {"after": "order.delivered_at"}`, "either wait or wait_until"},
		{"an unknown date", `"wait": "15m"`, `"wait_until": {"after": "order.deliverd_at", "else_wait": "1d"}`,
			`did you mean "order.delivered_at"?`},
		{"a holdout above 90", `"percent": 5`, `"percent": 95`, "from 0 to 90"},
		{"a condition with an unknown field", `"field": "order.payment_status"`, `"field": "order.payment_state"`,
			`did you mean "order.payment_status"?`},
		{"service without an order",
			`{"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}}`, `{"lapse": {"days": 60}}`,
			"class: service is about an order"},
		{"a lapse by order", `{"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}}`,
			`{"lapse": {"days": 60}}`, "key: a lapse is the customer's"},
		{"two triggers", `{"event": "order.placed",`, `{"lapse": {"days": 60}, "event": "order.placed",`, "either event or lapse"},
		{"no trigger", `{"event": "order.placed", "where": {"field": "order.payment_status", "op": "is", "value": "unpaid"}}`, `{}`,
			"(/trigger): trigger: one of"},
		{"no step", `[{"id": "r1", "wait": "15m", "expires": "12h", "send": {"channel": "email", "template": "unpaid-1"}}]`, `[]`,
			"steps: at least one"},
		{"a last step that only waits", `, "send": {"channel": "email", "template": "unpaid-1"}`, ``, "it only waits, and no step follows"},
		{"a step twice", `"steps": [`, `"steps": [{"id": "r1", "send": {"channel": "email", "template": "t"}}, `,
			"(/steps/1/id): id: step r1 is there twice"},
		{"a step that wants what ends the campaign", `"wait": "15m",`,
			`"wait": "15m", "if": {"field": "order.payment_status", "op": "is", "value": "paid"},`,
			"unreachable: step r1 wants order.payment_status to be [paid], and order.paid ends the campaign before"},
		{"an exit twice", `{"event": "order.cancelled", "same": "order"}`, `{"event": "order.paid", "same": "order"}`,
			"exit: order.paid of the same order is there twice"},
		{"a test of an unknown step", `"sent": []`, `"sent": ["r2"]`, `sent: there is no step "r2"; did you mean "r1"?`},
		{"a test of an unknown event", `"10m order.paid"`, `"10m order.payed"`, `did you mean "order.paid"?`},
		{"a test with an unknown field", `total=50.00`, `totl=50.00`, `did you mean "total"?`},
		{"a test without an offset", `"10m order.paid"`, `"later order.paid"`, `"later" is no offset`},
		{"a test with a wrong value", `total=50.00`, `total=many`, "an amount such as 12.30 is wanted"},
		{"a key twice", `"key": "order"`, `"key": "order", "key": "order"`, "key"},
		{"a comment", `"schema": 1`, `/* one */ "schema": 1`, "line 2, column 3"},
		{"quiet hours in words", `"key"`, `"policy": {"quiet": {"from": "night", "to": "08:00"}}, "key"`,
			"(/policy/quiet/from): from: a time of day"},
		{"a cap of nothing", `"key"`, `"policy": {"cap": {"max": 0, "per": "20h"}}, "key"`, "max: a whole number from 1"},
		{"two caps for one time", `"key"`, `"policy": {"cap": [{"max": 1, "per": "1d"}, {"max": 2, "per": "24h"}]}, "key"`,
			"of the same per already"},
		{"a cap of an order that defers", `"key"`, `"policy": {"cap": {"max": 1, "per": "order", "over": "defer"}}, "key"`, "leave it out"},
		{"a cap longer than is looked back", `"key"`, `"policy": {"cap": {"max": 1, "per": "31d"}}, "key"`, "per: at most 30 days"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			file := strings.Replace(whole, tt.old, tt.with, 1)
			if file == whole {
				t.Fatalf("%q is not in the file", tt.old)
			}
			c, problems := campaigns.Parse([]byte(file))
			if c != nil || !strictjson.Refused(problems) {
				t.Fatalf("got a campaign, want it refused")
			}
			if !strings.Contains(list(problems), tt.want) {
				t.Errorf("got\n%s\nwant\n%s", list(problems), tt.want)
			}
		})
	}
}

// Every problem is listed, not the first alone.
func TestParseListsEveryProblem(t *testing.T) {
	t.Parallel()
	file := strings.NewReplacer(`"name"`, `"nmae"`, `"15m"`, `"soon"`, `"percent"`, `"per_cent"`, `"unpaid"}`, `"unpayed"}`).Replace(whole)
	_, problems := campaigns.Parse([]byte(file))
	text := list(problems)
	for _, want := range []string{"/nmae", "/steps/0/wait", "/holdout/per_cent", "/trigger/where"} {
		if !strings.Contains(text, want) {
			t.Errorf("got\n%s\nwant a problem at %s", text, want)
		}
	}
}

// A step whose condition contradicts the trigger is never reached.
func TestParseRefusesAStepNobodyReaches(t *testing.T) {
	t.Parallel()
	const isUnpaid = `{"field": "order.payment_status", "op": "is", "value": "unpaid"}`
	file := strings.NewReplacer(isUnpaid, `{"field": "order.channel", "op": "in", "value": ["web", "app"]}`,
		`"wait": "15m"`, `"wait": "15m", "if": {"all": [{"field": "order.channel", "op": "is", "value": "pos"}]}`).Replace(whole)
	if c, problems := campaigns.Parse([]byte(file)); c != nil ||
		!strings.Contains(list(problems), "unreachable: step r1 wants order.channel to be [pos], and the trigger lets only others in") {
		t.Errorf("got\n%s\nwant it refused", list(problems))
	}
	file = strings.NewReplacer(`{"event": "order.placed", "where": `+isUnpaid+`}`, `{"event": "checkout.started"}`,
		`"service"`, `"marketing"`, `"wait": "15m"`, `"wait_until": {"before": "order.cancel_at", "by": "1h"}`).Replace(whole)
	if c, problems := campaigns.Parse([]byte(file)); c != nil ||
		!strings.Contains(list(problems), "unreachable: a checkout has no order.cancel_at; give else_wait") {
		t.Errorf("got\n%s\nwant it refused", list(problems))
	}
}

// What is legal and surprising gets a note, and the campaign is accepted.
func TestNotes(t *testing.T) {
	t.Parallel()
	night := `"policy": {"quiet": {"from": "21:00", "to": "09:00"}}, "key"`
	for _, tt := range []struct{ name, old, with, want string }{
		{"a reminder that expires before the night is over", `"key"`, strings.Replace(night, `21:00`, `18:00`, 1),
			"never sent when the cause is at 18:00, 19:00, 20:00: it expires before quiet hours 18:00-09:00 end"},
		{"or where and was meant", `{"field": "order.payment_status", "op": "is", "value": "unpaid"}`,
			`{"any": [{"field": "order.payment_method", "op": "is_not", "value": "cod"},
				{"field": "order.payment_method", "op": "is_not", "value": "bank_transfer"}]}`, "any of several exclusions matches nearly everybody"},
		{"an exit by the trigger", `"event": "order.cancelled"`, `"event": "order.placed"`, "nobody leaves by it"},
		{"a step that may wait for ever", `"wait": "15m"`, `"wait_until": {"after": "order.delivered_at"}`,
			"waits for ever where order.delivered_at is never known"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := campaigns.Accept([]byte(strings.Replace(whole, tt.old, tt.with, 1)), nil, commerce.Shop{})
			if c == nil || !strings.Contains(list(problems), tt.want) {
				t.Errorf("got\n%s\nwant a note: %s", list(problems), tt.want)
			}
		})
	}
}

// A template nobody has, a step that no hour of the day lets through and a test
// that fails are refused with the shop known.
func TestAcceptRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, old, with, want string }{
		{"a template there is not", `"unpaid-1"`, `"unpaid-9"`,
			`(/steps/0/send/template): template: there is none named "unpaid-9"; there are unpaid-1`},
		{"a test that fails", `"10m order.paid"`, `"20m order.paid"`,
			`(/tests/0): test "paid in time sends nothing" fails: sent [r1@15m], want []`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := campaigns.Accept([]byte(strings.Replace(whole, tt.old, tt.with, 1)), only("unpaid-1"), commerce.Shop{})
			if c != nil || !strings.Contains(list(problems), tt.want) {
				t.Errorf("got\n%s\nwant\n%s", list(problems), tt.want)
			}
		})
	}
	all := strings.NewReplacer(`"key"`, `"policy": {"quiet": {"from": "00:00", "to": "23:59", "then": "drop"}}, "key"`,
		`"wait": "15m"`, `"wait": "0m"`).Replace(whole)
	if c, problems := campaigns.Accept([]byte(all), nil, commerce.Shop{}); c != nil ||
		!strings.Contains(list(problems), "unreachable: at no hour of the day") {
		t.Errorf("quiet all day: got\n%s\nwant it refused", list(problems))
	}
}

type only string

func (o only) Has(name string) bool { return name == string(o) }

func (o only) Leads(string) []string { return nil }

func (o only) CheckText(string) []strictjson.Problem { return nil }

func (o only) Names() []string { return []string{string(o)} }

func list(problems []strictjson.Problem) string {
	var text []string
	for _, p := range problems {
		text = append(text, p.String())
	}
	return strings.Join(text, "\n")
}

// The seeds of the parser are files of the language.
func TestSeedsAreAccepted(t *testing.T) {
	t.Parallel()
	for _, file := range seeds() {
		if c, problems := campaigns.Parse([]byte(file)); c == nil {
			t.Errorf("%s\n%s", file, list(problems))
		}
	}
}

// For any bytes: no panic, no campaign with an error, and an accepted file
// runs its tests and is read the same again.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	for _, file := range seeds() {
		f.Add([]byte(file))
	}
	files, _ := filepath.Glob("ready/*.json")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := campaigns.Parse(data)
		if (c == nil) != strictjson.Refused(problems) {
			t.Fatalf("campaign %v with problems %v", c != nil, problems)
		}
		if c == nil {
			return
		}
		campaigns.Validate(c, nil, commerce.Shop{})
		again, _ := campaigns.Parse(c.Raw)
		if again == nil || again.Hash != c.Hash {
			t.Fatal("the accepted file is not accepted again")
		}
	})
}
