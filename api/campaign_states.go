package api

import (
	"context"
	"errors"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

// campaignStates activate and pause campaigns.
type campaignStates struct {
	store     campaignStore
	templates campaigns.TemplateSet
	reach     *campaignReach
	now       func() time.Time
}

type campaignStore interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	// Versions lists a campaign's versions, the newest first.
	Versions(ctx context.Context, shop, slug string) ([]campaigns.Definition, error)
	Definition(ctx context.Context, shop, slug string, version int) (campaigns.Definition, error)
	ActivateCampaign(ctx context.Context, shop, slug string, version int) error
	MigrateCampaign(ctx context.Context, shop, slug string, version int, steps []commerce.KV) error
	UnderWay(ctx context.Context, shop, slug string) ([]campaigns.UnderWay, error)
	PauseCampaign(ctx context.Context, shop, slug string) error
	ResumeCampaign(ctx context.Context, shop, slug string) error
	ArchiveCampaign(ctx context.Context, shop, slug string) error
	namedSegments
}

type versionInput struct {
	Version *int `json:"version"` // nil: the newest
	Count   bool `json:"count"`   // answer with the campaign's reach, instead of nothing
	// Migrate moves customers who are under way on other versions: from the id of a step to its
	// successor's. Steps of the same id need no line. Left out: nobody is moved.
	Migrate map[string]string `json:"migrate"`
	Check   bool              `json:"check"` // answer with what would happen, and change nothing
}

func (h *campaignStates) activate(c *gin.Context) (any, error) {
	var in versionInput
	if err := readOptional(c, &in); err != nil {
		return nil, err
	}
	ctx, shop := c.Request.Context(), shopOf(c)
	// A version that does not exist must not replace one that does.
	d, err := h.chosen(ctx, shop, c.Param("campaign"), in.Version)
	if err != nil {
		return nil, err
	}
	if err := h.equipped(ctx, d); err != nil {
		return nil, err
	}
	if err := h.leads(ctx, d); err != nil {
		return nil, err
	}
	if err := h.inTime(ctx, d); err != nil {
		return nil, err
	}
	steps, err := h.successors(ctx, d, in.Migrate)
	if err != nil {
		return nil, err
	}
	var moves any
	if in.Check || in.Migrate != nil {
		if moves, err = h.moves(ctx, d, steps, in.Migrate != nil); err != nil || in.Check {
			return moves, err
		}
	}
	if in.Migrate != nil {
		err = h.store.MigrateCampaign(ctx, shop, d.Campaign, d.Version, steps)
	} else {
		err = h.store.ActivateCampaign(ctx, shop, d.Campaign, d.Version)
	}
	if err != nil || !in.Count {
		return moves, err
	}
	return h.reach.count(ctx, shop, d)
}

// chosen is the version that the caller named, else the newest.
func (h *campaignStates) chosen(ctx context.Context, shop, slug string, version *int) (campaigns.Definition, error) {
	if version != nil {
		if *version < 1 {
			return campaigns.Definition{}, wrong("/version", "write the number of a version, or leave it out for the newest")
		}
		return h.store.Definition(ctx, shop, slug, *version)
	}
	versions, err := h.store.Versions(ctx, shop, slug)
	if err == nil && len(versions) == 0 {
		err = commerce.Errorf(commerce.NotFound, "campaign: not found in this shop")
	}
	if err != nil {
		return campaigns.Definition{}, err
	}
	return h.store.Definition(ctx, shop, slug, versions[0].Version)
}

// leads refuses a campaign with a mail that is never sent, because it leads to a shop
// without a url.
func (h *campaignStates) leads(ctx context.Context, d campaigns.Definition) error {
	shop, err := h.store.Shop(ctx, d.Shop)
	if err != nil || shop.URL != "" || h.templates == nil {
		return err
	}
	parsed, _ := campaigns.Parse(d.JSON)
	if parsed == nil {
		return nil
	}
	if s, stuck := campaigns.LeadsNowhere(parsed, h.templates); stuck {
		return commerce.Errorf(commerce.Invalid,
			"step %s: its mail leads to the shop, and the shop has no url: set it with PATCH /v1/shop, then activate", s.ID)
	}
	return nil
}

// inTime refuses a broadcast whose time is over.
func (h *campaignStates) inTime(ctx context.Context, d campaigns.Definition) error {
	shop, err := h.store.Shop(ctx, d.Shop)
	if err != nil {
		return err
	}
	parsed, _ := campaigns.Parse(d.JSON)
	if parsed == nil {
		return nil
	}
	if why := campaigns.StartProblem(parsed, shop, h.now()); why != "" {
		return commerce.Errorf(commerce.Invalid, "%s", why)
	}
	return nil
}

// equipped refuses a campaign whose mails could not go out, or would break the law, and
// names the settings that the shop lacks.
func (h *campaignStates) equipped(ctx context.Context, d campaigns.Definition) error {
	parsed, err := d.Load()
	if err != nil {
		return err
	}
	missing, err := missingSegments(ctx, h.store, d.Shop, parsed)
	if err == nil {
		err = invalid("campaign: it names segments that the shop does not have, see errors", missing)
	}
	if err != nil {
		return err
	}
	shop, err := h.store.Shop(ctx, d.Shop)
	if err != nil {
		return err
	}
	var problems []strictjson.Problem
	for _, lack := range shop.Lacks(parsed.Class == campaigns.Marketing) {
		field := new(commerce.FieldError)
		if errors.As(lack, &field) {
			problems = append(problems, strictjson.Problem{Pointer: field.Pointer, Message: field.Detail})
		}
	}
	return invalid("campaign: the shop lacks what its mails need; set it with PATCH /v1/shop, see errors", problems)
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
