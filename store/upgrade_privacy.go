package store

import (
	"bytes"
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// upgradePrivacyRequests lets old requests of platforms about personal data be
// carried out: it makes them due, and has deliveries about a deletion read
// again. Requests without id and e-mail lack their phone: their deliveries are
// read again too, and the old requests are deleted.
func (s *Store) upgradePrivacyRequests(ctx context.Context, shop string) error {
	if err := s.rereadDeletions(ctx, shop); err != nil {
		return err
	}
	due := bson.D{set(
		bson.E{Key: "state", Value: string(commerce.PrivacyWaiting)}, bson.E{Key: "fence", Value: int64(0)},
		bson.E{Key: "due_at", Value: s.now()},
	)}
	return orElse(s.rewrite(ctx, shop, colRedactions, bson.D{absent("state")}, func(bson.Raw) (bson.D, error) {
		return due, nil
	}), s.MarkDue(ctx, shop, s.now()))
}

// rereadDeletions makes the deliveries of deletions that were not carried out
// unread.
func (s *Store) rereadDeletions(ctx context.Context, shop string) error {
	unnamedRequests, err := find[commerce.PrivacyRequest](ctx, s, colRedactions,
		documents.Query{Filter: of(shop, absent("state"), bson.E{Key: "platform", Value: ""}, bson.E{Key: "email", Value: ""},
			bson.E{Key: "kind", Value: bson.D{{Key: "$ne", Value: string(commerce.EraseConnection)}}})})
	if err != nil {
		return err
	}
	again := bson.D{set(bson.E{Key: "state", Value: string(commerce.Unread)}),
		{Key: "$unset", Value: bson.D{{Key: "reason", Value: ""}, {Key: "read_at", Value: ""}}}}
	read := bson.D{{Key: "state", Value: string(commerce.Read)}}
	err = s.rewrite(ctx, shop, colDeliveries, read, func(raw bson.Raw) (bson.D, error) {
		var d commerce.Delivery
		if err := documents.Unmarshal(raw, &d); err != nil {
			return nil, err
		}
		unnamed := slices.ContainsFunc(unnamedRequests, func(r commerce.PrivacyRequest) bool { return slices.Contains(d.Subjects, r.ID) })
		if len(d.Body) == 0 || !unnamed && !reportsDeletion(d) {
			return nil, nil
		}
		return again, nil
	})
	ops := make([]documents.Op, len(unnamedRequests))
	for i, r := range unnamedRequests {
		ops[i] = documents.DeleteOp(shop, r.ID)
	}
	return orElse(err, s.bulk(ctx, colRedactions, ops))
}

// reportsDeletion reports whether a delivery is about a deleted customer.
func reportsDeletion(d commerce.Delivery) bool {
	switch d.Platform {
	case "shopify":
		return d.Topic == "customers/delete"
	case "woocommerce":
		return d.Topic == "customer.deleted"
	}
	return bytes.Contains(d.Body, []byte(`customer.deleted`)) ||
		bytes.Contains(d.Body, []byte(`"deleted"`)) && bytes.Contains(d.Body, []byte(`customer`))
}
