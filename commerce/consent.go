package commerce

import (
	"cmp"
	"slices"
	"time"
)

// Consent is one statement about marketing on a channel, or the result of all
// statements: the consent in force. It belongs to an address or a number, never
// to a person with several of them.
type Consent struct {
	Channel  string `bson:"channel"` // email, sms, ...
	Granted  bool   `bson:"granted"`
	Explicit bool   `bson:"explicit"` // the person agreed by a provable act for this purpose
	// Confirmed: the person also confirmed it by a link in a mail (double opt-in). Only
	// explicit consents are confirmed.
	Confirmed bool         `bson:"confirmed,omitempty"`
	At        time.Time    `bson:"at"`
	Source    string       `bson:"source"`            // the record it was read from
	Wording   string       `bson:"wording,omitempty"` // the text shown to the person
	State     ConsentState `bson:"state,omitempty"`
	// Address is the normalised address in clear. An empty address means, in a
	// statement, the address of its record; in a consent in force, the account,
	// where no address is known.
	Address string `bson:"address,omitempty"`
}

// ConsentState is the reason why nothing is granted. Empty: a withdrawal.
type ConsentState string

const (
	// ConsentPending: the shop asked, and the person has not confirmed yet.
	ConsentPending ConsentState = "pending"
	// ConsentNone: the platform has no subscription, and no withdrawal is
	// known.
	ConsentNone ConsentState = "none"
	// ConsentStopped: a suppression applies. Source names its reason.
	ConsentStopped ConsentState = "suppressed"
	// ConsentRelay: the address belongs to a marketplace.
	ConsentRelay ConsentState = "relay"
)

// Refused reports whether the person withdrew or a suppression applies. A
// consent that was never given is not refused.
func (c Consent) Refused() bool {
	return !c.Granted && (c.State == "" || c.State == ConsentStopped)
}

// Consent returns the consent in force on a channel, for the customer's own
// address or number. known is false where no statement exists.
func (p Profile) Consent(channel string) (consent Consent, known bool) {
	for _, c := range p.Consents {
		if c.Channel == channel {
			return c, true
		}
	}
	return Consent{}, false
}

// ConsentOf returns the consent in force on a channel, for one address or
// number of the customer.
func (p Profile) ConsentOf(channel string, a Address) (consent Consent, known bool) {
	for _, list := range [][]Consent{p.Consents, p.OtherConsents} {
		for _, c := range list {
			if c.Channel == channel && (c.Address == a.Clear() || c.Address == "") {
				return c, true
			}
		}
	}
	return Consent{}, false
}

// Reach returns the customer's address or number on a channel. It is zero for
// channels without addresses.
func (a Attributes) Reach(channel string) Address {
	return addressFor(channel, a.Email, a.Phone, a.Country)
}

func addressFor(channel, email, phone, country string) Address {
	switch channel {
	case "email":
		return EmailAddress(email)
	case "sms", "mms", "rcs", "whatsapp", "phone", "voice":
		return PhoneAddress(phone, country)
	}
	return Address{}
}

// addressStatements contains, for one address and one channel, the latest statement of each
// kind. These decide what is in force, so a record stores no others, and the
// order of arrival has no effect.
type addressStatements struct{ withdrawn, pending, none, confirmed, explicit, granted Consent }

// add adds a statement.
func (s *addressStatements) add(c Consent) {
	kept := &s.withdrawn
	switch {
	case c.Granted && c.Explicit && c.Confirmed:
		kept = &s.confirmed
	case c.Granted && c.Explicit:
		kept = &s.explicit
	case c.Granted:
		kept = &s.granted
	case c.State == ConsentPending:
		kept = &s.pending
	case c.State == ConsentNone:
		kept = &s.none
	}
	order := cmp.Or(c.At.Compare(kept.At), cmp.Compare(c.Source, kept.Source), cmp.Compare(c.Wording, kept.Wording))
	if kept.Channel == "" || order > 0 {
		*kept = c
	}
}

// list returns the stored statements.
func (s *addressStatements) list() []Consent {
	all := []Consent{s.withdrawn, s.pending, s.none, s.confirmed, s.explicit, s.granted}
	return slices.DeleteFunc(all, func(c Consent) bool { return c.Channel == "" })
}

// inForce is the result of all statements. After a withdrawal, or while a
// confirmation is pending, only a later explicit grant counts. The state "no
// subscription" ends earlier grants that were not explicit. A confirmation holds for
// later explicit grants, until a statement that grants nothing.
func (s *addressStatements) inForce() (c Consent, known bool) {
	had := func(c Consent) bool { return c.Channel != "" }
	valid := func(c Consent) bool { return had(c) && c.At.After(s.withdrawn.At) && c.At.After(s.pending.At) }
	explicit := s.explicit
	if had(s.confirmed) && !explicit.At.After(s.confirmed.At) {
		explicit = s.confirmed
	}
	switch {
	case valid(explicit):
		explicit.Confirmed = valid(s.confirmed)
		return explicit, true
	case had(s.withdrawn) && !explicit.At.After(s.withdrawn.At):
		return s.withdrawn, true
	case had(s.pending):
		return s.pending, true
	case had(s.granted) && s.granted.At.After(s.none.At):
		return s.granted, true
	}
	return Consent{}, false
}

// statements are the consents by channel and address.
type statements map[[2]string]*addressStatements

func (s statements) add(c Consent) {
	place := [2]string{c.Channel, c.Address}
	if s[place] == nil {
		s[place] = &addressStatements{}
	}
	s[place].add(c)
}

// joinConsents returns the statements of both lists that decide.
func joinConsents(a, b []Consent) []Consent {
	if len(a)+len(b) == 0 {
		return nil
	}
	all := statements{}
	for _, c := range slices.Concat(a, b) {
		c.At = millis(c.At)
		all.add(c)
	}
	var kept []Consent
	for _, s := range all {
		kept = append(kept, s.list()...)
	}
	slices.SortFunc(kept, compareConsents)
	return kept
}

func compareConsents(a, b Consent) int {
	return cmp.Or(cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Address, b.Address), a.At.Compare(b.At),
		cmp.Compare(a.State, b.State), cmp.Compare(a.kind(), b.kind()))
}

func (c Consent) kind() int {
	kind := 0
	if c.Granted {
		kind += 2
	}
	if c.Explicit {
		kind++
	}
	if c.Confirmed {
		kind += 4
	}
	return kind
}

// Of returns the address of the consent; zero where it names none.
func (c Consent) Of() Address { return Address{c.Address} }

// Addresses returns the customer's own address and number and every address
// with a known consent.
func (p Profile) Addresses() []Address {
	list := []Address{p.Attributes.Reach("email"), p.Attributes.Reach("sms")}
	for _, c := range slices.Concat(p.Consents, p.OtherConsents) {
		list = append(list, c.Of())
	}
	return slices.DeleteFunc(list, Address.IsZero)
}

// Mailable returns the addresses that marketing may go to by a consent, or by a law that
// wants none: those with a granted consent, and the customer's own without any statement.
// Suppressions change the result for these addresses only.
func (p Profile) Mailable() []Address {
	var list []Address
	for _, c := range slices.Concat(p.Consents, p.OtherConsents) {
		if c.Granted && !c.Of().IsZero() && !slices.Contains(list, c.Of()) {
			list = append(list, c.Of())
		}
	}
	for _, channel := range p.unstated() {
		list = append(list, p.Attributes.Reach(channel))
	}
	return list
}

// unstated are the channels of the customer's own addresses about which no statement exists.
func (p Profile) unstated() (channels []string) {
	for _, channel := range []string{"email", "sms"} {
		own := p.Attributes.Reach(channel)
		if _, known := p.ConsentOf(channel, own); !known && !own.IsZero() {
			channels = append(channels, channel)
		}
	}
	return channels
}

// ApplySuppressions applies the suppressions of the customer's addresses and returns those
// that a later consent has lifted.
func (p *Profile) ApplySuppressions(of map[Address][]Suppression) (lifted []Suppression) {
	for _, channel := range p.unstated() {
		own := p.Attributes.Reach(channel)
		if why, stopped := Stopped(of[own], true, Consent{}); stopped {
			p.Consents = append(p.Consents, stoppedBy(why, channel, own.Clear()))
		}
	}
	slices.SortFunc(p.Consents, compareConsents)
	for _, list := range [][]Consent{p.Consents, p.OtherConsents} {
		for i, c := range list {
			for _, x := range of[c.Of()] {
				if x.Lifted(c) {
					lifted = append(lifted, x)
				}
			}
			list[i] = c.Under(of[c.Of()])
		}
	}
	return lifted
}

// Under returns the consent after the suppressions of its address:
// unsubscribes, bounces, complaints, and suppressions by the shop.
func (c Consent) Under(suppressions []Suppression) Consent {
	why, stopped := Stopped(suppressions, true, c)
	if !stopped || !c.Granted {
		return c
	}
	return stoppedBy(why, c.Channel, c.Address)
}

func stoppedBy(why Suppression, channel, address string) Consent {
	return Consent{Channel: channel, Address: address, At: why.At(), Source: string(why.Reason), State: ConsentStopped}
}
