package store

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// SuppressAddress is Suppress of an address in clear. It returns the
// suppression as requested.
func (s *Store) SuppressAddress(
	ctx context.Context, shop string, address commerce.Address, x commerce.Suppression,
) (commerce.Suppression, error) {
	x.Shop, x.Address = shop, s.Address(address)
	x.ID = commerce.SuppressionID(shop, x.Address, x.Scope, x.Reason)
	if err := s.suppress(ctx, shop, x); err != nil {
		return x, err
	}
	return x, s.reconsider(ctx, shop, address)
}

// Suppress stops mail to the address of x.Message. A repetition leaves the
// first time and message, and records the last time. The profile of the
// address's customer is computed again.
func (s *Store) Suppress(ctx context.Context, shop string, x commerce.Suppression) error {
	if err := s.suppress(ctx, shop, x); err != nil {
		return err
	}
	m, err := s.Message(ctx, shop, x.Message)
	if err != nil {
		return unlessMissing(err)
	}
	c, err := s.CustomerNow(ctx, shop, m.Customer)
	if err != nil {
		return unlessMissing(err)
	}
	if err := s.recount(ctx, shop, c.ID); err != nil {
		return err
	}
	for _, address := range c.Addresses() {
		if s.Address(address) == x.Address {
			return s.reconsider(ctx, shop, address)
		}
	}
	return nil
}

func (s *Store) suppress(ctx context.Context, shop string, x commerce.Suppression) error {
	if x.Address.IsZero() || x.Scope == "" || x.Reason == "" {
		return commerce.Errorf(commerce.Invalid, "suppression: needs an address, a scope and a reason")
	}
	once := bson.D{
		{Key: "address", Value: x.Address}, {Key: "scope", Value: string(x.Scope)}, {Key: "reason", Value: string(x.Reason)},
		{Key: "created_at", Value: x.CreatedAt},
	}
	if x.Message != "" {
		once = append(once, bson.E{Key: "message", Value: x.Message})
	}
	_, err := s.docs.Upsert(ctx, colSuppress, shop, commerce.SuppressionID(shop, x.Address, x.Scope, x.Reason), bson.D{
		{Key: "$setOnInsert", Value: once}, {Key: "$max", Value: bson.D{{Key: "last_at", Value: x.CreatedAt}}},
	})
	return err
}

// reconsider requests the profile of the customer of an address.
func (s *Store) reconsider(ctx context.Context, shop string, address commerce.Address) error {
	known, found, err := get[identity](ctx, s, colIdentities, shop, s.identityOf(shop, address))
	if err != nil || !found {
		return err
	}
	return s.recount(ctx, shop, known.Customer)
}

// recount requests a customer's profile, following merges, and marks the shop
// due.
func (s *Store) recount(ctx context.Context, shop, customer string) error {
	root, err := s.root(ctx, shop, customer)
	if err != nil {
		return err
	}
	if err := s.raise(ctx, shop, root); err != nil {
		return err
	}
	return s.MarkDue(ctx, shop, s.now())
}

// unlessMissing drops the error that a customer is gone: it needs no profile.
func unlessMissing(err error) error {
	if commerce.CodeOf(err) == commerce.NotFound {
		return nil
	}
	return err
}

// Unsuppress lets an address get mail again, whatever the reasons were. removed
// is false when it was not suppressed in that scope.
func (s *Store) Unsuppress(
	ctx context.Context, shop string, address commerce.Address, scope commerce.SuppressionScope,
) (removed bool, err error) {
	list, err := s.SuppressionsOf(ctx, shop, s.Address(address))
	if err != nil {
		return false, err
	}
	var ops []documents.Op
	for _, x := range list {
		if x.Scope == scope {
			ops = append(ops, documents.DeleteOp(shop, x.ID))
		}
	}
	if err := s.bulk(ctx, colSuppress, ops); err != nil || len(ops) == 0 {
		return false, err
	}
	return true, s.reconsider(ctx, shop, address)
}

// applySuppressions applies the suppressions of people's addresses to their profiles, and
// returns those that a later consent has lifted.
func (s *Store) applySuppressions(
	ctx context.Context,
	shop string,
	profiles []*commerce.Profile,
) (lifted []commerce.Suppression, err error) {
	addresses, hashes := map[commerce.AddressHash]commerce.Address{}, []string(nil)
	for _, p := range profiles {
		for _, a := range p.Mailable() {
			addresses[s.Address(a)] = a
			hashes = append(hashes, s.Address(a).String())
		}
	}
	byAddress := map[commerce.Address][]commerce.Suppression{}
	list, err := amongAll[commerce.Suppression](ctx, s, colSuppress, shop, "address", distinct(hashes))
	if err != nil {
		return nil, err
	}
	for _, x := range list {
		byAddress[addresses[x.Address]] = append(byAddress[addresses[x.Address]], x)
	}
	for _, p := range profiles {
		lifted = append(lifted, p.ApplySuppressions(byAddress)...)
	}
	return lifted, nil
}

// lift removes suppressions that the person's own later consent has lifted. One
// that was renewed meanwhile stays.
func (s *Store) lift(ctx context.Context, shop string, list []commerce.Suppression) error {
	var ops []documents.Op
	for _, x := range list {
		last := absent("last_at")
		if !x.LastAt.IsZero() {
			last = bson.E{Key: "last_at", Value: x.LastAt}
		}
		ops = append(ops, documents.DeleteIfOp(byID(shop, x.ID, last)))
	}
	return s.bulk(ctx, colSuppress, ops)
}

// SuppressionsOf lists why an address gets no mail: one for each scope and
// reason, none if it may get mail.
func (s *Store) SuppressionsOf(ctx context.Context, shop string, address commerce.AddressHash) ([]commerce.Suppression, error) {
	if address.IsZero() {
		return nil, nil
	}
	return find[commerce.Suppression](
		ctx,
		s,
		colSuppress,
		documents.Query{Filter: of(shop, bson.E{Key: "address", Value: address.String()})},
	)
}

// SuppressionsAmong are SuppressionsOf many addresses.
func (s *Store) SuppressionsAmong(
	ctx context.Context, shop string, addresses []commerce.AddressHash,
) (map[commerce.AddressHash][]commerce.Suppression, error) {
	texts := make([]string, len(addresses))
	for i, a := range addresses {
		texts[i] = a.String()
	}
	list, err := amongAll[commerce.Suppression](ctx, s, colSuppress, shop, "address", distinct(texts))
	of := map[commerce.AddressHash][]commerce.Suppression{}
	for _, x := range list {
		of[x.Address] = append(of[x.Address], x)
	}
	return of, err
}

// ListSuppressions lists a shop's suppressions, the oldest first.
func (s *Store) ListSuppressions(
	ctx context.Context,
	shop, after string,
	limit int,
) (list []commerce.Suppression, next string, err error) {
	return listPage([]string{"created_at"}, after, limit, func(c *documents.Cursor, n int) ([]commerce.Suppression, error) {
		return find[commerce.Suppression](ctx, s, colSuppress,
			documents.Query{Filter: of(shop), Sort: []string{"created_at"}, After: c, Limit: n})
	})
}
