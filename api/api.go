// Package api is the service's HTTP interface: webhooks, tracking links, REST
// v1 and probes. Routes lists all of it. The package checks the caller and the
// input, calls the rules and the store, and answers with types of its own, so
// that stored fields are never exposed by accident. It imports gin and the
// rules, never store or jobs: each handler declares the methods it needs.
package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"comeback/campaigns"
	"comeback/campaigns/mail"
	"comeback/commerce"
)

// Config is the configuration of an API. A field is required unless its comment
// describes the empty value.
type Config struct {
	Store  Store
	Marker Marker
	// Templates are the templates that campaigns may name.
	Templates campaigns.TemplateSet
	// Tokens read the links in mails.
	Tokens *mail.Tokens
	// Salt protects hashed client addresses against look-up. It is the same in
	// every process, with 16 bytes or more. Empty: random, for this process
	// only.
	Salt []byte
	Log  *slog.Logger
	// Now is the clock of deliveries and touches. Wall is the clock of
	// signatures, keys and durations. Tests set both.
	Now, Wall func() time.Time
	// Deadline returns the machine's time after a duration. The kernel compares
	// connection deadlines with the machine's clock, which tests cannot set.
	Deadline func(time.Duration) time.Time
	// Metrics is the registry of all metrics. /metrics shows it unless
	// HideMetrics is set.
	Metrics     *prometheus.Registry
	HideMetrics bool
	// ProbesOnly omits all routes but /livez, /readyz and /metrics, for a
	// process that only runs jobs.
	ProbesOnly bool
	// AdminToken is an installation key of this process's own; empty: none.
	AdminToken string
	// Backup writes a copy of the database. nil: this process makes none.
	Backup func(ctx context.Context, w io.Writer) error
	// Importer imports files of history. nil: this process does not accept
	// imports.
	Importer Importer
	// Indexes contains the segment indexes of shops. nil: this process does not
	// evaluate segments.
	Indexes Indexes
	// Explain explains why customers are in campaigns or not. nil: this process
	// does not.
	Explain CampaignExplainer
	// BaseURL is the public address of the service, without "/" at its end.
	BaseURL string
	// TrustedProxies are the networks (CIDR) whose X-Forwarded-For is used.
	// Empty: none.
	TrustedProxies []string
	// Queue reports whether the queue answers. nil: there is no queue. Without
	// it work starts later, so a silent queue is shown and does not end
	// readiness.
	Queue func(context.Context) error
	// Upgrading names the stored data that is being upgraded. nil or empty:
	// none. During an upgrade only webhooks and links are served.
	Upgrading func() string
	// Indexing names the indexes of the database that are being built, or why they
	// cannot be built. nil or empty: none. Everything is served meanwhile.
	Indexing func() (what string, failed bool)
}

// Store contains every method of the store that the API uses; each handler
// declares only its part.
type Store interface {
	hookStore
	receptionStore
	keyStore
	idempotencyStore
	shopStore
	connectionStore
	orderStore
	checkoutStore
	customerStore
	productStore
	deliveryStore
	importsStore
	definitionStore
	campaignStore
	messageStore
	enrolmentStore
	callStore
	suppressionStore
	privacyStore
	eventStore
	qualityStore
	resultStore
	conversionStore
	runStore
	trackingStore
	touchStore
	segmentStore
	segmentListStore
	segmentStateStore
	historyStore
	ruleStore
	listingStore
	importStore
	personStore
	crowdStore
	sendingStore
	pinger
}

// Marker marks that a shop has new work. It must not block.
type Marker interface {
	Mark(shop string)
}

// API serves HTTP. New makes one; Run serves it.
type API struct {
	cfg      Config
	engine   *gin.Engine
	recorder *Recorder
	pages    *pages
	known    *connectionCache
	counts   *receptions
	draining atomic.Bool
	stopping chan struct{} // closed when Run stops
}

// New checks the configuration and builds the routes.
func New(cfg Config) (*API, error) {
	if err := checkBaseURL(cfg.BaseURL); err != nil {
		return nil, err
	}
	if len(cfg.Salt) == 0 {
		cfg.Salt = random(32)
	}
	if len(cfg.Salt) < 16 {
		return nil, commerce.Errorf(commerce.Invalid, "salt: %d bytes, need 16 or more", len(cfg.Salt))
	}
	now := cfg.Now
	cfg.Now = func() time.Time { return stored(now()) }
	a := &API{cfg: cfg, stopping: make(chan struct{})}
	a.recorder = NewRecorder(cfg.Store, cfg.Marker, cfg.Wall, cfg.Metrics, cfg.Log)
	a.known = newConnectionCache(cfg.Store, cfg.Wall)
	a.counts = newReceptions(cfg.Store, cfg.Log)
	var err error
	if a.pages, err = newPages(); err != nil {
		return nil, err
	}
	if a.engine, err = newEngine(cfg.TrustedProxies); err != nil {
		return nil, err
	}
	a.engine.NoRoute(a.pages.lost)
	a.Routes(a.engine)
	return a, nil
}

// Handler serves requests without Run, for example in tests. Touches are stored
// only while the Recorder runs.
func (a *API) Handler() http.Handler { return a.engine }

// Recorder returns the recorder of touches. Run runs it.
func (a *API) Recorder() *Recorder { return a.recorder }
