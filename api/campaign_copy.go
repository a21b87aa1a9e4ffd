package api

import (
	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
)

type copyInput struct {
	ID      string `json:"id"`      // of the copy
	Name    string `json:"name"`    // of the copy
	Version *int   `json:"version"` // that is copied; nil: the newest
}

// copy answers POST /v1/campaigns/:campaign/copy: it stores a campaign's file under another id and
// name, as a draft.
func (h *campaignFiles) copy(c *gin.Context) (any, error) {
	var in copyInput
	if err := readBody(c, &in); err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	if !commerce.Slug(in.ID) {
		return nil, wrong("/id", "write %s", commerce.SlugRule)
	}
	if err := checkText("/name", in.Name, 1, 200); err != nil {
		return nil, err
	}
	versions, err := h.found(c)
	if err != nil {
		return nil, err
	}
	version := versions[0].Version
	if in.Version != nil {
		version = *in.Version
	}
	d, err := h.store.Definition(ctx, shop, c.Param("campaign"), version)
	if err != nil {
		return nil, err
	}
	if taken, err := h.store.Versions(ctx, shop, in.ID); err != nil || len(taken) > 0 {
		if err == nil {
			err = commerce.Errorf(commerce.Conflict, "campaign %q: there is one of this id; write another id, or PUT a new version of it", in.ID)
		}
		return nil, err
	}
	file, err := campaigns.Copy(d.JSON, in.ID, in.Name)
	if err != nil {
		return nil, err
	}
	settings, err := h.store.Shop(ctx, shop)
	if err != nil {
		return nil, err
	}
	judged, err := h.review(c, file, settings)
	if err != nil {
		return nil, err
	}
	if err := invalid("campaign: the version that is copied is refused by now, see errors", judged.Problems); err != nil {
		return nil, err
	}
	return h.keep(c, judged.Campaign, judged.Problems)
}
