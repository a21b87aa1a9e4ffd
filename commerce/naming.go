package commerce

import (
	"cmp"
	"slices"
	"strings"
)

// naming decides which records may set a person's name, gender and birthday. A
// mail goes to one address, and it must not greet another person who shares the
// phone.
type naming struct {
	email    string
	accounts map[string]bool // accounts of platforms that named the e-mail
	from     string          // account that set the name so far
}

// namingOf finds a person's own e-mail and the accounts that named it. Without
// an e-mail, every record may set the name.
func namingOf(records []CustomerRecord, purchases []Purchase, checkouts []Begun) *naming {
	n := &naming{email: ownEmail(records, purchases, checkouts), accounts: map[string]bool{}}
	for _, r := range records {
		n.joins(r.attributes().Email, r.teller())
	}
	for _, p := range purchases {
		n.joins(PersonalEmail(p.Buyer.Email), p.Buyer.teller(p.Fact.ID))
	}
	for _, c := range checkouts {
		n.joins(PersonalEmail(c.Buyer.Email), c.Buyer.teller(c.Fact.ID))
	}
	return n
}

// ownEmail is the e-mail that foldAttributes will choose.
func ownEmail(records []CustomerRecord, purchases []Purchase, checkouts []Begun) (email string) {
	for _, r := range records {
		if r.trusted() {
			email = cmp.Or(r.attributes().Email, email)
		}
	}
	for _, r := range slices.Backward(records) {
		email = cmp.Or(email, r.attributes().Email)
	}
	for _, p := range purchases {
		email = cmp.Or(email, PersonalEmail(p.Buyer.Email))
	}
	for _, c := range checkouts {
		email = cmp.Or(email, PersonalEmail(c.Buyer.Email))
	}
	return email
}

func (n *naming) joins(email, teller string) {
	if n.email != "" && teller != "" && email == n.email {
		n.accounts[teller] = true
	}
}

// fill sets fields of a that are empty from one account.
func (n *naming) fill(a *Attributes, told Attributes, teller string) {
	n.keepToSelf(&told, teller)
	switch named := a.FirstName != "" || a.LastName != ""; {
	case !named:
		n.from = teller
	case teller == "" || teller != n.from: // two halves of different accounts are no name
		told.FirstName, told.LastName = "", ""
	}
	a.fill(told)
}

// overwrite sets every field of a that one account knows.
func (n *naming) overwrite(a *Attributes, told Attributes, teller string) {
	n.keepToSelf(&told, teller)
	if told.FirstName != "" || told.LastName != "" {
		if teller != n.from {
			a.FirstName, a.LastName = "", ""
		}
		n.from = teller
	}
	a.overwrite(told)
}

// keepToSelf removes the name, gender and birthday of an account that never
// named the e-mail: it may belong to another person.
func (n *naming) keepToSelf(told *Attributes, teller string) {
	if told.Email != n.email && (told.Email != "" || !n.accounts[teller]) && n.email != "" {
		told.FirstName, told.LastName, told.Gender, told.Birthday = "", "", "", ""
	}
}

// teller is the account of a record.
func (r CustomerRecord) teller() string { return Key(r.Connection, r.External) }

// teller is the account of a purchase, given its id. Guests have none.
func (b Buyer) teller(bought string) string {
	if b.Platform == "" {
		return ""
	}
	_, rest, _ := strings.Cut(bought, ":")
	connection, _, _ := strings.Cut(rest, ":")
	return connection + ":" + Key(b.Platform)
}
