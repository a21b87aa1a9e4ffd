package segments

import (
	"comeback/strictjson"
	"math/rand/v2"
	"slices"
	"testing"
)

// A query of a figure of a customer's orders allocates a few times, not once for
// every customer. The test is not parallel: it would count the allocations of
// others.
func TestQueriesReuseMemory(t *testing.T) {
	p, now := aShop(t)
	p.Fitted = aFitted(true)
	d, ix := dice{rand.New(rand.NewPCG(1, 1))}, NewIndex(p)
	const n = 4000
	if err := ix.Build(stream(customers(d, n))); err != nil {
		t.Fatal(err)
	}
	others := []string{"orders.device", "orders.payment_method", "orders.favourite_category", "orders.average"}
	for _, name := range slices.Concat(paymentFields, others) {
		node, _ := strictjson.Read([]byte(`{"field": "` + name + `", "op": "set"}`))
		c, problems := Parse(node, Scope{})
		if strictjson.Refused(problems) {
			t.Fatalf("%s: %v", name, problems)
		}
		found := 0
		took := testing.AllocsPerRun(5, func() { found = ix.Count(c, now) })
		if took > n/10 || found == 0 {
			t.Errorf("%s: %v allocations for %d customers, %d of which have one", name, took, n, found)
		}
	}
}
