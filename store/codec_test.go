package store_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
	"comeback/store"
	"comeback/store/documents"

	"go.mongodb.org/mongo-driver/v2/bson"
)

type (
	level  string
	amount int64
	count  uint16
	weight float64

	inner struct {
		Name  string `bson:"name"`
		Level level  `bson:"level,omitempty"`
		Rows  []byte `bson:"rows"`
		More  *inner `bson:"more,omitempty"`
	}
	common struct {
		Rev   int64     `bson:"rev"`
		Until time.Time `bson:"until,omitempty"`
	}
	// every has each kind of field that stored types have, and some that none has.
	every struct {
		ID     string `bson:"_id"`
		common        // not exported: not stored
		Inner  inner  `bson:"inner"`

		Common common             `bson:",inline"`
		List   []inner            `bson:"list"`
		Few    []*inner           `bson:"few,omitempty"`
		Names  []string           `bson:"names,omitempty"`
		Times  []time.Time        `bson:"times"`
		Lists  [][]int            `bson:"lists"`
		Levels map[level]inner    `bson:"levels,omitempty"`
		Next   map[string]*amount `bson:"next"`
		Amount amount             `bson:"amount,omitempty"`
		Count  count              `bson:"count"`
		Weight weight             `bson:"weight,omitempty"`
		Small  int8               `bson:"small"`
		N      int                `bson:"n,omitempty"`
		U      uint32             `bson:"u"`
		Yes    bool               `bson:"yes,omitempty"`
		Maybe  *bool              `bson:"maybe"`
		At     *time.Time         `bson:"at,omitempty"`
		For    time.Duration      `bson:"for"`
		Money  commerce.Money     `bson:"money,omitempty"`
		Hash   commerce.AddressHash
		Hashes []commerce.AddressHash `bson:"hashes"`
		Any    any                    `bson:"any,omitempty"`
		Raw    bson.Raw               `bson:"raw,omitempty"`
		Doc    bson.D                 `bson:"doc,omitempty"`
		Array  [2]int                 `bson:"array"`
		Not    string                 `bson:"-"`
	}
)

// storedTypes are what collections contain.
func storedTypes() []any {
	return []any{
		every{}, campaigns.Message{}, campaigns.Enrolment{}, campaigns.Watch{}, campaigns.Conversion{}, campaigns.Definition{},
		campaigns.Lifecycle{}, campaigns.Permit{}, campaigns.Sending{}, campaigns.Stream{}, campaigns.Touch{}, commerce.APIKey{},
		commerce.AuditEntry{}, commerce.Checkout{}, commerce.Connection{}, commerce.Customer{}, commerce.Delivery{}, commerce.Due{},
		commerce.Event{}, commerce.Import{}, commerce.LooseRefund{}, commerce.Order{}, commerce.PrivacyRequest{}, commerce.Product{},
		commerce.Reception{}, commerce.Reply{}, commerce.Shop{}, commerce.Suppression{}, segments.Definition{}, segments.Listed{},
		segments.Membership{}, segments.Stored{},
		struct {
			campaigns.Enrolment `bson:",inline"`
			Homes               []string `bson:"homes"`
		}{},
	}
}

// What is stored does not depend on who encoded it: package bson, which encoded all before,
// reads and writes the same.
func TestCodecStoresAsPackageBSONDoes(t *testing.T) {
	t.Parallel()
	codec := &documents.Codec{}
	for _, one := range append(storedTypes(), store.StoredPrivately()...) {
		t.Run(fmt.Sprintf("%T", one), func(t *testing.T) {
			seed := rand.Uint64()
			random := rand.New(rand.NewPCG(seed, 1))
			for range 300 {
				given := reflect.New(reflect.TypeOf(one))
				fillAny(random, given.Elem(), 3)
				want, err := documents.Marshal(given.Interface())
				must(t, err)
				for _, doc := range []any{given.Interface(), given.Elem().Interface()} {
					got, err := codec.Marshal(doc)
					if err != nil || !bytes.Equal(got, want) {
						t.Fatalf("seed %d: stored %v (%v),\nwant %v", seed, got, err, want)
					}
				}
				asDecoded(t, codec, seed, one, want)
				asDecoded(t, codec, seed, one, altered(random, want))
			}
		})
	}
}

// asDecoded fails unless both decode doc alike, or both refuse it.
func asDecoded(t *testing.T, codec *documents.Codec, seed uint64, one any, doc bson.Raw) {
	t.Helper()
	want, got := reflect.New(reflect.TypeOf(one)), reflect.New(reflect.TypeOf(one))
	lent := bytes.Clone(doc)
	wantErr, err := documents.Unmarshal(doc, want.Interface()), codec.Unmarshal(lent, got.Interface())
	for i := range lent { // the bytes are the database's own: nothing may stay in them
		lent[i] = 0xff
	}
	if fmt.Sprint(err) != fmt.Sprint(wantErr) || err == nil && !reflect.DeepEqual(got.Interface(), want.Interface()) {
		t.Fatalf("seed %d: %v:\n read %+v (%v),\nwant %+v (%v)", seed, doc, got, err, want, wantErr)
	}
}

// altered is doc as another version, or another program, could have stored it: fields in
// another order, left out, of another type, or unknown.
func altered(random *rand.Rand, doc bson.Raw) bson.Raw {
	var fields bson.D
	if err := bson.Unmarshal(doc, &fields); err != nil {
		return doc
	}
	random.Shuffle(len(fields), func(i, j int) {
		if random.IntN(4) == 0 {
			fields[i], fields[j] = fields[j], fields[i]
		}
	})
	others := []any{nil, "text", 7, int64(1) << 40, -3, 2.5, true, time.UnixMilli(1e12), bson.D{{Key: "name", Value: "x"}}, bson.A{},
		bson.A{nil, 1}, bson.Binary{Data: []byte("b")}, bson.Binary{Subtype: 2, Data: []byte("b")}, bson.Undefined{}, bson.Regex{Pattern: "r"}}
	for range 1 + random.IntN(3) {
		if len(fields) == 0 {
			break
		}
		at := random.IntN(len(fields))
		switch random.IntN(6) {
		case 0:
			fields = append(fields[:at], fields[at+1:]...)
		case 1:
			fields[at].Key = []string{"ID", "Unknown", "unknown", "Rev", "客户"}[random.IntN(5)]
		default:
			fields[at].Value = others[random.IntN(len(others))]
		}
	}
	raw, err := bson.Marshal(fields)
	if err != nil {
		return doc
	}
	return raw
}

// fillAny sets all fields at random.
func fillAny(random *rand.Rand, v reflect.Value, depth int) {
	n := random.IntN(4)
	switch {
	case !v.CanSet() || n == 0 && depth < 3:
		return
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(random.Int64N(8e9)-4e9, random.Int64N(1e9)).UTC()))
		return
	case v.Type() == reflect.TypeFor[commerce.AddressHash]():
		v.Set(reflect.ValueOf(commerce.HashAddress([]byte("key"), commerce.EmailAddress(fmt.Sprint(n, "@example.com")))))
		return
	case v.Type() == reflect.TypeFor[bson.D]():
		v.Set(reflect.ValueOf(bson.D{{Key: "a", Value: "b"}}))
		return
	case v.Type() == reflect.TypeFor[bson.Raw]():
		v.Set(reflect.ValueOf(bson.Raw{5, 0, 0, 0, 0}))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"", "a", "客户", "a text that is longer", "x\x00y"}[random.IntN(5)])
	case reflect.Bool:
		v.SetBool(n > 1)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(random.Int64() >> random.IntN(64) >> (64 - v.Type().Bits()) * int64(1-2*(n&1)))
	case reflect.Uint8, reflect.Uint16, reflect.Uint, reflect.Uint32, reflect.Uint64:
		v.SetUint(random.Uint64() >> 1 >> (64 - v.Type().Bits()) >> random.IntN(64))
	case reflect.Float64, reflect.Float32:
		v.SetFloat(float64(random.Int32()) / 8)
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf([]any{"a", int32(1), 2.5, bson.D{{Key: "a", Value: "b"}}}[n]))
		}
	default:
		fillParts(random, v, depth, n)
	}
}

func fillParts(random *rand.Rand, v reflect.Value, depth, n int) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fillAny(random, v.Field(i), depth)
		}
	case reflect.Array:
		for i := range v.Len() {
			fillAny(random, v.Index(i), depth)
		}
	case reflect.Pointer:
		if depth > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fillAny(random, v.Elem(), depth-1)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, n))
		for range min(n, depth) {
			item := reflect.New(v.Type().Elem()).Elem()
			fillAny(random, item, depth-1)
			v.Set(reflect.Append(v, item))
		}
	case reflect.Map: // of one entry: package bson writes those of a map in any order
		v.Set(reflect.MakeMap(v.Type()))
		if n > 1 && depth > 0 && v.Type().Key().Kind() == reflect.String {
			item := reflect.New(v.Type().Elem()).Elem()
			fillAny(random, item, depth-1)
			v.SetMapIndex(reflect.ValueOf("key").Convert(v.Type().Key()), item)
		}
	}
}

// BenchmarkCodec decodes and encodes a message, by a Codec and by package bson.
func BenchmarkCodec(b *testing.B) {
	m := message(1, noon)
	m.Record = []campaigns.Decision{{At: noon, Step: "one", Reasons: []campaigns.Reason{{Check: campaigns.CheckTime, Text: "due"}}}}
	m.Links = []campaigns.Link{{URL: "https://shop.example/a"}, {URL: "https://shop.example/b"}}
	codec := &documents.Codec{}
	raw, err := codec.Marshal(m)
	must(b, err)
	for name, do := range map[string]func() error{
		"decode":      func() error { return codec.Unmarshal(raw, &campaigns.Message{}) },
		"decode/bson": func() error { return documents.Unmarshal(raw, &campaigns.Message{}) },
		"encode":      func() error { _, err := codec.Marshal(m); return err },
		"encode/bson": func() error { _, err := documents.Marshal(m); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				must(b, do())
			}
		})
	}
}
