package service

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"comeback/commerce"
)

// How long after its time a reminder is accepted by a relay on this machine, while 200 orders a
// second come in, each with a reminder that is due five seconds later.
func BenchmarkLateness(b *testing.B) {
	const perSecond, seconds = 200, 20
	for b.Loop() {
		o := owingEmbedded(b, 0)
		due, late := &lateness{due: map[string]time.Time{}}, []time.Duration(nil)
		address := due.listen(b)
		host, port, _ := net.SplitHostPort(address)
		s, end := o.started(b, "COMEBACK_SMTP_HOST="+host, "COMEBACK_SMTP_PORT="+port, "COMEBACK_SMTP_TLS=none")
		tick := time.NewTicker(time.Second / perSecond)
		for n := range perSecond * seconds {
			<-tick.C
			owe(b, s, n, due.add(n, 5*time.Second))
		}
		tick.Stop()
		for late = due.late(); len(late) < perSecond*seconds; late = due.late() {
			<-time.After(100 * time.Millisecond)
		}
		end()
		slices.Sort(late)
		b.ReportMetric(float64(late[len(late)/2].Milliseconds()), "p50-ms")
		b.ReportMetric(float64(late[len(late)*99/100].Milliseconds()), "p99-ms")
		b.ReportMetric(float64(late[0].Milliseconds()), "least-ms")
	}
	b.ReportMetric(0, "ns/op")
}

// owe stores an order whose reminder is due at a time: a minute after it was placed.
func owe(b *testing.B, s *Instance, n int, at time.Time) {
	b.Helper()
	placed := at.Add(-time.Minute)
	o := commerce.Order{
		ID: commerce.Key("s", "c", fmt.Sprint(n)), Shop: "s", Connection: "c", External: fmt.Sprint(n),
		OrderState: commerce.OrderState{
			Version: placed, Status: commerce.Open, Payment: commerce.Unpaid, Currency: "EUR",
			Total: commerce.Money{Minor: 5000, Currency: "EUR"},
			Buyer: commerce.Buyer{Email: fmt.Sprintf("p%d@example.com", n)}, PayURL: "https://tea.example/pay",
		},
		Times: commerce.Timeline{PlacedAt: placed},
	}
	if _, err := s.db.SaveOrder(b.Context(), "s", o); err != nil {
		b.Fatal(err)
	}
	ok(b, s.db.MarkDue(b.Context(), "s", time.Now()))
}

// lateness is a relay that compares when mails come with when they were due.
type lateness struct {
	mu    sync.Mutex
	due   map[string]time.Time // by recipient
	times []time.Duration
}

func (l *lateness) add(n int, in time.Duration) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := time.Now().Add(in)
	l.due[fmt.Sprintf("p%d@example.com", n)] = at
	return at
}

func (l *lateness) late() []time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.times)
}

func (l *lateness) listen(b *testing.B) string {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ok(b, err)
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go swallow(conn, 0, func(to string) {
				l.mu.Lock()
				defer l.mu.Unlock()
				l.times = append(l.times, time.Since(l.due[strings.ToLower(to)]))
			})
		}
	}()
	return listener.Addr().String()
}
