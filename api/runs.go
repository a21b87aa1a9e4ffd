package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

// runs shows the runs of a campaign's broadcast, schedule or backfill.
type runs struct{ store runStore }

type runStore interface {
	// Versions lists a campaign's versions, the newest first.
	Versions(ctx context.Context, shop, slug string) ([]campaigns.Definition, error)
	ListRuns(ctx context.Context, shop, campaign, after string, limit int) (list []campaigns.Run, next string, err error)
}

type runView struct {
	ID        string       `json:"id"`
	Campaign  string       `json:"campaign"`
	Version   int          `json:"version"`
	Backfill  bool         `json:"backfill,omitempty"`   // of those who were past the trigger when the version became active
	LocalTime string       `json:"local_time,omitempty"` // as planned; left out of a backfill, and of a broadcast sent when it was activated
	PlannedAt time.Time    `json:"planned_at"`           // that time in the shop's zone
	State     string       `json:"state"`
	Reason    string       `json:"reason,omitempty"` // why it was missed or ended early
	BeganAt   *time.Time   `json:"began_at"`
	EndedAt   *time.Time   `json:"ended_at"`
	Seen      int64        `json:"seen"`     // customers it has passed
	Entered   int64        `json:"entered"`  // of these
	HeldOut   int64        `json:"held_out"` // of these, in the holdout group
	Refused   []refuseView `json:"refused"`  // the others, by the check that refused them
}

type refuseView struct {
	Check string `json:"check"`
	Count int64  `json:"count"`
}

func showRun(r campaigns.Run) runView {
	v := runView{
		ID: r.ID, Campaign: r.Campaign, Version: r.Version, LocalTime: r.Local, PlannedAt: stored(r.Planned), State: string(r.State),
		Reason: r.Reason, BeganAt: when(r.BeganAt), EndedAt: when(r.EndedAt), Seen: r.Seen, Entered: r.Entered, HeldOut: r.HeldOut,
		Refused: listed(r.Refused, func(x campaigns.RunRefuse) refuseView { return refuseView{string(x.Check), x.Count} }),
	}
	if v.Backfill = r.OfBackfill(); v.Backfill || r.AtActivation() {
		v.LocalTime = ""
	}
	return v
}

// list answers GET /v1/campaigns/:campaign/runs.
func (h *runs) list(c *gin.Context) (any, error) {
	a, err := ask(c)
	if err != nil {
		return nil, err
	}
	ctx, shop, campaign := c.Request.Context(), shopOf(c), c.Param("campaign")
	versions, err := h.store.Versions(ctx, shop, campaign)
	if err == nil && len(versions) == 0 {
		err = commerce.Errorf(commerce.NotFound, "campaign: not found in this shop")
	}
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListRuns(ctx, shop, campaign, a.after, a.limit)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showRun), nil
}
