package service

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/campaigns"
	"comeback/jobs"
	"comeback/segments/indexcache"
	"comeback/store"
)

// atTimes are campaigns whose mails go out at times of the calendar.
func atTimes(day time.Time) []string {
	file := func(id, class, key, reentry, trigger, policy, steps string) string {
		return fmt.Sprintf(`{"schema": 1, "id": %q, "name": "N", "class": %q, "key": %q, "reentry": %q, "trigger": %s, "policy": {
			"cap": [{"max": 100, "per": "24h"}, {"max": 100, "per": "7d"}, {"max": 100, "per": "order"}], %s}, "steps": [%s]}`,
			id, class, key, reentry, trigger, policy, steps)
	}
	mail := func(id, more string) string {
		return fmt.Sprintf(`{"id": %q, %s "send": {"channel": "email", "template": "follow-up-1"}}`, id, more)
	}
	const placed, awake = `{"event": "order.placed"}`, `"quiet": {"from": "00:00", "to": "00:00"}`
	return []string{
		file("at", "marketing", "order", "never", placed, awake, mail("m", `"wait_until": {"at": "09:00"},`)),
		file("weekday", "marketing", "order", "never", placed, awake, mail("m", `"wait_until": {"at": "10:30", "weekday": ["wed", "sun"]},`)),
		file("night", "marketing", "order", "never", placed, `"quiet": {"from": "00:00", "to": "23:00", "zone": "customer"}`, mail("m", "")),
		file("date", "marketing", "customer", "always", `{"date": "customer.birthday", "at": "09:00"}`, awake, mail("m", "")),
		file("broadcast", "marketing", "customer", "never", `{"broadcast": {"at": "`+day.Format("2006-01-02")+`T11:00", "zone": "customer"}}`,
			awake, mail("m", "")),
		file("cron", "marketing", "customer", "always", `{"schedule": "15 */12 * * *"}`, awake, mail("m", "")),
		file("capped", "marketing", "order", "never", placed, awake+`, "caps": [{"scope": "campaign", "max": 1, "per": "day"}]`,
			mail("m", "")+","+mail("n", `"wait": "1m",`)),
	}
}

// beside is another worker on the same data, whose clock is ahead by skew, or behind.
func (l *leaving) beside(t *testing.T, channel jobs.Channel, skew time.Duration) *worker {
	t.Helper()
	now := func() time.Time { return l.at().Add(skew) }
	key, log := []byte(strings.Repeat("k", 32)), slog.New(slog.NewTextHandler(io.Discard, nil))
	redis, err := jobs.OpenRedis("redis://127.0.0.1:1") // never called
	ok(t, err)
	t.Cleanup(func() { _ = redis.Close() })
	s := store.New(l.docs, store.Keys{Identity: key, Secrets: key}, now, now, log)
	return newWorker(workerParts{
		store: s, indexes: indexcache.New(s, 1<<28, now), redis: redis, templates: readyTemplates(t), tokens: testTokens(t),
		channels: map[string]jobs.Channel{"email": channel}, relay: campaigns.Relay{Key: "mailbox", Name: "mailbox", Setup: "1"},
		baseURL: "https://comeback.test", workers: 1, metrics: prometheus.NewRegistry(), now: now, wall: now, log: log,
	})
}

// Two workers whose clocks differ by two seconds send each mail of the calendar once, and none before its
// time by the clock of the one that sends it: at local times and weekdays, at the end of the night, on
// dates, by broadcast and schedule, and when a day's cap has room again.
func TestWorkersWithSkewedClocksSendNothingEarlyAndNothingTwice(t *testing.T) {
	t.Parallel()
	skews := []time.Duration{2 * time.Second, -2 * time.Second}
	if besideRaces {
		skews = skews[:1]
	}
	for _, skew := range skews {
		t.Run(skew.String(), func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, h *harness) {
				l := newLeaving(t, h)
				l.moveTo(l.at().Truncate(24 * time.Hour).Add(30 * time.Hour)) // at 6:00, in Tokyo at 15:00
				begin := l.at()
				channel := &between{}
				channel.Channel = l.mail(t)
				var mu sync.Mutex
				truly := map[string]time.Time{} // by Message-ID, when it was handed over by the true clock
				note := func(_ context.Context, m campaigns.Mail) {
					mu.Lock()
					defer mu.Unlock()
					truly[m.MessageID] = l.at()
				}
				channel.do.Store(&note)
				l.serve(t, channel)
				other := l.beside(t, channel, skew)
				l.starts(t, atTimes(begin.AddDate(0, 0, 2))...)
				l.person(t, "ann", object{"zone": "Asia/Tokyo", "birthday": begin.AddDate(0, 0, 3).Format("--01-02")})
				l.orders(t, "ann", "20.00", nil)
				l.workSkewed(t, other, begin.AddDate(0, 0, 4))
				l.judgeSkewed(t, truly, skew)
			})
		})
	}
}

// workSkewed lets both workers work in each second around each due time.
func (l *leaving) workSkewed(t *testing.T, other *worker, until time.Time) {
	t.Helper()
	for l.at().Before(until) {
		due, err := l.DueOf(t.Context(), "s")
		ok(t, err)
		next := l.at().Add(time.Second)
		if early := due.NextDue.Add(-4 * time.Second); early.After(next) {
			next = early
		}
		if due.NextDue.IsZero() || next.After(until) {
			next = until
		}
		l.moveTo(next)
		var running sync.WaitGroup
		for _, run := range []func(context.Context, string) error{l.work.Run, other.advance.Run} {
			running.Go(func() {
				if err := run(t.Context(), "s"); err != nil {
					t.Errorf("work: %v", err)
				}
			})
		}
		running.Wait()
	}
}

// judgeSkewed checks the mails of each campaign, and when they were sent.
func (l *leaving) judgeSkewed(t *testing.T, truly map[string]time.Time, skew time.Duration) {
	t.Helper()
	list, err := l.Messages(t.Context(), "s", "", "", campaigns.Sent, nil, 100)
	ok(t, err)
	got := map[string]int{}
	for _, m := range list {
		got[m.Campaign]++
		due := m.FirstDue
		if m.PutOffTo.After(due) {
			due = m.PutOffTo
		}
		at, known := truly[m.MessageID]
		if late := at.Sub(due); !known || m.SentAt.Before(due) || late < -skew.Abs() || late > 5*time.Second {
			t.Errorf("%s: sent at %s, truly at %s, want it at %s", m.ID, m.SentAt, at, due)
		}
	}
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	ok(t, err)
	for _, m := range list {
		if shown, want := m.SentAt.In(tokyo).Format("15:04"), map[string]string{
			"at": "09:00", "weekday": "10:30", "night": "23:00", "date": "09:00", "broadcast": "11:00",
		}[m.Campaign]; want != "" && shown != want {
			t.Errorf("%s: sent at %s in Tokyo, want %s", m.ID, shown, want)
		}
	}
	for campaign, want := range map[string]int{"at": 1, "night": 1, "date": 1, "broadcast": 1, "cron": 8, "capped": 2} {
		if got[campaign] != want {
			t.Errorf("%s: got %d mails, want %d", campaign, got[campaign], want)
		}
	}
	if mails := len(l.mailsTo("ann@example.com")); mails != len(list) {
		t.Errorf("got %d mails, want %d", mails, len(list))
	}
}
