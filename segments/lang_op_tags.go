package segments

import (
	"comeback/strictjson"
	"slices"
)

// hasAll passes if the list has every one of values. has and has_any are
// amongTexts.
type hasAll struct{ values []string }

func (c hasAll) passes(s subject, v *evaluation) bool {
	list := s.texts(v)
	return !slices.ContainsFunc(c.values, func(want string) bool { return !slices.Contains(list, want) })
}

func parseHasAll(p *parser, s subject, n *strictjson.Node) predicate {
	all, ok := parseIn(p, s, n).(amongTexts)
	if !ok {
		return nil
	}
	return hasAll(all)
}
