package api

import (
	"context"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
)

// campaignStates activate and pause campaigns.
type campaignStates struct {
	store campaignStore
	reach *campaignReach
}

type campaignStore interface {
	Definition(ctx context.Context, shop, slug string, version int) (campaigns.Definition, error)
	ActivateCampaign(ctx context.Context, shop, slug string, version int) error
	PauseCampaign(ctx context.Context, shop, slug string) error
	ResumeCampaign(ctx context.Context, shop, slug string) error
	ArchiveCampaign(ctx context.Context, shop, slug string) error
}

type versionInput struct {
	Version int  `json:"version"`
	Count   bool `json:"count"` // answer with the campaign's reach, instead of nothing
}

func (h *campaignStates) activate(c *gin.Context) (any, error) {
	var in versionInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	if in.Version < 1 {
		return nil, wrong("/version", "missing: name the version to activate")
	}
	// A version that does not exist must not replace one that does.
	d, err := h.store.Definition(c.Request.Context(), shopOf(c), c.Param("campaign"), in.Version)
	if err != nil {
		return nil, err
	}
	err = h.store.ActivateCampaign(c.Request.Context(), shopOf(c), c.Param("campaign"), in.Version)
	if err != nil || !in.Count {
		return nil, err
	}
	return h.reach.count(c.Request.Context(), shopOf(c), d)
}

func (h *campaignStates) pause(c *gin.Context) (any, error) {
	return nil, h.store.PauseCampaign(c.Request.Context(), shopOf(c), c.Param("campaign"))
}

func (h *campaignStates) resume(c *gin.Context) (any, error) {
	return nil, h.store.ResumeCampaign(c.Request.Context(), shopOf(c), c.Param("campaign"))
}

func (h *campaignStates) archive(c *gin.Context) (any, error) {
	return nil, h.store.ArchiveCampaign(c.Request.Context(), shopOf(c), c.Param("campaign"))
}
