package service

import (
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"
	"time"

	"comeback/campaigns"
)

// From orders that are stored to mails that a relay on this machine accepted: events,
// customers, enrolments, messages, rendering and SMTP without signatures, by the service
// as it is started. The number of orders is COMEBACK_BENCH_ORDERS, else 6,000.
func BenchmarkPipeline(b *testing.B) {
	orders, err := strconv.Atoi(os.Getenv("COMEBACK_BENCH_ORDERS"))
	if err != nil {
		orders = 6000
	}
	var took, cpu time.Duration
	sent := 0
	for b.Loop() {
		b.StopTimer()
		data := b.TempDir()
		prepareDue(b, data, campaigns.Hold, orders)
		r := scriptRelay(b)
		host, port, _ := net.SplitHostPort(r.listener.Addr().String())
		before := cpuTime(b)
		b.StartTimer()
		began := time.Now()
		_, end := started(b, []string{
			"COMEBACK_DATA=" + data, "COMEBACK_LISTEN=127.0.0.1:0", "COMEBACK_SMTP_HOST=" + host, "COMEBACK_SMTP_PORT=" + port,
			"COMEBACK_SMTP_TLS=none",
		})
		for accepted := 0; accepted < orders; _, _, accepted = r.figures() {
			time.Sleep(10 * time.Millisecond) // measures; no test waits like this
		}
		took += time.Since(began)
		cpu += cpuTime(b) - before
		sent += orders
		end()
	}
	b.ReportMetric(float64(sent)/took.Seconds(), "mails/s")
	b.ReportMetric(cpu.Seconds()/float64(sent)*1000, "cpu-s/1000")
	b.ReportMetric(0, "ns/op")
}

// cpuTime is what this process, the relay in it too, has used of the processors.
func cpuTime(tb testing.TB) time.Duration {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
