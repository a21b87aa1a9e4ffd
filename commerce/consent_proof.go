package commerce

import "strings"

// Proof is how well a consent is proven. A greater proof includes the smaller ones.
type Proof int

const (
	// Stated: a record says that there is a consent.
	Stated Proof = iota
	// ActOfPerson: the person agreed by an act whose time is known, or ticked the box
	// at an order or a checkout.
	ActOfPerson
	// DoubleOptIn: the person also confirmed it by a link in a mail.
	DoubleOptIn
)

// proofWords are the names of proofs in the API, in their order.
const proofWords = "stated act double_opt_in"

// String is the proof's name in the API.
func (p Proof) String() string { return strings.Fields(proofWords)[p] }

// Proof returns how well the consent is proven.
func (c Consent) Proof() Proof {
	switch {
	case c.Confirmed:
		return DoubleOptIn
	case c.Explicit || c.Source == "order" || c.Source == "checkout":
		return ActOfPerson
	}
	return Stated
}

// Proof returns the proof that marketing by mail needs in the shop's country. Some
// countries add to the rule of the EU. Germany and Austria: the sender must prove that
// the owner of the address agreed, which courts accept of a double opt-in. France: an
// act of the person for this purpose, which a list without it does not show.
func (s Shop) Proof() Proof {
	if s.Law() != "eu" {
		return Stated
	}
	switch s.Country {
	case "DE", "AT":
		return DoubleOptIn
	case "FR":
		return ActOfPerson
	}
	return Stated
}
