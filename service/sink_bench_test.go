package service

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// sinkEnv makes the test binary a sink: a relay in a process of its own that accepts every
// mail and forgets it, so that the processor time of the service is its own. Its value is the
// time before each answer to a mail.
const sinkEnv = "COMEBACK_BENCH_SINK"

func TestMain(m *testing.M) {
	if delay, err := time.ParseDuration(os.Getenv(sinkEnv)); err == nil {
		runSink(delay)
		return
	}
	os.Exit(m.Run())
}

// sink is a running sink.
type sink struct {
	host, port string
	control    io.Writer
	answers    *bufio.Scanner
}

func startSink(b *testing.B, delay time.Duration) *sink {
	b.Helper()
	command := exec.CommandContext(b.Context(), os.Args[0])
	command.Env = append(os.Environ(), sinkEnv+"="+delay.String())
	in, err := command.StdinPipe()
	ok(b, err)
	out, err := command.StdoutPipe()
	ok(b, err)
	ok(b, command.Start())
	b.Cleanup(func() {
		_ = in.Close()
		_ = command.Wait()
	})
	s := &sink{control: in, answers: bufio.NewScanner(out)}
	s.host, s.port, err = net.SplitHostPort(s.ask(b, "address"))
	ok(b, err)
	return s
}

func (s *sink) ask(b *testing.B, question string) string {
	b.Helper()
	_, err := fmt.Fprintln(s.control, question)
	ok(b, err)
	if !s.answers.Scan() {
		b.Fatal("the sink has ended")
	}
	return s.answers.Text()
}

// accepted is how many mails the sink has taken.
func (s *sink) accepted(b *testing.B) int {
	b.Helper()
	n, err := strconv.Atoi(s.ask(b, "accepted"))
	ok(b, err)
	return n
}

// settings are the service's settings of the sink as its relay.
func (s *sink) settings(connections int) []string {
	return []string{
		"COMEBACK_SMTP_HOST=" + s.host, "COMEBACK_SMTP_PORT=" + s.port, "COMEBACK_SMTP_TLS=none",
		fmt.Sprintf("COMEBACK_SMTP_CONNECTIONS=%d", connections),
	}
}

// runSink serves until its standard input ends.
func runSink(delay time.Duration) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	var accepted atomic.Int64
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go swallow(conn, delay, func(string) { accepted.Add(1) })
		}
	}()
	for questions := bufio.NewScanner(os.Stdin); questions.Scan(); {
		if questions.Text() == "address" {
			fmt.Println(listener.Addr())
		} else {
			fmt.Println(accepted.Load())
		}
	}
}

// swallow is one conversation. accepted is called with the recipient of each mail.
func swallow(conn net.Conn, delay time.Duration, accepted func(to string)) {
	defer conn.Close()
	in, out := bufio.NewReaderSize(conn, 64<<10), bufio.NewWriter(conn)
	say := func(line string) {
		_, _ = out.WriteString(line + "\r\n")
		if in.Buffered() == 0 {
			_ = out.Flush()
		}
	}
	to := ""
	say("220 sink ESMTP")
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return
		}
		switch verb, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(" ")); strings.ToUpper(string(verb)) {
		case "EHLO":
			say("250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 52428800")
		case "RCPT":
			to = string(line[bytes.IndexByte(line, '<')+1 : bytes.IndexByte(line, '>')])
			say("250 2.0.0 ok")
		case "DATA":
			say("354 go ahead")
			for string(line) != ".\r\n" {
				if line, err = in.ReadSlice('\n'); err != nil {
					return
				}
			}
			if delay > 0 {
				<-time.After(delay)
			}
			accepted(to)
			say("250 2.0.0 ok")
		case "QUIT":
			say("221 2.0.0 bye")
			_ = out.Flush()
			return
		default:
			say("250 2.0.0 ok")
		}
	}
}

// usage is what this process has used of the processors, and the most memory it had.
type usage struct {
	cpu    time.Duration
	memory int64 // bytes
}

func usageNow(tb testing.TB) usage {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return usage{time.Duration(u.Utime.Nano() + u.Stime.Nano()), u.Maxrss << 10}
}

// meter measures mails on their way.
type meter struct {
	b     *testing.B
	began time.Time
	from  usage
	took  time.Duration
	cpu   time.Duration
	mails int

	proxy    *countingProxy
	commands int
}

// start begins to measure; proxy counts the commands to the database, if it is not nil.
func (m *meter) start(proxy *countingProxy) {
	if m.proxy = proxy; proxy != nil {
		proxy.reset()
	}
	m.began, m.from = time.Now(), usageNow(m.b)
}

// until waits until a sink has taken so many mails.
func (m *meter) until(s *sink, mails int) {
	for s.accepted(m.b) < mails {
		<-time.After(20 * time.Millisecond)
	}
	m.took += time.Since(m.began)
	m.cpu += usageNow(m.b).cpu - m.from.cpu
	m.mails += mails
	if m.proxy != nil {
		counts, n := m.proxy.reset()
		m.commands += n
		m.b.Logf("commands: %v", counts)
	}
}

func (m *meter) report() {
	m.b.ReportMetric(float64(m.mails)/m.took.Seconds(), "mails/s")
	m.b.ReportMetric(m.cpu.Seconds()/float64(m.mails)*1000, "cpu-s/1000")
	m.b.ReportMetric(float64(usageNow(m.b).memory>>20), "MB-peak")
	if m.commands > 0 {
		m.b.ReportMetric(float64(m.commands)/float64(m.mails)*1000, "commands/1000")
	}
	m.b.ReportMetric(0, "ns/op")
}
