package storetest

import (
	"fmt"
	"math"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

func refusedFilters(s suite) map[string]bson.E {
	return map[string]bson.E{
		"$regex":    e("kind", d(e("$regex", "^a"))),
		"$not":      e("kind", d(e("$not", d(e("$eq", 1))))),
		"$type":     e("kind", d(e("$type", "string"))),
		"$size":     e("tags", d(e("$size", 1))),
		"$all":      e("tags", d(e("$all", bson.A{1}))),
		"$mod":      e("n", d(e("$mod", bson.A{2, 0}))),
		"$where":    e("$where", "true"),
		"$expr":     e("$expr", d(e("$eq", bson.A{1, 1}))),
		"$text":     e("$text", d(e("$search", "x"))),
		"document":  e("home", d(e("city", "x"))),
		"empty":     e("home", bson.D{}),
		"array":     e("tags", bson.A{"x"}),
		"regex":     e("kind", bson.Regex{Pattern: "a"}),
		"NaN":       e("n", math.NaN()),
		"null":      e("n", d(e("$gt", nil))),
		"boolean":   e("n", d(e("$lte", true))),
		"$exists":   e("n", d(e("$exists", 1))),
		"$in":       e("n", d(e("$in", 1))),
		"$nin":      e("n", d(e("$nin", bson.A{bson.A{1}}))),
		"$or":       e("$or", bson.A{}),
		"$and":      e("$and", d(e("n", 1))),
		"$nor":      e("$nor", bson.A{1}),
		"position":  e("tags.0", 1),
		"empty par": e("home..city", 1),
		"$elemMatc": e("tags", d(e("$elemMatch", bson.D{}))),
		"twice":     e("shop", s.shop),
	}
}

func refusedUpdates() map[string]bson.D {
	return map[string]bson.D{
		"$rename":      d(e("$rename", d(e("a", "b")))),
		"$mul":         d(e("$mul", d(e("a", 2)))),
		"$pop":         d(e("$pop", d(e("a", 1)))),
		"$pullAll":     d(e("$pullAll", d(e("a", bson.A{1})))),
		"$currentDate": d(e("$currentDate", d(e("a", true)))),
		"$bit":         d(e("$bit", d(e("a", d(e("and", 1)))))),
		"$each":        d(e("$push", d(e("a", d(e("$each", bson.A{1})))))),
		"no operator":  d(e("a", 1)),
		"nothing":      {},
		"names no":     d(e("$set", bson.D{})),
		"conflict":     d(e("$set", d(e("a", 1))), e("$inc", d(e("a.b", 1)))),
		"null":         d(e("$set", d(e("a", nil)))),
		"number":       d(e("$inc", d(e("a", "1")))),
		"$min":         d(e("$min", d(e("a", true)))),
		"position":     d(e("$set", d(e("a.0", 1)))),
		"$[]":          d(e("$set", d(e("a.$[]", 1)))),
		"point":        d(e("$set", d(e("a", d(e("b.c", 1)))))),
		"scalar":       d(e("$set", d(e("kind", bson.A{1})))),
		"home.city":    d(e("$push", d(e("home", 1)))),
	}
}

// Both drivers refuse whatever one of them might answer in its own way, and the
// error names the cause.
func testRefusals(t *testing.T, s suite) {
	for name, condition := range refusedFilters(s) {
		t.Run("filter "+name, func(t *testing.T) {
			wantCode(t, s.Find(t.Context(), "things", documents.Query{Filter: s.filter(condition)}, nil), commerce.Invalid, name[:min(4, len(name))])
			wantCode(t, second(s.Update(t.Context(), "things", s.target("a", condition), d(e("$set", d(e("n", 1)))))), commerce.Invalid, "")
		})
	}
	for name, update := range refusedUpdates() {
		t.Run("update "+name, func(t *testing.T) {
			wantCode(t, second(s.Upsert(t.Context(), "things", s.shop, s.id("a"), update)), commerce.Invalid, name)
			wantCode(t, third(s.Bulk(t.Context(), "things", []documents.Op{documents.UpdateOp(s.target("a"), update)})), commerce.Invalid, name)
		})
	}
	for name, field := range map[string]bson.E{"$x": e("$x", 1), "a.b": e("a.b", 1), "kind": e("kind", bson.A{1}),
		"city": e("home", bson.A{d(e("city", "x"))})} {
		t.Run("document "+name, func(t *testing.T) {
			wantCode(t, second(s.Insert(t.Context(), "things", s.doc("a", field))), commerce.Invalid, name)
		})
	}
}

// Sorting and ranges over fields that may contain lists have several meanings,
// and without an index no bounded cost.
func testDeclared(t *testing.T, s suite) {
	for name, q := range map[string]documents.Query{
		"undeclared range":       {Filter: s.filter(e("free", d(e("$gt", 1))))},
		"undeclared in $or":      {Filter: s.filter(e("$or", bson.A{d(e("free", d(e("$lt", 1))))}))},
		"sort by no index":       {Filter: s.filter(), Sort: []string{"score"}},
		"sort by an inner field": {Filter: s.filter(), Sort: []string{"due_at"}},
		"sort both ways":         {Filter: s.filter(), Sort: []string{"state", "-due_at"}},
		"limit below 0":          {Filter: s.filter(), Limit: -1},
		"overlapping fields":     {Filter: s.filter(), Fields: []string{"a", "a.b"}},
		"operator as field":      {Filter: s.filter(), Fields: []string{"$a"}},
		"a cursor of other sort": {Filter: s.filter(), Sort: []string{"kind"}, After: &documents.Cursor{Sort: []string{"_id"}, ID: "x"}},
		"a cursor without sort":  {Filter: s.filter(), After: &documents.Cursor{ID: "x"}},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, s.Find(t.Context(), "things", q, nil), commerce.Invalid, "") })
	}
	wantCode(t, second(s.Tally(t.Context(), "things", s.filter(), []string{"free"}, nil)), commerce.Invalid, "free")
	for name, q := range map[string]documents.Query{
		"a declared scalar":       {Filter: s.filter(e("score", d(e("$gt", 1))))},
		"_id":                     {Filter: s.filter(e("_id", d(e("$gt", "a")))), Sort: []string{"-_id"}},
		"behind an equality":      {Filter: s.filter(e("state", "x")), Sort: []string{"due_at"}},
		"behind $in":              {Filter: s.filter(e("state", d(e("$in", bson.A{"x", "y"})))), Sort: []string{"-due_at", "-_id"}},
		"in an element":           {Filter: s.filter(e("free", d(e("$elemMatch", d(e("$gt", 1))))))},
		"in an element's element": {Filter: s.filter(e("free", d(e("$elemMatch", d(e("x", d(e("$gt", 1))))))))},
	} {
		t.Run(name, func(t *testing.T) { s.found(t, q) })
	}
}

// filterCase is a search over the documents of filterDocs.
type filterCase struct {
	name   string
	filter bson.D
	want   string
}

func filterDocs(s suite) []any {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.UTC)
	return []any{
		s.doc("a", e("n", 1), e("kind", "x"), e("tags", bson.A{"red", "blue"}), e("home", d(e("city", "Bonn"))), e("due_at", at)),
		s.doc("b", e("n", int64(2)), e("kind", "y"), e("tags", bson.A{}),
			e("lines", bson.A{d(e("sku", "s1"), e("q", 1)), d(e("sku", "s2"), e("q", 5))})),
		s.doc("c", e("n", 2.5), e("kind", nil), e("tags", "red"), e("lines", bson.A{d(e("sku", "s1"), e("q", 5)), d(e("q", 1))})),
		s.doc("d", e("n", "2"), e("score", 7), e("flag", true), e("due_at", at.Add(time.Millisecond)),
			e("blob", bson.Binary{Data: []byte{1, 2}})),
		s.doc("e", e("n", int64(1<<53+1)), e("flag", false), e("tags", bson.A{nil, 3}), e("lines", bson.A{})),
	}
}

func filterCases() []filterCase {
	at := time.Date(2026, 1, 2, 3, 4, 5, 6_999_999, time.FixedZone("x", 3600)).Add(-time.Hour + time.Hour)
	at = at.Add(time.Hour).UTC() // the same millisecond as stored, cut off
	in := func(op string, values ...any) bson.D { return d(e(op, bson.A(values))) }
	return []filterCase{
		{"nothing selects all", d(), "[a b c d e]"},
		{"equality of an integer of any width", d(e("n", int64(1))), "[a]"},
		{"equality of a float and an integer", d(e("n", 2.0)), "[b]"},
		{"wide integers are exact", d(e("n", int64(1<<53))), "[]"},
		{"$eq on text", d(e("n", d(e("$eq", "2")))), "[d]"},
		{"$eq on a time cut to milliseconds", d(e("due_at", at)), "[a]"},
		{"$eq on a boolean", d(e("flag", false)), "[e]"},
		{"$eq on bytes", d(e("blob", []byte{1, 2})), "[d]"},
		{"$eq null matches null and absent", d(e("kind", nil)), "[c d e]"},
		{"$eq null matches a null element", d(e("tags", nil)), "[d e]"},
		{"$eq matches any element", d(e("tags", "red")), "[a c]"},
		{"$eq through a list of documents", d(e("lines.sku", "s1")), "[b c]"},
		{"$eq null through a list wants an element without", d(e("lines.sku", nil)), "[a c d]"},
		{"$eq below a document", d(e("home.city", "Bonn")), "[a]"},
		{"$eq null below a value that is no document", d(e("n.city", nil)), "[a b c d e]"},
		{"$ne matches absent", d(e("kind", d(e("$ne", "x")))), "[b c d e]"},
		{"$ne null wants a value", d(e("kind", d(e("$ne", nil)))), "[a b]"},
		{"$ne wants no element", d(e("tags", d(e("$ne", "red")))), "[b d e]"},
		{"$ne through a list wants none", d(e("lines.q", d(e("$ne", 1)))), "[a d e]"},
		{"$in", d(e("n", in("$in", 1, "2", 99))), "[a d]"},
		{"$in nothing", d(e("n", in("$in"))), "[]"},
		{"$in null matches absent", d(e("kind", in("$in", nil, "x"))), "[a c d e]"},
		{"$nin matches absent", d(e("kind", in("$nin", "x", "z"))), "[b c d e]"},
		{"$nin null", d(e("kind", in("$nin", nil))), "[a b]"},
		{"$gt compares numbers only", d(e("n", d(e("$gt", 1)))), "[b c e]"},
		{"$gte", d(e("n", d(e("$gte", 2)))), "[b c e]"},
		{"$lt", d(e("n", d(e("$lt", 2)))), "[a]"},
		{"$lte never matches null or absent", d(e("kind", d(e("$lte", "x")))), "[a]"},
		{"$gt and $lt", d(e("n", d(e("$gt", 1), e("$lt", 2.5)))), "[b]"},
		{"$gt on text", d(e("n", d(e("$gt", "1")))), "[d]"},
		{"$gt on a time", d(e("due_at", d(e("$gt", at)))), "[d]"},
		{"a range on a scalar without index", d(e("score", d(e("$lte", 7)))), "[d]"},
		{"a range of two types matches nothing", d(e("n", d(e("$gte", 1), e("$lt", "3")))), "[]"},
		{"$exists", d(e("tags", d(e("$exists", true)))), "[a b c e]"},
		{"$exists false", d(e("flag", d(e("$exists", false)))), "[a b c]"},
		{"$exists of null", d(e("kind", d(e("$exists", true)))), "[a b c]"},
		{"$exists through a list", d(e("lines.sku", d(e("$exists", true)))), "[b c]"},
		{"$elemMatch wants one element with all", d(e("lines", d(e("$elemMatch", d(e("sku", "s1"), e("q", 5)))))), "[c]"},
		{"without it different elements do", d(e("lines.sku", "s1"), e("lines.q", 5)), "[b c]"},
		{"$elemMatch with a range", d(e("lines", d(e("$elemMatch", d(e("q", d(e("$gt", 1))))))), e("kind", "y")), "[b]"},
		{"$elemMatch on plain elements", d(e("tags", d(e("$elemMatch", d(e("$gte", "c"), e("$lt", "s")))))), "[a]"},
		{"$elemMatch with $or", d(e("lines", d(e("$elemMatch", d(e("$or", bson.A{d(e("sku", "s2")), d(e("sku", nil))})))))), "[b c]"},
		{"$and", d(e("$and", bson.A{d(e("n", d(e("$gt", 1)))), d(e("n", d(e("$lt", 3))))})), "[b c]"},
		{"$or", d(e("$or", bson.A{d(e("kind", "x")), d(e("score", 7))})), "[a d]"},
		{"$nor", d(e("$nor", bson.A{d(e("kind", "x")), d(e("score", 7))})), "[b c e]"},
		{"$or beside an index", d(e("kind", nil), e("$or", bson.A{d(e("flag", true)), d(e("tags", "red"))})), "[c d]"},
		{"by _id", d(e("_id", d(e("$gt", "shop"), e("$lt", "shop0")))), "[]"},
	}
}

// Each operator selects the same documents in both drivers, through an index
// or not.
func testFilters(t *testing.T, s suite) {
	s.mustInsert(t, filterDocs(s)...)
	for _, test := range filterCases() {
		t.Run(test.name, func(t *testing.T) {
			q := documents.Query{Filter: s.filter(test.filter...), Sort: []string{"_id"}}
			sameText(t, "found", fmt.Sprint(s.found(t, q)), test.want)
			n, err := s.Count(t.Context(), "things", q.Filter)
			if err != nil || int(n) != len(s.found(t, documents.Query{Filter: q.Filter})) || int(n) != len(s.found(t, q)) {
				t.Errorf("count: got %d %v, want as many as found", n, err)
			}
		})
	}
	sameText(t, "ids", fmt.Sprint(s.found(t,
		documents.Query{Filter: s.filter(e("_id", d(e("$in", bson.A{s.id("e"), s.id("b"), 7})))), Sort: []string{"-_id"}})), "[e b]")
	sameText(t, "id range", fmt.Sprint(s.found(t,
		documents.Query{Filter: s.filter(e("_id", d(e("$gt", s.id("b")), e("$lte", s.id("d"))))), Sort: []string{"_id"}})), "[c d]")
}
