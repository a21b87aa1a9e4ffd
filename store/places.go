package store

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/store/documents"
)

// Places lists all places of addresses that were ever taken.
func (s *Store) Places(
	ctx context.Context, shop string, addresses []commerce.AddressHash,
) (map[commerce.AddressHash][]campaigns.Place, error) {
	owner, ids := map[string]commerce.AddressHash{}, []string(nil)
	for _, a := range addresses {
		for n := range campaigns.AddressLimit {
			id := campaigns.PlaceID(shop, a, n)
			owner[id], ids = a, append(ids, id)
		}
	}
	list, err := amongAll[campaigns.Place](ctx, s, colPlaces, shop, "_id", distinct(ids))
	of := map[commerce.AddressHash][]campaigns.Place{}
	for _, p := range list {
		of[owner[p.ID]] = append(of[owner[p.ID]], p)
	}
	return of, err
}

// TakePlaces takes one of its address's places for each message, for as long as an address
// must wait for the next. taken is false where all are taken: decide again about the message.
// Taking again for the same message is taking once. It needs one read and one bulk, and more
// of both where several messages want places of one address.
func (s *Store) TakePlaces(ctx context.Context, shop string, wants []campaigns.PlaceWanted) (taken []bool, err error) {
	taken = make([]bool, len(wants))
	open := make([]int, len(wants))
	for i := range open {
		open[i] = i
	}
	for len(open) > 0 {
		if open, err = s.takePlaces(ctx, shop, wants, open, taken); err != nil {
			return nil, err
		}
	}
	return taken, nil
}

// takePlaces tries once for the wants at the positions open, one for each address. It
// returns the positions that must try again.
func (s *Store) takePlaces(
	ctx context.Context,
	shop string,
	wants []campaigns.PlaceWanted,
	open []int,
	taken []bool,
) (again []int, err error) {
	var addresses []commerce.AddressHash
	for _, i := range open {
		addresses = append(addresses, wants[i].Address)
	}
	known, err := s.Places(ctx, shop, addresses)
	if err != nil {
		return nil, err
	}
	var ops []documents.Op
	var tried []int
	busy := map[commerce.AddressHash]bool{}
	for _, i := range open {
		if busy[wants[i].Address] {
			again = append(again, i)
			continue
		}
		op, ok := s.takePlace(shop, wants[i], known[wants[i].Address])
		if !ok {
			continue // all are taken
		}
		busy[wants[i].Address] = true
		ops, tried = append(ops, op), append(tried, i)
	}
	totals, err := s.bulkTotals(ctx, colPlaces, ops)
	if err != nil {
		return nil, err
	}
	all := totals.Inserted+totals.Matched == len(ops)
	if !all {
		if known, err = s.Places(ctx, shop, addresses); err != nil {
			return nil, err
		}
	}
	for _, i := range tried {
		taken[i] = all || slices.ContainsFunc(known[wants[i].Address], func(p campaigns.Place) bool {
			return p.Message == wants[i].Message && !p.Free("", s.now())
		})
		if !taken[i] {
			again = append(again, i)
		}
	}
	return again, nil
}

// takePlace is the write that takes the first place that is free; ok is false without one.
func (s *Store) takePlace(shop string, want campaigns.PlaceWanted, known []campaigns.Place) (op documents.Op, ok bool) {
	now := s.now()
	for n := range campaigns.AddressLimit {
		id := campaigns.PlaceID(shop, want.Address, n)
		at := slices.IndexFunc(known, func(p campaigns.Place) bool { return p.ID == id })
		if at < 0 {
			return documents.InsertOp(campaigns.Place{ID: id, Shop: shop, Message: want.Message, At: now}), true
		}
		if p := known[at]; p.Free(want.Message, now) {
			same := byID(shop, id, bson.E{Key: "message", Value: p.Message}, bson.E{Key: "at", Value: p.At})
			return documents.UpdateOp(same, bson.D{set(bson.E{Key: "message", Value: want.Message}, bson.E{Key: "at", Value: now})}), true
		}
	}
	return op, false
}
