package documents

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Search is a checked query.
type Search struct {
	Collection *Collection
	Match      *Matcher
	// Shop is empty in a global search.
	Shop   string
	Fields []string
	// Sort lists the sort fields without sign and without _id, which orders
	// equal documents. Sorted is false if the query has no order.
	Sort          []string
	Sorted, Below bool // Below: descending
	Limit         int
	After         *Cursor

	returned  []string // the fields that Project returns
	projected []byte   // the last result of Project
}

// Search checks a query on a declared collection.
func (s *Schema) Search(coll string, q Query) (*Search, error) {
	c, err := s.Collection(coll)
	if err != nil {
		return nil, err
	}
	m, err := CheckFilter(q.Filter)
	if err != nil {
		return nil, err
	}
	out := &Search{Collection: c, Match: m, Shop: m.equal("shop"), Fields: q.Fields, Limit: q.Limit, After: q.After}
	if (out.Shop == "") != q.Global {
		return nil, invalid("search in %s: name shop by equality, or say Global, not both", coll)
	}
	if err := c.checkRanges(m); err != nil {
		return nil, err
	}
	if q.Limit < 0 {
		return nil, invalid("search in %s: limit %d is below 0", coll, q.Limit)
	}
	if err := out.checkFields(); err != nil {
		return nil, err
	}
	return out, out.order(q.Sort)
}

// TallySearch checks a tally.
func (s *Schema) TallySearch(coll string, filter bson.D, by, sums []string) (*Search, error) {
	q, err := s.Search(coll, Query{Filter: filter})
	if err != nil {
		return nil, err
	}
	for _, f := range by {
		if !q.Collection.declares(f) {
			return nil, invalid("tally of %s: by %s, which is not declared", coll, f)
		}
	}
	for _, f := range sums {
		if err := checkPath("tally of "+coll, f); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// checkRanges refuses order operators on undeclared fields. Inside $elemMatch
// they judge elements and are free.
func (c *Collection) checkRanges(m *Matcher) error {
	for _, t := range m.Tests {
		switch t.Op {
		case "$gt", "$gte", "$lt", "$lte":
			if !c.declares(t.Field) {
				return invalid("filter: %s: %s works on declared scalar fields only, declare it as an index or scalar of %s", t.Field, t.Op, c.Name)
			}
		case "$or", "$nor":
			for _, inner := range t.Inner {
				if err := c.checkRanges(inner); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (s *Search) checkFields() error {
	for i, f := range s.Fields {
		if err := checkPath("fields", f); err != nil {
			return err
		}
		for _, other := range s.Fields[:i] {
			if f == other || strings.HasPrefix(f, other+".") || strings.HasPrefix(other, f+".") {
				return invalid("fields: %s and %s overlap, name the upper one", other, f)
			}
		}
	}
	return nil
}

func (s *Search) order(sort []string) error {
	if s.After != nil && (len(sort) == 0 || !slices.Equal(sort, s.After.Sort)) {
		return invalid("cursor: made with another sort, start again without it")
	}
	for i, f := range sort {
		name, below := strings.CutPrefix(f, "-")
		if i > 0 && below != s.Below {
			return invalid("sort: %s: all fields the same way", f)
		}
		s.Below, s.Sorted = below, true
		if name == "_id" && i == len(sort)-1 {
			break
		}
		s.Sort = append(s.Sort, name)
	}
	if len(s.Sort) == 0 || slices.ContainsFunc(s.Collection.Indexes, func(x Index) bool { return s.Serves(x) >= 0 }) {
		return nil
	}
	return invalid("sort: no index of %s begins with %v, behind the fields that the filter names by equality", s.Collection.Name, s.Sort)
}

// Serves is the number of leading fields of x that the filter binds by equality
// or $in before the sort fields follow. It is -1 if x cannot give the order.
func (s *Search) Serves(x Index) int {
	if x.Global != (s.Shop == "") || !x.Only.Within(s.Match.Tests) {
		return -1
	}
	for bound := 0; bound+len(s.Sort) <= len(x.Fields); bound++ {
		if slices.Equal(x.Fields[bound:bound+len(s.Sort)], s.Sort) {
			return bound
		}
		if !s.Match.binds(x.Fields[bound]) {
			break
		}
	}
	return -1
}

func (m *Matcher) binds(field string) bool {
	return slices.ContainsFunc(m.Tests, func(t Test) bool { return t.Field == field && (t.Op == "$eq" || t.Op == "$in") })
}
