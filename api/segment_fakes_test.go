package api_test

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"comeback/commerce"
	"comeback/segments"
)

// segmentShelf is the fake store's part about segments.
type segmentShelf struct {
	kept        map[string]segments.Kept
	files       map[string]segments.Definition
	listed      map[string]segments.Listed
	memberships map[string]segments.Membership
	rules       map[string]segments.Rules
}

func newSegmentShelf() segmentShelf {
	return segmentShelf{map[string]segments.Kept{}, map[string]segments.Definition{}, map[string]segments.Listed{}, map[string]segments.Membership{}, map[string]segments.Rules{}}
}

func (f *fakeStore) CreateSegment(ctx context.Context, shop string, s *segments.Segment) (segments.Kept, error) {
	k := segments.Kept{ID: commerce.Key(shop, s.ID), Shop: shop, Segment: s.ID, Name: s.Name, Static: s.Static, Version: 1, State: segments.Active, Rev: 1}
	first, err := add(f, ctx, f.segments.kept, k.ID, k)
	if err == nil && !first {
		err = commerce.Errorf(commerce.Conflict, "segment %q: the id is taken", s.ID)
	}
	if err == nil {
		f.define(k, s)
	}
	return k, err
}

func (f *fakeStore) define(k segments.Kept, s *segments.Segment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := segments.NewDefinition(k.Shop, s, k.Version, k.ChangedAt)
	f.segments.files[d.ID], f.segments.kept[k.ID] = d, k
}

func (f *fakeStore) ReviseSegment(ctx context.Context, shop string, s *segments.Segment, rev int64) (segments.Kept, error) {
	k, d, err := f.Segment(ctx, shop, s.ID)
	switch {
	case err != nil:
		return k, err
	case k.Rev != rev:
		return k, commerce.Errorf(commerce.Conflict, "segment %q: changed meanwhile", s.ID)
	case d.Hash == s.Hash:
		return k, nil
	}
	k.Version, k.Rev, k.Name, k.Static = k.Version+1, k.Rev+1, s.Name, s.Static
	f.define(k, s)
	return k, nil
}

func (f *fakeStore) setSegment(ctx context.Context, shop, slug string, rev int64, to segments.State) (segments.Kept, error) {
	k, _, err := f.Segment(ctx, shop, slug)
	if err == nil && k.Rev != rev {
		err = commerce.Errorf(commerce.Conflict, "segment %q: changed meanwhile", slug)
	}
	if err != nil || k.State == to {
		return k, err
	}
	k.State, k.Rev = to, k.Rev+1
	f.mu.Lock()
	defer f.mu.Unlock()
	f.segments.kept[k.ID] = k
	return k, nil
}

func (f *fakeStore) ArchiveSegment(ctx context.Context, shop, slug string, rev int64) (segments.Kept, error) {
	return f.setSegment(ctx, shop, slug, rev, segments.Archived)
}

func (f *fakeStore) RestoreSegment(ctx context.Context, shop, slug string, rev int64) (segments.Kept, error) {
	return f.setSegment(ctx, shop, slug, rev, segments.Active)
}

func (f *fakeStore) Segment(ctx context.Context, shop, slug string) (segments.Kept, segments.Definition, error) {
	k, err := read(f, ctx, f.segments.kept, shop, commerce.Key(shop, slug))
	if err != nil {
		return k, segments.Definition{}, err
	}
	d, err := f.SegmentVersion(ctx, shop, slug, k.Version)
	return k, d, err
}

func (f *fakeStore) SegmentVersion(ctx context.Context, shop, slug string, version int) (segments.Definition, error) {
	return read(f, ctx, f.segments.files, shop, commerce.Key(shop, slug, strconv.Itoa(version)))
}

func (f *fakeStore) SegmentsInUse(ctx context.Context, shop string) (inUse []segments.Kept, files []segments.Definition, err error) {
	all, _, err := list(f, ctx, f.segments.kept, shop, "", 1000)
	for _, k := range all {
		if k.State == segments.Active {
			d, _ := f.SegmentVersion(ctx, shop, k.Segment, k.Version)
			inUse, files = append(inUse, k), append(files, d)
		}
	}
	return inUse, files, err
}

func (f *fakeStore) ListSegments(ctx context.Context, shop, after string, limit int) ([]segments.Kept, string, error) {
	return list(f, ctx, f.segments.kept, shop, after, limit)
}

func (f *fakeStore) ListSegmentVersions(ctx context.Context, shop, slug, after string, limit int) ([]segments.Definition, string, error) {
	return list(f, ctx, f.segments.files, commerce.Key(shop, slug), after, limit)
}

func (f *fakeStore) Memberships(ctx context.Context, shop string) ([]segments.Membership, error) {
	all, _, err := list(f, ctx, f.segments.memberships, shop, "", 1000)
	return all, err
}

func (f *fakeStore) Membership(ctx context.Context, shop, slug string) (segments.Membership, error) {
	return read(f, ctx, f.segments.memberships, shop, commerce.Key(shop, slug))
}

func (f *fakeStore) SegmentRules(ctx context.Context, shop string) (segments.Rules, error) {
	s, err := f.Shop(ctx, shop)
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.segments.rules[shop]
	r.Trade = s.Trade
	return r, err
}

func (f *fakeStore) SaveSegmentRules(ctx context.Context, shop string, r segments.Rules) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.segments.rules[shop] = r
	return f.fail(ctx)
}

func (f *fakeStore) SaveListed(ctx context.Context, shop string, rows []segments.Listed) (changed int, err error) {
	for _, l := range rows {
		if _, err := f.Customer(ctx, shop, l.Customer); err != nil {
			return changed, err
		}
		f.mu.Lock()
		id := commerce.Key(shop, l.Segment, l.Customer)
		if old := f.segments.listed[id]; old.Included != l.Included || old.Reason != l.Reason {
			changed++
		}
		f.segments.listed[id] = l
		f.mu.Unlock()
	}
	return changed, nil
}

func (f *fakeStore) DropListed(ctx context.Context, shop, slug string, customers []string) (dropped int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range customers {
		if _, there := f.segments.listed[commerce.Key(shop, slug, c)]; there {
			dropped++
		}
		delete(f.segments.listed, commerce.Key(shop, slug, c))
	}
	return dropped, nil
}

func (f *fakeStore) ListListed(ctx context.Context, shop, slug, after string, limit int) ([]segments.Listed, string, error) {
	return list(f, ctx, f.segments.listed, commerce.Key(shop, slug), after, limit)
}

func (f *fakeStore) CustomersNamed(ctx context.Context, shop string, ids []string, identities []commerce.Identity) (map[string]commerce.Customer, map[commerce.Identity]commerce.Customer, error) {
	byID, byIdentity := map[string]commerce.Customer{}, map[commerce.Identity]commerce.Customer{}
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, c := range f.customers {
		if !strings.HasPrefix(id, shop+":") {
			continue
		}
		if slices.Contains(ids, id) {
			byID[id] = c
		}
		for _, i := range (commerce.Buyer{Email: c.Attributes.Email, Phone: c.Attributes.Phone}).Identities("") {
			if slices.Contains(identities, i) {
				byIdentity[i] = c
			}
		}
	}
	return byID, byIdentity, nil
}
