package segments

import (
	"comeback/strictjson"
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// A note that nobody matches, or everybody, is true.
func TestNotesAreTrue(t *testing.T) {
	t.Parallel()
	p, now := aShop(t)
	noted := 0
	rapid.Check(t, func(t *rapid.T) {
		d := dice{rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))}
		a := someTest(t, originCustomer, one(t, "family",
			[]string{"customer.p", "customer.t", "orders.count", "orders.net", "customer.city", "customer.consent"}))
		b := someTest(t, originCustomer, a["field"].(string)[:len("customer.c")])
		b["field"] = a["field"]
		group := one(t, "group", []string{"all", "any"})
		data, err := json.Marshal(anObject{group: []any{a, b}})
		if err != nil {
			t.Fatal(err)
		}
		node, _ := strictjson.Read(data)
		c, problems := Parse(node, Scope{})
		if c == nil {
			return
		}
		for _, problem := range problems {
			for _, claim := range []struct {
				words string
				match bool
			}{{"nobody matches", false}, {"everybody matches", true}} {
				if !strings.Contains(problem.Message, claim.words) {
					continue
				}
				noted++
				for i := range int64(20) {
					if row := d.customer(i, 1); Match(c, &row.Profile, nil, p, now) != claim.match {
						t.Fatalf("%s: %s, but not %+v", data, problem.Message, row.Attributes)
					}
				}
			}
		}
	})
	t.Logf("%d notes", noted)
}
