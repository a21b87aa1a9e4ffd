package campaigns

import (
	"cmp"
	"slices"
	"time"

	"comeback/commerce"
)

// limits are the caps in force for a class and channel.
type limits struct {
	caps     []Cap
	perOrder int // messages about one order, ever; 0: any number
}

// capDefaults are the caps of a campaign without caps of its own.
var capDefaults = map[commerce.Market]map[Class]map[string]limits{
	commerce.China: {
		Service: {
			Email: {caps: []Cap{{Max: 1, Per: 20 * time.Hour}}, perOrder: 2},
			SMS:   {caps: []Cap{{Max: 1, Per: 20 * time.Hour}}, perOrder: 2},
		},
		Marketing: {
			Email: {caps: []Cap{{Max: 1, Per: day}, {Max: 3, Per: 7 * day}}},
			SMS:   {caps: []Cap{{Max: 1, Per: 7 * day}, {Max: 3, Per: 30 * day}}},
		},
	},
	commerce.West: {
		Service: {
			Email: {perOrder: 3},
			SMS:   {perOrder: 3},
		},
		Marketing: {
			Email: {caps: []Cap{{Max: 1, Per: day}, {Max: 3, Per: 7 * day}}},
			SMS:   {caps: []Cap{{Max: 1, Per: 7 * day}}},
		},
	},
}

// CapWindow is how far back FactSends reaches; earlier messages change nothing.
// Messages about one order are counted in the same window, which is longer than
// any sequence of reminders.
const CapWindow = 32 * day // a month of the calendar, whatever its zone

// mostCapPeriod is the longest period of a cap.
const mostCapPeriod = 30 * day

// limits are the market's, in which each cap of the campaign takes the place of the one of
// the same period. So a cap for a week does not lift the one for a day.
func (c *Campaign) limits(channel string, market commerce.Market) limits {
	l := capDefaults[cmp.Or(market, commerce.West)][c.Class][channel]
	l.caps = slices.Clone(l.caps)
	for _, own := range c.Policy.Caps {
		if own.Order {
			l.perOrder = own.Max
			continue
		}
		l.caps = append(slices.DeleteFunc(l.caps, func(k Cap) bool { return k.Per == own.Per }), own)
	}
	return l
}

// allCaps decides whether all caps of the customer have room. If several defer the message, the
// latest time counts.
func (d *decider) allCaps(m Message) (r Reason, until time.Time) {
	r, until = d.capCheck(m)
	if len(d.c.Policy.Scoped) == 0 || !r.Pass && until.IsZero() {
		return r, until
	}
	scoped, later := d.scopedCaps(m)
	if !scoped.Pass && (later.IsZero() || later.After(until)) {
		return scoped, later
	}
	return r, until
}

// capCheck decides whether the customer may get one more message of this class and
// channel now. If not, until is when the message may be sent; zero: it is dropped.
func (d *decider) capCheck(m Message) (r Reason, until time.Time) {
	l := d.c.limits(m.Channel, d.f.Shop.Market)
	var sent []time.Time
	about := 0
	for _, s := range d.f.Sends {
		if s.Class != m.Class || s.Channel != m.Channel {
			continue
		}
		sent = append(sent, s.At)
		if s.Order != "" && s.Order == m.Order {
			about++
		}
	}
	if l.perOrder > 0 && about >= l.perOrder {
		return fail(CheckCap, "%s about this order already, at most %d", commerce.Count(about, "message"), l.perOrder), time.Time{}
	}
	for _, limit := range l.caps {
		room := limit.room(sent, d.now)
		switch {
		case !room.After(d.now):
		case limit.Drop:
			return fail(CheckCap, "%d in %s already: dropped", limit.Max, spell(limit.Per)), time.Time{}
		case room.After(until):
			until = room
			r = fail(CheckCap, "%d in %s already: from %s on", limit.Max, spell(limit.Per), stamp(room))
		}
	}
	if until.IsZero() {
		return pass(CheckCap, "%d of this class and channel recently", len(sent)), time.Time{}
	}
	return r, until
}

// room is when the cap allows one more message; a time not after now means at once.
func (k Cap) room(sent []time.Time, now time.Time) time.Time {
	recent := slices.DeleteFunc(slices.Clone(sent), func(at time.Time) bool { return !at.Add(k.Per).After(now) })
	if len(recent) < k.Max {
		return now
	}
	slices.SortFunc(recent, time.Time.Compare)
	return recent[len(recent)-k.Max].Add(k.Per)
}
