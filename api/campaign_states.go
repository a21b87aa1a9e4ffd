package api

import (
	"context"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
)

// campaignStates switch campaigns on and off.
type campaignStates struct{ store campaignStore }

type campaignStore interface {
	Definition(ctx context.Context, shop, slug string, version int) (campaigns.Definition, error)
	ActivateCampaign(ctx context.Context, shop, slug string, version int) error
	PauseCampaign(ctx context.Context, shop, slug string) error
	ResumeCampaign(ctx context.Context, shop, slug string) error
	ArchiveCampaign(ctx context.Context, shop, slug string) error
}

type versionInput struct {
	Version int `json:"version"`
}

func (h *campaignStates) activate(c *gin.Context) (any, error) {
	var in versionInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	if in.Version < 1 {
		return nil, wrong("/version", "missing: name the version to activate")
	}
	// A version that is not there must not take the place of one that is.
	if _, err := h.store.Definition(c.Request.Context(), shopOf(c), c.Param("campaign"), in.Version); err != nil {
		return nil, err
	}
	return nil, h.store.ActivateCampaign(c.Request.Context(), shopOf(c), c.Param("campaign"), in.Version)
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
