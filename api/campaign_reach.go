package api

import (
	"context"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/strictjson"
)

// campaignReach counts the customers that a campaign could reach, by the shop's
// index.
type campaignReach struct {
	store definitionStore
	judge *judge
}

// reachView counts the customers of a shop by what a campaign would do with
// their next cause. null: cannot be counted.
type reachView struct {
	Campaign   string    `json:"campaign"`
	Version    int       `json:"version"`
	Customers  int       `json:"customers"`
	Audience   *int      `json:"audience"`    // of those, in the audience
	NoConsent  *int      `json:"no_consent"`  // of the audience, without consent
	NoAddress  *int      `json:"no_address"`  // of the rest, without an address
	Capped     *int      `json:"capped"`      // of the rest, stopped by a cap now
	WouldEnter *int      `json:"would_enter"` // all others: their next cause makes them enter
	At         time.Time `json:"at"`
	Notes      []fault   `json:"notes"`
}

// get answers GET /v1/campaigns/:campaign/reach.
func (h *campaignReach) get(c *gin.Context) (any, error) {
	a, err := parameters(c, "version")
	if err != nil {
		return nil, err
	}
	versions, err := (&campaignFiles{store: h.store}).found(c)
	if err != nil {
		return nil, err
	}
	d := versions[0]
	if asked := a.query.Get("version"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil {
			return nil, commerce.Errorf(commerce.Invalid, "query: version: %q is not a number", clip(asked))
		}
		if d, err = h.store.Definition(c.Request.Context(), shopOf(c), c.Param("campaign"), n); err != nil {
			return nil, err
		}
	}
	return h.count(c.Request.Context(), shopOf(c), d)
}

func (h *campaignReach) count(ctx context.Context, shop string, d campaigns.Definition) (reachView, error) {
	v := reachView{Campaign: d.Campaign, Version: d.Version, At: stored(h.judge.now()), Notes: []fault{}}
	parsed, err := d.Load()
	if err != nil {
		return v, err
	}
	settings, err := h.store.Shop(ctx, shop)
	if err != nil {
		return v, err
	}
	r := campaigns.ReachOf(parsed, settings)
	sizes, base, ok, err := h.judge.tallied(ctx, shop, []string{r.Audience, r.Consented, r.Addressed, r.Free})
	if err != nil || !ok {
		return v, err
	}
	v.Customers = base
	v.Audience, v.NoConsent = counted(sizes[0]), less(sizes[0], sizes[1])
	v.NoAddress, v.Capped, v.WouldEnter = less(sizes[1], sizes[2]), less(sizes[2], sizes[3]), counted(sizes[3])
	notes, err := h.notes(ctx, shop, parsed, settings)
	v.Notes = faults(notes)
	return v, err
}

// notes names the parts of a campaign that apply to no customer of this shop.
func (h *campaignReach) notes(
	ctx context.Context, shop string, c *campaigns.Campaign, settings commerce.Shop,
) ([]strictjson.Problem, error) {
	notes, err := h.judge.silent(ctx, shop, campaigns.ReachProbes(c))
	if note, known := campaigns.NeedsProof(c, settings); known {
		notes = append(notes, note)
	}
	for _, more := range []func(context.Context, string, *campaigns.Campaign) ([]strictjson.Problem, error){h.neighbours, h.volume} {
		if err != nil {
			return notes, err
		}
		var found []strictjson.Problem
		found, err = more(ctx, shop, c)
		notes = append(notes, found...)
	}
	reported := campaigns.ReachOf(c, settings).Reported
	if err != nil || reported == "" {
		return notes, err
	}
	sizes, base, ok, err := h.judge.tallied(ctx, shop, []string{reported})
	if err == nil && ok && sizes[0] == 0 {
		notes = append(notes, campaigns.NobodyConsents(c, base))
	}
	return notes, err
}

func counted(n int) *int {
	if n < 0 {
		return nil
	}
	return &n
}

func less(all, rest int) *int {
	if all < 0 || rest < 0 {
		return nil
	}
	return counted(all - rest)
}
