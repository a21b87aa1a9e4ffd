package commerce

import (
	"cmp"
	"slices"
	"strings"
)

// naming decides who may tell the name, the gender and the birthday of a person
// who is written to: a mail goes to one address, and it must not greet somebody
// else who shares the phone.
type naming struct {
	email    string
	accounts map[string]bool // of platforms, that named the e-mail
	from     string          // the teller of the name so far
}

// namingOf finds a person's own e-mail and the accounts that named it. Without
// an e-mail, everybody may tell.
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

// ownEmail is the e-mail that foldAttributes comes to.
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

// fill has a take what a teller tells and a does not have.
func (n *naming) fill(a *Attributes, told Attributes, teller string) {
	n.keepToSelf(&told, teller)
	switch named := a.FirstName != "" || a.LastName != ""; {
	case !named:
		n.from = teller
	case teller == "" || teller != n.from: // two tellers' halves are nobody's name
		told.FirstName, told.LastName = "", ""
	}
	a.fill(told)
}

// overwrite has a take all that a teller tells.
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

// keepToSelf takes from what was told the person who is somebody else, for all
// that is known: its teller never named the e-mail.
func (n *naming) keepToSelf(told *Attributes, teller string) {
	if told.Email != n.email && (told.Email != "" || !n.accounts[teller]) && n.email != "" {
		told.FirstName, told.LastName, told.Gender, told.Birthday = "", "", "", ""
	}
}

// teller is the account that a record is of.
func (r CustomerRecord) teller() string { return Key(r.Connection, r.External) }

// teller is the account that bought, by the id of what was bought; guests have
// none.
func (b Buyer) teller(bought string) string {
	if b.Platform == "" {
		return ""
	}
	_, rest, _ := strings.Cut(bought, ":")
	connection, _, _ := strings.Cut(rest, ":")
	return connection + ":" + Key(b.Platform)
}
