package campaigns_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"comeback/campaigns"

	"comeback/commerce/clocktest"
	"comeback/strictjson"
)

// A webhook leads along then after a good answer, else along else. Without branches the journey goes on. A
// notification never changes the way.
func TestWebhookAndNotify(t *testing.T) {
	t.Parallel()
	call := func(more string) string {
		return `{"id": "w", "wait": "1h", "webhook": {"url": "https://example.com/hook"` + more + `}}`
	}
	branches := call(`, "then": [` + mailStep("yes", "1h") + `], "else": [` + mailStep("no", "2h") + `]`)
	notify := `{"id": "n", "wait": "1h", "notify": {"to": "ops@example.com", "text": "{{ order.number }} waits"}}`
	for _, tt := range []struct {
		name, file      string
		given           []string
		sent, did, ends []string
	}{
		{"a good answer", withSteps(branches), []string{"0m order.placed"}, []string{"yes@2h"}, []string{"w@1h"}, []string{"finished"}},
		{"a refusal", withSteps(branches), []string{"0m webhook.answered step=w answer=500", "0m order.placed"},
			[]string{"no@3h"}, []string{"w@1h"}, []string{"finished"}},
		{"answers change", withSteps(branches), []string{"0m webhook.answered step=w answer=500", "0m order.placed",
			"30m webhook.answered step=w answer=204"}, []string{"yes@2h"}, []string{"w@1h"}, []string{"finished"}},
		{"a refusal without a branch", withSteps(call(""), mailStep("on", "1h")),
			[]string{"0m webhook.answered step=w answer=404", "0m order.placed"}, []string{"on@2h"}, []string{"w@1h"}, []string{"finished"}},
		{"nobody is called about one who is held out", withSteps(branches), []string{"0m order.placed holdout=true"}, nil, nil,
			[]string{"finished"}},
		{"a step that is left out calls nobody", withSteps(strings.Replace(branches, `"webhook"`,
			`"if": {"field": "order.total", "op": "gt", "value": "900"}, "webhook"`, 1), mailStep("on", "1h")), []string{"0m order.placed"},
			[]string{"on@2h"}, nil, []string{"finished"}},
		{"one who left is not called about", withSteps(branches), []string{"0m order.placed", "30m order.paid"}, nil, nil,
			[]string{"converted"}},
		{"two calls after one another", withSteps(call(""), strings.Replace(call(""), `"w"`, `"x"`, 1), mailStep("on", "0m")),
			[]string{"0m order.placed"}, []string{"on@2h"}, []string{"w@1h", "x@2h"}, []string{"finished"}},
		{"the last step", withSteps(mailStep("first", "0m"), call("")), []string{"0m order.placed"}, []string{"first@0m"},
			[]string{"w@1h"}, []string{"finished"}},
		{"a notification", withSteps(notify, mailStep("on", "1h")), []string{"0m order.placed"}, []string{"on@2h"}, []string{"n@1h"},
			[]string{"finished"}},
		{"no notification about one who is held out", withSteps(notify), []string{"0m order.placed holdout=true"}, nil, nil,
			[]string{"finished"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if result := playDid(t, tt.file, tt.given, tt.sent, tt.did, tt.ends); !result.Passed() {
				t.Error(result.Failures)
			}
		})
	}
}

// Calls that cannot mean what they say are refused with the remedy, and no refusal repeats an address.
func TestCallsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, step, want string }{
		{"no address", `"webhook": {}`, `webhook: "url" is missing`},
		{"an address without https", `"webhook": {"url": "ftp://example.com/SECRET"}`, "(/steps/0/webhook/url): url: write https"},
		{"no address at all", `"webhook": {"url": "example"}`, "url: an address such as"},
		{"a password in the address", `"webhook": {"url": "https://me:SECRET@example.com"}`, "url: no user and password"},
		{"a fragment", `"webhook": {"url": "https://example.com/#SECRET"}`, "url: what follows # is never sent"},
		{"a time that is too long", `"webhook": {"url": "https://example.com", "within": "25h"}`, "within: from 1m to 24h"},
		{"no time", `"webhook": {"url": "https://example.com", "within": "0m"}`, "within: from 1m to 24h"},
		{"branches beside it", `"webhook": {"url": "https://example.com"}, "then": []`, "then and else of a webhook belong into it"},
		{"a mistyped key", `"webhook": {"uri": "https://example.com"}`, `did you mean "url"?`},
		{"nobody to notify", `"notify": {"text": "a"}`, `notify: "to" is missing`},
		{"nothing to say", `"notify": {"to": "a@example.com"}`, `notify: "text" is missing`},
		{"a robot of nobody", `"notify": {"to": "https://example.com/SECRET", "text": "a"}`, "to: an e-mail address is wanted, or"},
		{"a robot without a key", `"notify": {"to": "https://open.feishu.cn/open-apis/bot/v2/hook/", "text": "a"}`,
			"to: an e-mail address is wanted, or"},
		{"a robot by http", `"notify": {"to": "http://oapi.dingtalk.com/robot/send?access_token=SECRET", "text": "a"}`,
			"to: an e-mail address is wanted, or"},
		{"two addresses", `"notify": {"to": "a@example.com, b@example.com", "text": "a"}`, "to: an e-mail address is wanted, or"},
		{"a secret of a mail", `"notify": {"to": "a@example.com", "text": "a", "secret": "SECRET"}`, "secret: only a robot of"},
		{"a text that is too long", `"notify": {"to": "a@example.com", "text": "` + strings.Repeat("长", 2001) + `"}`,
			"text: at most 2000 characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := campaigns.Parse([]byte(withSteps(`{"id": "x", `+tt.step+`}`, mailStep("a", "1h")) + `}`))
			if c != nil || !strictjson.Refused(problems) || !strings.Contains(list(problems), tt.want) {
				t.Errorf("got\n%s\nwant it refused with %s", list(problems), tt.want)
			}
			if strings.Contains(list(problems), "SECRET") {
				t.Errorf("got\n%s\nwant no address repeated", list(problems))
			}
		})
	}
}

// A call that nobody takes is tried again after growing times, the last time when its time is over. What the
// receiver refuses for good is not.
func TestCallIsTriedUntilItsTimeIsOver(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		begun := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
		within := time.Duration(rapid.IntRange(1, 24*60).Draw(t, "minutes")) * time.Minute
		k := campaigns.Call{ID: rapid.StringN(1, 20, 40).Draw(t, "id"), State: campaigns.CallPlanned, PlannedAt: begun, DueAt: begun,
			Until: begun.Add(within)}
		at := begun
		for n := 1; !k.Ended(); n++ {
			a := campaigns.CallAnswer{Status: 500, Reason: "500"}
			if rapid.IntRange(0, 9).Draw(t, "asks") == 0 {
				a.After = time.Duration(rapid.IntRange(0, 3600).Draw(t, "after")) * time.Second
			}
			before := k
			k = k.After(a, at)
			switch {
			case k.Attempts != n || k.Status != 500:
				t.Fatalf("got %+v, want attempt %d noted", k, n)
			case k.Ended() && (k.State != campaigns.CallFailed || at.Before(k.Until) && !at.Add(a.After).After(k.Until)):
				t.Fatalf("got %+v at %s, want it tried until %s", k, at, k.Until)
			case !k.Ended() && at.Add(a.After).After(k.Until):
				t.Fatalf("got %+v at %s, want it ended: the receiver wants to be left alone for %s", k, at, a.After)
			case !k.Ended() && (!k.DueAt.After(at) || k.DueAt.After(k.Until) || k.DueAt.Before(at.Add(a.After)) && k.DueAt.Before(k.Until)):
				t.Fatalf("got the next attempt at %s after %s (%+v), want it later, and by %s", k.DueAt, at, before, k.Until)
			case n > 100:
				t.Fatal("tried without end")
			}
			at = k.DueAt
		}
		done := campaigns.Call{State: campaigns.CallPlanned, Until: begun.Add(within)}
		if k := done.After(campaigns.CallAnswer{Status: 400, Final: true}, begun); k.State != campaigns.CallFailed {
			t.Fatalf("got %+v, want a refusal to be final", k)
		}
		if k := done.After(campaigns.CallAnswer{Waits: time.Minute}, begun); k.Attempts != 0 || k.Ended() {
			t.Fatalf("got %+v, want no attempt counted of one that was not made", k)
		}
	})
}

// A call is not made for one who has left, entered again or was merged, and not of an archived campaign. After
// a pause it has its whole time again.
func TestCallIsMadeOnlyWhileItsEnrolmentRuns(t *testing.T) {
	t.Parallel()
	at := clocktest.Now(t)
	running := campaigns.Enrolment{ID: "s:c:1", Entry: 2, State: campaigns.Enrolled}
	k := campaigns.Call{ID: "k", Enrolment: "s:c:1", Entry: 2, State: campaigns.CallPlanned, PlannedAt: at, Until: at.Add(time.Hour)}
	active := &campaigns.Campaign{State: campaigns.Active, StateAt: at.Add(-time.Hour)}
	step := campaigns.Step{Webhook: &campaigns.Webhook{Within: time.Hour}}
	with := func(change func(*campaigns.Enrolment)) campaigns.Enrolment {
		e := running
		change(&e)
		return e
	}
	for _, tt := range []struct {
		name string
		c    *campaigns.Campaign
		e    campaigns.Enrolment
		now  time.Time
		want campaigns.CallState
	}{
		{"it runs", active, running, at, ""},
		{"its last step was taken", active, with(func(e *campaigns.Enrolment) { e.State = campaigns.Finished }), at, ""},
		{"it was left", active, with(func(e *campaigns.Enrolment) { e.State = campaigns.Exited }), at, campaigns.CallCancelled},
		{"it was merged", active, with(func(e *campaigns.Enrolment) { e.State = campaigns.Merged }), at, campaigns.CallCancelled},
		{"it was entered again", active, with(func(e *campaigns.Enrolment) { e.Entry = 3 }), at, campaigns.CallCancelled},
		{"it does not exist", active, campaigns.Enrolment{}, at, campaigns.CallCancelled},
		{"the campaign is archived", &campaigns.Campaign{State: campaigns.Archived}, running, at, campaigns.CallCancelled},
		{"it waited too long for others", active, running, at.Add(2 * time.Hour), campaigns.CallFailed},
		{"it waited for a pause", &campaigns.Campaign{State: campaigns.Active, StateAt: at.Add(30 * time.Hour)}, running, at.Add(30*time.Hour +
			time.Minute), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			end, goes := k.Resumed(tt.c, step).Goes(tt.c, tt.e, tt.now)
			if goes != (tt.want == "") || !goes && end.State != tt.want {
				t.Errorf("got %v and %+v, want %q", goes, end, tt.want)
			}
		})
	}
}

// The robot of an address is recognised by its host and path alone.
func TestRobotsAreRecognised(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]campaigns.Robot{
		"https://oapi.dingtalk.com/robot/send?access_token=a":       campaigns.DingTalk,
		"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=a":    campaigns.WeCom,
		"https://open.feishu.cn/open-apis/bot/v2/hook/a":            campaigns.Feishu,
		"https://open.larksuite.com/open-apis/bot/v2/hook/a":        campaigns.Feishu,
		"https://open.feishu.cn.example.com/open-apis/bot/v2/hook/": "",
		"https://open.feishu.cn/open-apis/other":                    "",
		"https://me@oapi.dingtalk.com/robot/send?access_token=a":    "",
		"https://oapi.dingtalk.com:8443/robot/send?access_token=a":  "",
		"https://oapi.dingtalk.com/robot/sender":                    "",
		"a@example.com":                                             "",
	} {
		if got := campaigns.RobotOf(address); got != want {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}
