package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// methodID is the id of the flaw that the table of a connection lacks a payment
// method. It is stored once a method, until the table has it.
func methodID(shop, slug, name string) string {
	return commerce.Key(shop, commerce.FlawUnknownMethod, slug, digest(commerce.PlainMethod(name)))
}

// noteMethod records the unknown payment method of an unpaid order. Its buyer
// gets no reminder until the merchant says what the method means.
func (s *Store) noteMethod(ctx context.Context, shop string, o commerce.Order) error {
	if o.Status != commerce.Open || o.PaymentNow() != commerce.Unpaid || len(o.MethodNames) == 0 {
		return nil
	}
	t, err := s.terms(ctx, shop, o.Connection)
	if err != nil || o.Under(t).Kind != commerce.PaymentUnknown {
		return err
	}
	name := o.MethodNames[len(o.MethodNames)-1] // the merchant's, where there is one
	_, err = s.docs.Insert(ctx, colQuality, flaw{
		ID: methodID(shop, o.Connection, name), Shop: shop, Code: commerce.FlawUnknownMethod, Subject: o.ID, At: s.wall(),
		Connection: o.Connection, Name: name,
	})
	return err
}

// UnknownMethods lists payment methods of unpaid orders that are missing in the
// tables of their connections.
func (s *Store) UnknownMethods(ctx context.Context, shop string, limit int) ([]commerce.UnknownMethod, error) {
	code := bson.E{Key: "code", Value: commerce.FlawUnknownMethod}
	rows, err := find[flaw](ctx, s, colQuality, documents.Query{Filter: of(shop, code), Limit: limit})
	list := make([]commerce.UnknownMethod, len(rows))
	for i, row := range rows {
		list[i] = commerce.UnknownMethod{Connection: row.Connection, Name: row.Name, Order: row.Subject}
	}
	return list, err
}

// forgetMethods removes the flaws of methods that a connection's table now has.
func (s *Store) forgetMethods(ctx context.Context, shop string, c commerce.Connection) error {
	var ops []documents.Op
	for _, m := range c.PaymentMethods {
		ops = append(ops, documents.DeleteOp(shop, methodID(shop, c.Slug, m.Name)))
	}
	return s.bulk(ctx, colQuality, ops)
}
