package store_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.mongodb.org/mongo-driver/v2/bson"

	"comeback/commerce"
	"comeback/segments"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// anything sets every field of v to a value that can be stored; about one in
// never stays unset.
func anything(r *rand.Rand, v reflect.Value, never int) {
	if never > 0 && r.IntN(never) == 0 {
		return
	}
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(noon.Add(time.Duration(r.IntN(1e9)) * time.Millisecond)))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			anything(r, v.Field(i), never)
		}
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), r.IntN(4), 4))
		for i := range v.Len() {
			anything(r, v.Index(i), never)
		}
	case v.Kind() == reflect.Array:
		for i := range v.Len() {
			anything(r, v.Index(i), never)
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		anything(r, v.Elem(), never)
	case v.Kind() == reflect.String:
		v.SetString(fmt.Sprint("text é ", r.IntN(50)))
	case v.Kind() == reflect.Bool:
		v.SetBool(r.IntN(2) == 1)
	case v.CanInt():
		v.SetInt(r.Int64N(1e12) - 1e6)
	default:
		panic(v.Type().String() + ": no rule to make one up")
	}
}

// rowOf is the row of a completely decoded customer: the fields that conditions
// can read. It lacks the address of a consent, the text shown to the person,
// and consents of further addresses.
func rowOf(c commerce.Customer) *segments.Row {
	c.OtherConsents, c.Sales, c.Names = nil, nil, commerce.NameKeys{} // no condition reads them
	for i := range c.Consents {
		c.Consents[i].Address, c.Consents[i].Wording, c.Consents[i].State = "", "", ""
	}
	return &segments.Row{N: c.N, ID: c.ID, Rev: c.Rev, Gone: c.MergedInto != "" || !c.GoneAt.IsZero(), Profile: c.Profile}
}

func sameRows(t testing.TB, got, want map[string]*segments.Row) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("rows (-decoded whole +field by field):\n%.3000s", diff)
	}
}

// An index gets the same row for every customer as decoding the whole document
// gives, whichever fields there are. Merged ones are gone.
func TestRowsAreTheCustomers(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		s, _ := shopAt(t, docs)
		want, ids, list := map[string]*segments.Row{}, []string{}, []any{}
		for i := range 400 {
			r := rand.New(rand.NewPCG(7, uint64(i)))
			var c commerce.Customer
			anything(r, reflect.ValueOf(&c).Elem(), i%5)
			c.ID, c.Shop, c.N = fmt.Sprintf("s:email:%03d", i), "s", int64(i+1)
			if r.IntN(10) > 0 {
				c.MergedInto, c.GoneAt = "", time.Time{}
			}
			raw, err := documents.Marshal(c)
			must(t, err)
			var back commerce.Customer
			must(t, documents.Unmarshal(raw, &back))
			want[c.ID], ids, list = rowOf(back), append(ids, c.ID), append(list, raw)
		}
		_, err := docs.InsertMany(t.Context(), "customers", list)
		must(t, err)

		got := map[string]*segments.Row{}
		for row, err := range s.Rows(t.Context(), "s") {
			must(t, err)
			if cmp.Diff(want[row.ID], row, cmpopts.EquateEmpty()) != "" || got[row.ID] != nil {
				sameRows(t, map[string]*segments.Row{row.ID: row}, map[string]*segments.Row{row.ID: want[row.ID]})
				return
			}
			got[row.ID] = want[row.ID]
		}
		sameRows(t, got, want)

		rows, err := s.RowsOf(t.Context(), "s", append(ids, "s:email:none"))
		must(t, err)
		got = map[string]*segments.Row{}
		for _, row := range rows {
			got[row.ID] = row
		}
		sameRows(t, got, want)
	})
}

// A customer whose stored document cannot be decoded ends the stream with an
// error that names both, instead of counting as another customer.
func TestARowThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	docs := storetest.Embedded(t, store.Collections())
	s, _ := shopAt(t, docs)
	_, err := docs.Insert(t.Context(), "customers",
		bson.D{{Key: "_id", Value: "s:email:a"}, {Key: "shop", Value: "s"}, {Key: "n", Value: 1},
			{Key: "history", Value: bson.D{{Key: "orders", Value: bson.A{bson.D{{Key: "to", Value: "much"}}}}}}})
	must(t, err)
	for row, err := range s.Rows(t.Context(), "s") {
		if err == nil || fmt.Sprint(err) != `stored customer "s:email:a": field to contains a value of type string, not a whole number` {
			t.Errorf("got %v, %v", row, err)
		}
	}
}
