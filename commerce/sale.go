package commerce

import (
	"cmp"
	"slices"
	"time"
)

// Sale is when a customer last bought with one e-mail address. Some laws take that for a
// consent. Only orders that count (OrderFact.Counts) are sales.
type Sale struct {
	Address  string    `bson:"address"` // normalised, in clear
	PlacedAt time.Time `bson:"placed"`  // of the order that was placed last
	PaidAt   time.Time `bson:"paid"`    // of the order that was paid last
}

// SaleTo returns the sales with an address; zero where there is none.
func (p Profile) SaleTo(a Address) Sale {
	for _, s := range p.Sales {
		if !a.IsZero() && s.Address == a.Clear() {
			return s
		}
	}
	return Sale{}
}

// salesOf are the sales of a person by address, in the order of addresses. An order
// without an address counts for the customer's own. Relay addresses have none.
func salesOf(own Attributes, purchases []Purchase) []Sale {
	var list []Sale
	for _, p := range purchases {
		address := cmp.Or(EmailAddress(p.Buyer.Email).Clear(), own.Reach("email").Clear())
		if _, relay := (Address{address}).Marketplace(); address == "" || relay || !p.Fact.Counts() {
			continue
		}
		at := slices.IndexFunc(list, func(s Sale) bool { return s.Address == address })
		if at < 0 {
			at, list = len(list), append(list, Sale{Address: address})
		}
		list[at].PlacedAt, list[at].PaidAt = last(list[at].PlacedAt, p.Fact.PlacedAt), last(list[at].PaidAt, p.Fact.PaidAt)
	}
	slices.SortFunc(list, func(a, b Sale) int { return cmp.Compare(a.Address, b.Address) })
	return list
}
