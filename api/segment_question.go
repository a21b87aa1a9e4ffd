package api

import (
	"comeback/segments"
	"comeback/strictjson"
)

// question is a condition without a segment, or a segment file that is not
// stored.
type question struct {
	segment   string             // id of a file; empty: a condition alone
	condition segments.Condition // of a file: membership in it, its lists included
	notes     []strictjson.Problem
	data      []byte // the body
}

// readQuestion reads a body with the shop's segments known. A body with a
// condition, a schema or "static" is a segment file.
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
