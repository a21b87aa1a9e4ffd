// Package api is the service's edge over HTTP: webhooks in, tracking links,
// REST v1, probes. The whole surface stands in Routes. It checks who asks and
// what is asked, calls the rules and the store, and shows types of its own, so
// that nothing stored is exposed by accident. It imports gin and the rules,
// never store or jobs: what it needs of them each handler declares.
package api

import (
	"context"
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

// Config is what an API is made of. What does not say what it is when it is
// empty is required.
type Config struct {
	Store  Store
	Marker Marker
	// Templates are those that campaigns may name.
	Templates campaigns.TemplateSet
	// Tokens read the links of mails.
	Tokens *mail.Tokens
	// Salt keeps hashed client addresses from being looked up: the same in every
	// process, 16 bytes or more. Empty: one of this process's own.
	Salt []byte
	Log  *slog.Logger
	// Now is the clock of deliveries and touches, Wall that of signatures, keys
	// and durations. Tests hold both.
	Now, Wall func() time.Time
	// Deadline is the machine's time after a while: the kernel compares the
	// deadlines of connections with the machine's clock, which nobody holds.
	Deadline func(time.Duration) time.Time
	// Metrics is where figures are registered, and what /metrics shows unless
	// HideMetrics.
	Metrics     *prometheus.Registry
	HideMetrics bool
	// ProbesOnly leaves all but /livez, /readyz and /metrics out, for a process
	// that only works.
	ProbesOnly bool
	// AdminToken is an installation key of this process's own; empty: none.
	AdminToken string
	// Importer takes files of history in; nil: this process takes none.
	Importer Importer
	// Indexes keeps the indexes of shops; nil: this process answers no questions
	// about segments.
	Indexes Indexes
	// Explain says why customers are in campaigns or not; nil: this process does not.
	Explain CampaignExplainer
	// BaseURL is how platforms and customers reach us: no "/" at its end.
	BaseURL string
	// TrustedProxies are the networks (CIDR) whose X-Forwarded-For is believed;
	// empty: nobody's.
	TrustedProxies []string
	// Queue reports whether the doorbell answers; nil where there is none. Without
	// it work starts later, so a silent queue degrades and does not end readiness.
	Queue func(context.Context) error
	// Upgrading says what of stored data is being brought up; nil or empty:
	// nothing. Meanwhile webhooks and links are served, and nothing else.
	Upgrading func() string
}

// Store is all that the API asks of the store; each handler keeps only its part.
type Store interface {
	hookStore
	keyStore
	idempotencyStore
	shopStore
	connectionStore
	orderStore
	checkoutStore
	customerStore
	productStore
	deliveryStore
	definitionStore
	campaignStore
	messageStore
	enrolmentStore
	suppressionStore
	privacyStore
	qualityStore
	resultStore
	conversionStore
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
	pinger
}

// Marker notes that a shop has been given work. It must not block.
type Marker interface {
	Mark(shop string)
}

// API is the service's HTTP face. Made by New; Run serves it.
type API struct {
	cfg      Config
	engine   *gin.Engine
	recorder *Recorder
	pages    *pages
	known    *connectionCache
	draining atomic.Bool
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
	a := &API{cfg: cfg, recorder: NewRecorder(cfg.Store, cfg.Marker, cfg.Metrics, cfg.Log)}
	a.known = newConnectionCache(cfg.Store, cfg.Wall)
	var err error
	if a.pages, err = newPages(); err != nil {
		return nil, err
	}
	if a.engine, err = newEngine(cfg.TrustedProxies); err != nil {
		return nil, err
	}
	a.Routes(a.engine)
	return a, nil
}

// Handler serves requests outside of Run, as tests do; touches are stored by
// whoever runs the Recorder.
func (a *API) Handler() http.Handler { return a.engine }

// Recorder stores touches. Run runs it.
func (a *API) Recorder() *Recorder { return a.recorder }
