package api_test

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
	"comeback/segments/indexcache"
)

// segmentFakes is the fake store's part about segments.
type segmentFakes struct {
	kept        map[string]segments.Stored
	files       map[string]segments.Definition
	listed      map[string]segments.Listed
	memberships map[string]segments.Membership
	rules       map[string]segments.Rules
	first       time.Time // of the orders
	away        error     // what reading customers by number answers
}

func newSegmentFakes() segmentFakes {
	return segmentFakes{
		map[string]segments.Stored{}, map[string]segments.Definition{}, map[string]segments.Listed{},
		map[string]segments.Membership{}, map[string]segments.Rules{}, time.Time{}, nil,
	}
}

func (f *fakeStore) CreateSegment(ctx context.Context, shop string, s *segments.Segment) (segments.Stored, error) {
	k := segments.Stored{
		ID: commerce.Key(shop, s.ID), Shop: shop, Segment: s.ID, Name: s.Name, Static: s.Static, Version: 1,
		State: segments.Active, Rev: 1,
	}
	first, err := add(f, ctx, f.segments.kept, k.ID, k)
	if err == nil && !first {
		err = commerce.Errorf(commerce.Conflict, "segment %q: the id is taken", s.ID)
	}
	if err == nil {
		f.define(k, s)
	}
	return k, err
}

func (f *fakeStore) define(k segments.Stored, s *segments.Segment) {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := segments.NewDefinition(k.Shop, s, k.Version, k.ChangedAt)
	f.segments.files[d.ID], f.segments.kept[k.ID] = d, k
}

func (f *fakeStore) ReviseSegment(ctx context.Context, shop string, s *segments.Segment, rev int64) (segments.Stored, error) {
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

func (f *fakeStore) setSegment(ctx context.Context, shop, slug string, rev int64, to segments.State) (segments.Stored, error) {
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

func (f *fakeStore) ArchiveSegment(ctx context.Context, shop, slug string, rev int64) (segments.Stored, error) {
	return f.setSegment(ctx, shop, slug, rev, segments.Archived)
}

func (f *fakeStore) RestoreSegment(ctx context.Context, shop, slug string, rev int64) (segments.Stored, error) {
	return f.setSegment(ctx, shop, slug, rev, segments.Active)
}

func (f *fakeStore) Segment(ctx context.Context, shop, slug string) (segments.Stored, segments.Definition, error) {
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

func (f *fakeStore) SegmentsInUse(ctx context.Context, shop string) (inUse []segments.Stored, files []segments.Definition, err error) {
	all, _, err := list(f, ctx, f.segments.kept, shop, "", 1000)
	for _, k := range all {
		if k.State == segments.Active {
			d, _ := f.SegmentVersion(ctx, shop, k.Segment, k.Version)
			inUse, files = append(inUse, k), append(files, d)
		}
	}
	return inUse, files, err
}

func (f *fakeStore) LiveCampaigns(ctx context.Context, shop string) ([]campaigns.Definition, error) {
	all, err := f.Campaigns(ctx, shop)
	return slices.DeleteFunc(all, func(d campaigns.Definition) bool { return d.State == campaigns.Draft }), err
}

func (f *fakeStore) Running(context.Context, string, string, int) (bool, error) { return false, nil }

func (f *fakeStore) FirstOrder(context.Context, string) (time.Time, error) {
	return f.segments.first, nil
}

func (f *fakeStore) ListSegments(ctx context.Context, shop, after string, limit int) ([]segments.Stored, string, error) {
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

func (f *fakeStore) SaveFitted(ctx context.Context, _ string, _ *segments.Fitted, _ string) error {
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
	f.segmentsChanged(shop)
	return changed, nil
}

// segmentsChanged raises the revision that caches compare.
func (f *fakeStore) segmentsChanged(shop string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.shops[shop]
	s.SegmentsRev++
	f.shops[shop] = s
}

func (f *fakeStore) DropListed(ctx context.Context, shop, slug string, customers []string) (dropped int, err error) {
	defer f.segmentsChanged(shop)
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

func (f *fakeStore) CustomersNumbered(ctx context.Context, shop string, numbers []int64) (found []commerce.Customer, err error) {
	all, _, err := list(f, ctx, f.customers, shop, "", 10_000)
	for _, c := range all {
		if slices.Contains(numbers, c.N) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b commerce.Customer) int { return cmp.Compare(a.N, b.N) })
	return found, errors.Join(err, f.segments.away)
}

func (f *fakeStore) CustomerNow(ctx context.Context, shop, id string) (commerce.Customer, error) {
	return f.Customer(ctx, shop, id)
}

func (f *fakeStore) ListingsOf(_ context.Context, shop, customer string) (map[string]segments.Listing, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	said := map[string]segments.Listing{}
	for _, l := range f.segments.listed {
		switch {
		case l.Customer == customer && l.Included:
			said[l.Segment] = segments.Included
		case l.Customer == customer:
			said[l.Segment] = segments.Excluded
		}
	}
	return said, nil
}

// For caches: a shop's customers as rows, and the parameters of evaluation.

func (f *fakeStore) Known(_ context.Context, shop string) (int64, error) {
	return int64(len(f.customers)), nil
}

func (f *fakeStore) Rows(ctx context.Context, shop string) iter.Seq2[*segments.Row, error] {
	return func(yield func(*segments.Row, error) bool) {
		all, _, err := list(f, ctx, f.customers, shop, "", 10_000)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, c := range all {
			if !yield(&segments.Row{N: c.N, ID: c.ID, Rev: 1, Profile: c.Profile}, nil) {
				return
			}
		}
	}
}

func (f *fakeStore) RowsOf(context.Context, string, []string) ([]*segments.Row, error) {
	return nil, nil
}

func (f *fakeStore) Revisions(context.Context, string, time.Time) iter.Seq2[indexcache.Change, error] {
	return func(func(indexcache.Change, error) bool) {}
}

func (f *fakeStore) Fitted(context.Context, string) (*segments.Fitted, error) { return nil, nil }

func (f *fakeStore) Catalog(context.Context, string) (segments.Catalog, error) {
	return segments.Catalog{}, nil
}

func (f *fakeStore) ListsOf(_ context.Context, shop, slug string) (segments.Lists, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	lists := segments.Lists{In: &segments.Bitmap{}, Out: &segments.Bitmap{}}
	for id, l := range f.segments.listed {
		switch {
		case !strings.HasPrefix(id, commerce.Key(shop, slug)+":"):
		case l.Included:
			lists.In.Add(l.N)
		default:
			lists.Out.Add(l.N)
		}
	}
	return lists, nil
}

// For shops without an index.

func (f *fakeStore) matching(
	ctx context.Context, shop string, c segments.Condition, p segments.Params,
) (found []commerce.Customer, err error) {
	all, _, err := list(f, ctx, f.customers, shop, "", 10_000)
	for _, who := range all {
		lists, _ := f.ListingsOf(ctx, shop, who.ID)
		p.Customer, p.Listed = who.ID, func(slug string) segments.Listing { return lists[slug] }
		if segments.Match(c, &who.Profile, nil, p, time.Unix(0, 0)) {
			found = append(found, who)
		}
	}
	slices.SortFunc(found, func(a, b commerce.Customer) int { return cmp.Compare(a.N, b.N) })
	return found, err
}

func (f *fakeStore) CountMatching(ctx context.Context, shop string, c segments.Condition, p segments.Params) (int64, error) {
	found, err := f.matching(ctx, shop, c, p)
	return int64(len(found)), err
}

func (f *fakeStore) ListMatching(
	ctx context.Context, shop string, c segments.Condition, p segments.Params, after int64, limit int,
) (page []commerce.Customer, next int64, err error) {
	found, err := f.matching(ctx, shop, c, p)
	for _, who := range found {
		if len(page) == limit {
			return page, page[limit-1].N, nil
		}
		if who.N > after {
			page = append(page, who)
		}
	}
	return page, 0, err
}

func (f *fakeStore) CustomersNamed(
	ctx context.Context, shop string, ids []string, identities []commerce.Identity,
) (map[string]commerce.Customer, map[commerce.Identity]commerce.Customer, error) {
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
