package jobs

import (
	"context"
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
	batch, err := w.store.ClaimEnrolments(ctx, shop, p.Held, 256)
	if err != nil || len(batch) == 0 {
		return 0, err
	}
	err = each(ctx, batch, func(ctx context.Context, e campaigns.Enrolment) error {
		c, err := p.Version(e.Campaign, e.Version)
		if err != nil {
			return err
		}
		_, err = w.decisions.decide(ctx, p, c, e.ID, e, campaigns.Occasion{Kind: campaigns.OnDue}, aboutEnrolment(e))
		return err
	})
	return len(batch), err
}
