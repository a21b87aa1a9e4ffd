package store

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// AddReceptions adds counts to those of their connections, each named once. Any
// number of processes may add at the same time. missed are those that were not
// added; they are empty only without an error.
func (s *Store) AddReceptions(ctx context.Context, list []commerce.Reception) (missed []commerce.Reception, err error) {
	ops := make([]documents.Op, len(list))
	for i, r := range list {
		ops[i] = documents.UpsertOp(r.Shop, r.ID, counted(r))
	}
	if len(ops) == 0 {
		return nil, nil
	}
	_, results, err := s.docs.Bulk(ctx, colReceptions, ops)
	if err != nil {
		return list, err
	}
	for i, result := range results {
		if result.Err != nil {
			missed, err = append(missed, list[i]), errors.Join(err, result.Err)
		}
	}
	return missed, err
}

// counted is the update that adds r's counts.
func counted(r commerce.Reception) bson.D {
	add, last, named := bson.D{}, bson.D{}, bson.D{}
	tally := func(field string, t commerce.Tally) {
		if t.Count > 0 {
			add = append(add, bson.E{Key: field + ".n", Value: t.Count})
			last = append(last, bson.E{Key: field + ".last", Value: t.Last})
		}
		if t.Named != "" {
			named = append(named, bson.E{Key: field + ".named", Value: t.Named})
		}
	}
	tally("accepted", r.Accepted)
	for _, reason := range commerce.Refusals() {
		tally("refused."+string(reason), r.Refused[reason])
	}
	named = append(named, bson.E{Key: "connection", Value: r.Connection})
	return bson.D{{Key: "$inc", Value: add}, {Key: "$max", Value: last}, {Key: "$set", Value: named}}
}

// Reception reads what was counted of a connection; it is zero when nothing was.
func (s *Store) Reception(ctx context.Context, shop, slug string) (commerce.Reception, error) {
	r, _, err := get[commerce.Reception](ctx, s, colReceptions, shop, commerce.Key(shop, slug))
	return r, err
}
