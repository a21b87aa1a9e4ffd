package store

import (
	"cmp"
	"context"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/campaigns"
	"comeback/failpoint"
	"comeback/store/documents"
)

const (
	groupsUnpacked = 64 // groups of one call
	touchesAtOnce  = 256
)

// KeepTouches stores opens and clicks as they came: one document for each group. UnpackTouches
// stores each touch by itself. Keeping a group again changes nothing.
func (s *Store) KeepTouches(ctx context.Context, groups []campaigns.TouchGroup) error {
	docs := make([]any, len(groups))
	for i, g := range groups {
		touches, err := packTouches(g.Shop, g.Touches)
		if err != nil {
			return err
		}
		docs[i] = touchGroup{ID: g.ID, Shop: g.Shop, Waiting: true, Touches: touches}
	}
	_, err := s.docs.InsertMany(ctx, colTouchGroups, docs)
	return err
}

// touchGroup is a stored group.
type touchGroup struct {
	ID      string `bson:"_id"`
	Shop    string `bson:"shop"`
	Waiting bool   `bson:"waiting"` // to be unpacked
	Touches []byte `bson:"touches"` // see packTouches
}

// UnpackTouches stores the touches of waiting groups each by itself, and then deletes the
// groups. It reads some groups of the shop; none waits when it has read none. over is how
// many touches were more than campaigns.TouchesADay: they are counted only.
func (s *Store) UnpackTouches(ctx context.Context, shop string) (groups, over int, err error) {
	list, err := s.waitingTouches(ctx, shop)
	if err != nil || len(list) == 0 {
		return 0, 0, err
	}
	var touches []campaigns.Touch
	ends := make([]documents.Op, len(list))
	for i, g := range list {
		some, err := unpackTouches(shop, g.Touches)
		touches, ends[i] = append(touches, some...), documents.DeleteOp(shop, g.ID)
		if err != nil { // it is kept for people
			s.log.Error("a group of opens and clicks cannot be read", "shop", shop, "group", g.ID, "error", err)
			ends[i] = documents.UpdateOp(byID(shop, g.ID), bson.D{set(bson.E{Key: "waiting", Value: false})})
		}
	}
	for some := range slices.Chunk(apiece(touches), touchesAtOnce) { // so that other writes wait for few
		more, err := s.addTouches(ctx, shop, some)
		if over += more; err != nil {
			return 0, over, err
		}
	}
	failpoint.Hit(failpoint.BeforeUnpacked)
	return len(list), over, s.bulk(ctx, colTouchGroups, ends)
}

// waitingTouches are the oldest groups that wait.
func (s *Store) waitingTouches(ctx context.Context, shop string) ([]touchGroup, error) {
	return find[touchGroup](ctx, s, colTouchGroups, documents.Query{
		Filter: of(shop, bson.E{Key: "waiting", Value: true}), Sort: []string{"_id"}, Limit: groupsUnpacked,
	})
}

// unpackAll unpacks the groups that wait. What comes meanwhile may wait again.
func (s *Store) unpackAll(ctx context.Context, shop string) error {
	waiting, err := s.docs.Count(ctx, colTouchGroups, of(shop, bson.E{Key: "waiting", Value: true}))
	for err == nil && waiting > 0 {
		var groups int
		if groups, _, err = s.UnpackTouches(ctx, shop); groups == 0 {
			break
		}
		waiting -= int64(groups)
	}
	return err
}

// packedTouches reports whether touches of a shop wait to be unpacked.
func (s *Store) packedTouches(ctx context.Context, shop string) (bool, error) {
	ids, err := s.findIDs(ctx, colTouchGroups, of(shop, bson.E{Key: "waiting", Value: true}), 1)
	return len(ids) > 0, err
}

// apiece are touches each once, as it came first, in the order in which they came. A touch is
// in several groups where several processes took requests of it.
func apiece(touches []campaigns.Touch) []campaigns.Touch {
	slices.SortStableFunc(touches, func(a, b campaigns.Touch) int { return cmp.Or(cmp.Compare(a.ID, b.ID), a.At.Compare(b.At)) })
	touches = slices.CompactFunc(touches, func(a, b campaigns.Touch) bool { return a.ID == b.ID })
	slices.SortStableFunc(touches, func(a, b campaigns.Touch) int { return a.At.Compare(b.At) })
	return touches
}
