package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// passAhead is how many customers are looked at for those who may be in an audience.
const passAhead = 4096

var runOptional = []string{"reason", "began_at", "ended_at", "due_at", "claim", "lease_until"}

// PlanRun stores a run unless it is stored. One that ended because another version took
// over is reopened.
func (s *Store) PlanRun(ctx context.Context, shop string, r campaigns.Run) error {
	r.Shop, r.Rev = shop, 1
	for {
		created, err := s.docs.Insert(ctx, colRuns, r)
		if err != nil || created {
			return err
		}
		known, found, err := get[campaigns.Run](ctx, s, colRuns, shop, r.ID)
		if err != nil || !found || known.State != campaigns.RunEnded {
			return err
		}
		saved, err := s.SaveRun(ctx, shop, known.Reopened())
		if err != nil || saved {
			return err
		}
	}
}

// OpenRuns lists the runs that are planned or under way, at most one for each active or
// paused campaign and a few that are to be ended.
func (s *Store) OpenRuns(ctx context.Context, shop string) ([]campaigns.Run, error) {
	return find[campaigns.Run](ctx, s, colRuns,
		documents.Query{Filter: of(shop, bson.E{Key: "due_at", Value: bson.D{{Key: "$gt", Value: time.Time{}}}})})
}

// ClaimRuns takes up to limit runs that are due, except those of the paused campaigns.
func (s *Store) ClaimRuns(ctx context.Context, shop string, paused []string, limit int) ([]campaigns.Run, error) {
	return claimDue[campaigns.Run](ctx, s, shop, colRuns, paused, limit)
}

// SaveRun stores what became of a run, and ends its claim. saved is false where it was
// claimed or changed meanwhile: the new holder decides.
func (s *Store) SaveRun(ctx context.Context, shop string, r campaigns.Run) (saved bool, err error) {
	filter := byID(shop, r.ID, bson.E{Key: "rev", Value: r.Rev})
	if r.Claim != "" {
		filter = append(filter, bson.E{Key: "claim", Value: r.Claim})
	}
	r.Claim, r.LeaseUntil, r.Rev = "", time.Time{}, r.Rev+1
	update, err := s.replacing(r, runOptional...)
	if err != nil {
		return false, err
	}
	return s.docs.Update(ctx, colRuns, filter, update)
}

// Runs lists a campaign's runs, the latest planned first.
func (s *Store) Runs(ctx context.Context, shop, campaign string, after *documents.Cursor, limit int) ([]campaigns.Run, error) {
	return find[campaigns.Run](ctx, s, colRuns, documents.Query{
		Filter: of(shop, bson.E{Key: "campaign", Value: campaign}), Sort: []string{"-planned"}, After: after, Limit: limit,
	})
}

// ListRuns is Runs for the API.
func (s *Store) ListRuns(
	ctx context.Context, shop, campaign, after string, limit int,
) (list []campaigns.Run, next string, err error) {
	return listPage([]string{"-planned"}, after, limit, func(c *documents.Cursor, n int) ([]campaigns.Run, error) {
		return s.Runs(ctx, shop, campaign, c, n)
	})
}

// numbered is a customer and its number.
type numbered struct {
	ID string `bson:"_id"`
	N  int64  `bson:"n"`
}

// Pass lists the next customers that a run passes, behind the number after, at most limit of
// them. Those that the database knows not to be in the audience (nil: everybody) are only
// counted. Of a customer whose profile is not up to date, or of an audience that refers to a
// segment, it knows nothing.
func (s *Store) Pass(
	ctx context.Context, shop string, after int64, limit int, audience segments.Condition, p segments.Params,
) (campaigns.Passage, error) {
	if audience != nil && len(segments.Referred(audience)) > 0 {
		audience = nil // its lists may be long, and would be read for each page
	}
	most := limit
	if audience != nil {
		most = passAhead
	}
	all, err := s.behind(ctx, shop, after, 0, most, nil)
	if err != nil {
		return campaigns.Passage{}, err
	}
	x := campaigns.Passage{Last: after, End: len(all) < most}
	if len(all) == 0 {
		return x, nil
	}
	x.Last = all[len(all)-1].N
	asked := all
	if audience != nil {
		j, err := s.judge(ctx, shop, audience, p)
		if err != nil {
			return x, err
		}
		filter, _ := Filter(audience, p, j.lists, j.now)
		perhaps := bson.D{{Key: "$or", Value: bson.A{filter, bson.D{{Key: "dirty", Value: true}}}}}
		if asked, err = s.behind(ctx, shop, after, x.Last, limit, perhaps); err != nil {
			return x, err
		}
		if len(asked) == limit {
			x.End, x.Last = false, asked[limit-1].N
		}
	}
	for _, c := range all {
		if c.N <= x.Last {
			x.Skipped++
		}
	}
	for _, c := range asked {
		x.Customers = append(x.Customers, c.ID)
	}
	x.Skipped = max(x.Skipped-len(asked), 0)
	return x, nil
}

// PassMembers is Pass for the members of a segment as of its last sweep. Who is not one of them has
// an event when joining, so nobody is passed twice and nobody missed. ready is false before the first
// sweep. A merged customer is passed as the survivor.
func (s *Store) PassMembers(
	ctx context.Context, shop, segment string, after int64, limit int,
) (page campaigns.Passage, ready bool, err error) {
	m, err := s.Membership(ctx, shop, segment)
	if commerce.CodeOf(err) == commerce.NotFound {
		return page, false, nil
	}
	if err != nil {
		return page, false, err
	}
	numbers, err := bitmapBehind(m.Members, after, limit)
	if err != nil {
		return page, false, err
	}
	page = campaigns.Passage{Last: after, End: len(numbers) < limit}
	if len(numbers) == 0 {
		return page, true, nil
	}
	page.Last = numbers[len(numbers)-1]
	found, err := s.Numbered(ctx, shop, numbers)
	if err != nil {
		return page, false, err
	}
	ids := make([]string, len(found))
	for i, c := range found {
		ids[i] = c.ID
	}
	roots, err := s.mergeEnds(ctx, shop, ids)
	for _, id := range ids {
		page.Customers = append(page.Customers, roots[id])
	}
	page.Customers = distinct(page.Customers)
	return page, true, err
}

// behind lists living customers by number: behind after, up to last (0: to the end).
func (s *Store) behind(ctx context.Context, shop string, after, last int64, limit int, filter bson.D) ([]numbered, error) {
	between := bson.D{{Key: "$gt", Value: after}}
	if last > 0 {
		between = append(between, bson.E{Key: "$lte", Value: last})
	}
	filters := []bson.D{{{Key: "n", Value: between}}}
	if len(filter) > 0 {
		filters = append(filters, filter)
	}
	return find[numbered](ctx, s, colCustomers,
		documents.Query{Filter: living(shop, filters...), Fields: []string{"n"}, Sort: []string{"n"}, Limit: limit})
}
