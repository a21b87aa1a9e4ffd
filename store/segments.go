package store

import (
	"cmp"
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store/documents"
)

// CreateSegment stores a new segment, which is in use at once. An id that is
// taken, by an archived one too, is a Conflict.
func (s *Store) CreateSegment(ctx context.Context, shop string, segment *segments.Segment) (segments.Stored, error) {
	taken := commerce.Errorf(commerce.Conflict, "segment %q: the id is taken", segment.ID)
	if _, found, err := s.readSegment(ctx, shop, segment.ID); err != nil || found {
		return segments.Stored{}, orElse(err, taken)
	}
	d, err := s.define(ctx, shop, segment, true)
	if err != nil {
		return segments.Stored{}, err
	}
	k := segments.Stored{
		ID: commerce.Key(shop, segment.ID), Shop: shop, Segment: segment.ID, Name: segment.Name, Static: segment.Static,
		Version: d.Version, State: segments.Active,
		Rev: 1, CreatedAt: s.now(), ChangedAt: s.now(),
	}
	inserted, err := s.docs.Insert(ctx, colSegments, k)
	if err != nil || !inserted {
		return segments.Stored{}, orElse(err, taken)
	}
	return k, s.bumpSegments(ctx, shop)
}

// ReviseSegment makes segment the version in force, if the segment's rev is
// still rev, else it is a Conflict; rev 0 means any. The version in force
// again, byte for byte, changes nothing.
func (s *Store) ReviseSegment(ctx context.Context, shop string, segment *segments.Segment, rev int64) (segments.Stored, error) {
	k, inForce, err := s.Segment(ctx, shop, segment.ID)
	if err != nil {
		return k, err
	}
	if rev = cmp.Or(rev, k.Rev); k.Rev == rev && inForce.Hash == segment.Hash {
		return k, nil
	}
	return s.moveSegment(ctx, k, rev, func(k *segments.Stored) error {
		d, err := s.define(ctx, shop, segment, true)
		k.Name, k.Static, k.Version = segment.Name, segment.Static, d.Version
		return err
	})
}

// ArchiveSegment takes a segment out of use: no customer enters or leaves it
// any more. rev is as in ReviseSegment.
func (s *Store) ArchiveSegment(ctx context.Context, shop, slug string, rev int64) (segments.Stored, error) {
	k, _, err := s.Segment(ctx, shop, slug)
	if rev = cmp.Or(rev, k.Rev); err != nil || k.Rev == rev && k.State == segments.Archived {
		return k, err
	}
	return s.moveSegment(ctx, k, rev, func(k *segments.Stored) error {
		k.State = segments.Archived
		return nil
	})
}

// RestoreSegment takes an archived segment into use again, as a new version. So
// customers that entered or left while it was archived make no events. rev is
// as in ReviseSegment.
func (s *Store) RestoreSegment(ctx context.Context, shop, slug string, rev int64) (segments.Stored, error) {
	k, inForce, err := s.Segment(ctx, shop, slug)
	if rev = cmp.Or(rev, k.Rev); err != nil || k.Rev == rev && k.State == segments.Active {
		return k, err
	}
	return s.moveSegment(ctx, k, rev, func(k *segments.Stored) error {
		d, err := s.define(ctx, shop, &segments.Segment{ID: slug, Hash: inForce.Hash, Raw: inForce.JSON}, false)
		k.State, k.Version = segments.Active, d.Version
		return err
	})
}

// moveSegment changes a segment by compare-and-set.
func (s *Store) moveSegment(ctx context.Context, k segments.Stored, rev int64, to func(*segments.Stored) error) (segments.Stored, error) {
	changed := commerce.Errorf(commerce.Conflict, "segment %q: changed meanwhile, read it again", k.Segment)
	before := k
	if k.Rev != rev {
		return before, changed
	}
	if err := to(&k); err != nil {
		return before, err
	}
	k.Rev, k.ChangedAt = rev+1, s.now()
	moved, err := s.docs.Update(ctx, colSegments, byID(k.Shop, k.ID, bson.E{Key: "rev", Value: rev}), bson.D{set(
		bson.E{Key: "name", Value: k.Name}, bson.E{Key: "static", Value: k.Static}, bson.E{Key: "version", Value: k.Version},
		bson.E{Key: "state", Value: string(k.State)},
		bson.E{Key: "rev", Value: k.Rev}, bson.E{Key: "changed_at", Value: k.ChangedAt})})
	if err != nil || !moved {
		return before, orElse(err, changed)
	}
	if before.State != segments.Active && k.State != segments.Active {
		return k, nil
	}
	return k, s.bumpSegments(ctx, k.Shop)
}

// define stores the next version of a segment. With again, a newest version
// that is equal byte for byte is that version: a dead process or another one
// has just written it.
func (s *Store) define(ctx context.Context, shop string, segment *segments.Segment, again bool) (segments.Definition, error) {
	for {
		known, err := s.SegmentVersions(ctx, shop, segment.ID, nil, 1)
		if err != nil {
			return segments.Definition{}, err
		}
		next := 1
		if len(known) > 0 {
			if again && known[0].Hash == segment.Hash {
				return known[0], nil
			}
			next = known[0].Version + 1
		}
		d := segments.NewDefinition(shop, segment, next, s.now())
		inserted, err := s.docs.Insert(ctx, colDefinitions, d)
		if err != nil || inserted {
			return d, err
		}
	}
}

// Segment reads a segment and its version in force; NotFound when there is
// none.
func (s *Store) Segment(ctx context.Context, shop, slug string) (k segments.Stored, d segments.Definition, err error) {
	k, found, err := s.readSegment(ctx, shop, slug)
	if err != nil || !found {
		return k, d, orElse(err, missing("segment", slug))
	}
	d, err = s.SegmentVersion(ctx, shop, slug, k.Version)
	return k, d, err
}

// SegmentVersion reads one version of a segment; NotFound when there is none.
func (s *Store) SegmentVersion(ctx context.Context, shop, slug string, version int) (segments.Definition, error) {
	d, found, err := get[segments.Definition](ctx, s, colDefinitions, shop,
		segments.NewDefinition(shop, &segments.Segment{ID: slug}, version, s.now()).ID)
	if err == nil && !found {
		err = missing("segment version", slug)
	}
	return d, err
}

// SegmentVersions lists a segment's versions, the newest first. Of two that
// were written at once, one never was in force.
func (s *Store) SegmentVersions(ctx context.Context, shop, slug string, after *documents.Cursor, limit int) ([]segments.Definition, error) {
	return find[segments.Definition](ctx, s, colDefinitions,
		documents.Query{Filter: of(shop, bson.E{Key: "segment", Value: slug}), Sort: []string{"-version"}, After: after, Limit: limit})
}

// Segments lists a shop's segments, archived ones too, by id.
func (s *Store) Segments(ctx context.Context, shop string, after *documents.Cursor, limit int) ([]segments.Stored, error) {
	return find[segments.Stored](ctx, s, colSegments, documents.Query{Filter: of(shop), Sort: []string{"_id"}, After: after, Limit: limit})
}

// SegmentsInUse lists a shop's segments in use, by id, and beside each its
// version in force.
func (s *Store) SegmentsInUse(ctx context.Context, shop string) ([]segments.Stored, []segments.Definition, error) {
	list, err := find[segments.Stored](ctx, s, colSegments,
		documents.Query{Filter: of(shop, bson.E{Key: "state", Value: string(segments.Active)}), Sort: []string{"_id"}})
	if err != nil {
		return nil, nil, err
	}
	ids := make([]string, len(list))
	for i, k := range list {
		ids[i] = segments.NewDefinition(shop, &segments.Segment{ID: k.Segment}, k.Version, k.ChangedAt).ID
	}
	found, err := find[segments.Definition](ctx, s, colDefinitions,
		documents.Query{Filter: of(shop, bson.E{Key: "_id", Value: bson.D{{Key: "$in", Value: stringsOf(ids)}}})})
	if err != nil {
		return nil, nil, err
	}
	byID := map[string]segments.Definition{}
	for _, d := range found {
		byID[d.ID] = d
	}
	inForce := make([]segments.Definition, len(list))
	for i, id := range ids {
		d, known := byID[id]
		if !known { // cannot happen: a version is stored before it is in force
			return nil, nil, missing("segment version", id)
		}
		inForce[i] = d
	}
	return list, inForce, nil
}

func (s *Store) readSegment(ctx context.Context, shop, slug string) (k segments.Stored, found bool, err error) {
	return get[segments.Stored](ctx, s, colSegments, shop, commerce.Key(shop, slug))
}

// orElse is err, or otherwise if err is nil.
func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
