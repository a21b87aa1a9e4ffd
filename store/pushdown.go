package store

import (
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/segments"
)

// Filter is the part of a condition on customers that the database itself can
// answer, at now. If it is exact, it selects the customers that segments.Match
// matches; else it selects some more, and Match decides. lists are the listed
// customers of the segments that the condition refers to. It reads the stored
// profile, and names neither the shop nor merged customers (see Matching).
func Filter(c segments.Condition, p segments.Params, lists map[string]segments.Lists, now time.Time) (filter bson.D, exact bool) {
	above, _, exact := segments.Bounds(c, p, lists, now)
	return filterOf(above), exact
}

// filterOf writes a clause in the vocabulary of the document interface.
func filterOf(c *segments.Clause) bson.D {
	switch c.Op {
	case segments.ClauseAll:
		return branches("$and", c.Parts)
	case segments.ClauseAny:
		if len(c.Parts) == 0 {
			return bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{}}}}} // selects nothing
		}
		return branches("$or", c.Parts)
	case segments.ClauseNot:
		if part := c.Parts[0]; part.Op == segments.ClauseIn {
			return bson.D{{Key: part.Path, Value: bson.D{{Key: "$nin", Value: bson.A(part.Values)}}}}
		}
		return branches("$nor", c.Parts)
	case segments.ClauseIn:
		return bson.D{{Key: c.Path, Value: bson.D{{Key: "$in", Value: bson.A(c.Values)}}}}
	case segments.ClauseElem:
		return bson.D{{Key: c.Path, Value: bson.D{{Key: "$elemMatch", Value: filterOf(c.Parts[0])}}}}
	}
	return rangeOf(c)
}

func branches(op string, parts []*segments.Clause) bson.D {
	if len(parts) == 0 {
		return bson.D{}
	}
	list := make(bson.A, len(parts))
	for i, part := range parts {
		list[i] = filterOf(part)
	}
	return bson.D{{Key: op, Value: list}}
}

// rangeOf is the two ends of a range; below $elemMatch one may be alone.
func rangeOf(c *segments.Clause) bson.D {
	ends := bson.D{}
	if c.From != nil {
		ends = append(ends, bson.E{Key: "$gte", Value: c.From})
	}
	if c.To != nil {
		ends = append(ends, bson.E{Key: "$lt", Value: c.To})
	}
	if c.Path == "" {
		return ends
	}
	return bson.D{{Key: c.Path, Value: ends}}
}

// rangedFields are the fields of customers that conditions compare, beside
// those that an index has.
func rangedFields() []string {
	fields := []string{"have", "known_since"}
	for _, name := range []string{
		"email", "phone", "first_name", "last_name", "gender", "birthday", "country", "region", "city", "postcode", "language",
		"zone", "member_level",
		"company", "occupation", "points", "source.utm_source", "source.utm_medium", "source.utm_campaign", "source.utm_term",
		"source.utm_content",
	} {
		fields = append(fields, "attributes."+name)
	}
	for _, name := range []string{"count", "total", "net", "units", "discount", "coupons", "first_at", "placed", "unpaid",
		"cancelled", "refunds", "refunded"} {
		fields = append(fields, "history.figures."+name)
	}
	return fields
}
