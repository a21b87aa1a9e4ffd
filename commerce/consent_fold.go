package commerce

import (
	"cmp"
	"slices"
	"strings"
)

// foldConsents returns the consents in force for each address of a person. own
// are those of the customer's own address and number, and of channels without
// addresses; others are those of further addresses.
//
// A statement belongs to the address it names, else to the address of its
// record. An order or a checkout grants for the address it names, and never
// withdraws. A record whose e-mail is not verified can only withdraw.
func foldConsents(own Attributes, records []CustomerRecord, purchases []Purchase, checkouts []StartedCheckout) (mine, others []Consent) {
	all := statements{}
	var known people // few profiles need it
	for _, r := range records {
		for _, c := range r.effectiveConsents() {
			if c.Address == "" {
				if known == nil {
					known = peopleOf(records, purchases)
				}
				c.Address = known.address(r, c.Channel, own)
			}
			if r.trusted() || !c.Granted {
				all.add(c)
			}
		}
	}
	for _, p := range purchases {
		all.addGrant(p.Buyer, own, Consent{At: p.Fact.PlacedAt, Source: "order"})
	}
	for _, b := range checkouts {
		all.addGrant(b.Buyer, own, Consent{At: b.Fact.At, Source: "checkout"})
	}
	return all.inForce(own)
}

// addGrant adds the grant of a buyer who ticked the marketing box at a checkout.
func (s statements) addGrant(b Buyer, own Attributes, c Consent) {
	if !b.AcceptsMarketing {
		return
	}
	c.Channel, c.Granted = "email", true
	c.Address = cmp.Or(EmailAddress(b.Email).Clear(), own.Reach("email").Clear())
	s.add(c)
}

// effectiveConsents returns the statements of a record. It leaves out grants that the
// same source cancelled later with the state "no subscription". Some old
// records about a consent contain no statement and may have replaced a
// withdrawal. They are read as pending: the person must confirm.
func (r CustomerRecord) effectiveConsents() []Consent {
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

// inForce separates the consents in force for the own addresses from the
// others.
func (s statements) inForce(own Attributes) (mine, others []Consent) {
	for place, known := range s {
		c, known := known.inForce()
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

// people are the persons named by records and orders, by the platform's id.
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

// add stores the known fields of a person. An empty field keeps the older
// value.
func (p people) add(id string, b Buyer) {
	old := p[id]
	p[id] = Buyer{Email: cmp.Or(b.Email, old.Email), Phone: cmp.Or(b.Phone, old.Phone), Country: cmp.Or(b.Country, old.Country)}
}

// address returns the address for a statement that names none.
func (p people) address(r CustomerRecord, channel string, own Attributes) string {
	b := r.Buyer()
	if r.External != "" {
		b = p[Key(r.Connection, r.External)]
	}
	return cmp.Or(addressFor(channel, b.Email, b.Phone, b.Country).Clear(), own.Reach(channel).Clear())
}

// connectionOf returns the connection of an order's id, Key(shop, connection,
// external).
func connectionOf(order string) string {
	parts := strings.Split(order, ":")
	if len(parts) != 3 {
		return ""
	}
	return parts[1]
}
