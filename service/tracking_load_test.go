package service

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// trackingLoad is what the readers of mails ask of one server: requests that are ready to
// be written, over kept-alive connections. They are one block of memory, because the client
// shares the process and its garbage collection with the server that it measures.
type trackingLoad struct {
	address  string
	requests []byte
	ends     []int // of each request
	repeats  bool
	sent     atomic.Int64 // of all runs
}

const (
	readers  = 128 // connections
	programs = 50  // that the readers use
)

// newTrackingLoad asks for each path once, by so many programs in turn.
func newTrackingLoad(url string, paths []string, programs int) *trackingLoad {
	l := &trackingLoad{address: strings.TrimPrefix(url, "http://")}
	for n, path := range paths {
		l.requests = fmt.Appendf(l.requests, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:1%d.0) "+
			"Gecko/20100101 Firefox/1%d.0\r\nAccept: text/html,*/*;q=0.8\r\nAccept-Language: en\r\n\r\n",
			path, l.address, n%programs, n%programs)
		l.ends = append(l.ends, len(l.requests))
	}
	return l
}

// request is that of path n.
func (l *trackingLoad) request(n int) []byte {
	if n == 0 {
		return l.requests[:l.ends[0]]
	}
	return l.requests[l.ends[n-1]:l.ends[n]]
}

// next is the next request to send. Where repeats is set, each fifth repeats the one before.
func (l *trackingLoad) next() []byte {
	n := l.sent.Add(1)
	if l.repeats && n%5 == 0 {
		n--
	}
	return l.request(int(n % int64(len(l.ends))))
}

// run sends n requests: at rate requests a second, or (0) each as soon as a connection is
// free. It returns how long each took, from the moment at which it was due.
func (l *trackingLoad) run(tb testing.TB, n int, rate float64) []time.Duration {
	tb.Helper()
	var next atomic.Int64
	var running sync.WaitGroup
	took := make([][]time.Duration, readers)
	began := time.Now()
	for i := range readers {
		reader, err := dialReader(l.address)
		if err != nil {
			tb.Fatal(err)
		}
		running.Go(func() {
			defer reader.conn.Close()
			for at := next.Add(1); at <= int64(n); at = next.Add(1) {
				due := time.Now()
				if rate > 0 {
					due = began.Add(time.Duration(float64(at) / rate * 1e9))
					<-time.After(time.Until(due))
				}
				if err := reader.ask(l.next()); err != nil {
					tb.Error(err)
					return
				}
				took[i] = append(took[i], time.Since(due))
			}
		})
	}
	running.Wait()
	return slices.Concat(took...)
}

// mailReader is a client that does less than the library's, because it runs on the cores
// that it measures.
type mailReader struct {
	conn    net.Conn
	answers *bufio.Reader
}

func dialReader(address string) (*mailReader, error) {
	conn, err := net.Dial("tcp", address)
	return &mailReader{conn, bufio.NewReader(conn)}, err
}

// ask writes a request and reads the answer, which must be the pixel or a redirect.
func (r *mailReader) ask(request []byte) error {
	if _, err := r.conn.Write(request); err != nil {
		return err
	}
	status, err := r.answers.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(status, []byte("HTTP/1.1 302")) && !bytes.HasPrefix(status, []byte("HTTP/1.1 200")) {
		return fmt.Errorf("answered %s", status)
	}
	body := 0
	for {
		line, err := r.answers.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(line) == 2 {
			_, err = r.answers.Discard(body)
			return err
		}
		if size, found := bytes.CutPrefix(line, []byte("Content-Length: ")); found {
			if body, err = strconv.Atoi(string(bytes.TrimSpace(size))); err != nil {
				return err
			}
		}
	}
}

func percentile(list []time.Duration, p float64) time.Duration {
	slices.Sort(list)
	return list[min(len(list)-1, int(p*float64(len(list))))]
}
