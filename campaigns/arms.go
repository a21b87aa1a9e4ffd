package campaigns

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// ArmOf draws the arm of a customer: a hash of campaign, shop and customer, so
// that it is the same for every version, key and entry. Raising the share adds
// customers to the holdout and takes none out.
func ArmOf(c *Campaign, shop, customer string) Arm {
	sum := sha256.Sum256([]byte(c.ID + "\x00" + shop + "\x00" + customer))
	if int(binary.BigEndian.Uint64(sum[:8])%10000) < c.Holdout {
		return HeldOut
	}
	return Treated
}

// arm is the customer's arm, kept through merges: who took part under an alias
// stays on the side of that time.
func (d *decider) arm(customer string) (Arm, Reason) {
	if len(d.f.Siblings) > 0 {
		latest := slices.MaxFunc(d.f.Siblings, func(a, b Enrolment) int {
			return cmp.Or(compareCauses(a, b), cmp.Compare(b.ID, a.ID))
		})
		if latest.Customer != customer && latest.Arm != "" {
			return latest.Arm, pass(CheckArm, "%s, as before the merge", latest.Arm)
		}
	}
	arm := ArmOf(d.c, d.f.Shop.ID, customer)
	return arm, pass(CheckArm, "%s, of %d.%02d %% held out", arm, d.c.Holdout/100, d.c.Holdout%100)
}

func compareCauses(a, b Enrolment) int {
	return cmp.Or(a.CauseAt.Compare(b.CauseAt), cmp.Compare(a.Cause, b.Cause))
}
