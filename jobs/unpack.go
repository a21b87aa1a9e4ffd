package jobs

import "context"

// Unpack stores the opens and clicks each by itself that came in groups. Engage counts them
// then.
type Unpack struct {
	store packedTouches
	meter touchMeter
}

type packedTouches interface {
	// UnpackTouches unpacks some groups. over is how many touches were more than are stored.
	UnpackTouches(ctx context.Context, shop string) (groups, over int, err error)
}

// touchMeter counts touches that are not stored, because a message has too many.
type touchMeter interface{ Add(float64) }

// NewUnpack makes the stage.
func NewUnpack(store packedTouches, meter touchMeter) *Unpack {
	return &Unpack{store: store, meter: meter}
}

// Work unpacks one batch of groups.
func (u *Unpack) Work(ctx context.Context, shop string) (done int, err error) {
	groups, over, err := u.store.UnpackTouches(ctx, shop)
	u.meter.Add(float64(over))
	return groups, err
}
