package campaigns

import (
	"strconv"
	"time"

	"comeback/commerce"
)

// An address gets at most AddressLimit service messages in any AddressPeriod. The
// limit applies in every market, beside a campaign's own cap, because anybody can
// type a stranger's address into a guest checkout again and again.
const (
	// AddressLimit is how many service messages one address gets in a period.
	AddressLimit = 3
	// AddressPeriod is that period: any 24 hours.
	AddressPeriod = day
)

// Place is one of the AddressLimit service messages that an address may get in
// AddressPeriod. Each place is a document of its own, so that two messages at the
// same moment cannot take the same one.
type Place struct {
	ID      string    `bson:"_id"` // PlaceID
	Shop    string    `bson:"shop"`
	Message string    `bson:"message"` // the last message that took the place
	At      time.Time `bson:"at"`
}

// PlaceWanted asks for a place of an address for a message.
type PlaceWanted struct {
	Address commerce.AddressHash
	Message string
}

// PlaceID is the id of place n of an address; n is from 0 to AddressLimit - 1.
func PlaceID(shop string, address commerce.AddressHash, n int) string {
	return commerce.Key(shop, address.String(), strconv.Itoa(n))
}

// Free reports whether message may take the place at now. A message may take its
// own place again.
func (p Place) Free(message string, now time.Time) bool {
	return p.Message == message || !p.At.Add(AddressPeriod).After(now)
}

// guardCap checks the caps of the customer, then the limit of the address.
func (d *decider) guardCap(m Message) check {
	r, until := d.allCaps(m)
	if !r.Pass || m.Class != Service {
		return check{reason: r, defers: until}
	}
	taken := 0
	for _, p := range d.f.Places[m.Channel] {
		if !p.Free(m.ID, d.now) {
			taken++
		}
	}
	if taken >= AddressLimit {
		return check{state: Suppressed, reason: fail(CheckCap,
			"capped: this address got %s in %s already, for whatever customers",
			commerce.Count(taken, "service message"), span(AddressPeriod))}
	}
	return check{reason: r}
}
