package campaigns

import (
	"strconv"
	"time"

	"comeback/commerce"
	"comeback/segments"
)

// CapScope decides which messages to a customer a scoped cap counts.
type CapScope string

// The scopes of caps.
const (
	// ScopeCampaign counts the messages of the campaign.
	ScopeCampaign CapScope = "campaign"
	// ScopeChannel counts the messages on the channel, of all campaigns and classes.
	ScopeChannel CapScope = "channel"
	// ScopeShop counts all messages of the shop.
	ScopeShop CapScope = "shop"
)

// CalendarPeriod is a period of the calendar in the customer's time zone.
type CalendarPeriod string

// The periods of the calendar.
const (
	// CalendarDay is from midnight to midnight.
	CalendarDay CalendarPeriod = "day"
	// CalendarWeek is from Monday on.
	CalendarWeek CalendarPeriod = "week"
	// CalendarMonth is from the 1st on.
	CalendarMonth CalendarPeriod = "month"
)

// ScopedCap limits how many messages of a scope a customer gets in any period of length Per, or
// in one period of the calendar.
type ScopedCap struct {
	Scope    CapScope
	Max      int
	Per      time.Duration  // 0: Calendar
	Calendar CalendarPeriod // empty: Per
	Drop     bool           // a message above the cap is dropped; else it is deferred until the cap allows it
}

// around is the period of the calendar that t lies in, in t's zone: from begin to before end.
func (p CalendarPeriod) around(t time.Time) (begin, end time.Time) {
	y, m, d := t.Date()
	switch p {
	case CalendarMonth:
		return midnight(y, m, 1, t), midnight(y, m+1, 1, t)
	case CalendarWeek:
		d -= (int(t.Weekday()) + 6) % 7
		return midnight(y, m, d, t), midnight(y, m, d+7, t)
	}
	return midnight(y, m, d, t), midnight(y, m, d+1, t)
}

// midnight is the beginning of a day in t's zone: the first instant at which clocks show its date.
func midnight(y int, m time.Month, d int, t time.Time) time.Time {
	date := segments.DateOf(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), time.UTC)
	return date.At(0, t.Location()).In(t.Location())
}

// counts reports whether the cap of a campaign counts a message for one on a channel.
func (k ScopedCap) counts(s Send, campaign, channel string) bool {
	switch k.Scope {
	case ScopeCampaign:
		return s.Campaign == campaign
	case ScopeChannel:
		return s.Channel == channel
	}
	return true
}

// room is when the cap allows one more message; a time not after now means at once. zone is the
// customer's.
func (k ScopedCap) room(sent []time.Time, now time.Time, zone *time.Location) time.Time {
	if k.Calendar == "" {
		return Cap{Max: k.Max, Per: k.Per}.room(sent, now)
	}
	begin, end := k.Calendar.around(now.In(zone))
	n := 0
	for _, at := range sent {
		if !at.Before(begin) && at.Before(end) {
			n++
		}
	}
	if n < k.Max {
		return now
	}
	return end.UTC()
}

// String is the cap as documents write it: 2 of the shop in 1d, 3 of the campaign a week.
func (k ScopedCap) String() string {
	text := strconv.Itoa(k.Max) + " of the " + string(k.Scope)
	if k.Calendar != "" {
		return text + " a " + string(k.Calendar)
	}
	return text + " in " + spell(k.Per)
}

// scopedCaps decides whether the scoped caps of the campaign have room for one more message now.
// If not, until is when the message may be sent; zero: it is dropped.
func (d *decider) scopedCaps(m Message) (r Reason, until time.Time) {
	for _, k := range d.c.Policy.Scoped {
		var sent []time.Time
		for _, s := range d.f.Sends {
			if k.counts(s, d.c.ID, m.Channel) {
				sent = append(sent, s.At)
			}
		}
		room := k.room(sent, d.now, d.zone(CustomerZone))
		switch {
		case !room.After(d.now):
		case k.Drop:
			return fail(CheckCap, "the cap %s is reached: dropped", k), time.Time{}
		case room.After(until):
			until, r = room, fail(CheckCap, "the cap %s is reached: from %s on", k, stamp(room))
		}
	}
	if until.IsZero() {
		return pass(CheckCap, "%s have room", commerce.Count(len(d.c.Policy.Scoped), "scoped cap")), time.Time{}
	}
	return r, until
}
