package jobs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"comeback/jobs"
)

// logged is what a log was given. full is called when a line is about a sentinel.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
	full func()
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytes.Contains(p, []byte("sentinel")) {
		l.full()
	}
	return l.text.Write(p)
}

// What the client of Redis reports about sentinels is lines of the program's log, like all
// others.
func TestRedisReportsInTheLogsForm(t *testing.T) {
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var answering sync.WaitGroup
	answering.Go(func() {
		for conn, err := listener.Accept(); err == nil; conn, err = listener.Accept() {
			_ = conn.Close() // a sentinel that is no use
		}
	})
	log := &logged{full: stop}
	jobs.LogRedis(slog.New(slog.NewJSONHandler(log, nil)))
	r, err := jobs.OpenRedis("redis-sentinel://" + listener.Addr().String() + "?master=m")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Ping(ctx); err == nil {
		t.Error("got an answer of Redis, want none")
	}
	_, _ = r.Close(), listener.Close()
	answering.Wait()
	log.mu.Lock()
	defer log.mu.Unlock()
	if !strings.Contains(log.text.String(), "sentinel") {
		t.Errorf("got %q, want what the client reports about the sentinel", log.text.String())
	}
	for line := range strings.Lines(log.text.String()) {
		if !json.Valid([]byte(line)) {
			t.Errorf("got %q, want a line of JSON", line)
		}
	}
}
