package store

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/connectors"
	"comeback/store/documents"
)

// SaveRecords stores all records of one delivery and returns the ids that it
// touched. Saving stored records again changes nothing, so after an error the
// caller may try again.
func (s *Store) SaveRecords(ctx context.Context, shop string, r connectors.Records) (subjects []string, err error) {
	subjects, _, err = s.SaveDelivered(ctx, shop, r)
	return subjects, err
}

// SaveDelivered is SaveRecords that also reports whether the raw body must be
// deleted: it is a request about a person's data, or is about an erased person.
func (s *Store) SaveDelivered(ctx context.Context, shop string, r connectors.Records) (subjects []string, secret bool, err error) {
	r, secret, err = s.forgetErased(ctx, shop, r)
	if err != nil {
		return nil, false, err
	}
	secret = secret || len(r.Redactions) > 0
	for _, save := range []func(context.Context, string, connectors.Records) ([]string, error){
		s.saveCustomers, s.saveProducts, s.saveOrders, s.saveCheckouts, s.saveRefunds, s.saveRedactions, s.saveMerges,
	} {
		touched, err := save(ctx, shop, r)
		if err != nil {
			return subjects, secret, err
		}
		subjects = append(subjects, touched...)
	}
	return subjects, secret, nil
}

func (s *Store) saveCustomers(ctx context.Context, shop string, r connectors.Records) (touched []string, err error) {
	for _, record := range r.Customers {
		id, err := s.SaveRecord(ctx, shop, record)
		if err != nil {
			return touched, err
		}
		touched = append(touched, id)
	}
	return touched, nil
}

// saveMerges makes one customer of two ids that their platform reports as one
// person, known or not. Later records of either id belong to that customer.
func (s *Store) saveMerges(ctx context.Context, shop string, r connectors.Records) (touched []string, err error) {
	for _, m := range r.Merges {
		homes := map[string]string{}
		for _, id := range []string{m.Kept, m.Gone} {
			w, err := s.customerOf(ctx, shop, m.Connection, commerce.Buyer{Platform: id})
			if err != nil {
				return touched, err
			}
			homes[id] = w.home
		}
		home, err := s.mergeAll(ctx, shop, homes)
		if err != nil {
			return touched, err
		}
		root, err := s.root(ctx, shop, home)
		if err != nil {
			return touched, err
		}
		if err := s.raise(ctx, shop, home, root); err != nil {
			return touched, err
		}
		touched = append(touched, root)
	}
	return touched, nil
}

// saveProducts also stores a deletion that comes before its product. Platforms
// send one for orders too: such a product has no version, and lists hide it.
func (s *Store) saveProducts(ctx context.Context, shop string, r connectors.Records) (touched []string, err error) {
	for _, p := range r.Products {
		if err := s.SaveProduct(ctx, shop, p); err != nil {
			return touched, err
		}
		touched = append(touched, p.ID)
		if err := s.noteQuality(ctx, shop, p.ID, p.Quality); err != nil {
			return touched, err
		}
	}
	return touched, nil
}

func (s *Store) saveOrders(ctx context.Context, shop string, r connectors.Records) (touched []string, err error) {
	for _, in := range r.Orders {
		o, err := s.SaveOrder(ctx, shop, in)
		if err != nil {
			return touched, err
		}
		touched = append(touched, o.ID)
		if err := s.noteQuality(ctx, shop, o.ID, in.Quality); err != nil {
			return touched, err
		}
		if err := s.noteMethod(ctx, shop, o); err != nil {
			return touched, err
		}
	}
	return touched, nil
}

func (s *Store) saveCheckouts(ctx context.Context, shop string, r connectors.Records) (touched []string, err error) {
	for _, in := range r.Checkouts {
		c, err := s.SaveCheckout(ctx, shop, in)
		if err != nil {
			return touched, err
		}
		touched = append(touched, c.ID)
		if err := s.noteQuality(ctx, shop, c.ID, in.Quality); err != nil {
			return touched, err
		}
	}
	return touched, nil
}

func (s *Store) saveRefunds(ctx context.Context, shop string, r connectors.Records) (touched []string, err error) {
	for _, in := range r.LooseRefunds {
		if err := s.SaveLooseRefund(ctx, shop, in); err != nil {
			return touched, err
		}
		touched = append(touched, in.ID)
		if err := s.noteQuality(ctx, shop, in.ID, append(in.Quality, "refund_without_order")); err != nil {
			return touched, err
		}
	}
	return touched, nil
}

// flaw is one odd thing about one record, stored once.
type flaw struct {
	ID      string    `bson:"_id"`
	Shop    string    `bson:"shop"`
	Code    string    `bson:"code"`
	Subject string    `bson:"subject"`
	Why     string    `bson:"why,omitempty"` // if the code is not enough
	At      time.Time `bson:"at"`
	// Connection and Name are of an unknown payment method.
	Connection string `bson:"connection,omitempty"`
	Name       string `bson:"name,omitempty"`
}

func (s *Store) noteQuality(ctx context.Context, shop, subject string, codes []string) error {
	var docs []any
	for _, code := range codes {
		docs = append(docs, flaw{ID: commerce.Key(shop, code, subject), Shop: shop, Code: code, Subject: subject, At: s.wall()})
	}
	if len(docs) == 0 {
		return nil
	}
	_, err := s.docs.InsertMany(ctx, colQuality, docs)
	return err
}

// Quality counts a shop's records by their flaws.
func (s *Store) Quality(ctx context.Context, shop string) (map[string]int64, error) {
	groups, err := s.docs.Tally(ctx, colQuality, of(shop), []string{"code"}, nil)
	counts := map[string]int64{}
	for _, g := range groups {
		if code, ok := g.Keys[0].(string); ok {
			counts[code] = g.Count
		}
	}
	return counts, err
}

// Flawed lists the records with the flaw code.
func (s *Store) Flawed(ctx context.Context, shop, code string, limit int) ([]commerce.Oddity, error) {
	rows, err := find[flaw](ctx, s, colQuality, documents.Query{Filter: of(shop, bson.E{Key: "code", Value: code}), Limit: limit})
	list := make([]commerce.Oddity, len(rows))
	for i, row := range rows {
		list[i] = commerce.Oddity{Record: row.Subject, Why: row.Why}
	}
	return list, err
}
