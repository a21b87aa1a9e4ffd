package api

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"comeback/segments"
	"comeback/strictjson"
)

// bareConditionRemedy is the error for a condition where a segment file is expected.
const bareConditionRemedy = `a condition without its segment: write {"schema": 1, "id": "vip", "name": "VIP", "condition": {...}}, ` +
	"or send the condition alone to /v1/segments/count, preview or explain"

// surroundings are what a condition is checked against: the shop's segments in
// use, and the days covered by its orders.
type surroundings struct {
	definitions []segments.Definition
	history     int // 0: not known
	bins        int // how many scores the shop has
}

func surroundingsOf(ctx context.Context, store definedSegments, shop string, now time.Time) (known surroundings, err error) {
	if _, known.definitions, err = store.SegmentsInUse(ctx, shop); err != nil {
		return known, err
	}
	first, err := store.FirstOrder(ctx, shop)
	if !first.IsZero() && first.Before(now) {
		known.history = 1 + int(now.Sub(first)/(24*time.Hour))
	}
	if err != nil {
		return known, err
	}
	rules, err := store.SegmentRules(ctx, shop)
	known.bins = cmp.Or(rules.Bins, segments.UsualBins)
	return known, err
}

func (k surroundings) scope(set *segments.Set) segments.Scope {
	return segments.Scope{Segments: set, History: k.history, Bins: k.bins}
}

// judgeFile checks a segment file as an addition to a shop's segments, or as
// the replacement of one. set contains all of them with the file; nil where it
// is refused.
func (k surroundings) judgeFile(data []byte) (s *segments.Segment, set *segments.Set, problems []strictjson.Problem) {
	before := segments.NewSet(filesOf(k.definitions))
	if s, problems = segments.ReadSegment(data, before); s == nil {
		if bareCondition(data) {
			problems = []strictjson.Problem{{Message: bareConditionRemedy, Line: 1, Column: 1}}
		}
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
		report("/id", "%q is reserved by the API, choose another id", s.ID)
	case len(others) >= maxSegments:
		report("", "the shop has %d active segments, which is the limit: archive one first", maxSegments)
	}
	for _, id := range before.IDs() {
		if broken := set.Broken()[id]; id != s.ID && broken != nil {
			report("/condition", "segment %s refers to it and would no longer be valid: %s", id, broken[0].Message)
		}
	}
	return s, set, problems
}

// notes returns what is surprising about an accepted file in this shop.
func (k surroundings) notes(data []byte, set *segments.Set) []strictjson.Problem {
	root, _ := strictjson.Read(data)
	condition := root.Member("condition")
	if condition == nil {
		return nil
	}
	_, notes := segments.Parse(condition, k.scope(set))
	return notes
}

// bareCondition reports whether the data is a condition, and not the file of a segment.
func bareCondition(data []byte) bool {
	root, _ := strictjson.Read(data)
	if root == nil || root.Kind != strictjson.Object {
		return false
	}
	has := func(key string) bool { return root.Member(key) != nil }
	return slices.ContainsFunc([]string{"field", "event", "all", "any", "not", "segment"}, has) &&
		!slices.ContainsFunc([]string{"schema", "id", "name", "condition", "static"}, has)
}

func filesOf(definitions []segments.Definition) [][]byte {
	return listed(definitions, func(d segments.Definition) []byte { return d.JSON })
}
