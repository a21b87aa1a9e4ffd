package store_test

import (
	"context"
	"sync"
	"testing"

	"comeback/commerce"
	"comeback/store"
	"comeback/store/documents"
	"comeback/store/storetest"
)

// interloper is a database in which another process is faster: between the
// insert of a customer and the next call, do is done, once.
type interloper struct {
	documents.Database
	once sync.Once
	do   func()
}

func (i *interloper) Insert(ctx context.Context, coll string, doc any) (bool, error) {
	inserted, err := i.Database.Insert(ctx, coll, doc)
	if coll == "customers" {
		i.once.Do(i.do)
	}
	return inserted, err
}

// If other processes claim every identity of a new customer first, it is merged
// with their owner. No customer stays without identity or orders.
func TestCustomerWhoseClaimsAreAllLost(t *testing.T) {
	t.Parallel()
	storetest.Each(t, store.Collections(), func(t *testing.T, docs documents.Database) {
		ctx := t.Context()
		faster := setup(t, docs)
		if _, err := faster.SaveOrder(ctx, "s", paidOrder(1, commerce.Buyer{Email: "a@x.cn"})); err != nil {
			t.Fatal(err)
		}
		slow := storeAt(&interloper{Database: docs, do: func() {
			if _, err := faster.SaveOrder(ctx, "s", paidOrder(2, commerce.Buyer{Platform: "7", Email: "a@x.cn"})); err != nil {
				t.Error(err)
			}
		}}, newClock())
		if _, err := slow.SaveOrder(ctx, "s", paidOrder(3, commerce.Buyer{Platform: "7"})); err != nil {
			t.Fatal(err)
		}
		if err := recomputeAll(ctx, faster); err != nil {
			t.Fatal(err)
		}
		list, err := faster.Customers(ctx, "s", nil, 10)
		if err != nil || len(list) != 1 || list[0].History.Figures.Count != 3 {
			t.Errorf("got %+v, %v; want one customer of three orders", list, err)
		}
	})
}
