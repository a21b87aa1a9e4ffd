package api

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"comeback/api/limits"
	"comeback/commerce"
	"comeback/connectors"
	"comeback/failpoint"
)

const maxHook = connectors.MaxBody

// hooks accept deliveries: they check the signature, store the delivery,
// answer, and only then have it read. A delivery answered with 200 is stored
// durably.
type hooks struct {
	store     hookStore
	marker    Marker
	known     *connectionCache
	counts    *receptions
	log       *slog.Logger
	bodies    *hookBodies
	now, wall func() time.Time
	received  *prometheus.CounterVec
}

type hookStore interface {
	Connection(ctx context.Context, shop, slug string) (commerce.Connection, error)
	Secrets(c commerce.Connection) ([][]byte, error)
	// AddDelivery stores a delivery durably; first is false if it is stored already.
	AddDelivery(ctx context.Context, shop string, d commerce.Delivery) (first bool, err error)
	// LearnAlias adds a name to those of a connection's store, if that is safe.
	LearnAlias(ctx context.Context, shop, slug, name string) (learned bool, err error)
}

func newHooks(cfg Config, known *connectionCache, counts *receptions, b *bounds) *hooks {
	received := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "comeback_deliveries_received_total", Help: "Webhook deliveries by platform and answer.",
	}, []string{"platform", "result"})
	cfg.Metrics.MustRegister(received)
	return &hooks{
		store: cfg.Store, marker: cfg.Marker, known: known, counts: counts, log: cfg.Log, now: cfg.Now, wall: cfg.Wall, received: received,
		bodies: &hookBodies{bounds: b, deadline: cfg.Deadline, proven: limits.NewNames()},
	}
}

// receive answers POST /hooks/:platform/:connection.
func (h *hooks) receive(c *gin.Context) {
	platform := c.Param("platform")
	if !slices.Contains(connectors.Platforms(), platform) {
		noRoute(c)
		return
	}
	body, done, err := h.bodies.read(c)
	if err != nil {
		h.unread(c, platform, err)
		return
	}
	defer done()
	d := connectors.Delivery{Platform: platform, Header: c.Request.Header, Body: body, ReceivedAt: h.now()}
	// Before the connection is read, so that a ping does not reveal which exist.
	if connectors.Handshake(platform, d) {
		h.bodies.judged(c, false, len(body))
		h.done(c, platform, "greeting")
		return
	}
	from, err := h.verified(c, &d)
	switch {
	case commerce.CodeOf(err) == commerce.Unauthorized:
		h.bodies.judged(c, false, len(body))
		h.received.WithLabelValues(platform, "unauthorized").Inc()
		c.Data(http.StatusUnauthorized, "application/problem+json", []byte(unverified))
	case err != nil:
		h.failed(c, from, d, err)
	default:
		h.bodies.judged(c, true, len(body))
		c.Set(keyShop, from.Shop)
		h.keep(c, from, d)
	}
}

// unverified is the answer to every delivery without a valid signature, whether or
// not the connection exists.
const unverified = `{"type":"about:blank","title":"Unauthorized","status":401,"code":"unauthorized",` +
	`"detail":"signature: does not match; check the secret and the address against those of the connection"}`

// verified completes d with its connection and checks its signature. An unknown
// connection costs the same work: its deliveries are checked against a secret
// that no client has, and are not counted.
func (h *hooks) verified(c *gin.Context, d *connectors.Delivery) (from commerce.Connection, err error) {
	k, err := h.known.find(c.Request.Context(), c.Param("connection"))
	if err != nil {
		return k.Connection, err
	}
	d.Shop, d.Connection, d.Source, d.Aliases = k.Shop, k.Slug, k.Source, k.Aliases
	err = connectors.Verify(d.Platform, *d, k.secrets, h.wall())
	reason, named := connectors.RefusalOf(err)
	if (err == nil || reason == commerce.WrongSource) && k.Platform != d.Platform {
		err, reason = commerce.Errorf(commerce.Unauthorized, "connection: of another platform"), commerce.WrongPlatform
		named = ""
	}
	if reason == commerce.WrongSource {
		err = h.learn(c.Request.Context(), k, *d, err)
		reason, named = connectors.RefusalOf(err)
	}
	if reason != "" && k.Slug != "" {
		h.counts.refused(k.Connection, reason, named, d.ReceivedAt)
	}
	return k.Connection, err
}

// learn accepts a delivery that names its store by a name not known yet, if that can
// be a further name of the connection's store. The current secret teaches names, and
// the one before does not: it may have been replaced because others know it.
func (h *hooks) learn(ctx context.Context, k cachedConnection, d connectors.Delivery, refused error) error {
	name := connectors.NamedStore(d.Platform, d.Header)
	if d.Source = ""; name == "" || connectors.Verify(d.Platform, d, k.secrets[:1], h.wall()) != nil {
		return refused
	}
	learned, err := h.store.LearnAlias(ctx, k.Shop, k.Slug, name)
	if err != nil {
		return err
	}
	if !learned {
		return refused
	}
	h.known.forget(k.ID)
	h.log.Info("a connection's store has one more name", "connection", k.ID, "name", name)
	return nil
}

// keep stores the delivery and has it read.
func (h *hooks) keep(c *gin.Context, from commerce.Connection, d connectors.Delivery) {
	stored := commerce.Delivery{
		ID: commerce.Key(d.Shop, d.Connection, connectors.DedupeKey(d.Platform, d)), Shop: d.Shop, Connection: d.Connection,
		Platform: d.Platform, Topic: connectors.Topic(d.Platform, d.Header), Headers: keptHeaders(d.Header), Body: d.Body,
		ReceivedAt: d.ReceivedAt, State: commerce.Unread, Subjects: []string{},
	}
	first, err := h.store.AddDelivery(c.Request.Context(), d.Shop, stored)
	if err != nil {
		h.failed(c, from, d, err)
		return
	}
	failpoint.Hit(failpoint.BeforeAnswer)
	h.counts.accepted(from, d.ReceivedAt)
	// Also when stored before: the process that stored it may have died before marking.
	h.marker.Mark(d.Shop)
	result := "accepted"
	if !first {
		result = "repeated"
	}
	h.done(c, d.Platform, result)
}

func (h *hooks) done(c *gin.Context, platform, result string) {
	h.received.WithLabelValues(platform, result).Inc()
	c.Data(http.StatusOK, "application/json", []byte(`{"received":true}`))
}

// unread answers a body that was not read: too large, incomplete, or one too
// many.
func (h *hooks) unread(c *gin.Context, platform string, err error) {
	result := "cut_off"
	switch codeOf(err) {
	case commerce.TooLarge:
		result = "too_large"
	case commerce.TooMany:
		result = "too_many"
	}
	h.received.WithLabelValues(platform, result).Inc()
	h.countUnread(c, platform, result)
	refuse(c, err)
}

// countUnread counts a body that was not read for its connection. One too many is not
// counted, so that a flood costs no look-up.
func (h *hooks) countUnread(c *gin.Context, platform, result string) {
	reasons := map[string]commerce.Refusal{"cut_off": commerce.Incomplete, "too_large": commerce.Oversized}
	reason, counted := reasons[result]
	if !counted {
		return
	}
	k, err := h.known.find(c.Request.Context(), c.Param("connection"))
	if err == nil && k.Slug != "" && k.Platform == platform {
		h.counts.refused(k.Connection, reason, "", h.now())
	}
}

// failed answers an error that is not the platform's, so that it sends again.
func (h *hooks) failed(c *gin.Context, from commerce.Connection, d connectors.Delivery, err error) {
	h.received.WithLabelValues(d.Platform, "unavailable").Inc()
	if from.Slug != "" {
		h.counts.refused(from, commerce.NotStored, "", d.ReceivedAt)
	}
	refuse(c, commerce.Errorf(commerce.Unavailable, "the delivery could not be stored, send it again: %w", err))
}

// keptHeaders returns the headers that reading a delivery needs. Signatures are
// not stored, so that a reader of the store cannot send deliveries.
func keptHeaders(h http.Header) []commerce.KV {
	list := []commerce.KV{}
	for _, name := range hookHeaders {
		if value := h.Get(name); value != "" {
			list = append(list, commerce.KV{Key: name, Value: strings.ToValidUTF8(value, "")})
		}
	}
	return list
}

var hookHeaders = []string{
	"Content-Type",
	"X-Event-Id", "X-Source", "X-Timestamp", "X-Topic",
	"X-Shopify-Topic", "X-Shopify-Shop-Domain", "X-Shopify-Api-Version", "X-Shopify-Webhook-Id", "X-Shopify-Event-Id",
	"X-Shopify-Triggered-At",
	"Shopify-Topic", "Shopify-Shop-Domain", "Shopify-Api-Version", "Shopify-Webhook-Id", "Shopify-Event-Id", "Shopify-Triggered-At",
	"X-Wc-Webhook-Source", "X-Wc-Webhook-Topic", "X-Wc-Webhook-Resource", "X-Wc-Webhook-Event", "X-Wc-Webhook-Id", "X-Wc-Webhook-Delivery-Id",
}
