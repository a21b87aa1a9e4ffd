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
	Doc  string // its values and their meaning; empty: it is not built yet
}

// Built reports whether this version supports the key. A key that is not built is
// refused as "not supported yet", not as unknown.
func (k Key) Built() bool { return k.Doc != "" }

// Language lists every kind of object in a campaign file. Parse reads the same
// table. The caller owns the result.
func Language() []Part { return slices.Clone(language) }

// Events are the events that a trigger may name, in the order of an order's life.
// The caller owns the result.
func Events() []commerce.EventKind { return slices.Clone(eventKinds) }

// Dates are the dates of an order that a step can wait for. The caller owns the result.
func Dates() []DateField { return slices.Clone(dateFields) }

// Default is the policy of a class on a channel for a campaign without its own.
type Default struct {
	Market   commerce.Market
	Class    Class
	Channel  string
	Quiet    *Quiet // nil: no quiet hours
	Caps     []Cap  // all of them apply
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
func (k Cap) String() string {
	if k.Order {
		return strconv.Itoa(k.Max) + " about one order"
	}
	return strconv.Itoa(k.Max) + " in " + spell(k.Per)
}

// keysOf lists the keys of one kind of object: the built ones and the later ones.
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
