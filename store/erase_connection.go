package store

import (
	"context"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// connectionBatch is how many documents of a connection are erased at once.
const connectionBatch = 200

// EraseConnection carries out one batch of a request to erase all persons of a
// connection; more means that there is a next one. Orders lose their buyers. A
// person known only by this connection is erased; a person known by another one
// too loses only the data of this one. r.Place is how far it is.
func (s *Store) EraseConnection(
	ctx context.Context, shop string, r commerce.PrivacyRequest,
) (after commerce.PrivacyRequest, more bool, err error) {
	steps := []struct {
		name string
		step func(ctx context.Context, r *commerce.PrivacyRequest, from string) (to string, err error)
	}{
		{"orders", s.connectionOrders}, {"checkouts", s.connectionCheckouts}, {"refunds", s.connectionRefunds},
		{"customers", s.connectionCustomers}, {"deliveries", s.connectionDeliveries},
	}
	name, from, _ := strings.Cut(r.Place, " ")
	if name == "" {
		name = steps[0].name
		if err := s.remember(ctx, shop, []string{connectionErasure(shop, r.Connection)}, r.At); err != nil {
			return r, false, err
		}
	}
	for i, step := range steps {
		if step.name != name {
			continue
		}
		to, err := step.step(ctx, &r, from)
		switch {
		case err != nil:
			return r, false, err
		case to != "":
			r.Place = name + " " + to
		case i+1 < len(steps):
			r.Place = steps[i+1].name
		default:
			r.Place = ""
			return r, false, nil
		}
	}
	return r, true, nil
}

// batchOf reads documents behind an id that match more. to is where the next
// batch begins, empty for the last one.
func batchOf[T any](
	ctx context.Context, s *Store, coll, shop, from string, id func(T) string, more ...bson.E,
) (batch []T, to string, err error) {
	var after *documents.Cursor
	if from != "" {
		after = &documents.Cursor{Sort: []string{"_id"}, Values: []bson.RawValue{}, ID: from}
	}
	batch, err = find[T](ctx, s, coll, documents.Query{Filter: of(shop, more...), Sort: []string{"_id"}, After: after, Limit: connectionBatch})
	if err == nil && len(batch) == connectionBatch {
		to = id(batch[len(batch)-1])
	}
	return batch, to, err
}

func (s *Store) connectionOrders(ctx context.Context, r *commerce.PrivacyRequest, from string) (to string, err error) {
	batch, to, err := batchOf(ctx, s, colOrders, r.Shop, from, func(o commerce.Order) string {
		return o.ID
	}, bson.E{Key: "connection", Value: r.Connection})
	if err != nil {
		return "", err
	}
	p := person{request: *r, orders: batch}
	p.before(s.now())
	return to, s.eraseOrders(ctx, r.Shop, p, &r.Erased)
}

func (s *Store) connectionCheckouts(ctx context.Context, r *commerce.PrivacyRequest, from string) (to string, err error) {
	batch, to, err := batchOf(ctx, s, colCheckouts, r.Shop, from, func(c commerce.Checkout) string {
		return c.ID
	}, bson.E{Key: "connection", Value: r.Connection})
	if err != nil {
		return "", err
	}
	p := person{request: *r, checkouts: batch}
	p.before(s.now())
	return to, s.eraseCheckouts(ctx, r.Shop, p, &r.Erased)
}

func (s *Store) connectionRefunds(ctx context.Context, r *commerce.PrivacyRequest, from string) (to string, err error) {
	batch, to, err := batchOf(ctx, s, colRefunds, r.Shop, from, func(l commerce.LooseRefund) string {
		return l.ID
	}, bson.E{Key: "connection", Value: r.Connection})
	if err != nil {
		return "", err
	}
	p := person{request: *r, refunds: batch}
	p.before(s.now())
	return to, s.eraseRefunds(ctx, r.Shop, p, &r.Erased)
}

// connectionCustomers erases the customers known only by records of the
// connection from before the request, and removes those records from the
// others.
func (s *Store) connectionCustomers(ctx context.Context, r *commerce.PrivacyRequest, from string) (to string, err error) {
	batch, to, err := batchOf(ctx, s, colCustomers, r.Shop, from, func(c commerce.Customer) string { return c.ID },
		absent("merged_into"), absent("gone_at"))
	if err != nil {
		return "", err
	}
	for _, c := range batch {
		one := *r
		one.Customer, one.Kind = c.ID, commerce.EraseCustomer
		if err := s.withoutConnection(ctx, one, &r.Erased); err != nil {
			return "", err
		}
	}
	return to, nil
}

func (s *Store) withoutConnection(ctx context.Context, r commerce.PrivacyRequest, erased *commerce.Erased) error {
	p := person{request: r}
	if err := s.identify(ctx, r.Shop, r.Customer, &p); err != nil {
		return err
	}
	theirs := func(record commerce.CustomerRecord) bool {
		return record.Connection == r.Connection && !record.Version.After(r.At)
	}
	others, some := false, false
	for _, c := range p.customers {
		others = others || slices.ContainsFunc(c.Records, func(record commerce.CustomerRecord) bool { return !theirs(record) })
		some = some || slices.ContainsFunc(c.Records, theirs)
	}
	if err := s.gather(ctx, r.Shop, &p); err != nil {
		return err
	}
	mine := slices.ContainsFunc(p.orders, func(o commerce.Order) bool { return o.Connection == r.Connection })
	if !some && !mine {
		return nil
	}
	if others || p.knownElsewhere() {
		return s.dropRecords(ctx, p, theirs)
	}
	more, err := s.erase(ctx, r.Shop, p, p.before(s.now()))
	erased.Add(more)
	return err
}

// knownElsewhere reports whether an order, a checkout or a refund still names
// the person: one of another connection, or one from after the request.
func (p person) knownElsewhere() bool {
	return slices.ContainsFunc(p.buyers(), func(b commerce.Buyer) bool { return b != (commerce.Buyer{Country: b.Country}) })
}

// dropRecords removes the records of the person for which theirs is true.
func (s *Store) dropRecords(ctx context.Context, p person, theirs func(commerce.CustomerRecord) bool) error {
	for _, c := range p.customers {
		kept := slices.DeleteFunc(slices.Clone(c.Records), theirs)
		if len(kept) == len(c.Records) {
			continue
		}
		if err := s.keepRecords(ctx, c, kept); err != nil {
			return err
		}
	}
	return s.raise(ctx, p.request.Shop, p.request.Customer)
}

// connectionDeliveries removes the raw bodies, and the imports' reports of
// single lines.
func (s *Store) connectionDeliveries(ctx context.Context, r *commerce.PrivacyRequest, _ string) (string, error) {
	from := bson.D{{Key: "connection", Value: r.Connection}}
	all := func(d commerce.Delivery) bool { return !d.ReceivedAt.After(r.At) }
	if err := s.dropBodies(ctx, r.Shop, from, &r.Erased, all); err != nil {
		return "", err
	}
	list, err := find[importReport](ctx, s, colImports, documents.Query{Filter: of(r.Shop), Fields: reportFields()})
	for _, i := range list {
		if i.Connection != r.Connection || len(i.Old)+len(i.Result) == 0 {
			continue
		}
		none := bson.D{set(bson.E{Key: "report", Value: []byte{}}, bson.E{Key: "result", Value: []byte{}})}
		if _, err := s.docs.Update(ctx, colImports, byID(r.Shop, i.ID), none); err != nil {
			return "", err
		}
		r.Erased.Imports++
	}
	return "", err
}
