package api

import (
	"context"
	"slices"

	"comeback/campaigns"
	"comeback/commerce"
)

// Run stores touches until ctx ends, and then the waiting ones. The error shows
// how many were lost.
func (r *Recorder) Run(ctx context.Context) error {
	r.running.Store(true)
	defer r.running.Store(false)
	for {
		select {
		case <-ctx.Done():
			return r.finish(ctx)
		case <-r.begun:
			r.gather(ctx)
			r.keep(ctx)
		}
	}
}

// gather lets the gathering group grow for a short time. The time of the write before
// counts.
func (r *Recorder) gather(ctx context.Context) {
	r.mu.Lock()
	left := touchesGathered - r.wall().Sub(r.gathering.began)
	r.mu.Unlock()
	pause, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	select {
	case <-pause.Done():
	case <-r.hurry:
	}
}

// take is what is to be written now: what an error left, or the gathered group.
func (r *Recorder) take() []campaigns.Touch {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.writing == nil {
		r.writing, r.gathering = r.gathering, newTouchGroup()
	}
	return r.writing.touches
}

// left keeps the touches of the group under way that are not stored. Without any, the
// group has ended.
func (r *Recorder) left(list []campaigns.Touch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting -= len(r.writing.touches) - len(list)
	r.writing.touches = list
	if len(list) == 0 {
		r.writing.touches = nil
		close(r.writing.ended)
		r.writing = nil
	}
}

// keep stores a group and retries while the store does not answer. If ctx ends
// first, the group waits for finish.
func (r *Recorder) keep(ctx context.Context) {
	for {
		left, err := r.write(ctx, r.take())
		r.failing.Store(err != nil)
		r.left(left)
		if len(left) == 0 || ctx.Err() != nil {
			return
		}
		r.log.Warn("touches wait for the store", "touches", len(left), "error", err)
		pause, cancel := context.WithTimeout(ctx, touchPause)
		<-pause.Done()
		cancel()
	}
}

// finish stores the waiting touches when the process ends.
func (r *Recorder) finish(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), touchLast)
	defer cancel()
	lost := 0
	for r.Waiting() > 0 {
		left, _ := r.write(ctx, r.take())
		lost += len(left)
		r.left(nil)
	}
	if lost > 0 {
		r.dropped.Add(float64(lost))
		return commerce.Errorf(commerce.Unavailable, "%s could not be stored at the end", commerce.Count(lost, "touch"))
	}
	return nil
}

// write stores touches shop by shop. left is what a retry may store; touches
// that the store will never accept are dropped.
func (r *Recorder) write(ctx context.Context, list []campaigns.Touch) (left []campaigns.Touch, err error) {
	shops := map[string][]campaigns.Touch{}
	for _, t := range list {
		shops[t.Shop] = append(shops[t.Shop], t)
	}
	for shop, all := range shops {
		for part := range slices.Chunk(all, touchBatch) {
			failed := r.store.AddTouches(ctx, shop, part)
			switch codeOf(failed) {
			case "":
				r.marker.Mark(shop)
			case commerce.Unavailable:
				left, err = append(left, part...), failed
			default:
				r.dropped.Add(float64(len(part)))
				r.log.Error("touches refused by the store", "shop", shop, "touches", len(part), "error", failed)
			}
		}
	}
	return left, err
}
