package store

import (
	"bytes"
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// ReserveReply reserves r.ID for a request. If mine, the caller carries the
// request out and then saves or drops r. Else kept is the reply reserved or
// saved under the id before, its body opened. An unanswered one older than
// stale, or any older than expired, is taken over.
func (s *Store) ReserveReply(
	ctx context.Context, shop string, r commerce.Reply, stale, expired time.Time,
) (kept commerce.Reply, mine bool, err error) {
	r.Shop = shop
	mine, err = s.docs.Insert(ctx, colIdempotency, r)
	if err != nil || mine {
		return r, mine, err
	}
	kept, found, err := get[commerce.Reply](ctx, s, colIdempotency, shop, r.ID)
	if err != nil || !found { // dropped meanwhile: like one in flight, the caller tries again
		return kept, false, err
	}
	over := kept.At.Before(expired) || kept.Status == 0 && kept.At.Before(stale)
	if over {
		fields := set(bson.E{Key: "request", Value: r.Request}, bson.E{Key: "status", Value: int64(0)}, bson.E{Key: "body", Value: []byte{}},
			bson.E{Key: "holder", Value: r.Holder}, bson.E{Key: "at", Value: r.At})
		mine, err = s.docs.Update(ctx, colIdempotency,
			byID(shop, r.ID, bson.E{Key: "holder", Value: kept.Holder}, bson.E{Key: "at", Value: kept.At}), bson.D{fields})
		return r, mine, err
	}
	kept.Body, err = s.open(shop, replyField(r.ID), kept.Body)
	return kept, false, err
}

// SaveReply stores the answer to the request, sealed: it may contain a secret.
func (s *Store) SaveReply(ctx context.Context, shop string, r commerce.Reply) error {
	sealed, err := s.seal(shop, replyField(r.ID), r.Body)
	if err != nil {
		return err
	}
	fields := set(bson.E{Key: "status", Value: int64(r.Status)}, bson.E{Key: "body", Value: bytes.Clone(sealed)})
	_, err = s.docs.Update(ctx, colIdempotency, byID(shop, r.ID, bson.E{Key: "holder", Value: r.Holder}), bson.D{fields})
	return err
}

// DropReply frees a reservation whose request did nothing.
func (s *Store) DropReply(ctx context.Context, shop string, r commerce.Reply) error {
	kept, found, err := get[commerce.Reply](ctx, s, colIdempotency, shop, r.ID)
	if err != nil || !found || kept.Holder != r.Holder {
		return err
	}
	_, err = s.docs.Delete(ctx, colIdempotency, shop, r.ID)
	return err
}

// ForgetReplies deletes up to limit replies from before a time.
func (s *Store) ForgetReplies(ctx context.Context, shop string, before time.Time, limit int) (forgotten int, err error) {
	list, err := find[commerce.Reply](ctx, s, colIdempotency, documents.Query{
		Filter: of(shop, bson.E{Key: "at", Value: bson.D{{Key: "$lt", Value: before}}}), Fields: []string{"at"},
		Sort: []string{"at"}, Limit: limit,
	})
	ops := make([]documents.Op, len(list))
	for i, r := range list {
		ops[i] = documents.DeleteOp(shop, r.ID)
	}
	if err == nil {
		err = s.bulk(ctx, colIdempotency, ops)
	}
	return len(ops), err
}

func replyField(id string) string { return "idempotency." + id }
