package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/api/limits"
	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

// campaignFiles stores campaign files. A file with problems is refused as a
// whole, with every problem named. Any other file is stored byte for byte as
// the next version, a draft.
type campaignFiles struct {
	store     definitionStore
	templates campaigns.TemplateSet
	tests     *limits.Places // limits the files under test
	reach     *campaignReach
}

type definitionStore interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	// PutCampaign stores a draft of the next version; created is false where the
	// newest version is the same file.
	PutCampaign(ctx context.Context, shop string, c *campaigns.Campaign) (d campaigns.Definition, created bool, err error)
	// Versions lists a campaign's versions, the newest first.
	Versions(ctx context.Context, shop, slug string) ([]campaigns.Definition, error)
	Definition(ctx context.Context, shop, slug string, version int) (campaigns.Definition, error)
	// Campaigns lists all versions of all campaigns, without their files.
	Campaigns(ctx context.Context, shop string) ([]campaigns.Definition, error)
	namedSegments
	// LiveCampaigns are the versions that were ever active.
	LiveCampaigns(ctx context.Context, shop string) ([]campaigns.Definition, error)
	Connections(ctx context.Context, shop string) ([]commerce.Connection, error)
}

type versionView struct {
	Campaign  string          `json:"campaign"`
	Version   int             `json:"version"`
	State     string          `json:"state"`
	Hash      string          `json:"hash"`
	CreatedAt time.Time       `json:"created_at"`
	ChangedAt time.Time       `json:"changed_at"`
	Notes     []fault         `json:"notes,omitempty"` // valid, but surprising
	File      json.RawMessage `json:"file,omitempty"`
}

func showVersion(d campaigns.Definition) versionView {
	return versionView{
		Campaign: d.Campaign, Version: d.Version, State: string(d.State), Hash: d.Hash, CreatedAt: stored(d.CreatedAt),
		ChangedAt: stored(d.ChangedAt),
	}
}

// put answers PUT /v1/campaigns/:campaign.
func (h *campaignFiles) put(c *gin.Context) (any, error) {
	data, err := rawBody(c)
	if err != nil {
		return nil, err
	}
	shop, err := h.store.Shop(c.Request.Context(), shopOf(c))
	if err != nil {
		return nil, err
	}
	judged, err := h.review(c, data, shop)
	if err != nil {
		return nil, err
	}
	if err := invalid("campaign: refused, see errors", judged.Problems); err != nil {
		return nil, err
	}
	if parsed := judged.Campaign; parsed.ID != c.Param("campaign") {
		return nil, wrong("/id", "is %q, but the path has %q: make them equal", clip(parsed.ID), clip(c.Param("campaign")))
	}
	silent, err := h.reach.notes(c.Request.Context(), shop.ID, judged.Campaign, shop)
	if err != nil {
		return nil, err
	}
	return h.keep(c, judged.Campaign, append(judged.Problems, silent...))
}

// review checks a file once it has a place, for as long as the caller waits.
func (h *campaignFiles) review(c *gin.Context, data []byte, shop commerce.Shop) (campaigns.Reviewed, error) {
	ctx := c.Request.Context()
	leave, err := h.tests.Enter(ctx, shop.ID)
	if err != nil {
		return campaigns.Reviewed{}, err
	}
	defer leave()
	judged, err := campaigns.Review(ctx, data, h.templates, shop)
	if judged.TooMuch {
		err = invalid("campaign: its tests take too long, see errors", judged.Problems)
	}
	if err != nil || judged.Campaign == nil {
		return judged, err
	}
	named, err := namesOf(ctx, h.store, shop.ID, judged.Campaign)
	judged.Problems = append(judged.Problems, named...)
	return judged, err
}

func (h *campaignFiles) keep(c *gin.Context, parsed *campaigns.Campaign, notes []strictjson.Problem) (any, error) {
	d, fresh, err := h.store.PutCampaign(c.Request.Context(), shopOf(c), parsed)
	if err != nil {
		return nil, err
	}
	v := showVersion(d)
	v.Notes = faults(notes)
	if fresh {
		return statusBody{http.StatusCreated, v}, nil
	}
	return v, nil
}

// verdictView is the result of validating a file.
type verdictView struct {
	Valid    bool       `json:"valid"`
	Problems []fault    `json:"problems"` // notes included, marked as notes
	Tests    []testView `json:"tests"`
}

type testView struct {
	Name     string   `json:"name"`
	Passed   bool     `json:"passed"`
	Failures []string `json:"failures"`
}

// validate returns the verdict of put, and stores nothing.
func (h *campaignFiles) validate(c *gin.Context) (any, error) {
	data, err := rawBody(c)
	if err != nil {
		return nil, err
	}
	shop, err := h.store.Shop(c.Request.Context(), shopOf(c))
	if err != nil {
		return nil, err
	}
	judged, err := h.review(c, data, shop)
	if err != nil {
		return nil, err
	}
	if judged.Campaign != nil {
		silent, err := h.reach.notes(c.Request.Context(), shop.ID, judged.Campaign, shop)
		if err != nil {
			return nil, err
		}
		judged.Problems = append(judged.Problems, silent...)
	}
	tests := listed(judged.Tests, func(r campaigns.TestResult) testView { return testView{r.Name, r.Passed(), listed(r.Failures, same)} })
	return verdictView{Valid: !strictjson.Refused(judged.Problems), Problems: faults(judged.Problems), Tests: tests}, nil
}

// campaignView is a campaign over all its versions.
type campaignView struct {
	Campaign string `json:"campaign"`
	State    string `json:"state"`            // state of the active or paused version, else of the newest
	Active   int    `json:"active,omitempty"` // active version; absent without one
	Newest   int    `json:"newest"`
	Versions int    `json:"versions"`
}

// overview summarises the versions of one campaign, in any order.
func overview(versions []campaigns.Definition) campaignView {
	newest := slices.MaxFunc(versions, func(a, b campaigns.Definition) int { return cmp.Compare(a.Version, b.Version) })
	v := campaignView{Campaign: newest.Campaign, State: string(newest.State), Newest: newest.Version, Versions: len(versions)}
	for _, d := range versions {
		switch d.State {
		case campaigns.Active:
			v.Active, v.State = d.Version, string(d.State)
		case campaigns.Paused:
			v.State = string(d.State)
		}
	}
	return v
}

func (h *campaignFiles) list(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	all, err := h.store.Campaigns(c.Request.Context(), shopOf(c))
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b campaigns.Definition) int { return cmp.Compare(a.Campaign, b.Campaign) })
	views := []campaignView{}
	for _, group := range groups(all) {
		views = append(views, overview(group))
	}
	return page[campaignView]{Items: views}, nil
}

// groups splits sorted versions by campaign.
func groups(all []campaigns.Definition) [][]campaigns.Definition {
	var list [][]campaigns.Definition
	for i, d := range all {
		if i == 0 || all[i-1].Campaign != d.Campaign {
			list = append(list, nil)
		}
		list[len(list)-1] = append(list[len(list)-1], d)
	}
	return list
}

// found reads a campaign's versions; NotFound when there are none.
func (h *campaignFiles) found(c *gin.Context) ([]campaigns.Definition, error) {
	versions, err := h.store.Versions(c.Request.Context(), shopOf(c), c.Param("campaign"))
	if err == nil && len(versions) == 0 {
		err = commerce.Errorf(commerce.NotFound, "campaign: not found in this shop")
	}
	return versions, err
}

func (h *campaignFiles) get(c *gin.Context) (any, error) {
	versions, err := h.found(c)
	if err != nil {
		return nil, err
	}
	return overview(versions), nil
}

func (h *campaignFiles) versions(c *gin.Context) (any, error) {
	if err := plain(c); err != nil {
		return nil, err
	}
	versions, err := h.found(c)
	if err != nil {
		return nil, err
	}
	return paged(c, asked{}, versions, "", showVersion), nil
}

// version shows one version with its file, byte for byte.
func (h *campaignFiles) version(c *gin.Context) (any, error) {
	n, err := strconv.Atoi(c.Param("version"))
	if err != nil {
		return nil, commerce.Errorf(commerce.NotFound, "version: %q is not a number", clip(c.Param("version")))
	}
	d, err := h.store.Definition(c.Request.Context(), shopOf(c), c.Param("campaign"), n)
	if err != nil {
		return nil, err
	}
	v := showVersion(d)
	v.File = d.JSON
	return v, nil
}
