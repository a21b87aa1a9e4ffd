package commerce

import (
	"cmp"
	"slices"
	"time"
)

// Consent is one statement about marketing on a channel, or what follows of
// all of them: the consent in force. It is of an address or a number, never of
// a person who has several.
type Consent struct {
	Channel  string       `bson:"channel"` // email, sms, ...
	Granted  bool         `bson:"granted"`
	Explicit bool         `bson:"explicit"` // an act of the person for this purpose, provable
	At       time.Time    `bson:"at"`
	Source   string       `bson:"source"`            // what it was read from
	Wording  string       `bson:"wording,omitempty"` // what the person was shown
	State    ConsentState `bson:"state,omitempty"`
	// Address is whose it is, in clear and normalised. Empty in a statement: the
	// address of its record; in force: of the account, where no address is known.
	Address string `bson:"address,omitempty"`
}

// ConsentState says what stands where nothing is granted. Empty: a withdrawal.
type ConsentState string

// ConsentPending: asked for, not confirmed by the person. ConsentNone: the
// platform has no subscription; nobody withdrew one. ConsentStopped: a
// suppression, named by Source. ConsentRelay: a marketplace's address.
const (
	ConsentPending ConsentState = "pending"
	ConsentNone    ConsentState = "none"
	ConsentStopped ConsentState = "suppressed"
	ConsentRelay   ConsentState = "relay"
)

// Refused tells whether somebody said no, other than by never saying yes.
func (c Consent) Refused() bool {
	return !c.Granted && (c.State == "" || c.State == ConsentStopped)
}

// Consent finds the consent on channel now in force for the own address or
// number. known is false where nobody ever said.
func (p Profile) Consent(channel string) (consent Consent, known bool) {
	for _, c := range p.Consents {
		if c.Channel == channel {
			return c, true
		}
	}
	return Consent{}, false
}

// ConsentOf finds the consent on channel now in force for one address or number
// of the person.
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

// Reach is the address or number that a channel reaches a person by; zero
// for channels that have none.
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

// said is what is known of one address on one channel: the latest statement of
// each kind. More is never needed to tell what is in force, so a record keeps
// no more, and the order of arrival does not decide.
type said struct{ withdrawn, pending, none, explicit, granted Consent }

// hear takes a statement in.
func (s *said) hear(c Consent) {
	kept := &s.withdrawn
	switch {
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

// list are the statements that were kept.
func (s *said) list() []Consent {
	all := []Consent{s.withdrawn, s.pending, s.none, s.explicit, s.granted}
	return slices.DeleteFunc(all, func(c Consent) bool { return c.Channel == "" })
}

// inForce is what follows of all statements. After a withdrawal, or while a
// confirmation is awaited, only a later explicit grant grants. That there is no
// subscription ends the mere grants before it.
func (s *said) inForce() (c Consent, known bool) {
	had := func(c Consent) bool { return c.Channel != "" }
	switch {
	case had(s.explicit) && s.explicit.At.After(s.withdrawn.At) && s.explicit.At.After(s.pending.At):
		return s.explicit, true
	case had(s.withdrawn) && !s.explicit.At.After(s.withdrawn.At):
		return s.withdrawn, true
	case had(s.pending):
		return s.pending, true
	case had(s.granted) && s.granted.At.After(s.none.At):
		return s.granted, true
	}
	return Consent{}, false
}

// statements are consents by channel and address.
type statements map[[2]string]*said

func (s statements) hear(c Consent) {
	place := [2]string{c.Channel, c.Address}
	if s[place] == nil {
		s[place] = &said{}
	}
	s[place].hear(c)
}

// joinConsents keeps of all statements of a record those that decide.
func joinConsents(a, b []Consent) []Consent {
	if len(a)+len(b) == 0 {
		return nil
	}
	all := statements{}
	for _, c := range slices.Concat(a, b) {
		c.At = millis(c.At)
		all.hear(c)
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
	return kind
}

// Of is whose the consent is; zero where it names no address.
func (c Consent) Of() Address { return Address{c.Address} }

// Addresses are the own address and number, and those a consent is known of.
func (p Profile) Addresses() []Address {
	list := []Address{p.Attributes.Reach("email"), p.Attributes.Reach("sms")}
	for _, c := range slices.Concat(p.Consents, p.OtherConsents) {
		list = append(list, c.Of())
	}
	return slices.DeleteFunc(list, Address.IsZero)
}

// Granting are the addresses of the person that something is granted for: only
// for them suppressions change anything.
func (p Profile) Granting() []Address {
	var list []Address
	for _, c := range slices.Concat(p.Consents, p.OtherConsents) {
		if c.Granted && !c.Of().IsZero() && !slices.Contains(list, c.Of()) {
			list = append(list, c.Of())
		}
	}
	return list
}

// Heed lets the suppressions of the person's addresses decide, too, and lists
// those that a consent has lifted.
func (p *Profile) Heed(of map[Address][]Suppression) (lifted []Suppression) {
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

// Under is the consent once the suppressions of its address are heard, too: own
// unsubscribes, bounces, complaints, and what the shop suppressed.
func (c Consent) Under(suppressions []Suppression) Consent {
	why, stopped := Stopped(suppressions, true, c)
	if !stopped || !c.Granted {
		return c
	}
	return Consent{Channel: c.Channel, Address: c.Address, At: why.At(), Source: string(why.Reason), State: ConsentStopped}
}
