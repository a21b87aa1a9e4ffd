package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// eraseOrders removes the buyer of each order. An order that changes meanwhile
// is read again.
func (s *Store) eraseOrders(ctx context.Context, shop string, p person, erased *commerce.Erased) error {
	var others []string
	for _, o := range p.orders {
		changed, err := s.redactOrder(ctx, shop, o)
		if err != nil {
			return err
		}
		if changed {
			erased.Orders++
		}
		others = append(others, o.Customer)
	}
	return s.raise(ctx, shop, distinct(others)...)
}

// redactOrder stores the order without its person, and finishes its outbox
// first.
func (s *Store) redactOrder(ctx context.Context, shop string, o commerce.Order) (changed bool, err error) {
	settings, err := s.settings(ctx, shop)
	if err != nil {
		return false, err
	}
	for {
		if o.Pending {
			if err := s.outboxedOrders().finish(ctx, s, o); err != nil {
				return false, err
			}
			o.Pending, o.Outbox, o.Repeated, o.Former = false, nil, nil, ""
		}
		at := o.RedactedAt
		if at.IsZero() {
			at = s.now()
		}
		after := withoutPerson(o, at)
		after.Fact = commerce.FactOf(after, settings.Currency)
		if same, err := s.equalDocs(o, after); err != nil || same {
			return false, err
		}
		after.Rev++
		saved, err := s.outboxedOrders().swap(ctx, s, o, after)
		if err != nil || saved {
			return saved, err
		}
		if o, err = s.Order(ctx, shop, o.ID); err != nil {
			return false, err
		}
	}
}

// eraseCheckouts removes the person's checkouts: they contain no money.
func (s *Store) eraseCheckouts(ctx context.Context, shop string, p person, erased *commerce.Erased) error {
	ops := make([]documents.Op, len(p.checkouts))
	for i, c := range p.checkouts {
		ops[i] = documents.DeleteOp(shop, c.ID)
	}
	erased.Checkouts += int64(len(ops))
	return s.bulk(ctx, colCheckouts, ops)
}

// eraseRefunds is eraseOrders for refunds that name no order.
func (s *Store) eraseRefunds(ctx context.Context, shop string, p person, erased *commerce.Erased) error {
	for _, r := range p.refunds {
		after := r.WithoutPerson()
		if same, err := s.equalDocs(r, after); err != nil || same {
			if err != nil {
				return err
			}
			continue
		}
		fields := set(bson.E{Key: "buyer", Value: after.Buyer}, bson.E{Key: "refund.reason", Value: after.Refund.Reason})
		if _, err := s.docs.Update(ctx, colRefunds, byID(shop, r.ID),
			bson.D{fields, {Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}}}); err != nil {
			return err
		}
		erased.Refunds++
	}
	return nil
}
