package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
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
func (r *Recorder) take() []campaigns.TouchGroup {
	r.mu.Lock()
	if r.writing != nil {
		defer r.mu.Unlock()
		return r.writing.left
	}
	r.writing, r.gathering = r.gathering, newTouchGroup()
	touches := r.writing.touches
	r.mu.Unlock()
	return byShop(touches)
}

// byShop are touches as they are stored: some groups of each shop. Their names rise with
// time.
func byShop(list []campaigns.Touch) (groups []campaigns.TouchGroup) {
	shops := map[string][]campaigns.Touch{}
	for _, t := range list {
		shops[t.Shop] = append(shops[t.Shop], t)
	}
	for shop, all := range shops {
		for part := range slices.Chunk(all, touchBatch) {
			name := fmt.Sprintf("%012x.%s", part[0].At.UnixMilli(), rand.Text())
			groups = append(groups, campaigns.TouchGroup{ID: commerce.Key(shop, name), Shop: shop, Touches: part})
		}
	}
	return groups
}

// left keeps what of the group under way is not stored. Without any, the group has ended.
func (r *Recorder) left(list []campaigns.TouchGroup) {
	r.mu.Lock()
	defer r.mu.Unlock()
	waiting := countTouches(list)
	r.waiting -= r.writing.unstored() - waiting
	r.writing.left = list
	if waiting == 0 {
		r.writing.touches = nil
		close(r.writing.ended)
		r.writing = nil
	}
}

// unstored is how many touches of a group are not stored.
func (g *touchGroup) unstored() int {
	if g.left != nil {
		return countTouches(g.left)
	}
	return len(g.touches)
}

func countTouches(groups []campaigns.TouchGroup) (n int) {
	for _, g := range groups {
		n += len(g.Touches)
	}
	return n
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
		r.log.Warn("touches wait for the store", "touches", countTouches(left), "error", err)
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
		lost += countTouches(left)
		r.left(nil)
	}
	if lost > 0 {
		r.dropped.Add(float64(lost))
		return commerce.Errorf(commerce.Unavailable, "%s could not be stored at the end", commerce.Count(lost, "touch"))
	}
	return nil
}

// write stores groups together. left is what a retry may store. Where the store refuses
// them, it stores each alone, and drops what it will never accept.
func (r *Recorder) write(ctx context.Context, groups []campaigns.TouchGroup) (left []campaigns.TouchGroup, err error) {
	err = r.store.KeepTouches(ctx, groups)
	switch codeOf(err) {
	case "":
		for _, g := range groups {
			r.marker.Mark(g.Shop)
		}
		return nil, nil
	case commerce.Unavailable:
		return groups, err
	}
	if len(groups) == 1 {
		r.dropped.Add(float64(countTouches(groups)))
		r.log.Error("touches refused by the store", "shop", groups[0].Shop, "touches", countTouches(groups), "error", err)
		return nil, nil
	}
	var failed error
	for i := range groups {
		rest, err := r.write(ctx, groups[i:i+1])
		left, failed = append(left, rest...), cmp.Or(failed, err)
	}
	return left, failed
}
