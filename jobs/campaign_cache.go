package jobs

import (
	"context"
	"slices"
	"sync"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
)

// CampaignCache caches the parsed campaigns of each shop and reads them again when
// the shop's campaigns_rev changes. It also caches the parameters of the shop's
// conditions and reads them again when segments_rev changes.
type CampaignCache struct {
	store definitions
	wall  func() time.Time
	mu    sync.Mutex
	shops map[string]*ShopCampaigns
}

type definitions interface {
	Shop(ctx context.Context, id string) (commerce.Shop, error)
	LiveCampaigns(ctx context.Context, shop string) ([]campaigns.Definition, error)
	Fitted(ctx context.Context, shop string) (*segments.Fitted, error)
	Catalog(ctx context.Context, shop string) (segments.Catalog, error)
	SegmentsInUse(ctx context.Context, shop string) ([]segments.Stored, []segments.Definition, error)
}

// categoriesEvery is how often the categories of products are read.
const categoriesEvery = 5 * time.Second

// ShopCampaigns are a shop and its campaigns at one moment.
type ShopCampaigns struct {
	Shop     commerce.Shop
	Active   []*campaigns.Campaign // that customers may enter
	Paused   []*campaigns.Campaign // that customers may enter after the pause
	Held     []string              // ids of paused campaigns: their work is not due
	Broken   []error               // of stored versions that cannot be read; only these versions do not run
	Params   segments.Params       // parameters of its conditions: scores, stages and categories
	versions map[string]map[int]*campaigns.Campaign
	asked    time.Time // wall clock, when the categories were read
}

// NewCampaignCache makes an empty cache.
func NewCampaignCache(store definitions, wall func() time.Time) *CampaignCache {
	return &CampaignCache{store: store, wall: wall, shops: map[string]*ShopCampaigns{}}
}

// Of reads the shop, and its campaigns where they changed. Callers must not change
// the result.
func (c *CampaignCache) Of(ctx context.Context, shop string) (*ShopCampaigns, error) {
	settings, err := c.store.Shop(ctx, shop)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	known := c.shops[shop]
	c.mu.Unlock()
	p := &ShopCampaigns{}
	if known != nil {
		*p = *known
	}
	if known == nil || known.Shop.CampaignsRev != settings.CampaignsRev {
		list, err := c.store.LiveCampaigns(ctx, shop)
		if err != nil {
			return nil, err
		}
		p = newShopCampaigns(settings, list)
	}
	if err := c.params(ctx, p, known, settings); err != nil {
		return nil, err
	}
	p.Shop = settings
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shops[shop] = p
	return p, nil
}

// params sets the parameters of the conditions, from the cache where they have not
// changed.
func (c *CampaignCache) params(ctx context.Context, p, known *ShopCampaigns, settings commerce.Shop) (err error) {
	if known != nil {
		p.Params, p.asked = known.Params, known.asked
	}
	if known == nil || known.Shop.SegmentsRev != settings.SegmentsRev {
		if p.Params.Fitted, err = c.store.Fitted(ctx, settings.ID); err != nil {
			return err
		}
	}
	if err := c.segments(ctx, p, known, settings); err != nil {
		return err
	}
	if age := c.wall().Sub(p.asked); known == nil || age < 0 || age >= categoriesEvery {
		p.asked = c.wall()
		catalog, err := c.store.Catalog(ctx, settings.ID)
		if err != nil {
			return err
		}
		p.Params.Use(catalog)
	}
	return err
}

// segments sets the segments that conditions name as they are defined now, where a campaign
// names any.
func (c *CampaignCache) segments(ctx context.Context, p, known *ShopCampaigns, settings commerce.Shop) error {
	if !p.namesSegments() {
		p.Params.Segments = nil
		return nil
	}
	if known != nil && known.Params.Segments != nil && known.Shop.SegmentsRev == settings.SegmentsRev {
		return nil
	}
	_, list, err := c.store.SegmentsInUse(ctx, settings.ID)
	if err != nil {
		return err
	}
	files := make([][]byte, len(list))
	for i, d := range list {
		files[i] = d.JSON
	}
	p.Params.Segments = segments.NewSet(files)
	return nil
}

// hears reports whether a campaign may react to events of a kind. Those of customers are many, and
// few campaigns name them.
func (p *ShopCampaigns) hears(kind commerce.EventKind) bool {
	switch kind {
	case commerce.CustomerCreated, commerce.ConsentGranted, commerce.SegmentEntered, commerce.SegmentLeft, commerce.MessageOpened,
		commerce.MessageClicked:
	default:
		return true
	}
	if len(p.Broken) > 0 {
		return true
	}
	for _, versions := range p.versions {
		for _, c := range versions {
			if c.State != campaigns.Archived && c.Hears(kind) {
				return true
			}
		}
	}
	return false
}

func (p *ShopCampaigns) namesSegments() bool {
	for _, versions := range p.versions {
		for _, c := range versions {
			if c.State != campaigns.Archived && len(c.Segments()) > 0 {
				return true
			}
		}
	}
	return false
}

func newShopCampaigns(shop commerce.Shop, list []campaigns.Definition) *ShopCampaigns {
	p := &ShopCampaigns{Shop: shop, versions: map[string]map[int]*campaigns.Campaign{}}
	for _, d := range list {
		c, err := d.Load()
		if err != nil {
			p.Broken = append(p.Broken, err)
			continue
		}
		if p.versions[c.ID] == nil {
			p.versions[c.ID] = map[int]*campaigns.Campaign{}
		}
		p.versions[c.ID][c.Version] = c
		switch d.State {
		case campaigns.Active:
			p.Active = append(p.Active, c)
		case campaigns.Paused:
			p.Held, p.Paused = append(p.Held, c.ID), append(p.Paused, c)
		}
	}
	for _, slug := range p.Held { // no version of a paused campaign runs
		for _, c := range p.versions[slug] {
			if c.State != campaigns.Archived {
				c.State = campaigns.Paused
			}
		}
	}
	slices.SortFunc(p.Active, compareCampaigns)
	slices.SortFunc(p.Paused, compareCampaigns)
	return p
}

func compareCampaigns(a, b *campaigns.Campaign) int {
	if a.ID != b.ID {
		if a.ID < b.ID {
			return -1
		}
		return 1
	}
	return b.Version - a.Version
}

// enters reports whether customers may enter a campaign now, or when its pause is over.
func (p *ShopCampaigns) enters(slug string) bool {
	return slices.ContainsFunc(slices.Concat(p.Active, p.Paused), func(c *campaigns.Campaign) bool { return c.ID == slug })
}

// Version returns one version of a campaign that was ever active; Internal when it
// cannot be read.
func (p *ShopCampaigns) Version(slug string, version int) (*campaigns.Campaign, error) {
	if c := p.versions[slug][version]; c != nil {
		return c, nil
	}
	return nil, commerce.Errorf(commerce.Internal,
		"campaign %s of shop %s: version %d is not stored, or cannot be read", slug, p.Shop.ID, version)
}
