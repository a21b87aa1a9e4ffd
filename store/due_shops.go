package store

import (
	"context"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/store/documents"
)

// Slots is how many workers may serve one shop at once.
const Slots = 4

// MarkDue records that a shop has work due at that time. A writer of due work
// stores the work first, then calls MarkDue once a batch.
func (s *Store) MarkDue(ctx context.Context, shop string, at time.Time) error {
	_, err := s.docs.Upsert(ctx, colDue, shop, shop, s.dueFrom(at))
	return err
}

// markDueAll is MarkDue of many shops.
func (s *Store) markDueAll(ctx context.Context, shops []commerce.Due, at time.Time) error {
	ops, due := make([]documents.Op, len(shops)), s.dueFrom(at)
	for i, w := range shops {
		ops[i] = documents.UpsertOp(w.Shop, w.Shop, due)
	}
	return s.bulk(ctx, colDue, ops)
}

func (s *Store) dueFrom(at time.Time) bson.D {
	return bson.D{
		{Key: "$min", Value: bson.D{{Key: "next_due", Value: at}}},
		{Key: "$max", Value: bson.D{{Key: "marked_at", Value: s.wall()}}},
		{Key: "$inc", Value: bson.D{{Key: "rev", Value: int64(1)}}},
		{Key: "$setOnInsert", Value: bson.D{{Key: "served_at", Value: time.Unix(0, 0)}}},
	}
}

// DueShops lists the shops with work due at now, the longest unserved first.
func (s *Store) DueShops(ctx context.Context, now time.Time, limit int) ([]commerce.Due, error) {
	return find[commerce.Due](ctx, s, colDue, documents.Query{
		Filter: bson.D{{Key: "next_due", Value: bson.D{{Key: "$lte", Value: now}}}}, Global: true, Limit: limit,
	})
}

// DueOf reads when one shop is due; the zero Due if it never was.
func (s *Store) DueOf(ctx context.Context, shop string) (commerce.Due, error) {
	w, _, err := get[commerce.Due](ctx, s, colDue, shop, shop)
	return w, err
}

// SettleDue ends a worker's run: next is when the shop's next work is due, zero
// for none. It does nothing when work was written since rev was read.
func (s *Store) SettleDue(ctx context.Context, shop string, rev int64, next time.Time) (settled bool, err error) {
	update := bson.D{set(bson.E{Key: "next_due", Value: next})}
	if next.IsZero() {
		update = bson.D{{Key: "$unset", Value: bson.D{{Key: "next_due", Value: ""}}}}
	}
	return s.docs.Update(ctx, colDue, byID(shop, shop, bson.E{Key: "rev", Value: rev}), update)
}

// TakeSlot leases one of the shop's slots; ok is false when all are taken.
func (s *Store) TakeSlot(ctx context.Context, shop string) (slot int, holder string, ok bool, err error) {
	holder = token()
	wall := s.wall()
	free, err := s.freeSlots(ctx, shop)
	if err != nil {
		return 0, "", false, err
	}
	for _, slot = range free {
		until := slotField(slot)
		untaken := bson.E{Key: "$or", Value: bson.A{
			bson.D{{Key: until, Value: bson.D{{Key: "$exists", Value: false}}}},
			bson.D{{Key: until, Value: bson.D{{Key: "$lt", Value: wall}}}},
		}}
		take := bson.D{set(bson.E{Key: until, Value: wall.Add(LeaseFor)}, bson.E{Key: slotHolder(slot), Value: holder},
			bson.E{Key: "served_at", Value: wall})}
		ok, err = s.docs.Update(ctx, colDue, byID(shop, shop, untaken), take)
		if err != nil || ok {
			return slot, holder, ok, err
		}
	}
	return 0, "", false, nil
}

// freeSlots lists the slots that no worker has.
func (s *Store) freeSlots(ctx context.Context, shop string) (free []int, err error) {
	type slots struct {
		Slots map[string]struct {
			Until time.Time `bson:"until"`
		} `bson:"slots"`
	}
	known, found, err := get[slots](ctx, s, colDue, shop, shop)
	for slot := 0; found && slot < Slots; slot++ {
		if known.Slots[fmt.Sprintf("s%d", slot)].Until.Before(s.wall()) {
			free = append(free, slot)
		}
	}
	return free, err
}

// RenewSlot renews a slot's lease; renewed is false when it was lost.
func (s *Store) RenewSlot(ctx context.Context, shop string, slot int, holder string) (renewed bool, err error) {
	return s.docs.Update(ctx, colDue, byID(shop, shop, bson.E{Key: slotHolder(slot), Value: holder}),
		bson.D{set(bson.E{Key: slotField(slot), Value: s.wall().Add(LeaseFor)})})
}

// FreeSlot gives a slot back.
func (s *Store) FreeSlot(ctx context.Context, shop string, slot int, holder string) error {
	_, err := s.docs.Update(ctx, colDue, byID(shop, shop, bson.E{Key: slotHolder(slot), Value: holder}),
		bson.D{{Key: "$unset", Value: bson.D{{Key: slotField(slot), Value: ""}, {Key: slotHolder(slot), Value: ""}}}})
	return err
}

func slotField(slot int) string  { return fmt.Sprintf("slots.s%d.until", slot) }
func slotHolder(slot int) string { return fmt.Sprintf("slots.s%d.holder", slot) }

func slotFields() []string {
	var fields []string
	for slot := range Slots {
		fields = append(fields, slotField(slot))
	}
	return fields
}
