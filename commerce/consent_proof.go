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
	// Written: the same, and the text that the person agreed to is stored.
	Written
	// DoubleOptIn: the person also confirmed it by a link in a mail.
	DoubleOptIn
)

// proofWords are the names of proofs in the API, in their order.
const proofWords = "stated act written double_opt_in"

// String is the proof's name in the API.
func (p Proof) String() string { return strings.Fields(proofWords)[p] }

// Proof returns how well the consent is proven.
func (c Consent) Proof() Proof {
	switch {
	case c.Confirmed:
		return DoubleOptIn
	case c.Explicit && c.Wording != "":
		return Written
	case c.Explicit || c.Source == "order" || c.Source == "checkout":
		return ActOfPerson
	}
	return Stated
}

// Proof returns the proof of a consent that marketing by mail needs under the shop's law.
func (s Shop) Proof() Proof { return s.LawRow(true, "email").Proof }
