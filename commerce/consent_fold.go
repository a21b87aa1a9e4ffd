package commerce

import (
	"cmp"
	"slices"
	"strings"
)

// foldConsents tells what was said of each address of a person: own is in force
// for the own address and number (and on channels without one), others for
// further addresses. A statement is of the address it names, else of that of its
// record's person; an order or a checkout grants for the address it names, and
// never withdraws. A record whose e-mail nobody has verified can withdraw only.
func foldConsents(own Attributes, records []CustomerRecord, purchases []Purchase, checkouts []Begun) (mine, others []Consent) {
	all := statements{}
	var known people // few profiles need it
	for _, r := range records {
		for _, c := range r.inOwnTime() {
			if c.Address == "" {
				if known == nil {
					known = peopleOf(records, purchases)
				}
				c.Address = known.address(r, c.Channel, own)
			}
			if r.trusted() || !c.Granted {
				all.hear(c)
			}
		}
	}
	for _, p := range purchases {
		all.tick(p.Buyer, own, Consent{At: p.Fact.PlacedAt, Source: "order"})
	}
	for _, b := range checkouts {
		all.tick(b.Buyer, own, Consent{At: b.Fact.At, Source: "checkout"})
	}
	return all.inForce(own)
}

// tick hears the box that a buyer ticked at a checkout.
func (s statements) tick(b Buyer, own Attributes, c Consent) {
	if !b.AcceptsMarketing {
		return
	}
	c.Channel, c.Granted = "email", true
	c.Address = cmp.Or(EmailAddress(b.Email).Clear(), own.Reach("email").Clear())
	s.hear(c)
}

// inOwnTime are the record's statements but the grants that the same source took
// back by saying that there is no subscription. A record about a consent that
// holds none was stored before such words were kept: it may have taken the place
// of a withdrawal, so it is read as one that waits for the person's word.
func (r CustomerRecord) inOwnTime() []Consent {
	if channel, about := strings.CutPrefix(r.Aspect, "consent:"); about && len(r.Consents) == 0 {
		return []Consent{{Channel: channel, At: r.Version, Source: r.Connection, State: ConsentPending}}
	}
	if !slices.ContainsFunc(r.Consents, func(c Consent) bool { return c.State == ConsentNone }) {
		return r.Consents
	}
	return slices.DeleteFunc(slices.Clone(r.Consents), func(c Consent) bool {
		return c.Granted && slices.ContainsFunc(r.Consents, func(none Consent) bool {
			return none.State == ConsentNone && none.Channel == c.Channel && none.Address == c.Address && !c.At.After(none.At)
		})
	})
}

// inForce parts what is in force for the own addresses from the rest.
func (s statements) inForce(own Attributes) (mine, others []Consent) {
	for place, said := range s {
		c, known := said.inForce()
		if !known {
			continue
		}
		c = c.unlessRelay()
		if place[1] == own.Reach(place[0]).Clear() {
			mine = append(mine, c)
		} else {
			others = append(others, c)
		}
	}
	slices.SortFunc(mine, compareConsents)
	slices.SortFunc(others, compareConsents)
	return mine, others
}

// people are the persons that records and orders tell of, by the platform's id.
type people map[string]Buyer

func peopleOf(records []CustomerRecord, purchases []Purchase) people {
	known := people{}
	for _, p := range slices.Backward(purchases) { // the newest last
		if connection := connectionOf(p.Fact.ID); connection != "" && p.Buyer.Platform != "" {
			known.add(Key(connection, p.Buyer.Platform), p.Buyer)
		}
	}
	for _, r := range records { // the newest last
		if r.External != "" {
			known.add(Key(r.Connection, r.External), r.Buyer())
		}
	}
	return known
}

// add keeps what is told of a person, field by field.
func (p people) add(id string, b Buyer) {
	old := p[id]
	p[id] = Buyer{Email: cmp.Or(b.Email, old.Email), Phone: cmp.Or(b.Phone, old.Phone), Country: cmp.Or(b.Country, old.Country)}
}

// address is whose a statement is that names no address.
func (p people) address(r CustomerRecord, channel string, own Attributes) string {
	b := r.Buyer()
	if r.External != "" {
		b = p[Key(r.Connection, r.External)]
	}
	return cmp.Or(addressFor(channel, b.Email, b.Phone, b.Country).Clear(), own.Reach(channel).Clear())
}

// connectionOf is the connection's part of an order's id, Key(shop, connection,
// external).
func connectionOf(order string) string {
	parts := strings.Split(order, ":")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}
