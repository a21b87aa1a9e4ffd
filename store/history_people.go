package store

import (
	"bytes"
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// savePeople adds the customer records of a batch to their customers, in a few round
// trips. The records are stored beside those of platforms. It makes no event, so
// nobody enters a campaign by it. changed are the homes that got a new statement.
func (s *Store) savePeople(
	ctx context.Context, shop, run string, records []commerce.CustomerRecord,
) (n commerce.SavedCount, changed map[string]bool, err error) {
	if len(records) == 0 {
		return n, nil, nil
	}
	buyers := make([]named, len(records))
	for i, r := range records {
		records[i] = r.FromImport()
		buyers[i] = named{r.Connection, r.Buyer()}
	}
	owners, err := s.customersOf(ctx, shop, buyers)
	if err != nil {
		return n, nil, err
	}
	byHome, roots := map[string][]commerce.CustomerRecord{}, []string{}
	for i, w := range owners {
		if w.home == "" {
			continue
		}
		byHome[w.home] = append(byHome[w.home], records[i])
		roots = append(roots, w.home, w.customer)
	}
	if err := s.openBatch(ctx, shop, run, distinct(roots)); err != nil {
		return n, nil, err
	}
	changed, fresh, err := s.addRecords(ctx, shop, byHome)
	if err != nil || len(changed) == 0 {
		return commerce.SavedCount{Unchanged: len(byHome)}, changed, err
	}
	var survivors []string // they read the records of their aliases
	for _, w := range owners {
		if w.customer != w.home && changed[w.home] {
			survivors = append(survivors, w.customer)
		}
	}
	n = commerce.SavedCount{New: fresh, Changed: len(changed) - fresh, Unchanged: len(byHome) - len(changed)}
	return n, changed, s.raise(ctx, shop, survivors...)
}

// addRecords adds records to customers, by the homes of the records. It writes by
// compare-and-set, and tries again until all are stored.
func (s *Store) addRecords(
	ctx context.Context, shop string, byHome map[string][]commerce.CustomerRecord,
) (changed map[string]bool, fresh int, err error) {
	changed = map[string]bool{}
	var ids []string
	for id := range byHome {
		ids = append(ids, id)
	}
	for {
		customers, err := byIDs(ctx, s, colCustomers, shop, ids, func(c commerce.Customer) string { return c.ID })
		if err != nil {
			return nil, 0, err
		}
		var ops []documents.Op
		for _, c := range customers {
			update, err := s.withRecords(c, byHome[c.ID])
			if err != nil {
				return nil, 0, err
			}
			if update == nil || !c.GoneAt.IsZero() {
				continue
			}
			ops = append(ops, documents.UpdateOp(byID(shop, c.ID, bson.E{Key: "rev", Value: c.Rev}), update))
			if !changed[c.ID] && len(c.Records) == 0 && c.StoredGeneration == 0 {
				fresh++
			}
			changed[c.ID] = true
		}
		if len(ops) == 0 {
			return changed, fresh, nil
		}
		totals, results, err := s.docs.Bulk(ctx, colCustomers, ops)
		for _, r := range results {
			if err == nil {
				err = r.Err
			}
		}
		if err != nil || totals.Matched == len(ops) {
			return changed, fresh, err
		}
	}
}

// withRecords is the update that adds records to a customer; nil if it has them.
func (s *Store) withRecords(c commerce.Customer, records []commerce.CustomerRecord) (bson.D, error) {
	type wrapped struct {
		Records    []commerce.CustomerRecord `bson:"records"`
		Engagement []commerce.MessageFact    `bson:"engagement"`
	}
	facts := c.Engagement
	for _, r := range records {
		if fact, seen := reaction(c.Shop, r); seen {
			facts = withFact(facts, fact, s.now().AddDate(0, 0, -engagementDays))
		}
	}
	before, err := s.docs.Codec().Marshal(wrapped{received(c.Records), c.Engagement})
	if err != nil {
		return nil, err
	}
	merged := commerce.MergeRecords(c.Records, records...)
	same, err := s.docs.Codec().Marshal(wrapped{received(merged), facts})
	if err != nil || bytes.Equal(before, same) {
		return nil, err
	}
	after, err := s.docs.Codec().Marshal(wrapped{merged, facts})
	return bson.D{
		set(bson.E{Key: "records", Value: after.Lookup("records")}, bson.E{Key: "engagement", Value: after.Lookup("engagement")},
			bson.E{Key: "dirty", Value: true}, bson.E{Key: "changed_at", Value: s.wall()}),
		{Key: "$inc", Value: bson.D{{Key: "want", Value: int64(1)}, {Key: "rev", Value: int64(1)}}},
	}, err
}

// received are records without the receipt of those that were imported: the same
// file again is no news.
func received(records []commerce.CustomerRecord) []commerce.CustomerRecord {
	records = slices.Clone(records)
	for i := range records {
		if records[i].Imported {
			records[i] = records[i].Unreceived()
		}
	}
	return records
}

// reaction is the last open and click of a mail that another tool sent, as conditions
// read it: a message of its own.
func reaction(shop string, r commerce.CustomerRecord) (commerce.MessageFact, bool) {
	at := r.OpenedAt
	if r.ClickedAt.After(at) {
		at = r.ClickedAt
	}
	return commerce.MessageFact{
		ID: commerce.Key(shop, r.Connection, "import"), Channel: "email", SentAt: at, DeliveredAt: at,
		OpenedAt: r.OpenedAt, LastOpenedAt: r.OpenedAt, ClickedAt: r.ClickedAt, LastClickedAt: r.ClickedAt,
	}, !at.IsZero()
}
