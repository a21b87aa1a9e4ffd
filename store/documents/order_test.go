package documents_test

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"testing"
	"time"

	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
	"pgregory.net/rapid"
)

func drawKeyValue(t *rapid.T) bson.RawValue {
	value := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Int32(), func(n int32) any { return n }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.SampledFrom([]int64{math.MaxInt64, math.MinInt64, 1<<53 + 1, 1 << 53, 1<<53 - 1}), func(n int64) any { return n }),
		rapid.Map(rapid.SampledFrom([]float64{1 << 63, -1 << 63, 1 << 53, math.Inf(1), math.Inf(-1), math.NaN(),
			math.Copysign(0, -1), 0}), func(f float64) any { return f }),
		rapid.Map(rapid.StringOfN(rapid.RuneFrom([]rune{0, 1, 'a', 'b', 0xff, '世'}), 0, 4, -1), func(s string) any { return s }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 3), func(b []byte) any { return b }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.Int64Range(-1<<40, 1<<40), func(n int64) any { return time.UnixMilli(n) }),
	).Draw(t, "value")
	raw, err := documents.Marshal(bson.D{{Key: "v", Value: value}})
	if err != nil {
		t.Fatal(err)
	}
	return raw.Lookup("v")
}

// The embedded driver sorts and searches by keys. Keys are in the order of
// their values, are equal only for equal values, and can be joined.
func TestKeysSortLikeValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b, tail := drawKeyValue(t), drawKeyValue(t), drawKeyValue(t)
		x, y := documents.AppendKey(nil, a), documents.AppendKey(nil, b)
		if got, want := bytes.Compare(x, y), documents.Compare(a, b); got != want {
			t.Fatalf("%v and %v: got %d, want %d", a, b, got, want)
		}
		if len(x) != len(y) && bytes.HasPrefix(y, x) {
			t.Fatalf("the key of %v begins the key of %v", a, b)
		}
		if got := documents.KeyLength(append(bytes.Clone(x), documents.AppendKey(nil, tail)...), 1); got != len(x) {
			t.Fatalf("length of the key of %v: got %d, want %d", a, got, len(x))
		}
		var whole, joined documents.Tallier
		joined.AddKey(x)
		if err := whole.Add([]bson.RawValue{a}, 1, nil); err != nil || fmt.Sprint(joined.Groups()) != shown(a) ||
			fmt.Sprint(whole.Groups()) != fmt.Sprint(joined.Groups()) {
			t.Fatalf("tally of %v: got %v, want %v", a, joined.Groups(), shown(a))
		}
		if c := documents.KeyClass(a); x[0] != c || cmp.Compare(x[0], y[0]) != 0 && cmp.Compare(x[0], y[0]) != documents.Compare(a, b) {
			t.Fatalf("classes of %v and %v do not separate them", a, b)
		}
	})
}

// shown is a tally's one group of v.
func shown(v bson.RawValue) string {
	text := "<nil>"
	switch v.Type {
	case bson.TypeInt32, bson.TypeInt64, bson.TypeBoolean:
		var plain any
		_ = v.Unmarshal(&plain)
		text = fmt.Sprint(plain)
	case bson.TypeDouble:
		text = fmt.Sprint(v.Double())
		if f := v.Double(); f == math.Trunc(f) && f >= -1<<63 && f < 1<<63 {
			text = fmt.Sprint(int64(f))
		}
	case bson.TypeString:
		text = v.StringValue()
	case bson.TypeDateTime:
		text = v.Time().UTC().String()
	}
	return "[{[" + text + "] 1 []}]"
}
