package api

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/commerce"
)

// Bounds of one request.
const (
	maxBody   = 1 << 20
	deadline  = 10 * time.Second // of a request's work
	hookLimit = 4 * time.Second  // platforms close the connection after 5
	grace     = 10 * time.Second // for requests in progress at shutdown
)

// newEngine makes a router that trusts the named proxies only.
func newEngine(proxies []string) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.RedirectTrailingSlash = false
	engine.HandleMethodNotAllowed = true
	engine.NoMethod(noMethod)
	if err := engine.SetTrustedProxies(proxies); err != nil {
		return nil, commerce.Errorf(commerce.Invalid, "trusted proxies: %w", err)
	}
	return engine, nil
}

// NewServer returns an http.Server with a limit for every wait.
func NewServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       120 * time.Second,
		MaxHeaderBytes:    64 << 10,
	}
}

// Run serves on l until ctx ends, then finishes the requests in progress and
// stores the last touches and counts. It owns l. A listener that fails by itself is an
// error.
func (a *API) Run(ctx context.Context, l net.Listener) error {
	touches, stopTouches := context.WithCancel(context.WithoutCancel(ctx))
	recorded := make(chan error, 2)
	go func() { recorded <- a.recorder.Run(touches) }()
	go func() { recorded <- a.counts.run(touches) }()
	err := serve(ctx, NewServer(a.engine), l, func() {
		a.draining.Store(true)
		close(a.stopping)
	})
	stopTouches() // only now, because the last requests may have added some
	return errors.Join(err, <-recorded, <-recorded)
}

// Drain lets /readyz answer 503 from now on. Requests are served as before until Run ends.
func (a *API) Drain() { a.draining.Store(true) }

// serve is Run for any server. stopping is called before waiting for the last
// requests.
func serve(ctx context.Context, s *http.Server, l net.Listener, stopping func()) error {
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stopping()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	err := s.Shutdown(last)
	if err != nil {
		err = errors.Join(err, s.Close())
	}
	<-served
	return err
}

// checkBaseURL refuses a text with which links in mails cannot start.
func checkBaseURL(base string) error {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.HasSuffix(base, "/") || u.RawQuery != "" ||
		u.User != nil {
		return commerce.Errorf(commerce.Invalid, "base URL %q: write it like https://comeback.example.com, without a slash at the end", base)
	}
	return nil
}

func timedOut(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
