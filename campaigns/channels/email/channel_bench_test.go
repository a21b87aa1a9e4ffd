package email_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"comeback/campaigns/channels/email"
)

// BenchmarkChannel hands mails to a relay on loopback, and reports mails per second, their ratio to connections
// per delay, and seconds of CPU of both sides for 1,000 mails. The relay waits before the answer to a mail (dot), as
// the sinks that mail systems are compared with do, or before each packet of answers, as a far relay does (trip).
func BenchmarkChannel(b *testing.B) {
	for _, mode := range []string{"plain", "pipelining", "both"} {
		for _, connections := range []int{10, 100} {
			for _, delay := range []sinkDelay{{}, {dot: 20 * time.Millisecond}, {trip: 20 * time.Millisecond}} {
				b.Run(fmt.Sprintf("%s/connections=%d/dot=%s/trip=%s", mode, connections, delay.dot, delay.trip), func(b *testing.B) {
					benchmarkChannel(b, delay, relayModes()[mode], connections)
				})
			}
		}
	}
}

func benchmarkChannel(b *testing.B, delay sinkDelay, extensions []string, connections int) {
	address := sink(b, delay, extensions)
	e, err := email.New(email.Settings{
		Host: "127.0.0.1", Port: address.Port, TLS: email.Plain, HelloName: "comeback.example", Connections: connections,
	}, now)
	if err != nil {
		b.Fatal(err)
	}
	defer e.Close()
	var left atomic.Int64
	send := func(mails int) {
		left.Store(int64(mails))
		done := make(chan struct{})
		for range connections {
			go func() {
				defer func() { done <- struct{}{} }()
				for left.Add(-1) >= 0 {
					if out := deliver(e, b.Context(), sample(), always); out.State != sent {
						b.Errorf("got %s (%s)", out.State, out.Reason)
						return
					}
				}
			}()
		}
		for range connections {
			<-done
		}
	}
	send(10 * connections) // the connections are open
	b.ResetTimer()
	before := cpu()
	send(b.N)
	rate := float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate, "mails/s")
	b.ReportMetric((cpu()-before).Seconds()*1000/float64(b.N), "cpu-s/1000")
	if slow := delay.dot + delay.trip; slow > 0 {
		b.ReportMetric(rate*slow.Seconds()/float64(connections), "of-conns/delay")
	}
}

func cpu() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

type sinkDelay struct{ dot, trip time.Duration }

// sink takes every mail.
func sink(b *testing.B, delay sinkDelay, extensions []string) *net.TCPAddr {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	hello := "250-sink\r\n"
	for _, extension := range extensions {
		hello += "250-" + extension + "\r\n"
	}
	hello += "250 8BITMIME\r\n"
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s := &sinkTalk{delay: delay, hello: hello, in: bufio.NewReader(conn), out: bufio.NewWriter(conn)}
			go func() {
				defer conn.Close()
				for s.say("220 sink\r\n"); s.step(); {
				}
			}()
		}
	}()
	address, _ := listener.Addr().(*net.TCPAddr)
	return address
}

type sinkTalk struct {
	delay sinkDelay
	hello string
	in    *bufio.Reader
	out   *bufio.Writer
}

// say answers, together with the answers to the commands that have come already.
func (s *sinkTalk) say(line string) bool {
	if _, err := s.out.WriteString(line); err != nil || s.in.Buffered() > 0 {
		return err == nil
	}
	if s.delay.trip > 0 {
		wait(s.delay.trip)
	}
	return s.out.Flush() == nil
}

func (s *sinkTalk) step() bool {
	line, err := s.in.ReadString('\n')
	verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch {
	case err != nil, verb == "QUIT":
		return false
	case verb == "EHLO":
		return s.say(s.hello)
	case verb == "DATA":
		return s.say("354 go\r\n") && s.body() && s.taken()
	case verb == "BDAT" && rest != "0":
		size, err := strconv.Atoi(strings.TrimSuffix(rest, " LAST"))
		if err != nil {
			return false
		}
		_, err = io.CopyN(io.Discard, s.in, int64(size))
		return err == nil && s.taken()
	}
	return s.say("250 ok\r\n")
}

func (s *sinkTalk) body() bool {
	for {
		if line, err := s.in.ReadSlice('\n'); err != nil || string(line) == ".\r\n" {
			return err == nil
		}
	}
}

func (s *sinkTalk) taken() bool {
	if s.delay.dot > 0 {
		wait(s.delay.dot)
	}
	return s.say("250 queued\r\n")
}
