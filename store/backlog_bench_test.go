package store_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store"
	"comeback/store/storetest"
)

// BenchmarkBacklog takes batches of 256 messages through the store's part of a hand-over while
// others wait and as many were sent: claim, what was sent to the same customers, mark, outcome,
// touches. The name has the number of those that wait; COMEBACK_BENCH_WAITING is one more number.
func BenchmarkBacklog(b *testing.B) {
	numbers := []int{2_000, 20_000, 200_000}
	if more, err := strconv.Atoi(os.Getenv("COMEBACK_BENCH_WAITING")); err == nil {
		numbers = append(numbers, more)
	}
	for _, waiting := range numbers {
		b.Run(fmt.Sprint(waiting), func(b *testing.B) {
			s := setup(b, storetest.Embedded(b, store.Collections()))
			planMany(b, s, 0, waiting, campaigns.Sent)
			planMany(b, s, waiting, 2*waiting, campaigns.Planned)
			from := used(b)
			b.ResetTimer()
			for n := 2 * waiting; b.Loop(); n += 256 {
				planMany(b, s, n, n+256, campaigns.Planned)
				handOverBatch(b, s)
			}
			now, mails := used(b), float64(b.N*256)
			b.ReportMetric(float64((now.cpu-from.cpu).Microseconds())/mails, "cpu-µs/mail")
			b.ReportMetric(float64(now.written-from.written)/mails/1024, "KB-written/mail")
			b.ReportMetric(float64(now.read-from.read)/mails/1024, "KB-read/mail")
			b.ReportMetric(mails/b.Elapsed().Seconds(), "mails/s")
		})
	}
}

// planMany stores messages of different customers, whose ids are in no order.
func planMany(b *testing.B, s *store.Store, from, to int, state campaigns.MessageState) {
	b.Helper()
	for ; from < to; from += 1000 {
		var list []campaigns.Message
		for i := from; i < min(to, from+1000); i++ {
			m := message(i, noon)
			m.Customer, m.State = commerce.Key("s", fmt.Sprintf("%x", sha256.Sum256(fmt.Append(nil, i)))), state
			if state == campaigns.Sent {
				m.DueAt, m.SentAt = time.Time{}, noon
			}
			list = append(list, m)
		}
		must(b, s.PlanMessages(b.Context(), "s", list))
	}
}

func handOverBatch(b *testing.B, s *store.Store) {
	b.Helper()
	ctx := b.Context()
	batch, err := s.ClaimMessages(ctx, "s", nil, nil, 256)
	if err != nil || len(batch) != 256 {
		b.Fatalf("%d messages claimed: %v", len(batch), err)
	}
	customers := make([]string, len(batch))
	for i := range batch {
		customers[i] = batch[i].Customer
		batch[i].Record = []campaigns.Decision{{At: noon, Step: "one", Outcome: "sent"}}
	}
	_, err = s.Sendings(ctx, "s", customers)
	must(b, err)
	_, err = s.WriteMessages(ctx, batch, nil)
	must(b, err)
	for i := range batch {
		batch[i].State, batch[i].SentAt, batch[i].DueAt = campaigns.Sent, noon, time.Time{}
	}
	must(b, s.SaveMessages(ctx, "s", batch))
	ids, err := s.Touched(ctx, "s", 256)
	must(b, err)
	folded, err := s.Fold(ctx, "s", ids)
	must(b, err)
	messages := make([]campaigns.Message, len(folded))
	for i, f := range folded {
		messages[i] = f.Message
	}
	must(b, s.Folded(ctx, "s", messages))
}

// usage is what this process has used of the processors, and how much it has read from files
// and written to them, in bytes (0 where the system does not count it).
type usage struct {
	cpu           time.Duration
	read, written int64
}

func used(b *testing.B) (u usage) {
	b.Helper()
	var r syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &r))
	u.cpu = time.Duration(r.Utime.Nano() + r.Stime.Nano())
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return u
	}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		n, err := strconv.ParseInt(value, 10, 64)
		must(b, err)
		switch name {
		case "rchar":
			u.read = n
		case "wchar":
			u.written = n
		}
	}
	return u
}
