package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
	"comeback/strictjson"
)

// localBackfill stands for the local time in the run of a backfill.
const localBackfill = "backfill"

// Backfills reports whether a run passes the customers when the campaign starts, and lets those enter
// who are past its trigger already: the trigger is about customers.
func (c *Campaign) Backfills() bool { return c.Backfill && c.OnCustomer() && !c.onReported() }

// HasRuns reports whether customers enter by runs.
func (c *Campaign) HasRuns() bool { return c.OnTime() || c.Backfills() }

// OfBackfill reports whether the run is a backfill.
func (r Run) OfBackfill() bool { return r.Local == localBackfill }

// Later is a run that cannot pass anybody yet: it is due again in a minute.
func (r Run) Later(now time.Time) Run {
	r.DueAt = now.Add(time.Minute)
	return r
}

// backfillRun is the backfill of the version, due when it became active.
func (c *Campaign) backfillRun(shop commerce.Shop, since time.Time) Run {
	r := Run{
		Shop: shop.ID, Campaign: c.ID, Version: c.Version, Local: localBackfill, Planned: since, Since: c.Since, State: RunPlanned, DueAt: since,
	}
	r.ID = r.id()
	return r
}

// Replays reports whether events of before the campaign's start let their subjects enter: those of
// orders, checkouts and the shop's own reports. It is asked about those since from. Steps that were due
// before the entry are left out, so none can come of an older one; zero: any may.
func (c *Campaign) Replays() (from time.Time, ok bool) {
	if !c.Backfill || c.Backfills() || c.Trigger.Missing != nil || len(c.Trigger.Events) == 0 || c.Since.IsZero() {
		return time.Time{}, false
	}
	from = c.Since.Add(-time.Minute)
	for _, s := range c.Steps {
		if s.Until != nil || s.Do != DoSend && s.Do != DoWait {
			return time.Time{}, true
		}
		from = from.Add(-s.Wait)
	}
	return from, true
}

// ReplayWatch is the watch by which an event of before the campaign's start is decided now; ok is
// false for other events, and for what only an import contains.
func ReplayWatch(c *Campaign, ev commerce.Event, now time.Time) (w Watch, ok bool) {
	if !c.Enters(ev) || ev.Historic || ev.Customer == "" || !ev.At.Before(c.Since.Truncate(time.Second)) {
		return Watch{}, false
	}
	return Watch{
		ID: PostponedID(ev.Shop, c.ID, ev.ID), Shop: ev.Shop, Campaign: c.ID, Customer: ev.Customer,
		DueAt: now, Cause: ev.ID, CauseAt: ev.At, ReceivedAt: now,
	}, true
}

// BackfillCause is the id of the event that shows that a customer is past the trigger; empty where the
// profile shows it. FactCause is this event in a backfill.
func BackfillCause(c *Campaign, shop, customer string) string {
	if !c.Backfills() || !c.Triggers(commerce.CustomerCreated) {
		return ""
	}
	return commerce.NewEvent(shop, commerce.CustomerCreated, customer, "", time.Time{}).ID
}

// runNeeds are the facts that a decision about a run needs.
func (c *Campaign) runNeeds() []Fact {
	list := c.siblingNeeds(true)
	if c.Backfills() && c.Triggers(commerce.CustomerCreated) {
		list = append(list, FactCause)
	}
	return list
}

// backfillChecks check whether a customer is past the trigger, and never entered. They enter with
// the time of now as the cause: what happened before is part of it.
func (d *decider) backfillChecks(before Enrolment) []entryCheck {
	past, why := d.pastTrigger()
	return []entryCheck{
		{CheckTrigger, nil, why, func() *Reason {
			if !past {
				return refuse(CheckTrigger, "%s", why)
			}
			return nil
		}},
		{CheckTrigger, d.c.Trigger.Where, "", func() *Reason {
			if d.satisfies(d.c.Trigger.Where, "") {
				return nil
			}
			return refuse(CheckTrigger, "where does not hold: %s", d.observations(d.c.Trigger.Where, ""))
		}},
		{CheckReentry, nil, "never entered", func() *Reason {
			for _, e := range d.earlier(before) {
				return refuse(CheckReentry, "entered before, on %s", stamp(e.EnteredAt))
			}
			return nil
		}},
	}
}

// pastTrigger reports whether an event of the trigger has happened to the customer and is still true.
func (d *decider) pastTrigger() (past bool, why string) {
	for _, kind := range d.c.Trigger.Events {
		switch kind {
		case commerce.SegmentEntered:
			past, why = d.inSegment(d.c.Trigger.Of.Segment)
		case commerce.ConsentGranted:
			past, why = d.hasConsented()
		case commerce.CustomerCreated:
			past, why = d.becameKnown()
		}
		if past {
			return past, why
		}
	}
	return false, why
}

func (d *decider) inSegment(segment string) (past bool, why string) {
	if member, known := d.member(segment); !known || !member {
		return false, "is no member of segment " + segment
	}
	return true, "is a member of segment " + segment
}

func (d *decider) hasConsented() (past bool, why string) {
	for _, c := range slices.Concat(d.profile.Consents, d.profile.OtherConsents) {
		if c.Granted {
			return true, c.Channel + " granted on " + stamp(c.At)
		}
	}
	return false, "no consent is granted"
}

// becameKnown reports whether a platform made the customer known, and no import of history.
func (d *decider) becameKnown() (past bool, why string) {
	ev := d.f.Cause
	switch {
	case ev == nil || ev.Kind != commerce.CustomerCreated || ev.Historic:
		return false, "no event shows that the customer became known: only an import does, or it is too long ago"
	case d.knownBefore(ev.At):
		return false, "the customer is known since " + stamp(d.profile.KnownSince) + ", more than a day before " + stamp(ev.At)
	}
	return true, "became known on " + stamp(ev.At)
}

// backfillable refuses a backfill of events that leave no state behind by which a customer is past
// them.
func (r *reader) backfillable(c *Campaign, root *strictjson.Node) {
	at := root.Member("backfill")
	if !c.Backfill {
		return
	}
	for _, kind := range c.Trigger.Events {
		switch {
		case kind == commerce.SegmentLeft:
			r.problem(at, `backfill: everybody outside the segment would have left it; make a broadcast with an audience such as `+
				`{"not": {"segment": %q}}, or leave backfill out`, c.Trigger.Of.Segment)
		case ofMessage(kind):
			r.problem(at, `backfill: %s of before is over; make a broadcast with an audience such as {"event": %q, "last": {"days": 30}}, `+
				`or leave backfill out`, kind, kind)
		}
	}
}
