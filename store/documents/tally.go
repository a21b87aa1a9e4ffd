package documents

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Tallier adds rows, or groups added up by a server, into the groups of a
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
	g := t.group(key, len(sums))
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

// AddKey counts one more document of a group. key is its joined keys
// (AppendKey), as an index stores them.
func (t *Tallier) AddKey(key []byte) { t.group(key, 0).Count++ }

func (t *Tallier) group(key []byte, sums int) *Group {
	if g := t.groups[string(key)]; g != nil {
		return g
	}
	g := &Group{Keys: []any{}, Sums: make([]int64, sums)}
	if t.groups == nil {
		t.groups = map[string]*Group{}
	}
	t.groups[string(key)] = g
	for len(key) > 0 {
		g.Keys = append(g.Keys, plainKey(key))
		key = key[oneKeyLength(key):]
	}
	return g
}

// Groups is all groups, sorted by their keys.
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
