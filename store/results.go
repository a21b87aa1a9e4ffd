package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// countFirst is how many waiting enrolments and messages a request for results
// counts itself. So results of a shop with few are of this moment; those of a
// shop with many are of a moment ago.
const countFirst = 256

// Tally counts the results of a campaign for customers that entered in [from,
// to) (zero: no bound). Every figure of its results comes from here. c is the
// version whose goal and windows are printed; each entry is judged by the goal
// of its own version.
func (s *Store) Tally(ctx context.Context, shop commerce.Shop, c *campaigns.Campaign, from, to time.Time) (campaigns.Tally, error) {
	head := campaigns.Tally{
		Campaign: c.ID, From: from, To: to, Currency: shop.Currency, Window: campaigns.AttributionWindow(shop, c, campaigns.Email),
		OpensCount: shop.Results.CountOpens, MessagePrice: shop.Results.MessagePrice, MarginBP: shop.Results.MarginBP,
	}
	if c.Goal != nil {
		head.Within = c.Goal.Within
		for i, kind := range c.Goal.Events {
			if i > 0 {
				head.Goal += " or "
			}
			head.Goal += string(kind)
		}
	}
	waiting, err := s.countWaiting(ctx, shop.ID, c.ID)
	if err != nil {
		return head, err
	}
	head.Uncounted = waiting
	counting := campaigns.NewCounting(head, s.now())
	add := func(_ clusterKey, rows []campaigns.EntryRow) { counting.Add(rows) }
	q := documents.Query{Filter: of(shop.ID, bson.E{Key: "campaign", Value: c.ID}), Fields: []string{"rows"}}
	err = s.docs.Find(ctx, colEntries, q, func(raw bson.Raw) error {
		_, rows, ok := raw.Lookup("rows").BinaryOK()
		if !ok {
			return errPage
		}
		return decodePage(rows, add)
	})
	return counting.Tally(c.Steps), err
}

// countWaiting counts waiting enrolments of a campaign, and returns how many
// still wait.
func (s *Store) countWaiting(ctx context.Context, shop, campaign string) (waiting int64, err error) {
	if _, err := s.CountMarked(ctx, shop, campaign, countFirst); err != nil {
		return 0, err
	}
	type row struct {
		Campaign  string `bson:"campaign"`
		Enrolment string `bson:"enrolment"`
	}
	touched := of(shop, bson.E{Key: "touched", Value: true})
	list, err := find[row](ctx, s, colMessages, documents.Query{Filter: touched, Fields: []string{"campaign", "enrolment"}, Limit: countFirst})
	if err != nil {
		return 0, err
	}
	var ids []string
	for _, r := range list {
		if r.Campaign == campaign {
			ids = append(ids, r.Enrolment)
		}
	}
	if err := s.countEntries(ctx, shop, ids); err != nil {
		return 0, err
	}
	return s.docs.Count(ctx, colEnrolments, of(shop, bson.E{Key: "recount", Value: true}, bson.E{Key: "campaign", Value: campaign}))
}
