package store

import (
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// Membership reads the members of a segment as of the last sweep; NotFound
// before the first.
func (s *Store) Membership(ctx context.Context, shop, slug string) (segments.Membership, error) {
	m, found, err := get[segments.Membership](ctx, s, colMemberships, shop, commerce.Key(shop, slug))
	if err == nil && !found {
		err = missing("members of segment", slug)
	}
	return m, err
}

// MembersOf is Membership with the members unpacked. The set is the caller's.
func (s *Store) MembersOf(ctx context.Context, shop, slug string) (m segments.Membership, members *segments.Bitmap, err error) {
	if m, err = s.Membership(ctx, shop, slug); err == nil {
		members, err = unpackBitmap(m.Members)
	}
	return m, members, err
}

// Memberships lists a shop's memberships by segment, without their bitmaps and
// their history.
func (s *Store) Memberships(ctx context.Context, shop string) ([]segments.Membership, error) {
	return find[segments.Membership](ctx, s, colMemberships, documents.Query{
		Filter: of(shop), Sort: []string{"_id"},
		Fields: []string{"shop", "segment", "version", "definition", "language", "size", "silent", "emitted", "at"},
	})
}

// SaveMembership stores the next version of a membership: m without its
// bitmaps, which come unpacked. It saves nothing unless version m.Version - 1
// is stored and its events are emitted. Bitmaps that are larger together than a
// document can be are Invalid.
func (s *Store) SaveMembership(
	ctx context.Context, shop string, m segments.Membership, members, entered, left *segments.Bitmap,
) (saved bool, err error) {
	packed, err := packBitmaps(members, entered, left)
	if err != nil {
		return false, err
	}
	m.ID, m.Shop = commerce.Key(shop, m.Segment), shop
	m.Members, m.Entered, m.Left = packed[0], packed[1], packed[2]
	if m.Version == 1 {
		return s.docs.Insert(ctx, colMemberships, m)
	}
	update, err := s.replacing(m)
	if err != nil {
		return false, err
	}
	return s.docs.Update(ctx, colMemberships,
		byID(shop, m.ID, bson.E{Key: "version", Value: m.Version - 1}, bson.E{Key: "emitted", Value: true}), update)
}

// Unemitted reads a membership with its change unpacked; NotFound before the
// first sweep.
func (s *Store) Unemitted(ctx context.Context, shop, slug string) (m segments.Membership, entered, left *segments.Bitmap, err error) {
	if m, err = s.Membership(ctx, shop, slug); err != nil {
		return m, nil, nil, err
	}
	if entered, err = unpackBitmap(m.Entered); err == nil {
		left, err = unpackBitmap(m.Left)
	}
	return m, entered, left, err
}

// MarkEmitted records that the events of this version of a membership are
// stored. Twice is once.
func (s *Store) MarkEmitted(ctx context.Context, shop, slug string, version int64) error {
	_, err := s.docs.Update(ctx, colMemberships, byID(shop, commerce.Key(shop, slug), bson.E{Key: "version", Value: version}),
		bson.D{set(bson.E{Key: "emitted", Value: true})})
	return err
}

// Numbered finds customers by number, merged ones too, each with its id,
// number, merged_into, rev, want and have only. Unknown numbers are left out.
func (s *Store) Numbered(ctx context.Context, shop string, numbers []int64) ([]commerce.Customer, error) {
	found := make([]commerce.Customer, 0, len(numbers))
	for chunk := range slices.Chunk(numbers, atOnce) {
		values := make(bson.A, len(chunk))
		for i, n := range chunk {
			values[i] = n
		}
		list, err := find[commerce.Customer](ctx, s, colCustomers, documents.Query{
			Filter: of(shop, bson.E{Key: "n", Value: bson.D{{Key: "$in", Value: values}}}),
			Fields: []string{"n", "merged_into", "rev", "want", "have"},
		})
		if err != nil {
			return nil, err
		}
		found = append(found, list...)
	}
	return found, nil
}

// MergedInto finds the customers that were merged directly into one of ids,
// each with its id, number and merged_into only.
func (s *Store) MergedInto(ctx context.Context, shop string, ids []string) ([]commerce.Customer, error) {
	var found []commerce.Customer
	for chunk := range slices.Chunk(ids, atOnce) {
		list, err := find[commerce.Customer](ctx, s, colCustomers, documents.Query{
			Filter: of(shop, bson.E{Key: "merged_into", Value: bson.D{{Key: "$in", Value: stringsOf(chunk)}}}), Fields: []string{"n", "merged_into"},
		})
		if err != nil {
			return nil, err
		}
		found = append(found, list...)
	}
	return found, nil
}

// AddEvents stores events that are not stored yet; handled ones stay handled.
func (s *Store) AddEvents(ctx context.Context, shop string, events []commerce.Event) error {
	return s.addEvents(ctx, shop, events, nil, 0)
}
