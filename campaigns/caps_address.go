package campaigns

import (
	"strconv"
	"time"

	"comeback/commerce"
)

// An address gets at most so many service messages in any time of this length,
// in every market and whatever a campaign's own cap says: anybody can type a
// stranger's address into a guest checkout, again and again.
const (
	AddressMost = 3
	AddressTime = day
)

// Place is one of the AddressMost service messages an address may get in
// AddressTime. Each is a document of its own, so that however many messages ask
// at once, no two take the same one.
type Place struct {
	ID      string    `bson:"_id"` // PlaceID
	Shop    string    `bson:"shop"`
	Message string    `bson:"message"` // that took it last
	At      time.Time `bson:"at"`
}

// PlaceID is the id of an address's place n, from 0 to AddressMost - 1.
func PlaceID(shop string, address commerce.AddressHash, n int) string {
	return commerce.Key(shop, address.String(), strconv.Itoa(n))
}

// Free tells whether message may take the place at now: its own it may again.
func (p Place) Free(message string, now time.Time) bool {
	return p.Message == message || !p.At.Add(AddressTime).After(now)
}

// guardCap asks the caps of the customer, then that of the address.
func (d *decider) guardCap(m Message) check {
	r, until := d.capCheck(m)
	if !r.Pass || m.Class != Service {
		return check{reason: r, defers: until}
	}
	taken := 0
	for _, p := range d.f.Places {
		if !p.Free(m.ID, d.now) {
			taken++
		}
	}
	if taken >= AddressMost {
		return check{state: Suppressed, reason: fail(CheckCap,
			"capped: this address got %d service messages in %d hours already, for whatever customers", taken, AddressTime/time.Hour)}
	}
	return check{reason: r}
}
