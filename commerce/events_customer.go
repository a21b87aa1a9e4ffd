package commerce

import (
	"slices"
	"strconv"
	"time"
)

// Reports are what a customer's profile is computed from.
type Reports struct {
	Records   []CustomerRecord
	Purchases []Purchase
	Checkouts []StartedCheckout
}

// CustomerEvents returns what happened to a customer between two states of the profile: before,
// and that of c, whose profile was computed from r. A customer is created once, when the first
// profile is computed. Each consent of an address that is granted now, and was not, is granted.
// What only imports contain is no event. pseudonym names an address in an id. now is the time of
// what has no time of its own.
func CustomerEvents(before Profile, c Customer, r Reports, pseudonym func(Address) string, now time.Time) (list []Event) {
	if c.StoredGeneration == 0 && r.live() {
		list = append(list, NewEvent(c.Shop, CustomerCreated, c.ID, "", firstSet(c.KnownSince, now)))
	}
	for _, g := range slices.Concat(c.Consents, c.OtherConsents) {
		if !g.Granted || before.granted(g) || !r.reported(g) {
			continue
		}
		subject := c.ID
		if !g.Of().IsZero() { // of two customers who turn out to be one, one event
			subject = Key(c.Shop, "consent", pseudonym(g.Of()))
		}
		cause := Key(g.Channel, strconv.FormatInt(g.At.UnixMilli(), 36))
		list = append(list, NewEvent(c.Shop, ConsentGranted, subject, cause, firstSet(g.At, now)))
	}
	for i := range list {
		list[i].Customer = c.ID
	}
	return list
}

// granted reports whether a consent of this channel was granted, for the address or at the time
// of g: a person who changes the address consents no second time.
func (p Profile) granted(g Consent) bool {
	return slices.ContainsFunc(slices.Concat(p.Consents, p.OtherConsents), func(c Consent) bool {
		return c.Granted && c.Channel == g.Channel && (c.Address == g.Address || c.At.Equal(g.At))
	})
}

// live reports whether a platform reported the person.
func (r Reports) live() bool {
	return slices.ContainsFunc(r.Records, func(x CustomerRecord) bool { return !x.Imported }) ||
		slices.ContainsFunc(r.Purchases, func(x Purchase) bool { return !x.Imported }) ||
		slices.ContainsFunc(r.Checkouts, func(x StartedCheckout) bool { return !x.Imported })
}

// reported reports whether a platform reported the statement that grants a consent.
func (r Reports) reported(g Consent) bool {
	states := func(c Consent) bool { return c.Granted && c.Channel == g.Channel && c.At.Equal(g.At) }
	return slices.ContainsFunc(r.Records, func(x CustomerRecord) bool { return !x.Imported && slices.ContainsFunc(x.Consents, states) }) ||
		slices.ContainsFunc(r.Purchases, func(x Purchase) bool {
			return !x.Imported && x.Buyer.AcceptsMarketing && x.Fact.PlacedAt.Equal(g.At)
		}) ||
		slices.ContainsFunc(r.Checkouts, func(x StartedCheckout) bool {
			return !x.Imported && x.Buyer.AcceptsMarketing && x.Fact.At.Equal(g.At)
		})
}
