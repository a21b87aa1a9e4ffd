package service

import (
	"fmt"
	"io"
	"log/slog"
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

// owing is a database of the benchmark's own with unpaid orders, of which each is due to be
// reminded of once.
type owing struct {
	env   []string       // the service's settings of the database
	proxy *countingProxy // nil: embedded
}

func (o owing) started(b *testing.B, more ...string) (s *Instance, end func()) {
	b.Helper()
	return started(b, append(append(more, o.env...), "COMEBACK_LISTEN=127.0.0.1:0"))
}

func owingEmbedded(b *testing.B, mails int) owing {
	b.Helper()
	data := b.TempDir()
	prepareDue(b, data, campaigns.Hold, mails)
	return owing{env: []string{"COMEBACK_DATA=" + data}}
}

func owingMongo(b *testing.B, mails int) owing {
	b.Helper()
	proxy, env := behindProxy(b, 10)
	config, err := LoadConfig(append(env, "COMEBACK_LOG_LEVEL=error"))
	ok(b, err)
	process := ownProcess()
	process.Now = longAgo
	db, err := OpenDatabase(b.Context(), config.Storage, process, slog.New(slog.NewTextHandler(io.Discard, nil)))
	ok(b, err)
	defer db.Close()
	fillDue(b, db.Store, "s", campaigns.Hold, mails)
	return owing{env: env, proxy: proxy}
}

// eachOwing runs a benchmark on both drivers, with so many mails; on MongoDB's protocol with a
// tenth of them, because the peer of the tests has no indexes.
func eachOwing(b *testing.B, mails int, run func(b *testing.B, o owing, mails int, m *meter)) {
	defer HoldHeap(HeapFloor)()
	for _, driver := range []struct {
		name string
		fill func(*testing.B, int) owing
		part int
	}{{"embedded", owingEmbedded, 1}, {"mongodb", owingMongo, 10}} {
		b.Run(driver.name, func(b *testing.B) {
			mails, m := benchMails(mails)/driver.part, &meter{b: b}
			for b.Loop() {
				run(b, driver.fill(b, mails), mails, m)
			}
			m.report()
		})
	}
}

// From orders that are stored to mails that a relay on this machine accepted: events,
// customers, enrolments, messages, rendering and SMTP without signatures, by the service
// as it is started. COMEBACK_BENCH_MAILS is the number of orders, else 20,000.
func BenchmarkPipeline(b *testing.B) {
	eachOwing(b, 20_000, func(b *testing.B, o owing, mails int, m *meter) {
		s := startSink(b, 0)
		m.start(o.proxy)
		_, end := o.started(b, s.settings(benchConnections())...)
		m.until(s, mails)
		end()
	})
}

// The hand-over alone: messages that are due, each with links that are counted and a pixel,
// rendered, marked, accepted by a relay on this machine and recorded. If COMEBACK_BENCH_BESIDE
// is a command that sends as many mails by go-mail alone, it runs first against the same relay:
// its words ADDRESS, CONNECTIONS and MAILS are replaced, and its output is printed.
func BenchmarkDelivery(b *testing.B) {
	eachOwing(b, 20_000, func(b *testing.B, o owing, mails int, m *meter) {
		o.planAll(b, mails)
		s := startSink(b, 0)
		before := beside(b, s, mails)
		m.start(o.proxy)
		_, end := o.started(b, s.settings(benchConnections())...)
		m.until(s, before+mails)
		m.mails -= before
		end()
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
func (o owing) planAll(b *testing.B, mails int) {
	b.Helper()
	s, end := o.started(b)
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
