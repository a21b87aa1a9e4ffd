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

// planned is a campaign with a broadcast or a schedule as its trigger.
func planned(trigger, more, reentry string) string {
	return `{"schema": 1, "id": "news", "name": "News", "class": "marketing", "key": "customer", "reentry": ` + reentry + `,
	"trigger": ` + trigger + `, ` + more + `"policy": {"quiet": {"from": "00:00", "to": "00:00"},
	"cap": [{"max": 100, "per": "1d"}, {"max": 100, "per": "7d"}]},
	"steps": [{"id": "m", "send": {"channel": "email", "template": "t"}}]`
}

// playIn runs one example of a file in a shop of a zone.
func playIn(t testing.TB, zone, file string, given, sent []string) campaigns.TestResult {
	t.Helper()
	text := fmt.Sprintf(`%s, "tests": [{"name": "t", "given": [%s], "expect": {"sent": [%s]}}]}`, file, quoted(given), quoted(sent))
	c, problems := campaigns.Parse([]byte(text))
	if c == nil {
		t.Fatalf("%s\n%s", text, list(problems))
	}
	return campaigns.RunTests(c, commerce.Shop{Zone: zone})[0]
}

func quoted(words []string) string {
	var all []string
	for _, word := range words {
		all = append(all, fmt.Sprintf("%q", word))
	}
	return strings.Join(all, ", ")
}

// A broadcast and a schedule send to the audience at the local times that the file names. The
// example begins on a Monday at 10:00, or a day before the time of its broadcast.
func TestBroadcastsAndSchedulesSendAtTheirTimes(t *testing.T) {
	t.Parallel()
	vip := `"audience": {"field": "customer.tags", "op": "has", "value": "vip"}, `
	nine := `{"broadcast": {"at": "2027-03-01T09:00"}}`
	nineThere := `{"broadcast": {"at": "2027-03-01T09:00", "zone": "customer"}}`
	mondays := `{"schedule": "0 9 * * 1"}`
	for _, tt := range []struct {
		name, zone, file string
		given, sent      []string
	}{
		{"at once, to the customers there are", "UTC", planned(`{"broadcast": {}}`, "", `"never"`),
			[]string{"0m customer.updated customer=c1", "0m customer.updated customer=c2", "1m customer.updated customer=c3"},
			[]string{"m@0m", "m@0m"}},
		{"to the audience alone", "UTC", planned(`{"broadcast": {}}`, vip, `"never"`),
			[]string{"0m customer.updated customer=c1 tag=vip", "0m customer.updated customer=c2"}, []string{"m@0m"}},
		{"the audience is that of the moment", "UTC", planned(nine, vip, `"never"`),
			[]string{"0m customer.updated customer=c1", "23h customer.updated customer=c1 tag=vip", "25h customer.updated customer=c2 tag=vip"},
			[]string{"m@1d"}},
		{"nobody without consent", "UTC", planned(nine, "", `"never"`),
			[]string{"0m customer.updated customer=c1 consent=false", "0m customer.updated customer=c2 consent=unknown"}, nil},
		{"nobody who is suppressed", "UTC", planned(nine, "", `"never"`), []string{"0m customer.updated customer=c1 suppressed=true"}, nil},
		{"the holdout group gets nothing", "UTC", planned(nine, `"holdout": {"percent": 10}, `, `"never"`),
			[]string{"0m customer.updated customer=c1 holdout=true"}, nil},
		{"at the customer's own nine o'clock", "Europe/Berlin", planned(nineThere, "", `"never"`),
			[]string{"0m customer.updated customer=c1 zone=Asia/Tokyo", "0m customer.updated customer=c2 zone=America/New_York",
				"0m customer.updated customer=c3"}, []string{"m@16h", "m@1d", "m@1d6h"}},
		{"who left the audience before the own nine o'clock gets nothing", "Europe/Berlin", planned(nineThere,
			`"audience": {"field": "orders.count", "op": "is", "value": 0}, `, `"never"`),
			[]string{"0m customer.updated customer=c1", "20h order.placed customer=c1", "21h order.paid customer=c1"}, nil},
		{"each Monday at nine", "UTC", planned(mondays, "", `"always"`),
			[]string{"0m customer.updated customer=c1", "20d customer.updated customer=c1"}, []string{"m@6d23h", "m@13d23h", "m@20d23h"}},
		{"each Monday, but each customer once", "UTC", planned(mondays, "", `"never"`),
			[]string{"0m customer.updated customer=c1", "8d customer.updated customer=c2"}, []string{"m@6d23h", "m@13d23h"}},
		{"re-entry is as for other triggers", "UTC", planned(mondays, "", `{"after": "10d"}`),
			[]string{"0m customer.updated customer=c1", "20d customer.updated customer=c1"}, []string{"m@6d23h", "m@20d23h"}},
		{"at nine by the clock also after summer time began", "Europe/Berlin", planned(mondays, "", `"always"`),
			[]string{"0m customer.updated customer=c1", "22d customer.updated customer=c1"},
			[]string{"m@6d23h", "m@13d23h", "m@20d23h", "m@27d22h"}},
		{"a time that summer time skips is an hour later, once", "Europe/Berlin", planned(`{"schedule": "30 2 29 3 *"}`, "", `"always"`),
			[]string{"0m customer.updated customer=c1"}, []string{"m@26d16h30m"}},
		{"a time that comes twice comes once", "Europe/Berlin", planned(`{"broadcast": {"at": "2026-10-25T02:30"}}`, "", `"always"`),
			[]string{"0m customer.updated customer=c1"}, []string{"m@1d"}},
		{"who bought before the time has not reached the goal", "UTC", planned(nine, `"exit": [{"event": "order.paid", "same": "customer"}],
			"goal": {"event": "order.paid", "same": "customer", "within": "7d"}, `, `"never"`),
			[]string{"0m order.placed customer=c1", "1h order.paid customer=c1"}, []string{"m@1d"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if result := playIn(t, tt.zone, tt.file, tt.given, tt.sent); !result.Passed() {
				t.Error(result.Failures)
			}
		})
	}
}

// Mistakes of a broadcast or a schedule are refused at their place, with what to write.
func TestParseRefusesBroadcastsAndSchedules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, trigger, more, want string }{
		{"a time with a zone", `{"broadcast": {"at": "2027-03-01T09:00Z"}}`, "",
			`(/trigger/broadcast/at): at: a local time such as "2027-03-01T09:00"`},
		{"a day that does not exist", `{"broadcast": {"at": "2027-02-30T09:00"}}`, "", "at: a local time such as"},
		{"a time of another age", `{"broadcast": {"at": "0001-01-01T09:00"}}`, "", "at: a time of the years 1970 to 2200"},
		{"an unknown zone", `{"broadcast": {"at": "2027-03-01T09:00", "zone": "costumer"}}`, "", `did you mean "customer"?`},
		{"at once in each zone", `{"broadcast": {"zone": "customer"}}`, "", `(/trigger/broadcast/zone): zone: without "at" it is sent at once`},
		{"a zone beside a broadcast", `{"broadcast": {}, "zone": "shop"}`, "", "(/trigger/zone): zone: not with broadcast"},
		{"a zone beside an event", `{"event": "order.paid", "zone": "shop"}`, "", "(/trigger/zone): zone: not with event"},
		{"four fields", `{"schedule": "9 * * 1"}`, "", `(/trigger/schedule): schedule: write minute, hour, day, month and weekday`},
		{"seconds", `{"schedule": "0 0 9 * * 1"}`, "", "schedule: write minute, hour"},
		{"a word", `{"schedule": "@daily"}`, "", "schedule: write minute, hour"},
		{"a zone in cron", `{"schedule": "TZ=Asia/Tokyo 0 9 * * 1"}`, "", "only digits, letters"},
		{"Sunday as 7", `{"schedule": "0 9 * * 7"}`, "", "Sunday is 0"},
		{"each minute", `{"schedule": "* 9 * * 1"}`, "", "schedule: at most once an hour"},
		{"twice an hour", `{"schedule": "0,30 9 * * 1"}`, "", "schedule: at most once an hour"},
		{"a day that no month has", `{"schedule": "0 9 31 2 *"}`, "", "schedule: no year has such a day"},
		{"a number", `{"schedule": 9}`, "", "schedule: text is wanted, not a number"},
		{"two triggers", `{"schedule": "0 9 * * 1", "broadcast": {}}`, "", "trigger: either schedule or broadcast, not both"},
		{"an event beside", `{"schedule": "0 9 * * 1", "event": "order.paid"}`, "",
			"trigger: either event or schedule, not both"},
		{"a where", `{"broadcast": {}, "where": {"field": "orders.count", "op": "gte", "value": 1}}`, "",
			"(/trigger/where): where: a broadcast"},
		{"an unknown key", `{"broadcast": {"on": "2027-03-01"}}`, "", `unknown key "on"`},
		{"a goal of its order", `{"broadcast": {}}`, `"goal": {"event": "order.paid", "same": "order", "within": "7d"}, `,
			"(/goal/same): same:"},
		{"an exit of its order", `{"broadcast": {}}`, `"exit": [{"event": "order.paid", "same": "order"}], `, "(/exit/0/same): same:"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, problems := campaigns.Parse([]byte(planned(tt.trigger, tt.more, `"never"`) + "}"))
			if c != nil || !strings.Contains(list(problems), tt.want) {
				t.Errorf("got\n%s\nwant\n%s", list(problems), tt.want)
			}
		})
	}
	for _, tt := range []struct{ old, with, want string }{
		{`"key": "customer"`, `"key": "order"`, "(/key): key: a broadcast"},
		{`"class": "marketing"`, `"class": "service"`, "(/class): class: service"},
	} {
		file := strings.Replace(planned(`{"broadcast": {}}`, "", `"never"`)+"}", tt.old, tt.with, 1)
		if c, problems := campaigns.Parse([]byte(file)); c != nil || !strings.Contains(list(problems), tt.want) {
			t.Errorf("got\n%s\nwant\n%s", list(problems), tt.want)
		}
	}
}

// zones have changes of an hour, of half an hour, of a whole day, and none.
func zones() []string {
	return []string{
		"UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca",
	}
}

// The runs of a schedule follow each other: each planned local time has one run, in order, and
// clocks show that time then, unless summer time skips it. A schedule for customers' zones
// begins where the time comes first.
func TestEachPlannedLocalTimeHasOneRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hour, minute := rapid.IntRange(0, 23).Draw(t, "hour"), rapid.IntRange(0, 59).Draw(t, "minute")
		hours := rapid.SampledFrom([]string{fmt.Sprint(hour), "*", "*/6"}).Draw(t, "hours")
		zone := rapid.SampledFrom([]string{"shop", "customer"}).Draw(t, "zone")
		shop := commerce.Shop{ID: "s", Zone: rapid.SampledFrom(zones()).Draw(t, "of the shop")}
		trigger := fmt.Sprintf(`{"schedule": "%d %s * * *", "zone": %q}`, minute, hours, zone)
		c, problems := campaigns.Parse([]byte(planned(trigger, "", `"always"`) + "}"))
		if c == nil {
			t.Fatal(problems)
		}
		since := time.Unix(rapid.Int64Range(1.1e9, 4e9).Draw(t, "since"), 0).UTC()
		r, ok := campaigns.FirstRun(c, shop, since)
		seen := map[string]bool{}
		for range 60 {
			if !ok || seen[r.ID] || !r.DueAt.After(since) {
				t.Fatalf("got %+v after %s, want a new run later", r, since)
			}
			local, _ := time.Parse("2006-01-02T15:04", r.Local)
			if shown := r.Planned.In(shop.Location()).Format("2006-01-02T15:04"); zone == "shop" && shown != r.Local ||
				zone == "customer" && !r.DueAt.Equal(local.Add(-14*time.Hour)) {
				t.Fatalf("got %+v, clocks show %s", r, shown)
			}
			seen[r.ID], since = true, r.DueAt
			r, ok = campaigns.NextRun(c, shop, r, since)
		}
	})
}

// A run begins within a day of its time, however late its process is. A later one takes its
// place where that has come too, so that a pause of a week sends once.
func TestRunsThatAreLate(t *testing.T) {
	t.Parallel()
	shop := commerce.Shop{ID: "s", Zone: "UTC"}
	hourly, problems := campaigns.Parse([]byte(planned(`{"schedule": "0 * * * *"}`, "", `"always"`) + "}"))
	once, _ := campaigns.Parse([]byte(planned(`{"broadcast": {"at": "2027-03-01T09:00"}}`, "", `"always"`) + "}"))
	if hourly == nil || once == nil {
		t.Fatal(problems)
	}
	at := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	first, _ := campaigns.FirstRun(hourly, shop, at.Add(-time.Minute))
	sent, _ := campaigns.FirstRun(once, shop, at.Add(-time.Minute))
	for _, tt := range []struct {
		name        string
		c           *campaigns.Campaign
		run         campaigns.Run
		late        time.Duration
		state       campaigns.RunState
		next, begun string
	}{
		{"in time", hourly, first, 0, campaigns.Running, "2027-03-01T10:00", ""},
		{"before the next", hourly, first, 59 * time.Minute, campaigns.Running, "2027-03-01T10:00", ""},
		{"five hours late: the last one runs", hourly, first, 5*time.Hour + time.Minute, campaigns.RunMissed, "2027-03-01T14:00",
			"takes its place"},
		{"weeks late: the last one runs", hourly, first, 500*time.Hour + time.Minute, campaigns.RunMissed, "2027-03-22T05:00",
			"takes its place"},
		{"a broadcast, a day late", once, sent, 24 * time.Hour, campaigns.Running, "", ""},
		{"a broadcast, later", once, sent, 24*time.Hour + time.Minute, campaigns.RunMissed, "", "within 1d of its time"},
	} {
		begun, next := campaigns.Begin(tt.c, shop, tt.run, tt.run.DueAt.Add(tt.late))
		if begun.State != tt.state || next.Local != tt.next || !strings.Contains(begun.Reason, tt.begun) ||
			begun.State != campaigns.Running && !begun.DueAt.IsZero() {
			t.Errorf("%s: got %s (%s), next %s, want %s, next %s", tt.name, begun.State, begun.Reason, next.Local, tt.state, tt.next)
		}
	}
	for late, want := range map[time.Duration]bool{-time.Hour: true, day: true, day + time.Minute: false} {
		if got := campaigns.StartProblem(once, shop, at.Add(late)); (got == "") != want || !want && !strings.Contains(got, "more than 1d ago") {
			t.Errorf("activated %s late: got %q", late, got)
		}
	}
}

// A local time where clocks change is one instant. Two times of an hourly schedule that become
// one are one run.
func TestLocalTimesWhereClocksChange(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ zone, at, want, local string }{
		{"Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30Z", "2026-10-25T02:30"}, // the first of two
		{"Europe/Berlin", "2026-10-25T03:30", "2026-10-25T02:30Z", "2026-10-25T03:30"},
		{"Europe/Berlin", "2026-03-29T01:30", "2026-03-29T00:30Z", "2026-03-29T01:30"},
		{"Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30Z", "2026-03-29T03:30"}, // it is skipped
		{"Europe/Berlin", "2026-03-29T03:30", "2026-03-29T01:30Z", "2026-03-29T03:30"},
		{"Pacific/Apia", "2011-12-30T09:00", "2011-12-30T19:00Z", "2011-12-31T09:00"}, // the whole day is skipped
		{"Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45Z", "2026-10-04T02:45"},
	} {
		c, problems := campaigns.Parse([]byte(planned(`{"broadcast": {"at": "`+tt.at+`"}}`, "", `"always"`) + "}"))
		if c == nil {
			t.Fatal(problems)
		}
		r, _ := campaigns.FirstRun(c, commerce.Shop{ID: "s", Zone: tt.zone}, time.Time{})
		if got := r.Planned.UTC().Format("2006-01-02T15:04Z"); got != tt.want || r.Local != tt.local {
			t.Errorf("%s in %s: got %s, %s, want %s, %s", tt.at, tt.zone, got, r.Local, tt.want, tt.local)
		}
	}
}

// A run leaves out a customer who was joined with another one meanwhile: it passes that one too.
func TestARunPassesOnePersonOnce(t *testing.T) {
	t.Parallel()
	c, problems := campaigns.Parse([]byte(planned(`{"broadcast": {}}`, "", `"always"`) + "}"))
	if c == nil {
		t.Fatal(problems)
	}
	shop, now := commerce.Shop{ID: "s", Zone: "UTC"}, time.Unix(1.8e9, 0).UTC()
	r, _ := campaigns.FirstRun(c, shop, now)
	grant := commerce.Consent{Channel: "email", Granted: true, Explicit: true, Confirmed: true, At: now, Source: "test"}
	survivor := commerce.Customer{ID: "s:platform:a", Shop: "s", Records: []commerce.CustomerRecord{{
		Connection: "c", External: "a", Version: now, Verified: true, Email: "a@example.com", Consents: []commerce.Consent{grant},
	}}}
	survivor.Profile = commerce.Recompute(survivor.Records, nil, nil, nil)
	for passed, want := range map[string]bool{"s:platform:a": true, "s:platform:b": false} {
		o := campaigns.Occasion{Kind: campaigns.OnRun, Run: r, Event: commerce.Event{Customer: passed}}
		e, _ := campaigns.Decide(c, campaigns.Enrolment{}, o, campaigns.Facts{Shop: shop, Customer: &survivor}, now)
		if (e.State == campaigns.Enrolled) != want || !want && r.Pass(e).Refused[0].Check != campaigns.CheckMerge {
			t.Errorf("%s: got %+v, want entered %v", passed, e, want)
		}
		if counted := r.Pass(e); counted.Seen != 1 || counted.Entered == 1 != want {
			t.Errorf("%s: got %+v, want one seen", passed, counted)
		}
	}
}

const day = 24 * time.Hour

// No text of a schedule or a time makes the parser panic, and what it accepts has a first run.
func FuzzTimetable(f *testing.F) {
	for _, text := range []string{"0 9 * * 1", "*/5 * * * *", "0 0 31 2 *", "TZ=", "@every 1s", "0 9 * JAN-MAR MON#1", "2027-03-01T09:00",
		"59 23 L * ?"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, trigger := range []string{`{"schedule": %q}`, `{"broadcast": {"at": %q, "zone": "customer"}}`} {
			c, problems := campaigns.Parse([]byte(planned(fmt.Sprintf(trigger, text), "", `"never"`) + "}"))
			if (c == nil) != strictjson.Refused(problems) {
				t.Fatalf("%q: got %v and %v", text, c, problems)
			}
			if c == nil {
				continue
			}
			if r, ok := campaigns.FirstRun(c, commerce.Shop{ID: "s", Zone: "Europe/Berlin"}, time.Unix(1.8e9, 0)); !ok || r.ID == "" {
				t.Errorf("%q: got %+v, want a run", text, r)
			}
		}
	})
}
