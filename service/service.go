// Package service is the whole of Comeback, connected: it reads the settings,
// opens every part in the order of need, runs them, and ends them in order. The
// commands, the demo and the tests of the whole open the same Instance. It reads
// no clock and no terminal by itself: Process brings them. It has no rule of the
// business.
package service

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/api"
	"comeback/campaigns/channels/webhook"
	"comeback/campaigns/mail"
	"comeback/commerce"
	"comeback/jobs"
	"comeback/segments/indexcache"
)

// Instance is a service with every part open, made by Open. Run serves until its
// context ends. Close closes the parts and must be called once, also without Run.
type Instance struct {
	config          Config
	db              *Database
	indexes         *indexcache.Cache
	queue           *queue
	relay           *relay
	indexing        *jobs.Indexing
	upgrade         *jobs.Upgrader
	worker          *worker
	api             *api.API
	listener        net.Listener
	metricsListener net.Listener // of /metrics alone; nil: /metrics is on listener
	metrics         *prometheus.Registry
	address         string // at which this machine reaches it: host:port
	base            string // public address
	token           string // admin token of this run; empty on MongoDB
	closers         []func() error
	log             *slog.Logger
}

// Open opens every part, each after the parts that it needs. Where a part cannot be
// opened, it closes the others and returns the error.
func Open(ctx context.Context, c Config, p Process) (s *Instance, err error) {
	s = &Instance{config: c, log: NewLogger(c.Logs, p.Log), metrics: prometheus.NewRegistry()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.db, err = OpenDatabase(ctx, c.Storage, p, s.log); err != nil {
		return s, err
	}
	if c.Storage.MongoURI == "" { // every process with a lease in the file has ended
		forget := func(shop commerce.Shop) error { return s.db.EndLeases(ctx, shop.ID) }
		if err = s.db.EachShop(ctx, forget); err != nil {
			return s, err
		}
		if err = s.db.EndLeases(ctx, commerce.Installation); err != nil {
			return s, err
		}
	}
	s.indexing = s.db.indexing(s.log)
	if s.upgrade, err = jobs.NewUpgrader(ctx, s.db.Store, rand.Text(), s.log); err != nil {
		return s, err
	}
	if s.queue, err = openQueue(c.Storage, s.log); err != nil {
		return s, err
	}
	if s.relay, err = openRelay(c.Relay, c.Service.Role, s.db.keys.key(forRelay), p.Wall, s.log); err != nil {
		return s, err
	}
	if err = s.listen(c.Service); err != nil {
		return s, err
	}
	return s, s.wire(p)
}

func (s *Instance) listen(c Service) (err error) {
	if s.listener, err = net.Listen("tcp", c.Listen); err != nil {
		return commerce.Errorf(commerce.Unavailable, "COMEBACK_LISTEN: %w", err)
	}
	s.address = Reachable(s.listener.Addr().String())
	if s.base = c.PublicURL; s.base == "" {
		s.base = "http://" + s.address
	}
	if c.MetricsListen != "" {
		if s.metricsListener, err = net.Listen("tcp", c.MetricsListen); err != nil {
			return commerce.Errorf(commerce.Unavailable, "COMEBACK_METRICS_LISTEN: %w", err)
		}
	}
	return nil
}

// wire makes the worker and the API over the open parts.
func (s *Instance) wire(p Process) error {
	templates, err := mail.ReadyTemplates()
	if err != nil {
		return err
	}
	tokens, err := mail.NewTokens(mail.TokenKey{ID: 1, Secret: s.db.keys.key(forTokens)})
	if err != nil {
		return err
	}
	s.indexes = indexcache.New(s.db.Store, int64(s.config.Service.SegmentMemory), p.Wall)
	s.metrics.MustRegister(append(indexMetrics(s.indexes), processMetrics()...)...)
	s.worker = newWorker(workerParts{
		store: s.db.Store, indexes: s.indexes, redis: s.queue.Redis, templates: templates, tokens: tokens,
		channels: s.relay.channels(), relay: s.relay.identity,
		poster:  webhook.New(webhook.Settings{Allow: s.config.Service.outbound(), Agent: "Comeback/" + Version()}, p.Wall),
		rates:   jobs.Rates{Shop: s.config.Relay.SMTPShopRate, Domain: s.config.Relay.SMTPDomainRate},
		alone:   s.config.Storage.MongoURI == "",
		baseURL: s.base, workers: s.config.Service.Workers, metrics: s.metrics, now: p.Now, wall: p.Wall, log: s.log,
	})
	s.metrics.MustRegister(s.worker.retain.Metrics())
	if s.token, err = announce(s, s.listener.Addr().String()); err != nil {
		return err
	}
	s.api, err = api.New(api.Config{
		Store: s.db.Store, Marker: s.worker.notifier, Templates: templates, Tokens: tokens, Salt: s.db.keys.key(forTouches),
		Log: s.log, Now: p.Now, Wall: p.Wall, Deadline: p.Deadline,
		Metrics: s.metrics, HideMetrics: s.metricsListener != nil, AdminToken: s.token,
		Backup:   func(ctx context.Context, w io.Writer) error { return s.db.Backup(ctx, s.config.Storage, w) },
		Importer: importer{jobs.NewImporter(s.db.Store, p.Wall)}, Indexes: s.indexes, Explain: s.worker.explain,
		BaseURL: s.base, TrustedProxies: s.config.Service.TrustedProxies, Queue: s.queue.Ping,
		Upgrading: s.upgrade.Doing, Indexing: s.indexing.Doing,
		ProbesOnly: s.config.Service.Role == roleWorker,
	})
	return err
}

// Run serves until ctx ends. Then it finishes requests, enqueues no notification any
// more, finishes running work, and ends the queue and the relay last. A part that
// fails ends the others and is the error. Missing indexes are built and data stored by
// older versions is upgraded first: until then webhooks are stored and not read.
func (s *Instance) Run(ctx context.Context) error {
	s.log.Info("serving", "address", s.address, "public", s.base, "role", s.config.Service.Role, "version", Version())
	if pages := s.relay.mailboxURL(); pages != "" {
		s.log.Info("mail is caught and not delivered", "mailbox", pages)
	}
	edge := []part{s.serve, s.bringUp, s.readIndexes}
	if s.metricsListener != nil {
		edge = append(edge, func(ctx context.Context) error { return servePages(ctx, s.metricsListener, api.Metrics(s.metrics)) })
	}
	work := s.worker.phases()
	if s.config.Service.Role == roleAPI {
		work = [][]part{{s.worker.notifier.Run}}
	}
	phases := append(append([][]part{edge}, s.whenReady(work)...), []part{s.queue.Run, s.relay.Run})
	finished := make(chan error, 1)
	go func() { finished <- inOrder(ctx, phases...) }()
	select {
	case err := <-finished:
		return err
	case <-ctx.Done():
		return s.wait(finished)
	}
}

// serve answers requests until ctx ends, and for the time of the drain after it: a load balancer
// sees that the process is not ready, and sends further requests elsewhere.
func (s *Instance) serve(ctx context.Context) error {
	serving, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	go func() {
		select {
		case <-ctx.Done():
		case <-serving.Done():
			return
		}
		s.api.Drain()
		timer := time.NewTimer(s.config.Service.Drain)
		defer timer.Stop()
		select {
		case <-timer.C:
			stop()
		case <-serving.Done():
		}
	}()
	return s.api.Run(serving, s.listener)
}

// bringUp builds missing indexes, then upgrades data stored by older versions.
func (s *Instance) bringUp(ctx context.Context) error {
	var building sync.WaitGroup
	defer building.Wait()
	building.Go(func() { _ = s.indexing.Run(ctx) }) // it logs and shows what fails, and goes on
	if !s.indexing.Wait(ctx) {
		return nil
	}
	return s.upgrade.Run(ctx)
}

// ready waits until the stored data is ready to be worked on; it returns false when
// ctx ends before.
func (s *Instance) ready(ctx context.Context) bool {
	return s.indexing.Wait(ctx) && s.upgrade.Wait(ctx)
}

// whenReady delays all parts of work until the stored data is ready.
func (s *Instance) whenReady(work [][]part) [][]part {
	for _, phase := range work {
		for i, run := range phase {
			phase[i] = func(ctx context.Context) error {
				if !s.ready(ctx) {
					return nil
				}
				return run(ctx)
			}
		}
	}
	return work
}

// wait lets running work finish, for the configured grace at most.
func (s *Instance) wait(finished <-chan error) error {
	timer := time.NewTimer(s.config.Service.Grace)
	defer timer.Stop()
	select {
	case err := <-finished:
		return err
	case <-timer.C:
		s.log.Warn("stopped with unfinished work: it is done again when its leases are over", "grace", s.config.Service.Grace)
		return nil
	}
}

// servePages serves h at an address of its own until ctx ends.
func servePages(ctx context.Context, l net.Listener, h http.Handler) error {
	server := api.NewServer(h)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
		err := server.Close()
		<-served
		return err
	}
}

// Address is the host:port at which this machine reaches the service.
func (s *Instance) Address() string { return s.address }

// BaseURL is the public address; links in mails begin with it.
func (s *Instance) BaseURL() string { return s.base }

// AdminToken is the installation key of this run for commands; "" with MongoDB.
func (s *Instance) AdminToken() string { return s.token }

// Close closes the parts, the last opened first, and returns all errors.
func (s *Instance) Close() error {
	var errs []error
	for _, closer := range s.closers {
		errs = append(errs, closer())
	}
	for _, l := range []net.Listener{s.metricsListener, s.listener} {
		if l != nil {
			_ = l.Close() // Run has closed it already, if it ran
		}
	}
	if s.relay != nil {
		s.relay.Close()
	}
	if s.queue != nil {
		errs = append(errs, s.queue.Close())
	}
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	return errors.Join(errs...)
}
