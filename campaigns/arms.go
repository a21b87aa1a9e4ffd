package campaigns

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
)

// ArmOf draws the arm of a customer from a hash of campaign, shop and customer. The
// arm is the same for every version, key and entry. A larger share adds customers
// to the holdout and removes none.
func ArmOf(c *Campaign, shop, customer string) Arm {
	sum := sha256.Sum256([]byte(c.ID + "\x00" + shop + "\x00" + customer))
	if int(binary.BigEndian.Uint64(sum[:8])%10000) < c.Holdout {
		return HeldOut
	}
	return Treated
}

// arm is the customer's arm. It survives merges: a customer who first entered under
// an alias stays in the arm drawn for that alias.
func (d *decider) arm(customer string) (Arm, Reason) {
	arm := ArmOf(d.c, d.f.Shop.ID, d.drawnFor(customer))
	return arm, pass(CheckArm, "%s, of %d.%02d %% held out", arm, d.c.Holdout/100, d.c.Holdout%100)
}

func compareCauses(a, b Enrolment) int {
	return cmp.Or(a.CauseAt.Compare(b.CauseAt), cmp.Compare(a.Cause, b.Cause))
}
