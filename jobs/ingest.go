package jobs

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"comeback/commerce"
	"comeback/connectors"
)

// Ingest reads stored deliveries into records. A delivery that cannot be read is
// quarantined with the reason and can be replayed. No delivery is ever dropped.
type Ingest struct {
	store inbox
	now   func() time.Time
	log   *slog.Logger
}

type inbox interface {
	ClaimDeliveries(ctx context.Context, shop string, limit int) ([]commerce.Delivery, error)
	// SaveDelivered reports as secret whether the body must be erased.
	SaveDelivered(ctx context.Context, shop string, r connectors.Records) (subjects []string, secret bool, err error)
	FinishDeliveries(ctx context.Context, shop string, list []commerce.Delivery, at time.Time) error
	Shop(ctx context.Context, id string) (commerce.Shop, error)
}

// NewIngest makes the stage.
func NewIngest(store inbox, now func() time.Time, log *slog.Logger) *Ingest {
	return &Ingest{store: store, now: now, log: log}
}

// Work reads one batch of deliveries. A delivery whose records cannot be stored
// stays claimed and is read again when its lease is over.
func (g *Ingest) Work(ctx context.Context, shop string) (done int, err error) {
	batch, err := g.store.ClaimDeliveries(ctx, shop, 128)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	settings, err := g.store.Shop(ctx, shop)
	if err != nil {
		return 0, err
	}
	finished, err := collect(ctx, batch, func(ctx context.Context, d commerce.Delivery) (commerce.Delivery, error) {
		return g.read(ctx, settings, d)
	})
	if failed := g.store.FinishDeliveries(ctx, shop, finished, g.now()); failed != nil {
		return len(finished), failed
	}
	return len(finished), err
}

// read stores the records of the delivery and returns it with its new state.
func (g *Ingest) read(ctx context.Context, shop commerce.Shop, d commerce.Delivery) (commerce.Delivery, error) {
	records, err := decode(shop, d)
	if err != nil {
		d.State, d.Reason = commerce.Quarantined, err.Error()
		g.log.Warn("delivery quarantined", "shop", shop.ID, "delivery", d.ID, "topic", d.Topic)
		return d, nil
	}
	if records.Ignored != "" {
		d.State, d.Reason = commerce.Ignored, records.Ignored
		return d, nil
	}
	d.State = commerce.Read
	d.Subjects, d.Erased, err = g.store.SaveDelivered(ctx, shop.ID, records)
	if code := commerce.CodeOf(err); code == commerce.Invalid || code == commerce.TooLarge { // another attempt would fail alike
		d.State, d.Reason = commerce.Quarantined, err.Error()
		return d, nil
	}
	return d, err
}

// decode returns an error where a connector panics: such a body is quarantined and
// does not stop the shop.
func decode(shop commerce.Shop, d commerce.Delivery) (records connectors.Records, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("the connector failed: %v\n%s", cause, debug.Stack())
		}
	}()
	header := http.Header{}
	for _, h := range d.Headers {
		header.Set(h.Key, h.Value)
	}
	return connectors.Read(d.Platform, connectors.Delivery{
		Platform: d.Platform, Connection: d.Connection, Shop: shop.ID, Currency: shop.Currency,
		Header: header, Body: d.Body, ReceivedAt: d.ReceivedAt, Topic: d.Topic,
	})
}
