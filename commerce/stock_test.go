package commerce_test

import (
	"testing"
	"time"

	"comeback/commerce"
)

// Whether an unpaid order can still be had follows from the newest record of each of its products, and
// from what the order itself says later. What the platform keeps for the buyer is there.
func TestStockOfAnOrder(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	yes, no := true, false
	product := func(id string, in, holds *bool, stated time.Time) commerce.Product {
		return commerce.Product{ID: commerce.Key("s", "c", id), Version: stated, InStock: in, HoldsUnpaid: holds}
	}
	there := product("1", &yes, &no, at)
	gone := product("2", &no, &no, at.Add(time.Hour))
	deleted := product("2", &yes, &no, at)
	deleted.DeletedAt = at.Add(time.Hour)
	for _, tt := range []struct {
		name     string
		says     *bool // of the order
		products []commerce.Product
		want     *bool
	}{
		{"all is there", nil, []commerce.Product{there, product("2", &yes, &no, at)}, &yes},
		{"one is gone", nil, []commerce.Product{there, gone}, &no},
		{"one is deleted", nil, []commerce.Product{there, deleted}, &no},
		{"one is not known", nil, []commerce.Product{there}, nil},
		{"one is not counted", nil, []commerce.Product{there, product("2", nil, nil, at)}, nil},
		{"none is known", nil, nil, nil},
		{"the platform keeps it for the buyer", nil, []commerce.Product{there, product("2", &no, &yes, at)}, &yes},
		{"an older store does not know whether it is kept", nil, []commerce.Product{there, product("2", &no, nil, at)}, nil},
		{"the order says it, and the product is not known", &yes, []commerce.Product{there}, &yes},
		{"the order says that it is gone", &no, []commerce.Product{there, product("2", &yes, &no, at)}, &no},
		{"the product is gone after the order said that it is there", &yes, []commerce.Product{there, gone}, &no},
		{"the order says it after the product was gone", &yes, []commerce.Product{there, product("2", &no, &no, at.Add(-time.Hour))}, &yes},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := commerce.Order{Shop: "s", Connection: "c", OrderState: commerce.OrderState{
				Version: at, InStock: tt.says, Lines: []commerce.Line{{ID: "1", Product: "1"}, {ID: "2", Product: "2"}, {ID: "3"}},
			}}
			products := map[string]commerce.Product{}
			for _, p := range tt.products {
				products[p.ID] = p
			}
			got := o.Stocked(products).InStock
			if (got == nil) != (tt.want == nil) || got != nil && *got != *tt.want {
				t.Errorf("got %v, want %v", said(got), said(tt.want))
			}
		})
	}
}

func said(flag *bool) string {
	switch {
	case flag == nil:
		return "nothing"
	case *flag:
		return "yes"
	}
	return "no"
}
