package indexcache

import (
	"comeback/segments"
	"context"
)

// settings are the settings of a shop that evaluations need, as read last.
type settings struct {
	handle     Handle // without the index
	read       bool
	categories string           // revision of the catalog
	listings   map[string]int64 // revision of the lists, by segment
}

// load reads the settings that have changed, and reports whether any has. slow
// also checks the categories of products, which is expensive.
func (s *settings) load(ctx context.Context, source Settings, id string, slow bool) (changed bool, err error) {
	next := s.handle
	if next.Shop, err = source.Shop(ctx, id); err != nil {
		return false, err
	}
	if !s.read || next.Shop.Zone != s.handle.Shop.Zone || next.Shop.Currency != s.handle.Shop.Currency {
		next.Params.Zone, next.Params.Currency, changed = next.Shop.Location(), next.Shop.Currency, true
	}
	categories, listings := s.categories, s.listings
	if !s.read || slow {
		catalog, err := source.Catalog(ctx, id)
		if err != nil {
			return false, err
		}
		if !s.read || catalog.Rev != categories {
			next.Params.Use(catalog)
			categories, changed = catalog.Rev, true
		}
	}
	if !s.read || next.Shop.SegmentsRev != s.handle.Shop.SegmentsRev {
		if next.Params.Fitted, err = source.Fitted(ctx, id); err != nil {
			return false, err
		}
		if listings, err = s.segments(ctx, source, &next); err != nil {
			return false, err
		}
		changed = true
	}
	s.handle, s.read, s.categories, s.listings = next, true, categories, listings
	return changed, nil
}

// segments reads the segments in use, and those lists that changed.
func (s *settings) segments(ctx context.Context, source Settings, next *Handle) (listings map[string]int64, err error) {
	stored, definitions, err := source.SegmentsInUse(ctx, next.Shop.ID)
	if err != nil {
		return nil, err
	}
	files := make([][]byte, len(definitions))
	for i, d := range definitions {
		files[i] = d.JSON
	}
	next.Segments, next.Set = stored, segments.NewSet(files)
	lists := map[string]segments.Lists{}
	listings = map[string]int64{}
	for _, k := range stored {
		listings[k.Segment] = k.ListingsRev
		if rev, known := s.listings[k.Segment]; known && rev == k.ListingsRev {
			lists[k.Segment] = s.handle.Lists[k.Segment]
			continue
		}
		if lists[k.Segment], err = source.ListsOf(ctx, next.Shop.ID, k.Segment); err != nil {
			return nil, err
		}
	}
	next.Lists = lists
	return listings, nil
}
