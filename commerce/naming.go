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
func namingOf(records []CustomerRecord, purchases []Purchase, checkouts []StartedCheckout) *naming {
	n := &naming{email: ownEmail(records, purchases, checkouts), accounts: map[string]bool{}}
	for _, r := range records {
		n.joins(r.attributes().Email, r.account())
	}
	for _, p := range purchases {
		n.joins(PersonalEmail(p.Buyer.Email), p.Buyer.account(p.Fact.ID))
	}
	for _, c := range checkouts {
		n.joins(PersonalEmail(c.Buyer.Email), c.Buyer.account(c.Fact.ID))
	}
	return n
}

// ownEmail is the e-mail that foldAttributes will choose.
func ownEmail(records []CustomerRecord, purchases []Purchase, checkouts []StartedCheckout) (email string) {
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

func (n *naming) joins(email, account string) {
	if n.email != "" && account != "" && email == n.email {
		n.accounts[account] = true
	}
}

// fill sets fields of a that are empty from one account.
func (n *naming) fill(a *Attributes, known Attributes, account string) {
	n.dropPersonal(&known, account)
	switch named := a.FirstName != "" || a.LastName != ""; {
	case !named:
		n.from = account
	case account == "" || account != n.from: // two halves of different accounts are no name
		known.FirstName, known.LastName = "", ""
	}
	a.fill(known)
}

// overwrite sets every field of a that one account knows.
func (n *naming) overwrite(a *Attributes, known Attributes, account string) {
	n.dropPersonal(&known, account)
	if known.FirstName != "" || known.LastName != "" {
		if account != n.from {
			a.FirstName, a.LastName = "", ""
		}
		n.from = account
	}
	a.overwrite(known)
}

// dropPersonal removes the name, gender and birthday of an account that never
// named the e-mail: it may belong to another person.
func (n *naming) dropPersonal(known *Attributes, account string) {
	if known.Email != n.email && (known.Email != "" || !n.accounts[account]) && n.email != "" {
		known.FirstName, known.LastName, known.Gender, known.Birthday = "", "", "", ""
	}
}

// account is the account of a record.
func (r CustomerRecord) account() string { return Key(r.Connection, r.External) }

// account is the account of a purchase, given its id. Guests have none.
func (b Buyer) account(bought string) string {
	if b.Platform == "" {
		return ""
	}
	_, rest, _ := strings.Cut(bought, ":")
	connection, _, _ := strings.Cut(rest, ":")
	return connection + ":" + Key(b.Platform)
}
