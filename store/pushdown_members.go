package store

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// How many customers are read and judged one by one: before a page is returned
// as it is, and for a count at all.
const (
	judgedPerPage  = 20_000
	judgedPerCount = 200_000
)

// errJudged ends a search that has judged enough.
var errJudged = errors.New("enough judged")

// Matching lists up to limit customers that match a condition now, by number.
// next continues behind them; nil: there are no more. If Filter is not exact, a
// page ends after 20,000 candidates: it may have fewer customers than limit, or
// none, and still have a next. Each is judged by its own id and listings, not
// those of p.
func (s *Store) Matching(
	ctx context.Context, shop string, c segments.Condition, p segments.Params, after *documents.Cursor, limit int,
) (list []commerce.Customer, next *documents.Cursor, err error) {
	if limit < 1 {
		return nil, nil, invalid("limit: %d is below 1", limit)
	}
	j, err := s.judge(ctx, shop, c, p)
	if err != nil {
		return nil, nil, err
	}
	filter, exact := Filter(c, p, j.lists, j.now)
	most := judgedPerPage
	if exact {
		most = limit
	}
	byNumber := []string{"n"}
	var last commerce.Customer
	seen := 0
	q := documents.Query{Filter: living(shop, filter), Sort: byNumber, After: after, Limit: most + 1}
	err = s.docs.Find(ctx, colCustomers, q, func(raw bson.Raw) (err error) {
		if len(list) == limit || seen == most {
			if next, err = documents.CursorOf(byNumber, last); err != nil {
				return err
			}
			return errJudged
		}
		seen++
		last = commerce.Customer{}
		if err := s.docs.Codec().Unmarshal(raw, &last); err != nil {
			return err
		}
		if exact || j.matches(last.ID, last.N, &last.Profile) {
			list = append(list, last)
		}
		return nil
	})
	if err != nil && !errors.Is(err, errJudged) {
		return nil, nil, err
	}
	return list, next, nil
}

// CountMatching counts the customers that match a condition now. The database
// counts the certain ones; the others are judged one by one as in Matching.
// With more than 200,000 of those the count is TooLarge: it needs an index in
// memory.
func (s *Store) CountMatching(ctx context.Context, shop string, c segments.Condition, p segments.Params) (count int64, err error) {
	j, err := s.judge(ctx, shop, c, p)
	if err != nil {
		return 0, err
	}
	above, below, exact := segments.Bounds(c, p, j.lists, j.now)
	if count, err = s.docs.Count(ctx, colCustomers, living(shop, filterOf(below))); exact || err != nil {
		return count, err
	}
	unsure := living(shop, filterOf(above), branches("$nor", []*segments.Clause{below}))
	var f filler
	var row segments.Row
	seen := 0
	q := documents.Query{Filter: unsure, Fields: rowFields, Limit: judgedPerCount + 1}
	err = s.docs.Find(ctx, colCustomers, q, func(raw bson.Raw) error {
		if seen++; seen > judgedPerCount {
			return commerce.Errorf(commerce.TooLarge,
				"condition: leaves more than %d customers to be judged one by one: raise COMEBACK_SEGMENT_MEMORY, "+
					"so that the shop fits into memory, or add a test that leaves fewer", judgedPerCount)
		}
		if err := fillRow(&f, raw, &row); err != nil {
			return err
		}
		if j.matches(row.ID, row.N, &row.Profile) {
			count++
		}
		return nil
	})
	return count, err
}

// judge judges customers one by one.
type judge struct {
	condition segments.Condition
	params    segments.Params
	lists     map[string]segments.Lists
	now       time.Time
}

// judge reads the listed customers of the segments that the condition refers
// to.
func (s *Store) judge(ctx context.Context, shop string, c segments.Condition, p segments.Params) (*judge, error) {
	j := &judge{condition: c, params: p, lists: map[string]segments.Lists{}, now: s.now()}
	for _, slug := range segments.Referred(c) {
		lists, err := s.ListsOf(ctx, shop, slug)
		if err != nil {
			return nil, err
		}
		j.lists[slug] = lists
	}
	return j, nil
}

func (j *judge) matches(id string, n int64, profile *commerce.Profile) bool {
	p := j.params
	p.Customer, p.Listed = id, segments.ListedIn(j.lists, n)
	return segments.Match(j.condition, profile, nil, p, j.now)
}

// living is the filter of a shop's customers that were not merged into others
// or deleted, and that pass the filters.
func living(shop string, filters ...bson.D) bson.D {
	list := make(bson.A, len(filters))
	for i, f := range filters {
		list[i] = f
	}
	return of(shop, absent("merged_into"), absent("gone_at"), bson.E{Key: "$and", Value: list})
}
