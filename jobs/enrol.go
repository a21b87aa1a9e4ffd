package jobs

import (
	"context"
	"errors"
	"log/slog"

	"comeback/campaigns"
)

// Enrol advances the enrolments whose next step is due.
type Enrol struct {
	store     dueEnrolments
	cache     *CampaignCache
	decisions *Decisions
	log       *slog.Logger
}

type dueEnrolments interface {
	ClaimEnrolments(ctx context.Context, shop string, held []string, limit int) ([]campaigns.Enrolment, error)
}

// NewEnrol makes the stage.
func NewEnrol(store dueEnrolments, cache *CampaignCache, decisions *Decisions, log *slog.Logger) *Enrol {
	return &Enrol{store: store, cache: cache, decisions: decisions, log: log}
}

// Work advances one batch.
func (w *Enrol) Work(ctx context.Context, shop string) (done int, err error) {
	p, err := w.cache.Of(ctx, shop)
	if err != nil {
		return 0, err
	}
	batch, err := w.store.ClaimEnrolments(ctx, shop, p.Held, batchSize)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	var matters []*matter
	for _, e := range batch {
		c, failed := p.Version(e.Campaign, e.Version)
		if failed != nil {
			err = errors.Join(err, failed)
			continue
		}
		occasion := campaigns.Occasion{Kind: campaigns.OnDue}
		matters = append(matters, &matter{campaign: c, id: e.ID, enrolment: e, occasion: occasion, about: aboutEnrolment(e)})
	}
	failed := apart(ctx, matters, func(ctx context.Context, some []*matter) error { return w.decisions.decide(ctx, p, some) })
	return len(batch), errors.Join(err, failed)
}
