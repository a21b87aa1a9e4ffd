package campaigns

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"

	"comeback/commerce"
)

// ArmOf draws the arm of a customer from a hash of campaign, shop and customer. The
// arm is the same for every version, key and entry. A larger share adds customers
// to the holdout and removes none.
func ArmOf(c *Campaign, shop, customer string) Arm {
	if among10000(c.ID+"\x00"+shop+"\x00"+customer) < c.Holdout {
		return HeldOut
	}
	return Treated
}

// HeldOutOfShop reports whether the shop-wide holdout has the customer. The draw is independent of
// those of campaigns: no campaign's id has a space.
func HeldOutOfShop(shop commerce.Shop, customer string) bool {
	return among10000("shop-wide holdout\x00"+shop.ID+"\x00"+customer) < shop.Contact.HoldoutBP
}

// among10000 is the place of a text among 10,000, by a hash.
func among10000(text string) int {
	sum := sha256.Sum256([]byte(text))
	return int(binary.BigEndian.Uint64(sum[:8]) % 10000)
}

// arm is the customer's arm, and whether the shop-wide holdout decides it. Both survive merges: a
// customer who first entered under an alias stays in the arm drawn for that alias.
func (d *decider) arm(customer string) (arm Arm, byShop bool, r Reason) {
	drawn := d.drawnFor(customer)
	if d.c.Class == Marketing && HeldOutOfShop(d.f.Shop, drawn) {
		share := d.f.Shop.Contact.HoldoutBP
		return HeldOut, true, pass(CheckArm, "%s: shop-wide holdout, of %d.%02d %%, from all marketing", HeldOut, share/100, share%100)
	}
	arm = ArmOf(d.c, d.f.Shop.ID, drawn)
	return arm, false, pass(CheckArm, "%s, of %d.%02d %% held out", arm, d.c.Holdout/100, d.c.Holdout%100)
}

func compareCauses(a, b Enrolment) int {
	return cmp.Or(a.CauseAt.Compare(b.CauseAt), cmp.Compare(a.Cause, b.Cause))
}
