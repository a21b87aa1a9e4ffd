package campaigns

import (
	"fmt"
	"math"
	"testing"
	"time"

	"comeback/commerce"
	"comeback/commerce/clocktest"
)

// The shop-wide holdout has its share of the customers, and the same share of each arm of each
// campaign: the draws are independent. A larger share adds customers and removes none.
func TestShopWideHoldoutIsIndependentOfTheCampaigns(t *testing.T) {
	t.Parallel()
	const people = 40_000
	small := commerce.Shop{ID: "s", Contact: commerce.Contact{HoldoutBP: 1000}}
	large := commerce.Shop{ID: "s", Contact: commerce.Contact{HoldoutBP: 1500}}
	c := &Campaign{ID: "news", Holdout: 2000}
	var out, both int
	for i := range people {
		id := fmt.Sprintf("s:platform:%d", i)
		if HeldOutOfShop(small, id) && !HeldOutOfShop(large, id) {
			t.Fatalf("%s is not held out any more by a larger share", id)
		}
		if HeldOutOfShop(small, id) {
			out++
			if ArmOf(c, "s", id) == HeldOut {
				both++
			}
		}
	}
	near := func(got, of int, share float64) bool {
		return math.Abs(float64(got)-float64(of)*share) < 4*math.Sqrt(float64(of)*share*(1-share))
	}
	if !near(out, people, 0.10) || !near(both, out, 0.20) {
		t.Errorf("got %d of %d held out, %d of them by the campaign too; want 10 %% and 20 %% of these", out, people, both)
	}
}

// A customer who first entered under an alias stays in or out of the shop-wide holdout as drawn
// for that alias. Class service holds nobody out for the shop.
func TestShopWideHoldoutSurvivesMerges(t *testing.T) {
	t.Parallel()
	shop := commerce.Shop{ID: "s", Contact: commerce.Contact{HoldoutBP: 5000}}
	var in, out string
	for i := 0; in == "" || out == ""; i++ {
		if id := fmt.Sprintf("s:platform:%d", i); HeldOutOfShop(shop, id) {
			out = id
		} else {
			in = id
		}
	}
	now := clocktest.Now(t)
	for _, first := range []string{in, out} {
		siblings := []Enrolment{{ID: "1", Customer: first, EnteredAt: now}, {ID: "0", Customer: in, EnteredAt: now.Add(time.Hour)}}
		d := newDecider(&Campaign{ID: "news", Class: Marketing}, Facts{Shop: shop, Siblings: siblings}, now)
		if arm, byShop, _ := d.arm(in); byShop != (first == out) || byShop != (arm == HeldOut) {
			t.Errorf("first entered as %s: got %s, by the shop %v", first, arm, byShop)
		}
	}
	d := newDecider(&Campaign{ID: "receipt", Class: Service}, Facts{Shop: shop}, now)
	if arm, byShop, _ := d.arm(out); arm != Treated || byShop {
		t.Errorf("class service: got %s, by the shop %v, want treated", arm, byShop)
	}
}
