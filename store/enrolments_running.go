package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/store/documents"
)

// UnderWay counts the running enrolments of a campaign by version and next step.
func (s *Store) UnderWay(ctx context.Context, shop, slug string) (list []campaigns.UnderWay, err error) {
	groups, err := s.docs.Tally(ctx, colEnrolments, of(shop, runningOf(slug)...), []string{"version", "step_id"}, nil)
	for _, g := range groups {
		version, _ := g.Keys[0].(int64)
		step, _ := g.Keys[1].(string) // absent where none is left
		list = append(list, campaigns.UnderWay{Version: int(version), Step: step, Enrolments: g.Count})
	}
	slices.SortFunc(list, func(a, b campaigns.UnderWay) int {
		return cmp.Or(cmp.Compare(a.Version, b.Version), cmp.Compare(a.Step, b.Step))
	})
	return list, err
}

// RunningOnOthers lists running enrolments of other versions of a campaign than this one, page by
// page: after is the last one of the page before, the zero value for the first page.
func (s *Store) RunningOnOthers(
	ctx context.Context, shop, slug string, version int, after campaigns.Enrolment, limit int,
) (list []campaigns.Enrolment, err error) {
	q := documents.Query{
		Filter: of(shop, append(runningOf(slug), bson.E{Key: "version", Value: bson.D{{Key: "$ne", Value: version}}})...),
		Sort:   []string{"-entered_at"}, Limit: limit,
	}
	if after.ID != "" {
		if q.After, err = documents.CursorOf(q.Sort, after); err != nil {
			return nil, err
		}
	}
	return find[campaigns.Enrolment](ctx, s, colEnrolments, q)
}

// runningOf are the running enrolments of a campaign.
func runningOf(slug string) []bson.E {
	return []bson.E{{Key: "campaign", Value: slug}, {Key: "state", Value: string(campaigns.Enrolled)}}
}

// StepsAhead lists the running enrolments of customers whose next step is due by then, with what
// tells of that step.
func (s *Store) StepsAhead(ctx context.Context, shop string, customers []string, until time.Time) (all []campaigns.Enrolment, err error) {
	for chunk := range slices.Chunk(customers, inChunk) {
		list, err := find[campaigns.Enrolment](ctx, s, colEnrolments, documents.Query{
			Filter: of(shop, among("customer", chunk), bson.E{Key: "state", Value: string(campaigns.Enrolled)},
				bson.E{Key: "due_at", Value: bson.D{{Key: "$lte", Value: until}}}),
			Fields: []string{"campaign", "version", "entry", "arm", "customer", "step", "step_id", "due_at"},
		})
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	return all, nil
}
