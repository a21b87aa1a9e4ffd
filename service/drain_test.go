package service

import (
	"net/http"
	"testing"
	"time"
)

// A service that is asked to stop answers at once that it is not ready, and serves requests for the
// time of the drain: a load balancer sees it, and no request is refused.
func TestStopShowsNotReadyBeforeItRefusesRequests(t *testing.T) {
	t.Parallel()
	s, end := started(t, []string{"COMEBACK_DATA=" + t.TempDir(), "COMEBACK_LISTEN=127.0.0.1:0", "COMEBACK_SHUTDOWN_DRAIN=2s"})
	status := func(path string) int {
		answer, err := http.Get("http://" + s.Address() + path)
		if err != nil {
			return 0
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	await(t, time.Minute, func() bool { return status("/readyz") == http.StatusOK })
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		end()
	}()
	got := http.StatusOK
	await(t, time.Minute, func() bool { got = status("/readyz"); return got != http.StatusOK })
	if served := status("/livez"); got != http.StatusServiceUnavailable || served != http.StatusOK {
		t.Errorf("got %d, and %d for another request; want 503, and requests served", got, served)
	}
	<-stopped
}
