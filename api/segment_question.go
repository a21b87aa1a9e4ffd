package api

import (
	"comeback/segments"
	"comeback/strictjson"
)

// question is what somebody asks about without storing it: a bare condition,
// or a segment file.
type question struct {
	segment   string             // id of a file; empty: a bare condition
	condition segments.Condition // of a file: belonging to it, its lists included
	notes     []strictjson.Problem
	data      []byte // as it was asked
}

// readQuestion reads a body among a shop's segments. What has a condition, a
// schema or "static" in it is a segment file.
func (k surroundings) readQuestion(data []byte) (question, error) {
	root, problems := strictjson.Read(data)
	if root == nil {
		return question{}, invalid("condition: refused, see errors", problems)
	}
	if root.Member("condition") == nil && root.Member("schema") == nil && root.Member("static") == nil {
		c, problems := segments.Parse(root, k.scope(segments.NewSet(filesOf(k.definitions))))
		return question{condition: c, notes: problems}, invalid("condition: refused, see errors", problems)
	}
	s, set, problems := k.judgeFile(data)
	if err := invalid("segment: refused, see errors", problems); err != nil {
		return question{}, err
	}
	c, _ := set.Member(s.ID)
	return question{segment: s.ID, condition: c, notes: problems}, nil
}
