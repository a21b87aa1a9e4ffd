package segments_test

import (
	"encoding/json"
	"testing"

	"comeback/segments"

	"github.com/google/go-cmp/cmp"
)

func setOf(list ...int64) *segments.Bitmap {
	set := &segments.Bitmap{}
	for _, n := range list {
		set.Add(n)
	}
	return set
}

// Two segments are compared by the members they share. No figure of empty segments
// is NaN.
func TestOverlapOfTwoSegments(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		a, b *segments.Bitmap
		want segments.Overlap
	}{
		"a part of each is in both": {setOf(1, 2, 3, 700), setOf(3, 700),
			segments.Overlap{Base: 10, A: 4, B: 2, Both: 2, Either: 4, Jaccard: .5, ShareOfA: .5, ShareOfB: 1, Only: true}},
		"a lift is the share in the one over the share in the rest": {setOf(1, 2, 3, 4), setOf(1, 2, 9),
			segments.Overlap{Base: 10, A: 4, B: 3, Both: 2, Either: 5, Jaccard: .4,
				ShareOfA: .5, ShareOfB: 2. / 3, Lift: 3}},
		"nobody in common":    {setOf(1), setOf(2), segments.Overlap{Base: 10, A: 1, B: 1, Either: 2}},
		"an empty segment":    {setOf(), setOf(2), segments.Overlap{Base: 10, B: 1, Either: 1}},
		"both segments empty": {setOf(), setOf(), segments.Overlap{Base: 10}},
		"everybody in the first": {setOf(0, 1, 2, 3, 4, 5, 6, 7, 8, 9), setOf(2, 3),
			segments.Overlap{Base: 10, A: 10, B: 2, Both: 2, Either: 10, Jaccard: .2, ShareOfA: .2, ShareOfB: 1, Only: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := c.a.Overlap(c.b, 10)
			if diff := cmp.Diff(got, c.want); diff != "" {
				t.Error(diff)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Error(err)
			}
		})
	}
}
