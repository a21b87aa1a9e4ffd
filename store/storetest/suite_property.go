package storetest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"
)

// The embedded driver checks every row again with the matcher, and conditions
// are pushed down only because both drivers agree. Over random documents and
// filters, Match selects the documents that the driver's search selects.
func testMatcherAgrees(t *testing.T, s suite) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		own := suite{s.Database, fmt.Sprint(s.shop, "-", run)}
		docs := make([]any, 12)
		raws := make([]bson.Raw, len(docs))
		for i := range docs {
			docs[i] = own.doc(i, drawFields(rt)...)
			raws[i] = must(documents.Marshal(docs[i]))
		}
		own.mustInsert(t, docs...)
		for range 8 {
			filter := own.filter(drawFilter(rt, 2)...)
			m, err := documents.CheckFilter(filter)
			if err != nil {
				rt.Fatalf("filter %v: %v", filter, err)
			}
			want := []string{}
			var tally documents.Tallier
			for _, raw := range raws {
				if m.Match(raw) {
					_ = tally.Add([]bson.RawValue{documents.ScalarAt(raw, "kind"), documents.ScalarAt(raw, "state")}, 1, nil) // no sums, no error
					want = append(want, raw.Lookup("_id").StringValue()[len(own.shop)+1:])
				}
			}
			got := own.found(t, documents.Query{Filter: filter})
			slices.Sort(got)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				rt.Fatalf("filter %v:\n got %v,\nwant %v of %v", filter, got, want, docs)
			}
			if n, err := own.Count(t.Context(), "things", filter); err != nil || int(n) != len(want) {
				rt.Fatalf("count %v: got %d %v, want %d", filter, n, err, len(want))
			}
			groups, err := own.Tally(t.Context(), "things", filter, []string{"kind", "state"}, nil)
			if got, want := fmt.Sprint(groups), fmt.Sprint(tally.Groups()); err != nil || got != want {
				rt.Fatalf("tally %v: got %v %v, want %v", filter, got, err, want)
			}
		}
	})
}

// Apply leaves the same document as the driver's update.
func testUpdateAgrees(t *testing.T, s suite) {
	run := 0
	rapid.Check(t, func(rt *rapid.T) {
		run++
		before, update := s.doc(run, drawFields(rt)...), drawUpdate(rt)
		c, err := documents.CheckUpdate(update)
		if err != nil {
			return // two operators on one field, mostly
		}
		after, wantErr := c.Apply(must(documents.Marshal(before)), false)
		if strings.Contains(fmt.Sprint(wantErr), "type null, not a list") {
			return // see drawFields
		}
		if inserted, err := s.Insert(t.Context(), "things", before); err != nil || !inserted {
			rt.Fatalf("insert %v: %v", before, err)
		}
		if _, err := s.Update(t.Context(), "things", s.target(run), update); (err != nil) != (wantErr != nil) {
			rt.Fatalf("update %v of %v: got error %v, want %v", update, before, err, wantErr)
		}
		if wantErr != nil {
			after = must(documents.Marshal(before))
		}
		if got, want := untyped(s.get(t, run)), untyped(text(t, after)); got != want {
			rt.Fatalf("update %v of %v:\n got %s,\nwant %s", update, before, got, want)
		}
	})
}

// wholeFloat is a float of a whole number, as text shows it.
var wholeFloat = regexp.MustCompile(`\b(\d+)f\b`)

// untyped hides which numbers are floats: the server of the tests stores 2.0
// where MongoDB would store the equal 2.
func untyped(text string) string { return wholeFloat.ReplaceAllString(text, "$1") }

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The values are few, so that filters match.
func drawScalar(rt *rapid.T) any {
	return rapid.SampledFrom([]any{
		nil, 0, 1, int64(1), int64(2), 1.5, 2.0, -1, int64(1 << 53), int64(1<<53 + 1), "", "a", "b", "\u00e9", true, false,
		time.UnixMilli(0), time.UnixMilli(1), []byte{1},
	}).Draw(rt, "scalar")
}

// drawFields draws declared fields (scalars), and free ones: x, a scalar or a
// list of them; l, a document or a list of them; m, a document. It leaves out
// what the server of the tests does otherwise than MongoDB: null below lists of
// scalars, $exists below lists, $elemMatch of documents in lists of scalars,
// updates below lists and scalars, $push and $addToSet to null.
func drawFields(rt *rapid.T) []bson.E {
	var fields []bson.E
	for _, name := range []string{"kind", "n", "state"} {
		if rapid.Bool().Draw(rt, "has "+name) {
			fields = append(fields, e(name, drawScalar(rt)))
		}
	}
	switch rapid.IntRange(0, 2).Draw(rt, "x") {
	case 0:
		fields = append(fields, e("x", drawScalar(rt)))
	case 1:
		fields = append(fields, e("x", bson.A(rapid.SliceOfN(rapid.Custom(drawScalar), 0, 3).Draw(rt, "list"))))
	}
	switch rapid.IntRange(0, 3).Draw(rt, "l") {
	case 0:
		fields = append(fields, e("l", drawDocument(rt)))
	case 1, 2:
		fields = append(fields, e("l", bson.A{drawDocument(rt), drawDocument(rt)}))
	}
	if rapid.Bool().Draw(rt, "m") {
		fields = append(fields, e("m", drawDocument(rt)))
	}
	return fields
}

func drawDocument(rt *rapid.T) bson.D {
	doc := bson.D{}
	for _, name := range []string{"p", "q"} {
		if rapid.Bool().Draw(rt, "has "+name) {
			doc = append(doc, e(name, drawScalar(rt)))
		}
	}
	return doc
}

func drawFilter(rt *rapid.T, depth int) []bson.E {
	var conditions []bson.E
	names := []string{"kind", "n", "state", "x", "m.q", "l", "l.p", "l.q"}
	for range rapid.IntRange(1, 2).Draw(rt, "conditions") {
		i := rapid.IntRange(0, len(names)-1).Draw(rt, "field")
		name := names[i]
		names = slices.Delete(names, i, i+1)
		conditions = append(conditions, e(name, drawOperators(rt, name)))
	}
	if depth > 0 && rapid.IntRange(0, 3).Draw(rt, "branches") == 0 {
		op := rapid.SampledFrom([]string{"$and", "$or", "$nor"}).Draw(rt, "op")
		conditions = append(conditions, e(op, bson.A{bson.D(drawFilter(rt, depth-1)), bson.D(drawFilter(rt, depth-1))}))
	}
	return conditions
}

func drawOperators(rt *rapid.T, field string) any {
	ops := []string{"plain", "$eq", "$ne", "$in", "$nin", "$elemMatch", "$exists", "$gt", "$gte", "$lt", "$lte", "range"}
	switch field {
	case "l":
		return d(e("$elemMatch", d(e("p", drawScalar(rt)), e("q", d(e("$ne", drawScalar(rt)))))))
	case "l.p", "l.q":
		ops = ops[:6]
	case "x", "m.q":
		ops = ops[:7]
	}
	switch op := rapid.SampledFrom(ops).Draw(rt, "operator"); op {
	case "plain":
		return drawScalar(rt)
	case "$in", "$nin":
		most := rapid.SampledFrom([]int{3, 3, 24}).Draw(rt, "most") // strings among many are looked up
		return d(e(op, bson.A(rapid.SliceOfN(rapid.Custom(drawScalar), 0, most).Draw(rt, "values"))))
	case "$exists":
		return d(e(op, rapid.Bool().Draw(rt, "present")))
	case "$elemMatch":
		return d(e(op, d(e("$in", bson.A{drawScalar(rt), drawScalar(rt)}), e("$gte", drawOrdered(rt)))))
	case "range":
		return d(e("$gt", drawOrdered(rt)), e("$lte", drawOrdered(rt)))
	case "$eq", "$ne":
		return d(e(op, drawScalar(rt)))
	default:
		return d(e(op, drawOrdered(rt)))
	}
}

func drawOrdered(rt *rapid.T) any {
	return rapid.SampledFrom([]any{0, int64(1), 1.5, int64(1 << 53), "", "a", "b", time.UnixMilli(0), time.UnixMilli(1)}).Draw(rt, "ordered")
}

func drawUpdate(rt *rapid.T) bson.D {
	update := bson.D{}
	for _, op := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"$set", "$unset", "$inc", "$max", "$min", "$push",
		"$addToSet", "$pull"}), 1, 3, rapid.ID[string]).Draw(rt, "operators") {
		paths := []string{"m.q", "new", "new.a.b", "x", "l"}
		if op == "$inc" || op == "$max" || op == "$min" {
			paths = paths[:3] // the paths without a list
		}
		path := rapid.SampledFrom(paths).Draw(rt, "path")
		var value any
		switch op {
		case "$inc":
			value = rapid.SampledFrom([]any{1, int64(-2), 0.5}).Draw(rt, "by")
		case "$max", "$min":
			value = drawOrdered(rt)
		default:
			value = drawScalar(rt)
		}
		update = append(update, e(op, d(e(path, value))))
	}
	return update
}
