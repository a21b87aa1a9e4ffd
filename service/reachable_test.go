package service

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
)

// A command on the same machine reaches the service, at whatever address it
// listens.
func TestServiceIsReachedOnItsMachine(t *testing.T) {
	t.Parallel()
	for listen, want := range map[string]string{
		":8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", "[::]:80": "127.0.0.1:80", "10.1.2.3:80": "10.1.2.3:80",
		"localhost:80": "localhost:80",
	} {
		if got := Reachable(listen); got != want {
			t.Errorf("%s: got %s, want %s", listen, got, want)
		}
	}
}

// The log of a start shows the page of the caught mails, and each request's line how
// long it took, with the unit.
func TestServeLogsWhereMailIsAndHowLongRequestsTake(t *testing.T) {
	t.Parallel()
	config, err := LoadConfig([]string{
		"COMEBACK_DATA=" + t.TempDir(), "COMEBACK_LISTEN=127.0.0.1:0", "COMEBACK_MAILBOX=127.0.0.1:0", "COMEBACK_MAILBOX_PAGES=127.0.0.1:0",
		"COMEBACK_LOG_LEVEL=debug",
	})
	ok(t, err)
	var logged bytes.Buffer
	process := ownProcess()
	process.Log = &logged // a logger writes one line at a time
	s, err := Open(t.Context(), config, process)
	ok(t, err)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+s.Address()+"/v1/shop", nil)
	ok(t, err)
	response, err := http.DefaultClient.Do(request)
	ok(t, err)
	ok(t, response.Body.Close())
	pages := s.relay.mailboxURL()
	stop()
	ok(t, errors.Join(<-done, s.Close()))
	for _, want := range []string{pages, "took_ms"} {
		if !strings.Contains(logged.String(), want) {
			t.Errorf("got %s, want %s in it", &logged, want)
		}
	}
}
