package campaigns

import (
	"slices"
	"strconv"

	"comeback/commerce"
)

// Part is one kind of object in a campaign file, with the keys it may have.
type Part struct {
	Name string
	Keys []Key
}

// Key is one key of a Part.
type Key struct {
	Name string
	Doc  string // its values and what they mean; empty: it is not built yet
}

// Built tells whether this version knows the key. One that is not built is
// refused by name, so that a file for a later version does not pass for wrong.
func (k Key) Built() bool { return k.Doc != "" }

// Language lists every kind of object in a campaign file: what Parse accepts is
// read from the same table. The caller owns the result.
func Language() []Part { return slices.Clone(language) }

// Events are the events that a trigger may name, in the order things happen.
// The caller owns the result.
func Events() []commerce.EventKind { return slices.Clone(eventKinds) }

// Dates are the dates of an order that a step can wait for. The caller owns the result.
func Dates() []DateField { return slices.Clone(dateFields) }

// Default is what holds of a class on a channel where a campaign has no policy.
type Default struct {
	Market   commerce.Market
	Class    Class
	Channel  string
	Quiet    *Quiet // nil: no quiet hours
	Caps     []Cap  // all of them hold
	PerOrder int    // messages about one order; 0: any number
}

// Defaults lists the quiet hours and caps of both markets, for the channels that a step can send on.
func Defaults() []Default {
	var list []Default
	for _, market := range []commerce.Market{commerce.China, commerce.West} {
		for _, class := range []Class{Service, Marketing} {
			l := capDefaults[market][class][Email]
			d := Default{Market: market, Class: class, Channel: Email, Caps: slices.Clone(l.caps), PerOrder: l.perOrder}
			if quiet, ok := quietDefaults[market][class][Email]; ok {
				d.Quiet = &quiet
			}
			list = append(list, d)
		}
	}
	return list
}

// String is the cap as documents write it: 1 in 24h.
func (k Cap) String() string { return strconv.Itoa(k.Max) + " in " + spell(k.Per) }

// keysOf lists the keys of the objects of one kind: those that are built, and
// those that are not.
func keysOf(part string) (known, later []string) {
	for _, p := range language {
		if p.Name != part {
			continue
		}
		for _, k := range p.Keys {
			if k.Built() {
				known = append(known, k.Name)
			} else {
				later = append(later, k.Name)
			}
		}
	}
	return known, later
}

var dateFields = []DateField{CancelAt, DueAt, BalanceFrom, BalanceTo, DeliveredAt}
