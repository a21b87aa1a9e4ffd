package service

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/campaigns"
	"comeback/commerce"
	"comeback/jobs"
	"comeback/segments/indexcache"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// fillMembers stores a shop, so many customers with consent, and a broadcast that is active. It
// returns an API key of the shop.
func fillMembers(t testing.TB, s *store.Store, n int) (key string) {
	t.Helper()
	ctx, now := t.Context(), time.Now()
	ok(t, s.AddShop(ctx, commerce.Shop{
		ID: "s", Name: "Tea", Market: commerce.West, Zone: "UTC", Currency: "EUR", Language: "en", CreatedAt: now, Jurisdiction: "eu",
		URL: "https://tea.example", Sender: commerce.Sender{Name: "Tea", From: "shop@tea.example", Address: "1 High Street"},
	}))
	var saving sync.WaitGroup
	for worker := range 16 {
		saving.Go(func() {
			for i := worker; i < n; i += 16 {
				id := fmt.Sprintf("m%d", i)
				_, err := s.SaveRecord(ctx, "s", commerce.CustomerRecord{
					Connection: "shop", External: id, Version: now, Verified: true, Email: id + "@example.com",
					Consents: []commerce.Consent{{Channel: "email", Granted: true, Explicit: true, Confirmed: true, At: now, Source: "form"}},
				})
				ok(t, err)
			}
		})
	}
	saving.Wait()
	for left := true; left; {
		dirty, err := s.Dirty(ctx, "s", 256)
		ok(t, err)
		_, err = jobs.NewRecount(s, unwatched{}).Work(ctx, "s")
		ok(t, err)
		left = len(dirty) > 0
	}
	activate(t, s, newsFile(`{"broadcast": {}}`, "", "never"))
	stored, text := api.NewKey("s", "test", now)
	ok(t, s.AddAPIKey(ctx, "s", stored))
	return text
}

// entriesOf counts the entries and the messages of the broadcast.
func entriesOf(t testing.TB, s *store.Store) (enrolled, planned int) {
	t.Helper()
	after := ""
	for {
		list, next, err := s.ListEnrolments(t.Context(), "s", "news", after, 1000)
		ok(t, err)
		for _, e := range list {
			if enrolled++; e.Entry != 1 {
				t.Errorf("%s: got entry %d, want one", e.ID, e.Entry)
			}
		}
		if after = next; next == "" {
			break
		}
	}
	for {
		list, next, err := s.ListMessages(t.Context(), "s", "news", "", "", after, 1000)
		ok(t, err)
		for _, m := range list {
			if planned++; m.Entry != 1 {
				t.Errorf("%s: got the message of entry %d, want one", m.ID, m.Entry)
			}
		}
		if after = next; next == "" {
			return enrolled, planned
		}
	}
}

// From an active broadcast to messages that are planned: pages of customers with their facts,
// decisions, entries, and the first step of each. COMEBACK_BENCH_MAILS is the number of members,
// else 20,000; on MongoDB's protocol a tenth of them.
func BenchmarkBroadcast(b *testing.B) {
	defer HoldHeap(HeapFloor)()
	for driver, open := range map[string]storetest.Open{"embedded": storetest.Embedded, "mongodb": storetest.MongoDB} {
		b.Run(driver, func(b *testing.B) {
			n := benchMails(20_000)
			if driver == "mongodb" {
				n /= 10
			}
			for b.Loop() {
				broadcastOnce(b, open(b, store.Collections()), n)
			}
		})
	}
}

func broadcastOnce(b *testing.B, docs documents.Database, n int) {
	b.Helper()
	log, key := slog.New(slog.NewTextHandler(io.Discard, nil)), []byte(strings.Repeat("k", 32))
	s := store.New(docs, store.Keys{Identity: key, Secrets: key}, time.Now, time.Now, log)
	fillMembers(b, s, n)
	redis, err := jobs.OpenRedis("redis://127.0.0.1:1") // never called
	ok(b, err)
	defer redis.Close()
	worker := newWorker(workerParts{
		store: s, indexes: indexcache.New(s, 1<<28, time.Now), redis: redis, templates: readyTemplates(b), tokens: testTokens(b),
		baseURL: "https://comeback.test", workers: 1, metrics: prometheus.NewRegistry(), now: time.Now, wall: time.Now, log: log,
	})
	began := time.Now()
	for done := false; !done; {
		ok(b, s.MarkDue(b.Context(), "s", time.Now()))
		ok(b, worker.advance.Run(b.Context(), "s"))
		runs, _, err := s.ListRuns(b.Context(), "s", "news", "", 1)
		ok(b, err)
		due, _, err := s.DueMessages(b.Context(), "s", n)
		ok(b, err)
		done = len(runs) == 1 && runs[0].State == campaigns.RunDone && due == n
	}
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), "members/s")
	if enrolled, planned := entriesOf(b, s); enrolled != n || planned != n {
		b.Errorf("got %d entries and %d messages, want %d of each", enrolled, planned, n)
	}
}
