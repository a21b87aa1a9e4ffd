package commerce_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"comeback/commerce"
)

// kept are the text fields that remain after erasure: the shop or the platform
// chose them, not the person. A new text field is erased, or listed here.
var kept = []string{
	".ID", ".Shop", ".Connection", ".External", ".Customer", ".Home", ".Former", ".Outbox", ".Repeated", ".Number",
	".Status", ".Payment", ".Currency", ".Coupons", ".Method", ".MethodNames", ".Kind", ".Channel",
	".Store", ".Device", ".Quality", ".Carrier", ".Line", ".Product", ".Variant", ".SKU", ".Title", ".Brand", ".Category",
	".Country", ".UTMSource", ".UTMMedium", ".UTMCampaign",
	".Order", ".Became", ".Rate", ".UnitPrice", ".Terms", ".MethodNames",
}

// fillTexts puts a text into every field of text within v, and one element into
// every list.
func fillTexts(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString("told")
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fillTexts(v.Index(0))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Field(i).CanSet() && v.Type().Field(i).Name != "Fact" { // computed again of the rest
				fillTexts(v.Field(i))
			}
		}
	}
}

// textsIn are the paths of the texts within v that are not empty.
func textsIn(v reflect.Value, path string) (found []string) {
	switch v.Kind() {
	case reflect.String:
		if v.String() != "" {
			found = append(found, path)
		}
	case reflect.Slice:
		for i := range v.Len() {
			found = append(found, textsIn(v.Index(i), path)...)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return nil
		}
		for i := range v.NumField() {
			found = append(found, textsIn(v.Field(i), path+"."+v.Type().Field(i).Name)...)
		}
	}
	return found
}

// After erasure an order, a checkout and a refund contain no text about a
// person.
func TestWithoutPersonKeepsNoText(t *testing.T) {
	t.Parallel()
	var o commerce.Order
	var c commerce.Checkout
	var r commerce.LooseRefund
	fillTexts(reflect.ValueOf(&o).Elem())
	fillTexts(reflect.ValueOf(&c).Elem())
	fillTexts(reflect.ValueOf(&r).Elem())
	for name, bare := range map[string]any{
		"order": o.WithoutPerson(time.UnixMilli(1)), "checkout": c.WithoutPerson(), "refund": r.WithoutPerson(),
	} {
		for _, path := range textsIn(reflect.ValueOf(bare), "") {
			if !slices.ContainsFunc(kept, func(end string) bool { return strings.HasSuffix(path, end) }) {
				t.Error(fmt.Sprintf("%s%s", name, path), "stays: erase it, or say why it may")
			}
		}
	}
	if o.Buyer.Email == "" || o.Lines[0].Custom[0].Value == "" {
		t.Error("the order itself was changed")
	}
}

// An order that lost its person merges with its own later records as before: the
// newest decides, and telling one again changes nothing.
func TestOrdersWithoutPersonStillMerge(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1_300_000_000_000).UTC()
	order := commerce.Order{
		ID:         "s:c:1",
		OrderState: commerce.OrderState{Version: at, Status: commerce.Open, Buyer: commerce.Buyer{Email: "a@example.com", Country: "DE"}},
	}
	bare := commerce.Merge(commerce.Order{}, order).WithoutPerson(at)
	again := commerce.Merge(bare, order.WithoutPerson(at))
	if !reflect.DeepEqual(again, bare) {
		t.Errorf("merged again: got %+v, want %+v", again, bare)
	}
	order.Version, order.Status = at.Add(time.Hour), commerce.Completed
	later := commerce.Merge(bare, order.WithoutPerson(at))
	if later.Status != commerce.Completed || later.Buyer != (commerce.Buyer{Country: "DE"}) || !later.RedactedAt.Equal(at) {
		t.Errorf("a later record: got %+v", later)
	}
}
