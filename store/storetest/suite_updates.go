package storetest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Each operator leaves the same document in both drivers.
func testUpdates(t *testing.T, s suite) {
	at := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	list := e("l", bson.A{1, 2, 1, d(e("k", "a"), e("v", 1)), d(e("k", "b"), e("v", 2))})
	tests := []struct {
		name   string
		before bson.D
		update bson.D
		want   string
	}{
		{"$set replaces", d(e("n", 1), e("m", 2)), d(e("$set", d(e("n", "x")))), `{m:2 n:"x"}`},
		{"$set adds below new documents", d(e("a", d(e("x", 1)))),
			d(e("$set", d(e("a.b.c", 1), e("a.b.d", bson.A{1, d(e("z", 2))})))), `{a:{b:{c:1 d:[1 {z:2}]} x:1}}`},
		{"$unset removes", d(e("n", 1), e("a", d(e("x", 1), e("y", 2)))),
			d(e("$unset", d(e("n", ""), e("a.x", ""), e("q.r", ""), e("a.y.z", "")))), `{a:{y:2}}`},
		{"$inc adds", d(e("n", 1), e("f", 1.5)), d(e("$inc", d(e("n", 2), e("f", 1), e("new", int64(5)), e("a.new", -1)))),
			`{a:{new:-1} f:2.5f n:3 new:5}`},
		{"$inc widens", d(e("n", math.MaxInt32)), d(e("$inc", d(e("n", 1)))), `{n:2147483648}`},
		{"$max", d(e("a", 1), e("b", 5), e("c", at)),
			d(e("$max", d(e("a", int64(3)), e("b", 2), e("c", at.Add(time.Hour)), e("new", 1)))),
			fmt.Sprintf("{a:3 b:5 c:%d new:1}", at.Add(time.Hour).UnixMilli())},
		{"$min", d(e("a", 1), e("b", 5.5), e("c", "x")), d(e("$min", d(e("a", 3), e("b", 2), e("c", "a"), e("new", 1)))),
			`{a:1 b:2 c:"a" new:1}`},
		{"$push appends", d(e("l", bson.A{1}), e("m", 1)), d(e("$push", d(e("l", 1), e("new", d(e("k", 1)))))), `{l:[1 1] m:1 new:[{k:1}]}`},
		{"$addToSet appends a missing element", d(e("l", bson.A{1, d(e("k", 1))})), d(e("$addToSet", d(e("l", 2), e("new", "x")))),
			`{l:[1 {k:1} 2] new:["x"]}`},
		{"$addToSet knows scalars", d(e("l", bson.A{1, "a"})), d(e("$addToSet", d(e("l", "a")))), `{l:[1 "a"]}`},
		{"$addToSet knows documents", d(e("l", bson.A{1, d(e("k", 1))})), d(e("$addToSet", d(e("l", d(e("k", 1)))))), `{l:[1 {k:1}]}`},
		{"$pull equal elements", d(list), d(e("$pull", d(e("l", 1), e("absent", 1)))), `{l:[2 {k:"a" v:1} {k:"b" v:2}]}`},
		{"$pull by operator", d(list), d(e("$pull", d(e("l", d(e("$in", bson.A{1, 2})))))), `{l:[{k:"a" v:1} {k:"b" v:2}]}`},
		{"$pull by fields", d(list), d(e("$pull", d(e("l", d(e("k", "b"), e("v", d(e("$gt", 1)))))))), `{l:[1 2 1 {k:"a" v:1}]}`},
		{"$setOnInsert is for inserts", d(e("n", 1)), d(e("$setOnInsert", d(e("m", 1))), e("$inc", d(e("n", 1)))), `{n:2}`},
		{"several operators", d(e("n", 1), e("o", 1), e("l", bson.A{})),
			d(e("$set", d(e("state", "s"))), e("$inc", d(e("n", 1))), e("$unset", d(e("o", 1))), e("$push", d(e("l", "p")))),
			`{l:["p"] n:2 state:"s"}`},
		{"an update that changes nothing matches", d(e("n", 1)), d(e("$set", d(e("n", 1)))), `{n:1}`},
	}
	for i, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s.mustInsert(t, s.doc(i, test.before...))
			matched, err := s.Update(t.Context(), "things", s.target(i), test.update)
			if !matched || err != nil {
				t.Fatalf("got %v %v, want a match", matched, err)
			}
			sameText(t, "document", s.get(t, i), test.want)
		})
	}
}

// A number stored as null would be lost in silence, so the update reports it.
func testBadUpdates(t *testing.T, s suite) {
	ctx := t.Context()
	tests := []struct {
		name   string
		update bson.D
	}{
		{"$inc of null", d(e("$inc", d(e("nil", 1))))},
		{"$min of null", d(e("$min", d(e("nil", 1))))},
		{"$max of null", d(e("$max", d(e("nil", 1))))},
		{"$max of null below", d(e("$max", d(e("a.nil", 1))))},
		{"$inc of text", d(e("$inc", d(e("text", 1))))},
		{"$push to a number", d(e("$push", d(e("num", 1))))},
		{"$pull from text", d(e("$pull", d(e("text", 1))))},
		{"$set below a number", d(e("$set", d(e("num.x", 1))))},
		{"$set below a list", d(e("$set", d(e("l.x", 1))))},
	}
	before := []bson.E{e("nil", nil), e("text", "x"), e("num", 1), e("l", bson.A{1}), e("a", d(e("nil", nil)))}
	s.mustInsert(t, s.doc("a", before...))
	want := s.get(t, "a")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := s.Update(ctx, "things", s.target("a"), test.update)
			wantCode(t, err, commerce.Invalid, "")
			_, err = s.Upsert(ctx, "things", s.shop, s.id("a"), test.update)
			wantCode(t, err, commerce.Invalid, "")
			_, results, err := s.Bulk(ctx, "things",
				[]documents.Op{documents.UpdateOp(s.target("a"), test.update), documents.UpdateOp(s.target("absent"), test.update)})
			if err != nil {
				t.Fatal(err)
			}
			wantCode(t, results[0].Err, commerce.Invalid, "")
			if results[1].Err != nil {
				t.Errorf("absent: got %v, want no error", results[1].Err)
			}
			sameText(t, "document", s.get(t, "a"), want)
		})
	}
	var null *documents.NullFound
	if _, err := s.Update(ctx, "things", s.target("a"), d(e("$min", d(e("nil", 1))))); !errors.As(err, &null) {
		t.Errorf("got %v, want one that names the field with null", err)
	}
	s.mustInsert(t, s.doc("full", e("big", int64(math.MaxInt64))))
	_, err := s.Update(ctx, "things", s.target("full", e("big", d(e("$exists", true)))), d(e("$unset", d(e("x", 1)))))
	if err != nil {
		t.Errorf("unset of absent: %v", err)
	}
}

// Of two writers that read the same revision one wins, and the other gets no
// match.
func testCompareAndSet(t *testing.T, s suite) {
	s.mustInsert(t, s.doc("a", e("rev", 1), e("state", "planned")))
	write := func(rev int, state string) bool {
		matched, err := s.Update(t.Context(), "things", s.target("a", e("rev", rev)),
			d(e("$set", d(e("state", state))), e("$inc", d(e("rev", 1)))))
		if err != nil {
			t.Fatal(err)
		}
		return matched
	}
	if got := []bool{write(1, "first"), write(1, "second"), write(2, "third")}; fmt.Sprint(got) != "[true false true]" {
		t.Errorf("matched: got %v, want the first and third", got)
	}
	sameText(t, "document", s.get(t, "a"), `{rev:3 state:"third"}`)
	if matched, err := s.Update(t.Context(), "things", s.target("absent"), d(e("$set", d(e("n", 1))))); matched || err != nil {
		t.Errorf("absent: got %v %v, want no match", matched, err)
	}
	sameText(t, "found by the new state",
		fmt.Sprint(s.found(t, documents.Query{Filter: s.filter(e("state", "third"))}),
			s.found(t, documents.Query{Filter: s.filter(e("state", "planned"))})), "[a] []")
}

// An upsert makes a document that has its shop, and counts once when it is
// repeated.
func testUpsert(t *testing.T, s suite) {
	update := d(e("$setOnInsert", d(e("first", true), e("sub.x", 1))), e("$inc", d(e("n", 1))), e("$min", d(e("at", 5))),
		e("$unset", d(e("gone", 1))))
	for i, want := range []bool{true, false} {
		if inserted, err := s.Upsert(t.Context(), "things", s.shop, s.id("a"), update); inserted != want || err != nil {
			t.Errorf("upsert %d: got %v %v, want %v", i, inserted, err, want)
		}
	}
	sameText(t, "document", s.get(t, "a"), "{at:5 first:true n:2 sub:{x:1}}")
	sameText(t, "found", fmt.Sprint(s.found(t, documents.Query{Filter: s.filter()})), "[a]")
}

// Eight workers raise one counter that does not exist yet: one creates it and
// no count is lost.
func testUpsertRace(t *testing.T, s suite) {
	created := make([]int, 8)
	parallel(t, 8, func(worker int) error {
		for i := range 10 {
			inserted, err := s.Upsert(t.Context(), "things", s.shop, s.id(i), d(e("$inc", d(e("n", 1)))))
			if err != nil {
				return err
			}
			if inserted {
				created[worker]++
			}
		}
		return nil
	})
	total := 0
	for _, n := range created {
		total += n
	}
	if total != 10 {
		t.Errorf("got %d created, want 10", total)
	}
	for i := range 10 {
		sameText(t, "count", s.get(t, i), "{n:8}")
	}
}

// Only the search for due shops goes across shops.
func testGlobal(t *testing.T, s suite) {
	for i := range 6 {
		shop := fmt.Sprint(s.shop, "-", i)
		doc := d(e("_id", commerce.Key(shop)), e("shop", shop), e("next_due", 1000-i))
		if i == 5 {
			doc = doc[:2]
		}
		if inserted, err := s.Insert(t.Context(), "wakes", doc); !inserted || err != nil {
			t.Fatalf("insert: %v %v", inserted, err)
		}
	}
	var got []string
	add := func(raw bson.Raw) error {
		got = append(got, raw.Lookup("shop").StringValue()[len(s.shop):])
		return nil
	}
	q := documents.Query{Filter: d(e("next_due", d(e("$lte", 998)))), Sort: []string{"next_due"}, Limit: 2, Global: true}
	if err := s.Find(t.Context(), "wakes", q, add); err != nil {
		t.Fatal(err)
	}
	after, err := documents.CursorOf(q.Sort, d(e("_id", commerce.Key(s.shop+"-3")), e("next_due", 997)))
	if err != nil {
		t.Fatal(err)
	}
	q.After = after
	if err := s.Find(t.Context(), "wakes", q, add); err != nil {
		t.Fatal(err)
	}
	if err := s.Find(t.Context(), "wakes", documents.Query{Sort: []string{"-_id"}, Limit: 1, Global: true}, add); err != nil {
		t.Fatal(err)
	}
	sameText(t, "due shops", fmt.Sprint(got), "[-4 -3 -2 -5]")
}

// An index with Only finds the shops that have such documents, however many
// they have, and forgets a document that is such no longer.
func testShopsWith(t *testing.T, s suite) {
	ctx := t.Context()
	found := func(index string) string {
		shops, err := s.ShopsWith(ctx, "work", index)
		if err != nil {
			t.Fatal(err)
		}
		shops = slices.DeleteFunc(shops, func(shop string) bool { return !strings.HasPrefix(shop, s.shop+"-") })
		return fmt.Sprint(shops)
	}
	for i := range 4 {
		own := suite{s.Database, fmt.Sprint(s.shop, "-", i)}
		for n := range i {
			doc := own.doc(n, e("pending", i%2 == 0))
			if n > 0 {
				doc = append(doc, e("lease", time.UnixMilli(int64(n))))
			}
			if _, err := s.Insert(ctx, "work", doc); err != nil {
				t.Fatal(err)
			}
		}
	}
	sameText(t, "pending", found("pending"), fmt.Sprintf("[%s-2]", s.shop))
	sameText(t, "leased", found("leased"), fmt.Sprintf("[%s-2 %s-3]", s.shop, s.shop))
	two := suite{s.Database, s.shop + "-2"}
	for n := range 2 {
		done := d(e("$set", d(e("pending", false))), e("$unset", d(e("lease", ""))))
		if _, err := s.Update(ctx, "work", two.target(n), done); err != nil {
			t.Fatal(err)
		}
	}
	sameText(t, "pending no more", found("pending"), "[]")
	sameText(t, "leased no more", found("leased"), fmt.Sprintf("[%s-3]", s.shop))
	if _, err := s.ShopsWith(ctx, "work", "all"); commerce.CodeOf(err) != commerce.Invalid {
		t.Errorf("an index of all documents: got %v, want a refusal", err)
	}
}
