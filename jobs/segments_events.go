package jobs

import (
	"context"
	"slices"
	"strconv"

	"comeback/commerce"
	"comeback/segments"
)

// atOnce is how many customers one query or write is for.
const atOnce = 1000

// emitAll emits the pending events of the segments.
func (s *Segments) emitAll(ctx context.Context, shop string, slugs []string) error {
	return each(ctx, slugs, func(ctx context.Context, slug string) error { return s.emit(ctx, shop, slug) })
}

// emit stores the events of the last stored change, whichever process stored it. An
// event's id is made of the customer and the version, so emitting again adds
// nothing. The change is marked as emitted last.
func (s *Segments) emit(ctx context.Context, shop, slug string) error {
	m, entered, left, err := s.store.Unemitted(ctx, shop, slug)
	if err != nil || m.Emitted {
		return err
	}
	if !m.Silent {
		for kind, set := range map[commerce.EventKind]*segments.Bitmap{commerce.SegmentEntered: entered, commerce.SegmentLeft: left} {
			if err := s.add(ctx, m, kind, set); err != nil {
				return err
			}
		}
		if err := s.people.MarkDue(ctx, shop, s.now()); err != nil {
			return err
		}
	}
	return s.store.MarkEmitted(ctx, shop, slug, m.Version)
}

// add stores the events of one kind. A number without a customer is left out.
func (s *Segments) add(ctx context.Context, m segments.Membership, kind commerce.EventKind, set *segments.Bitmap) error {
	cause := commerce.Key(m.Segment, strconv.FormatInt(m.Version, 10))
	for chunk := range slices.Chunk(slices.Collect(set.All()), atOnce) {
		customers, err := s.people.Numbered(ctx, m.Shop, chunk)
		if err != nil {
			return err
		}
		events := make([]commerce.Event, len(customers))
		for i, c := range customers {
			events[i] = commerce.NewEvent(m.Shop, kind, c.ID, cause, m.At)
			events[i].Customer = c.ID
		}
		if err := s.people.AddEvents(ctx, m.Shop, events); err != nil {
			return err
		}
	}
	return nil
}
