package campaigns

import (
	"slices"
	"strconv"
	"time"

	"comeback/commerce"
)

// Run is one passage of a campaign over all customers of its shop, at a planned time. It
// asks Decide about each customer once, by number. Only functions of this package change
// its fields; Claim, Fence, LeaseUntil and Rev belong to the store.
type Run struct {
	ID       string    `bson:"_id"` // RunID
	Shop     string    `bson:"shop"`
	Campaign string    `bson:"campaign"`
	Version  int       `bson:"version"` // the version that planned it, and that customers enter
	Local    string    `bson:"local"`   // the planned local time, as in a file; else see AtActivation and OfBackfill
	Planned  time.Time `bson:"planned"` // that time in the shop's zone
	Since    time.Time `bson:"since"`   // the activation of the campaign that it belongs to

	State   RunState  `bson:"state"`
	Reason  string    `bson:"reason,omitempty"` // why it was missed or ended early, for people
	BeganAt time.Time `bson:"began_at,omitempty"`
	EndedAt time.Time `bson:"ended_at,omitempty"`

	Passed  int64       `bson:"passed"`   // the number of the customer passed last
	Seen    int64       `bson:"seen"`     // customers passed
	Entered int64       `bson:"entered"`  // of these, those who entered
	HeldOut int64       `bson:"held_out"` // of these, those in the holdout group
	Refused []RunRefuse `bson:"refused"`  // the others, by the check that refused them

	DueAt      time.Time `bson:"due_at,omitempty"` // absent: it has ended
	Claim      string    `bson:"claim,omitempty"`
	Fence      int64     `bson:"fence"`
	LeaseUntil time.Time `bson:"lease_until,omitempty"`
	Rev        int64     `bson:"rev"`
}

// RunRefuse counts the customers whom one check refused.
type RunRefuse struct {
	Check Check `bson:"check"`
	Count int64 `bson:"count"`
}

// RunState is the progress of a run.
type RunState string

// The states of a run.
const (
	// RunPlanned: its time has not come.
	RunPlanned RunState = "planned"
	// Running: it passes customers.
	Running RunState = "running"
	// RunDone: it has passed all.
	RunDone RunState = "done"
	// RunMissed: it could not begin in time, see LongestDelay, or a later one took its place.
	RunMissed RunState = "missed"
	// RunEnded: its campaign was archived or another version took over before it had passed all.
	RunEnded RunState = "ended"
)

// RunStates lists the states of runs. The caller owns the result.
func RunStates() []RunState { return []RunState{RunPlanned, Running, RunDone, RunMissed, RunEnded} }

// OnTime reports whether customers enter at times that the file plans.
func (c *Campaign) OnTime() bool { return c.Trigger.Timetable != nil }

// FirstRun is the run to plan for a campaign of which none is planned or running: the
// broadcast, the backfill, or the first time of the schedule after since, when the version became active.
// ok is false where none comes.
func FirstRun(c *Campaign, shop commerce.Shop, since time.Time) (r Run, ok bool) {
	p := c.Trigger.Timetable
	switch {
	case c.Backfills():
		return c.backfillRun(shop, since), true
	case p == nil:
		return Run{}, false
	case p.Cron != "":
		return c.runAfter(shop, wall(since, p.clock(shop)))
	case p.At.IsZero():
		r = c.newRun(shop, since)
		r.Local = "v" + strconv.Itoa(c.Version)
		r.ID, r.Planned, r.DueAt = r.id(), since, since
		return r, true
	}
	return c.newRun(shop, p.At), true
}

// NextRun is the run of a schedule that follows r: the first after r, or the last of those
// that have come by now. ok is false for a broadcast.
func NextRun(c *Campaign, shop commerce.Shop, r Run, now time.Time) (next Run, ok bool) {
	p := c.Trigger.Timetable
	local, err := time.Parse(localForm, r.Local)
	if p == nil || p.Cron == "" || err != nil {
		return Run{}, false
	}
	// Of the times before the last day none can begin any more. So much need not be looked through.
	from := wall(now.Add(-LongestDelay), p.clock(shop))
	if from.Before(local) {
		from = local
	}
	next, ok = c.runAfter(shop, from)
	for ok {
		last, _ := time.Parse(localForm, next.Local)
		after, more := c.runAfter(shop, last)
		if !more || after.DueAt.After(now) {
			break
		}
		next = after
	}
	return next, ok
}

// clock is the zone by which times of the schedule are looked for. A time in the zones of
// customers comes first in the east.
func (p *Timetable) clock(shop commerce.Shop) *time.Location {
	if p.Zone == CustomerZone {
		return time.FixedZone("", int(mostEast/time.Second))
	}
	return shop.Location()
}

// runAfter is the run at the first time of the schedule after a local time.
func (c *Campaign) runAfter(shop commerce.Shop, local time.Time) (Run, bool) {
	at, ok := c.Trigger.Timetable.next(local)
	if !ok {
		return Run{}, false
	}
	return c.newRun(shop, at), true
}

// newRun plans a run at a local time.
func (c *Campaign) newRun(shop commerce.Shop, local time.Time) Run {
	p, zone := c.Trigger.Timetable, shop.Location()
	r := Run{Shop: shop.ID, Campaign: c.ID, Version: c.Version, Since: c.Since, State: RunPlanned, Planned: instantOf(local, zone)}
	r.DueAt = r.Planned
	if p.Zone == CustomerZone {
		r.DueAt = local.Add(-mostEast)
	} else {
		local = wall(r.Planned, zone) // two times become one where summer time skips the first
	}
	r.Local = local.Format(localForm)
	r.ID = r.id()
	return r
}

// id is the id of a run: of one campaign, activation, version and time there is one. A version has
// one backfill, however often it is activated.
func (r Run) id() string {
	if r.OfBackfill() {
		return commerce.Key(r.Shop, r.Campaign, r.Local, strconv.Itoa(r.Version))
	}
	return commerce.Key(r.Shop, r.Campaign, strconv.FormatInt(r.Since.UnixMilli(), 36), strconv.Itoa(r.Version), r.Local)
}

// AtActivation reports whether the run is that of a broadcast without a time of its own.
func (r Run) AtActivation() bool { return r.Local == "v"+strconv.Itoa(r.Version) }

// Cause is the id of the event that entries by the run have as their cause. It is the same
// in all versions, unless the broadcast is sent at activation.
func (r Run) Cause() string { return r.event(r.Planned, "").ID }

// event is the cause of a customer's entry, at the customer's own time.
func (r Run) event(at time.Time, customer string) commerce.Event {
	cause := r.Local
	if r.AtActivation() {
		cause += " " + strconv.FormatInt(r.Since.UnixMilli(), 36)
	}
	ev := commerce.NewEvent(r.Shop, commerce.CampaignRun, r.Campaign, cause, at)
	ev.Customer = customer
	return ev
}

// Begin begins a planned run whose time has come, with the run to plan next; next has no id
// where there is none. A run that is too late is missed.
func Begin(c *Campaign, shop commerce.Shop, r Run, now time.Time) (begun, next Run) {
	next, _ = NextRun(c, shop, r, now)
	switch {
	case next.ID != "" && !next.DueAt.After(now):
		return r.end(RunMissed, "it could not begin in time, and the run of "+next.Local+" takes its place", now), next
	case now.Sub(r.Planned) > LongestDelay && !r.OfBackfill():
		return r.end(RunMissed, "it could not begin within "+spell(LongestDelay)+" of its time", now), next
	}
	r.State, r.BeganAt = Running, now
	return r, next
}

// Over ends a run of which the campaign lets nobody enter any more.
func (r Run) Over(why string, now time.Time) Run { return r.end(RunEnded, why, now) }

// Done ends a run that has passed all customers.
func (r Run) Done(now time.Time) Run { return r.end(RunDone, "", now) }

func (r Run) end(state RunState, why string, now time.Time) Run {
	r.State, r.Reason, r.EndedAt, r.DueAt = state, why, now, time.Time{}
	return r
}

// Pass counts a customer about whom Decide was asked: e is its answer. A customer who
// entered by this run before, when a process died, counts as entered.
func (r Run) Pass(e Enrolment) Run {
	r.Seen++
	if e.State != "" && e.Cause == r.Cause() && (e.Version == r.Version || !r.OfBackfill()) {
		r.Entered++
		if e.Arm == HeldOut {
			r.HeldOut++
		}
		return r
	}
	check := CheckTrigger
	if len(e.Log) > 0 {
		if last := e.Log[len(e.Log)-1]; len(last.Reasons) > 0 {
			check = last.Reasons[len(last.Reasons)-1].Check
		}
	}
	return r.refuse(check, 1)
}

// Leave counts customers about whom Decide was not asked: because they are certainly not in
// the audience (CheckAudience), or because nothing could be decided (CheckFault).
func (r Run) Leave(customers int, check Check) Run {
	if customers == 0 {
		return r
	}
	r.Seen += int64(customers)
	return r.refuse(check, int64(customers))
}

func (r Run) refuse(check Check, n int64) Run {
	r.Refused = slices.Clone(r.Refused)
	i := slices.IndexFunc(r.Refused, func(x RunRefuse) bool { return x.Check == check })
	if i < 0 {
		i, r.Refused = len(r.Refused), append(r.Refused, RunRefuse{Check: check})
	}
	r.Refused[i].Count += n
	return r
}

// StartProblem is why a broadcast may not be activated at now: its time is over. Empty: it may.
func StartProblem(c *Campaign, shop commerce.Shop, now time.Time) string {
	p := c.Trigger.Timetable
	if p == nil || p.Cron != "" || p.At.IsZero() || now.Sub(instantOf(p.At, shop.Location())) <= LongestDelay {
		return ""
	}
	return "broadcast: " + p.At.Format(localForm) + " was more than " + spell(LongestDelay) +
		` ago; give a later time as "at", or leave "at" out to send it now`
}

// pass decides whether a run makes a customer enter.
func (d *decider) pass(e Enrolment, o Occasion) (Enrolment, []Action) {
	moment := d.moment(o.Run)
	next, refusal := d.entry(e, o.Run.event(moment, o.Event.Customer), moment)
	if refusal == nil {
		refusal = failing(d.runChecks(e, o))
	}
	if refusal == nil {
		refusal = d.eligible(&next, e)
	}
	return d.entered(e, next, refusal), nil
}

// moment is when the time of a run comes for the customer.
func (d *decider) moment(r Run) time.Time {
	if r.OfBackfill() {
		return d.now
	}
	p := d.c.Trigger.Timetable
	local, err := time.Parse(localForm, r.Local)
	if p == nil || p.Zone != CustomerZone || err != nil {
		return r.Planned
	}
	return instantOf(local, d.zone(CustomerZone))
}

func (d *decider) runChecks(before Enrolment, o Occasion) []entryCheck {
	list := []entryCheck{
		{CheckTrigger, nil, "the run of " + o.Run.Local + " passes all customers", func() *Reason {
			if !d.c.HasRuns() || !d.c.enters() {
				return refuse(CheckTrigger, "version %d has no runs now", d.c.Version)
			}
			return nil
		}},
		{CheckMerge, nil, "one customer, one person", func() *Reason {
			if d.f.Customer.ID != o.Event.Customer {
				return refuse(CheckMerge, "%s is one person with %s, whom the run passes too", o.Event.Customer, d.f.Customer.ID)
			}
			return nil
		}},
	}
	if o.Run.OfBackfill() {
		list = append(list, d.backfillChecks(before)...)
	}
	return list
}

// leftAudience is why a customer who entered before the own time of the run gets nothing:
// since then the customer has left the audience. Empty: the customer has not.
func (d *decider) leftAudience(e Enrolment) string {
	if d.c.Trigger.Timetable == nil || e.Step > 0 || !e.BeganAt.After(e.EnteredAt) || d.satisfies(d.c.Audience, e.Order) {
		return ""
	}
	return "left the audience before the time came: " + d.observations(d.c.Audience, e.Order)
}

// ExplainRun makes all checks that Decide makes when a run passes the customer.
func ExplainRun(c *Campaign, before Enrolment, r Run, customer string, f Facts, now time.Time) Assessment {
	d := newDecider(c, f, now)
	moment := d.moment(r)
	o := Occasion{Kind: OnRun, Run: r, Event: r.event(moment, customer)}
	x := Assessment{Event: o.Event}
	next, refusal := d.entry(before, o.Event, moment)
	x.add(d.explainCampaign(refusal))
	if d.f.Customer != nil {
		x.number = d.f.Customer.N
		x.add(d.explained(d.runChecks(before, o), "")...)
		x.add(d.explained(d.eligibleChecks(&next, before), "")...)
		x.add(d.explainSending(next)...)
	}
	return x
}

// Of reports whether c is the version and the activation that planned the run.
func (r Run) Of(c *Campaign) bool {
	return r.Campaign == c.ID && r.Version == c.Version && (r.OfBackfill() || r.Since.Equal(c.Since))
}

// Reopened is a run that ended because another version took over, now that its own version
// is active again. It goes on where it stopped.
func (r Run) Reopened() Run {
	r.State, r.Reason, r.EndedAt, r.DueAt = RunPlanned, "", time.Time{}, r.Planned
	if !r.BeganAt.IsZero() {
		r.State = Running
	}
	return r
}

// Passage is a part of the customers that a run passes, by number.
type Passage struct {
	Customers []string // ids of those to ask Decide about
	Skipped   int      // others, who are certainly not in the audience
	Last      int64    // the number of the last of all these
	End       bool     // nobody comes behind them
}
