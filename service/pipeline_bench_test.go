package service

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
)

// benchMails is COMEBACK_BENCH_MAILS, else the usual number.
func benchMails(usual int) int {
	if n, err := strconv.Atoi(os.Getenv("COMEBACK_BENCH_MAILS")); err == nil {
		return n
	}
	return usual
}

// benchConnections is COMEBACK_BENCH_CONNECTIONS, else 10, the service's default.
func benchConnections() int {
	if n, err := strconv.Atoi(os.Getenv("COMEBACK_BENCH_CONNECTIONS")); err == nil {
		return n
	}
	return 10
}

// From orders that are stored to mails that a relay on this machine accepted: events,
// customers, enrolments, messages, rendering and SMTP without signatures, by the service
// as it is started. COMEBACK_BENCH_MAILS is the number of orders, else 20,000.
func BenchmarkPipeline(b *testing.B) {
	b.Run("embedded", func(b *testing.B) {
		mails, m := benchMails(20_000), &meter{b: b}
		for b.Loop() {
			data := b.TempDir()
			prepareDue(b, data, campaigns.Hold, mails)
			s := startSink(b, 0)
			m.start()
			_, end := started(b, append(s.settings(benchConnections()), "COMEBACK_DATA="+data, "COMEBACK_LISTEN=127.0.0.1:0"))
			m.until(s, mails)
			end()
		}
		m.report()
	})
}

// The hand-over alone: messages that are due, each with three links that are counted and a
// pixel, rendered, marked, accepted by a relay on this machine and recorded. If
// COMEBACK_BENCH_BESIDE is a command that sends as many mails by go-mail alone, it runs first
// against the same relay: its words ADDRESS, CONNECTIONS and MAILS are replaced, and its output
// is printed.
func BenchmarkDelivery(b *testing.B) {
	b.Run("embedded", func(b *testing.B) {
		mails, m := benchMails(20_000), &meter{b: b}
		for b.Loop() {
			data := b.TempDir()
			prepareDue(b, data, campaigns.Hold, mails)
			planAll(b, data, mails)
			s := startSink(b, 0)
			before := beside(b, s, mails)
			m.start()
			_, end := started(b, append(s.settings(benchConnections()), "COMEBACK_DATA="+data, "COMEBACK_LISTEN=127.0.0.1:0"))
			m.until(s, before+mails)
			m.mails -= before
			end()
		}
		m.report()
	})
}

// beside runs the command to compare with, and returns the number of its mails.
func beside(b *testing.B, s *sink, mails int) int {
	b.Helper()
	text := os.Getenv("COMEBACK_BENCH_BESIDE")
	if text == "" {
		return 0
	}
	words := strings.NewReplacer("ADDRESS", s.host+":"+s.port, "CONNECTIONS", fmt.Sprint(benchConnections()), "MAILS", fmt.Sprint(mails))
	command := strings.Fields(words.Replace(text))
	out, err := exec.CommandContext(b.Context(), command[0], command[1:]...).CombinedOutput()
	if err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	b.Logf("%s", out)
	return s.accepted(b)
}

// planAll runs the service without a relay until all messages are planned.
func planAll(b *testing.B, data string, mails int) {
	b.Helper()
	s, end := started(b, []string{"COMEBACK_DATA=" + data, "COMEBACK_LISTEN=127.0.0.1:0"})
	defer end()
	defer func() { ok(b, s.db.MarkDue(b.Context(), "s", time.Now())) }() // a shop without a relay waits for one
	planned := bson.D{{Key: "shop", Value: "s"}, {Key: "state", Value: string(campaigns.Planned)}}
	for n := int64(0); n < int64(mails); {
		var err error
		if n, err = s.db.docs.Count(b.Context(), "messages", planned); err != nil {
			b.Fatal(err)
		}
		<-time.After(100 * time.Millisecond)
	}
}
