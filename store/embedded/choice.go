package embedded

import (
	"context"
	"errors"

	"comeback/store/documents"
)

// A choice counts firstLook entries of each plan at first, or as many as a plan has ranges.
// Then it counts four times as many. A search with a limit may end soon, so it counts less
// than enoughLook times the limit.
const (
	firstLook  = 16
	enoughLook = 64
)

// choose takes the plan that reads the fewest rows, as far as the stored entries show it. How
// many rows a plan reads depends on the data: 256 customers may have fewer messages than four
// states have, or more. Entries are counted in turns, so the choice costs little more than to
// count those of the best plan.
func choose(ctx context.Context, c *conn, s *documents.Search, list []plan) (plan, error) {
	if len(list) == 1 {
		return list[0], nil
	}
	look := firstLook
	for _, p := range list {
		look = max(look, len(p.ranges))
	}
	for ; s.Limit == 0 || look < s.Limit*enoughLook; look *= 4 {
		for _, p := range list {
			if few, err := p.fewer(ctx, c, s, look); few || err != nil {
				return p, err
			}
		}
	}
	return list[0], nil
}

// fewer reports whether the ranges have fewer entries than n.
func (p plan) fewer(ctx context.Context, c *conn, s *documents.Search, n int) (bool, error) {
	err := p.eachOf(ctx, c, s, "1", func(result) (stop bool, err error) {
		if n--; n == 0 {
			return true, errEnough
		}
		return false, nil
	})
	if errors.Is(err, errEnough) {
		return false, nil
	}
	return true, err
}
