package service

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/jobs"
	"comeback/segments/indexcache"
	"comeback/store"
)

// worker is the part of the service that does due work. Its parts have names so that
// the demo and tests can call a round themselves.
type worker struct {
	fleet    *jobs.Fleet // nil: this process is the only worker
	advance  *jobs.Advancer
	queue    *jobs.Queue
	notifier *jobs.Notifier
	dispatch *jobs.Dispatcher
	sweep    *jobs.Sweeper
	segments *jobs.Segments
	retain   *jobs.Retention
	server   *jobs.Server
	explain  *jobs.Explain
	sending  *jobs.Sending
	calls    *jobs.Calls
}

// workerParts are the parts of a worker.
type workerParts struct {
	store     *store.Store
	indexes   *indexcache.Cache
	redis     *jobs.Redis
	templates *mail.Templates
	tokens    *mail.Tokens
	channels  map[string]jobs.Channel
	relay     campaigns.Relay // of channels
	poster    jobs.Poster     // of webhooks and notifications
	rates     jobs.Rates
	alone     bool   // no other process works on the database
	baseURL   string // of tracking links
	workers   int    // notifications worked on at once
	metrics   *prometheus.Registry
	now, wall func() time.Time
	log       *slog.Logger
}

func newWorker(w workerParts) *worker {
	cache := jobs.NewCampaignCache(w.store, w.wall)
	facts := jobs.NewFacts(w.store, w.store, w.now)
	decisions := jobs.NewDecisions(w.store, facts, w.now)
	credit := jobs.NewCredit(w.store, facts, w.tokens)
	watch := jobs.NewWatch(w.store, w.store, cache, decisions, w.now, w.wall)
	composer := jobs.NewComposer(w.templates, w.store, w.tokens, w.baseURL)
	var fleet *jobs.Fleet
	duties := interface{ Owns(string) bool }(jobs.Alone{})
	if !w.alone {
		fleet = jobs.NewFleet(w.store, rand.Text(), w.wall, w.log)
		duties, w.rates.Workers = fleet, fleet.Size
	}
	sending := jobs.NewSending(w.store, w.relay, w.rates, w.wall, w.log)
	calls := jobs.NewCalls(jobs.CallsParts{
		Store: w.store, State: w.store, Cache: cache, Facts: facts, Poster: w.poster, Mail: w.channels[campaigns.Email], Sending: sending,
		Meter: newCallMeter(w.metrics), Now: w.now, Log: w.log,
	})
	stages := []jobs.Stage{
		jobs.NewIngest(w.store, w.now, w.log),
		jobs.NewPrivacy(w.store, w.log),
		jobs.NewRecount(w.store, watch),
		jobs.NewHandle(jobs.HandleParts{
			Events: w.store, Listeners: w.store, Cache: cache, Facts: facts, Decisions: decisions, Credit: credit, Now: w.now, Log: w.log,
		}),
		watch,
		jobs.NewBroadcast(w.store, sending, cache, decisions, w.now, w.log),
		jobs.NewMigrate(w.store, cache, w.now),
		jobs.NewEnrol(w.store, cache, decisions, w.log),
		calls,
		jobs.NewHandOver(jobs.HandOverParts{
			Store: w.store, State: w.store, Suppress: w.store, Cache: cache, Facts: facts, Composer: composer,
			Channels: w.channels, Sending: sending, Meter: newMessageMeter(w.metrics), Now: w.now, Wall: w.wall, Log: w.log,
		}),
		jobs.NewUnpack(w.store, newTouchMeter(w.metrics)),
		jobs.NewEngage(w.store, w.store, cache, credit),
		jobs.NewCount(w.store),
	}
	queue := jobs.NewQueue(w.redis, w.wall)
	advance := jobs.NewAdvancer(w.store, stages, w.now, w.wall, w.log)
	return &worker{
		sending:  sending,
		calls:    calls,
		fleet:    fleet,
		advance:  advance,
		queue:    queue,
		notifier: jobs.NewNotifier(w.store, queue, w.now, w.log),
		dispatch: jobs.NewDispatcher(w.store, queue, store.Slots, w.now, w.log),
		sweep:    jobs.NewSweeper(w.store, duties, w.wall, w.log),
		segments: jobs.NewSegments(jobs.SegmentsParts{
			Indexes: w.indexes, Store: w.store, Duties: duties, Now: w.now, Wall: w.wall, Log: w.log,
		}),
		retain:  jobs.NewRetention(w.store, duties, w.wall, w.log),
		server:  jobs.NewServer(w.redis, advance, w.workers, w.log),
		explain: jobs.NewExplain(w.store, w.store, cache, facts, w.now),
	}
}

// phases are the worker's parts in the order in which they end: first the parts that
// find work, then the server, which finishes running work, and last what waits for the answers of calls.
func (w *worker) phases() [][]part {
	finders := []part{
		w.notifier.Run, w.dispatch.Run, w.joined(w.sweep.Run), w.joined(w.segments.Run), w.joined(w.retain.Run), w.sending.Run,
	}
	if w.fleet != nil {
		finders = append(finders, w.fleet.Run)
	}
	return [][]part{finders, {w.server.Run}, {w.calls.Run}}
}

// joined delays a part until the worker knows the others, and so its own share.
func (w *worker) joined(run part) part {
	return func(ctx context.Context) error {
		if w.fleet != nil && !w.fleet.Wait(ctx) {
			return nil
		}
		return run(ctx)
	}
}
