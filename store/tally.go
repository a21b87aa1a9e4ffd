package store

import (
	"math"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Tallier adds rows, or groups a server has added up, into the groups of a
// tally. The zero value is ready.
type Tallier struct {
	groups map[string]*Group
}

// Add counts n more documents of the group of keys, and adds sums. Absent and
// null keys are one group; a sum that is no integer is Invalid.
func (t *Tallier) Add(keys []bson.RawValue, n int64, sums []bson.RawValue) error {
	var key []byte
	for _, v := range keys {
		key = AppendKey(key, v)
	}
	g := t.groups[string(key)]
	if g == nil {
		g = &Group{Keys: []any{}, Sums: make([]int64, len(sums))}
		for _, v := range keys {
			g.Keys = append(g.Keys, plain(v))
		}
		if t.groups == nil {
			t.groups = map[string]*Group{}
		}
		t.groups[string(key)] = g
	}
	g.Count += n
	for i, v := range sums {
		if class(v) != classNumber {
			continue
		}
		more, ok := Integer(v)
		total := g.Sums[i] + more
		if !ok || (total > g.Sums[i]) != (more > 0) && more != 0 {
			return invalid("tally: a sum is no whole number of 64 bits")
		}
		g.Sums[i] = total
	}
	return nil
}

// Groups are all groups, sorted by their keys.
func (t *Tallier) Groups() []Group {
	keys := make([]string, 0, len(t.groups))
	for k := range t.groups {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	list := make([]Group, 0, len(keys))
	for _, k := range keys {
		list = append(list, *t.groups[k])
	}
	return list
}

// plain is a key as a caller reads it. Whole floats are integers, since a
// server may answer for a group of both with either.
func plain(v bson.RawValue) any {
	switch class(v) {
	case classNumber:
		n, ok := Integer(v)
		if f := float(v); !ok && f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			n, ok = int64(f), true
		}
		if !ok {
			return v.Double()
		}
		return n
	case classString:
		return v.StringValue()
	case classBool:
		return v.Boolean()
	case classTime:
		return time.UnixMilli(v.DateTime()).UTC()
	}
	return nil
}
