package documents

import (
	"bytes"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

type named string

// The fast encoding of a document gives the bytes of the encoder of the driver, and
// fails where that fails.
func TestEncodingIsThatOfTheDriver(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 1))
	for range 5000 {
		doc := randomDocument(random, 3)
		want, wantErr := encode(doc)
		got, err := Marshal(doc)
		if (err == nil) != (wantErr == nil) || err == nil && !bytes.Equal(got, want) {
			t.Fatalf("seed %d: %#v:\n got %v (%v),\nwant %v (%v)", seed, doc, got, err, bson.Raw(want), wantErr)
		}
		if err == nil && !sameElements(got) {
			t.Fatalf("seed %d: %v: its elements are not those that the driver reads", seed, got)
		}
	}
}

// sameElements compares Elements with what the driver reads.
func sameElements(doc bson.Raw) bool {
	want, err := doc.Elements()
	walk := ElementsOf(doc)
	for _, e := range want {
		v := e.Value()
		got, ok := walk.Next()
		if !ok || string(got.Key) != e.Key() || got.Kind != v.Type || !bytes.Equal(got.Value, v.Value) {
			return false
		}
	}
	_, more := walk.Next()
	return err == nil && !more && !walk.Broken
}

func randomDocument(random *rand.Rand, depth int) bson.D {
	if random.IntN(20) == 0 {
		return nil
	}
	doc := bson.D{}
	for range random.IntN(5) {
		key := []string{"a", "b.c", "$set", "", "客户"}[random.IntN(5)]
		if random.IntN(100) == 0 {
			key = "a\x00b"
		}
		doc = append(doc, bson.E{Key: key, Value: randomValue(random, depth)})
	}
	return doc
}

func randomValue(random *rand.Rand, depth int) any {
	n := int64(random.Uint64())
	values := []any{nil, "", "text", "a\x00b", "\xff", strings.Repeat("t", 300), true, false, 0, int(n), int(int32(n)), math.MaxInt32,
		math.MinInt32, math.MaxInt32 + 1, math.MinInt32 - 1, n, int64(1), int32(n), int16(n), uint8(n), uint32(n), float32(1.5), math.NaN(),
		math.Inf(1), math.Copysign(0, -1), time.Time{}, time.Unix(n%1e10, n%1e9), time.Unix(-1, 999_999_999).In(time.FixedZone("east", 8*3600)),
		named("n"), []string(nil), []string{"a"}, []byte(nil), []byte{1}, map[string]int(nil), map[string]int{"k": 1}, bson.A(nil), bson.D(nil),
		bson.NewObjectID(), bson.DateTime(n), bson.RawValue{Type: bson.TypeInt32, Value: []byte{1, 0, 0, 0}}, []bson.D{{{Key: "x", Value: 1}}},
		struct {
			A []string  `bson:"a"`
			B time.Time `bson:"b,omitempty"`
		}{}, &doc{}, (*doc)(nil), make(chan int), bson.Raw{5, 0, 0, 0, 0}, bson.Regex{Pattern: "p"}, time.Second,
		bson.Regex{Pattern: "p.*q", Options: "i"}, bson.JavaScript("j"), bson.Symbol("s"), bson.CodeWithScope{Code: "c", Scope: bson.D{}},
		bson.DBPointer{DB: "db"}, bson.MinKey{}, bson.MaxKey{}, bson.Timestamp{T: 1}, bson.NewDecimal128(1, 2), bson.Undefined{}, bson.Null{},
	}
	if i := random.IntN(len(values) + 10); i < len(values) {
		return values[i]
	}
	if depth == 0 {
		return nil
	}
	if random.IntN(2) == 0 {
		return randomDocument(random, depth-1)
	}
	list := bson.A{}
	for range random.IntN(12) {
		list = append(list, randomValue(random, depth-1))
	}
	return list
}

type doc struct{ N int }
