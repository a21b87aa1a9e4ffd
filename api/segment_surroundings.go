package api

import (
	"context"
	"fmt"
	"slices"
	"time"

	"comeback/segments"
	"comeback/strictjson"
)

// surroundings are what a condition is read among: the shop's segments in use,
// and the days its orders reach back.
type surroundings struct {
	definitions []segments.Definition
	history     int // 0: not known
}

func surroundingsOf(ctx context.Context, store definedSegments, shop string, now time.Time) (known surroundings, err error) {
	if _, known.definitions, err = store.SegmentsInUse(ctx, shop); err != nil {
		return known, err
	}
	first, err := store.FirstOrder(ctx, shop)
	if !first.IsZero() && first.Before(now) {
		known.history = 1 + int(now.Sub(first)/(24*time.Hour))
	}
	return known, err
}

func (k surroundings) scope(set *segments.Set) segments.Scope {
	return segments.Scope{Segments: set, History: k.history}
}

// judgeFile reads a segment file as one more of a shop's segments, or in the
// place of one. set is all of them, it among them; nil where it is refused.
func (k surroundings) judgeFile(data []byte) (s *segments.Segment, set *segments.Set, problems []strictjson.Problem) {
	before := segments.NewSet(filesOf(k.definitions))
	if s, problems = segments.ReadSegment(data, before); s == nil {
		return nil, nil, problems
	}
	others := filesOf(slices.DeleteFunc(slices.Clone(k.definitions), func(d segments.Definition) bool { return d.Segment == s.ID }))
	set = segments.NewSet(append(others, data))
	problems = k.notes(data, set)
	report := func(pointer, format string, args ...any) {
		problems = append(problems, strictjson.Problem{Pointer: pointer, Message: fmt.Sprintf(format, args...)})
	}
	switch {
	case slices.Contains(reservedSlugs, s.ID):
		report("/id", "%q is a word of the API, take another id", s.ID)
	case len(others) >= maxSegments:
		report("", "the shop has %d active segments, as many as it may: archive one", maxSegments)
	}
	for _, id := range before.IDs() {
		if broken := set.Broken()[id]; id != s.ID && broken != nil {
			report("/condition", "segment %s refers to it and would not be valid any more: %s", id, broken[0].Message)
		}
	}
	return s, set, problems
}

// notes are what is surprising about an accepted file in this shop.
func (k surroundings) notes(data []byte, set *segments.Set) []strictjson.Problem {
	root, _ := strictjson.Read(data)
	condition := root.Member("condition")
	if condition == nil {
		return nil
	}
	_, notes := segments.Parse(condition, k.scope(set))
	return notes
}

func filesOf(definitions []segments.Definition) [][]byte {
	return listed(definitions, func(d segments.Definition) []byte { return d.JSON })
}
