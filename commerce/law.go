package commerce

import (
	"slices"
	"strings"
	"time"
)

// Basis is what allows a message under a law, in the order of strictness. Where a row's
// basis asks for something, a granted consent with the row's proof always does instead,
// except under NoMarketing.
type Basis int

const (
	// NoneNeeded: allowed, also after a refusal of marketing.
	NoneNeeded Basis = iota
	// OptOut: allowed until the person refuses.
	OptOut
	// Inferred: a paid order that named the address, whenever it was.
	Inferred
	// Implied: a paid order that named the address, at most ImpliedMonths ago.
	Implied
	// SoftOptIn: an order that named the address, was placed after the checkout began to
	// offer the opt-out (Shop.SoftOptInSince), and is paid.
	SoftOptIn
	// ByConsent: a consent, and nothing in its place.
	ByConsent
	// NoMarketing: nothing allows it.
	NoMarketing
)

// ImpliedMonths is for how many months after its payment an order implies a consent.
const ImpliedMonths = 24

// basisWords are the names of bases in reasons and documents, in their order.
const basisWords = "none_needed opt_out inferred implied soft_opt_in consent no_marketing"

// String is the name of the basis.
func (b Basis) String() string { return strings.Fields(basisWords)[b] }

// LawRow is one row of the table of laws: what allows a message of a class on a channel.
type LawRow struct {
	Law       string // one of Jurisdictions, or de, at, fr: they add to the rule of the eu
	Marketing bool   // the class: marketing, else service
	Channel   string // email, sms
	Basis     Basis
	Proof     Proof  // that a consent needs
	source    string // the law, then its address
}

// LawRows lists the whole table. The caller owns the result.
func LawRows() []LawRow { return slices.Clone(lawRows) }

// Class is the class of messages that the row is about.
func (r LawRow) Class() string {
	if r.Marketing {
		return "marketing"
	}
	return "service"
}

// Source is the law that the row states, and the address of its text or of a regulator's
// page about it. link is empty where the law was not checked.
func (r LawRow) Source() (name, link string) {
	name, link, found := strings.Cut(r.source, " https://")
	if found {
		link = "https://" + link
	}
	return name, link
}

// rowOf is the row of a law. A law, class or channel that is not in the table gets a row
// that allows no marketing, and service until a refusal.
func rowOf(law string, marketing bool, channel string) LawRow {
	for _, r := range lawRows {
		if r.Law == law && r.Marketing == marketing && r.Channel == channel {
			return r
		}
	}
	r := LawRow{Law: OtherLaw, Channel: channel, Basis: OptOut, source: unchecked}
	if marketing {
		r = LawRow{Law: OtherLaw, Marketing: true, Channel: channel, Basis: NoMarketing, source: unchecked}
	}
	return r
}

// LawRow is the row of the shop's own law.
func (s Shop) LawRow(marketing bool, channel string) LawRow {
	law := s.Law()
	if law == "eu" && listed(ownRows, s.Country) {
		law = strings.ToLower(s.Country)
	}
	return rowOf(law, marketing, channel)
}

// Laws are the rows that decide about a message to a person in a country: that of the
// shop, and that of the person where it is another. Both must allow the message. A
// country that is unknown, or no code of ISO 3166, leaves the shop's row alone.
func (s Shop) Laws(marketing bool, channel, country string) []LawRow {
	own := s.LawRow(marketing, channel)
	code := strings.ToUpper(strings.TrimSpace(country))
	if code == "UK" {
		code = "GB"
	}
	if !IsCountry(code) {
		return []LawRow{own}
	}
	law := lawOf(code)
	if listed(ownRows, code) {
		law = strings.ToLower(code)
	}
	if theirs := rowOf(law, marketing, channel); theirs.Law != own.Law {
		return []LawRow{own, theirs}
	}
	return []LawRow{own}
}

// Stricter is the row of the stricter basis; of one basis, that of the greater proof; of
// equals, the first.
func Stricter(a, b LawRow) LawRow {
	if b.Basis > a.Basis || b.Basis == a.Basis && b.Proof > a.Proof {
		return b
	}
	return a
}

// Evidence is what is known about marketing to one address of a person.
type Evidence struct {
	Consent        Consent // in force; zero where no statement exists
	Known          bool    // a statement about consent exists
	Sale           Sale    // the latest orders that named the address; zero: none
	SoftOptInSince time.Time
}

// Allows reports whether the row allows the message now, and by what. An explicit
// refusal or a suppression goes before every basis but NoneNeeded.
func (r LawRow) Allows(e Evidence, now time.Time) (by Basis, ok bool) {
	switch {
	case r.Basis == NoMarketing:
		return r.Basis, false
	case r.Basis == NoneNeeded:
		return r.Basis, true
	case e.Known && e.Consent.Refused():
		return r.Basis, false
	case e.Known && e.Consent.Granted && e.Consent.Proof() >= r.Proof:
		return ByConsent, true
	}
	switch r.Basis {
	case OptOut:
		return OptOut, true
	case Inferred:
		return Inferred, !e.Sale.PaidAt.IsZero()
	case Implied:
		return Implied, !e.Sale.PaidAt.IsZero() && !e.Sale.PaidAt.Before(now.AddDate(0, -ImpliedMonths, 0))
	case SoftOptIn:
		return SoftOptIn, !e.SoftOptInSince.IsZero() && e.Sale.PlacedAt.After(e.SoftOptInSince)
	}
	return ByConsent, false
}
