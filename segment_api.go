package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/commerce"
	"comeback/segments"
	"comeback/segments/indexcache"
	"comeback/service"
	"comeback/store"
)

// segmentAPI is the API for segments: of the running service, else an API in this
// process over the opened database.
type segmentAPI struct {
	*service.Client
	indexes *indexcache.Cache // of this process
	close   func() error
}

func (p *program) segmentAPI(ctx context.Context) (*segmentAPI, error) {
	config, err := service.LoadConfig(p.env)
	if err != nil {
		return nil, err
	}
	db, running, err := p.reach(ctx, config)
	if err != nil {
		return nil, err
	}
	if running != nil {
		return &segmentAPI{Client: running, close: func() error { return nil }}, nil
	}
	q := &segmentAPI{indexes: indexcache.New(scoring{db.Store, p.now}, int64(config.Service.SegmentMemory), p.wall), close: db.Close}
	token := rand.Text()
	if config.Logs.LogLevel == "info" { // the user knows of the requests of this command
		config.Logs.LogLevel = "warn"
	}
	edge, err := api.New(api.Config{
		Store: db.Store, Indexes: q.indexes, Log: service.NewLogger(config.Logs, p.stderr), Now: p.now, Wall: p.wall,
		Deadline: deadline, Metrics: prometheus.NewRegistry(),
		AdminToken: token, BaseURL: "http://comeback.internal",
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	q.Client = service.NewClient(service.Announcement{URL: "http://comeback.internal", Token: token}, inProcess{edge.Handler()})
	return q, nil
}

// ready waits until the shop's index is built, where this process builds it. That may
// take longer than a request.
func (q *segmentAPI) ready(ctx context.Context, shop string) error {
	if q.indexes == nil {
		return nil
	}
	held, err := q.indexes.Open(ctx, shop)
	if err == nil {
		held.Close()
	}
	if commerce.CodeOf(err) == commerce.TooLarge {
		return nil // the database evaluates, or the request fails with the reason
	}
	return err
}

// inProcess calls a handler instead of the network.
type inProcess struct{ http.Handler }

// RoundTrip returns the answer after the handler has returned.
func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context()) // a transport changes no request
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := &recorded{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(w, r)
	return &http.Response{StatusCode: w.status, Header: w.header, Body: io.NopCloser(&w.body), Request: r}, nil
}

// recorded is an answer in memory.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header, Write and WriteHeader are http.ResponseWriter's.
func (w *recorded) Header() http.Header { return w.header }

func (w *recorded) Write(b []byte) (int, error) { return w.body.Write(b) }

// WriteHeader records the status.
func (w *recorded) WriteHeader(status int) { w.status = status }

// scoring is a database that computes the customers' scores where none are stored. It
// stores nothing.
type scoring struct {
	*store.Store
	now func() time.Time
}

// Fitted returns the stored parameters, else computes them.
func (s scoring) Fitted(ctx context.Context, id string) (*segments.Fitted, error) {
	f, err := s.Store.Fitted(ctx, id)
	if err != nil || f != nil {
		return f, err
	}
	shop, err := s.Shop(ctx, id)
	if err != nil {
		return nil, err
	}
	rules, err := s.SegmentRules(ctx, id)
	if err != nil {
		return nil, err
	}
	return segments.FitRows(rules, segments.Params{Zone: shop.Location(), Currency: shop.Currency}, s.Rows(ctx, id), s.now())
}
