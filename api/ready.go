package api

import (
	"encoding/json"
	"slices"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

// readyView is a campaign that comes with the product, adapted to the shop.
type readyView struct {
	Name string          `json:"name"`
	File json.RawMessage `json:"file"`
}

// ready lists the ready campaigns in the form in which they would be installed.
func (h *campaignFiles) ready(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	_, list, err := h.readyFor(c)
	if err != nil {
		return nil, err
	}
	return paged(c, asked{}, list, "", func(r campaigns.ReadyCampaign) readyView { return readyView{r.Name, r.JSON} }), nil
}

func (h *campaignFiles) readyFor(c *gin.Context) (commerce.Shop, []campaigns.ReadyCampaign, error) {
	shop, err := h.store.Shop(c.Request.Context(), shopOf(c))
	if err != nil {
		return shop, nil, err
	}
	list, err := campaigns.Ready(shop.Market, shop.Trade)
	return shop, list, err
}

// install stores a ready campaign in the shop, as a draft.
func (h *campaignFiles) install(c *gin.Context) (any, error) {
	shop, list, err := h.readyFor(c)
	if err != nil {
		return nil, err
	}
	for _, r := range list {
		if r.Name != c.Param("campaign") {
			continue
		}
		judged, err := h.review(c, r.JSON, shop)
		if err != nil {
			return nil, err
		}
		if err := invalid("campaign: does not fit this shop, see errors", judged.Problems); err != nil {
			return nil, err
		}
		return h.keep(c, judged.Campaign, aboutShop(r, judged.Problems))
	}
	return nil, commerce.Errorf(commerce.NotFound, "ready campaign: %q does not exist", clip(c.Param("campaign")))
}

// aboutShop leaves out the notes about the file itself: a ready file means what it
// says.
func aboutShop(r campaigns.ReadyCampaign, notes []strictjson.Problem) []strictjson.Problem {
	_, own := campaigns.Parse(r.JSON)
	return slices.DeleteFunc(slices.Clone(notes), func(p strictjson.Problem) bool { return slices.Contains(own, p) })
}
