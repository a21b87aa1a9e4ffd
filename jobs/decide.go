package jobs

import (
	"cmp"
	"context"
	"time"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/failpoint"
)

// Decisions calls the campaign engine and carries out its actions, by the protocol
// of campaigns.Decide: many decisions with one read and one write of each collection.
type Decisions struct {
	store enrolments
	facts *Facts
	now   func() time.Time
}

type enrolments interface {
	EnrolmentsByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Enrolment, error)
	SaveEnrolments(ctx context.Context, shop string, list []campaigns.Enrolment) (saved []bool, err error)
	PlanMessages(ctx context.Context, shop string, list []campaigns.Message) error
	CancelMessages(ctx context.Context, shop string, list []campaigns.Cancel) error
	PutWatches(ctx context.Context, shop string, list []campaigns.Watch) error
	// AddOwnRecords adds records to customers, by their ids. Their profiles are computed again.
	AddOwnRecords(ctx context.Context, shop string, records map[string][]commerce.CustomerRecord) error
	AddEvents(ctx context.Context, shop string, events []commerce.Event) error
	plannedCalls
}

// plannedCalls are the calls of steps to the world outside.
type plannedCalls interface {
	PlanCalls(ctx context.Context, shop string, list []campaigns.Call) error
	CancelCalls(ctx context.Context, shop string, list []campaigns.Cancel) error
	CallsByID(ctx context.Context, shop string, ids []string) (map[string]campaigns.Call, error)
	WakeEnrolments(ctx context.Context, shop string, list []campaigns.Wake) error
}

// NewDecisions makes the decisions; now is the clock of due times.
func NewDecisions(store enrolments, facts *Facts, now func() time.Time) *Decisions {
	return &Decisions{store: store, facts: facts, now: now}
}

// matter is one decision to make.
type matter struct {
	campaign  *campaigns.Campaign
	id        string              // of the enrolment
	enrolment campaigns.Enrolment // as it was read, perhaps under a claim
	occasion  campaigns.Occasion
	about     About

	decided campaigns.Enrolment // the engine's last answer
	actions []campaigns.Action
}

// decide decides all matters. It starts over with those that another worker decided
// meanwhile.
func (d *Decisions) decide(ctx context.Context, p *ShopCampaigns, list []*matter) error {
	for len(list) > 0 {
		open, later := distinctMatters(list)
		if err := d.ask(ctx, p, open); err != nil {
			return err
		}
		left, err := d.carryOut(ctx, p.Shop.ID, open)
		if err != nil {
			return err
		}
		if list, err = d.again(ctx, p.Shop.ID, left, later); err != nil {
			return err
		}
	}
	return nil
}

// distinctMatters are the first matter of each enrolment, and the others.
func distinctMatters(list []*matter) (first, others []*matter) {
	seen := map[string]bool{}
	for _, m := range list {
		if seen[m.id] {
			others = append(others, m)
			continue
		}
		seen[m.id] = true
		first = append(first, m)
	}
	return first, others
}

// ask gets the engine's answers.
func (d *Decisions) ask(ctx context.Context, p *ShopCampaigns, list []*matter) error {
	questions := make([]question, len(list))
	for i, m := range list {
		questions[i] = question{m.campaign, campaigns.Needs(m.campaign, m.occasion), m.about}
	}
	facts, err := d.facts.gather(ctx, p, questions)
	if err != nil {
		return err
	}
	for i, m := range list {
		m.decided, m.actions = campaigns.Decide(m.campaign, m.enrolment, m.occasion, facts[i], d.now())
	}
	return nil
}

// carryOut carries out the answers that change something. left are those that another worker
// decided meanwhile. One under a claim is not left: the worker with the claim decides.
func (d *Decisions) carryOut(ctx context.Context, shop string, list []*matter) (left []*matter, err error) {
	var some []*matter
	for _, m := range list {
		if m.enrolment.Claim != "" || campaigns.Changed(m.enrolment, m.decided) || len(m.actions) > 0 {
			some = append(some, m)
		}
	}
	saved, err := d.effect(ctx, shop, some)
	if err != nil {
		return nil, err
	}
	for i, m := range some {
		if !saved[i] && m.enrolment.Claim == "" {
			left = append(left, m)
		}
	}
	return left, nil
}

// again reads the enrolments of the matters that are still to be decided. One of left that
// is stored as it was decided is done. A customer who was merged since the id was made is decided
// about under the id of the survivor, which the engine's answer has.
func (d *Decisions) again(ctx context.Context, shop string, left, later []*matter) (list []*matter, err error) {
	if len(left)+len(later) == 0 {
		return nil, nil
	}
	for _, m := range left {
		m.id = cmp.Or(m.decided.ID, m.id)
	}
	known, err := d.store.EnrolmentsByID(ctx, shop, idsOf(append(left, later...), func(m *matter) []string { return []string{m.id} }))
	if err != nil {
		return nil, err
	}
	for _, m := range left {
		if e := known[m.id]; e.Rev != m.decided.Rev+1 || campaigns.Changed(m.decided, e) {
			list = append(list, m)
		}
	}
	list = append(list, later...)
	for _, m := range list {
		m.enrolment = unclaimed(known[m.id]) // another worker's claim stays stored
	}
	return list, nil
}

// effect carries out the actions in their order, then stores the enrolments that there are.
func (d *Decisions) effect(ctx context.Context, shop string, list []*matter) (saved []bool, err error) {
	all := effects{marks: map[string][]commerce.CustomerRecord{}}
	for _, m := range list {
		all.add(m.actions, m.campaign.Calls())
	}
	if err := d.do(ctx, shop, all); err != nil {
		return nil, err
	}
	failpoint.Hit(failpoint.BeforeEnrolment)
	if saved, err = d.save(ctx, shop, list); err != nil {
		return nil, err
	}
	return saved, d.wakeAnswered(ctx, shop, all.calls)
}

// wakeAnswered wakes the enrolments whose calls another worker has made before they were stored.
func (d *Decisions) wakeAnswered(ctx context.Context, shop string, planned []campaigns.Call) error {
	if len(planned) == 0 {
		return nil
	}
	known, err := d.store.CallsByID(ctx, shop, idsOf(planned, func(k campaigns.Call) []string { return []string{k.ID} }))
	if err != nil {
		return err
	}
	var wakes []campaigns.Wake
	for _, k := range known {
		if wake, waits := k.Wakes(); waits && k.Ended() {
			wakes = append(wakes, wake)
		}
	}
	return d.store.WakeEnrolments(ctx, shop, wakes)
}

// effects are the actions of many decisions.
type effects struct {
	planned   []campaigns.Message
	watches   []campaigns.Watch
	cancelled []campaigns.Cancel
	entering  []commerce.Event
	marks     map[string][]commerce.CustomerRecord
	calls     []campaigns.Call
	silenced  []campaigns.Cancel // whose calls end too
}

// add adds the actions of a decision. calls: its campaign calls the world outside.
func (x *effects) add(actions []campaigns.Action, calls bool) {
	for _, action := range actions {
		switch a := action.(type) {
		case campaigns.Plan:
			x.planned = append(x.planned, a.Message)
		case campaigns.Postpone:
			x.watches = append(x.watches, a.Watch)
		case campaigns.Cancel:
			if x.cancelled = append(x.cancelled, a); calls {
				x.silenced = append(x.silenced, a)
			}
		case campaigns.PlanCall:
			x.calls = append(x.calls, a.Call)
		case campaigns.Enter:
			x.entering = append(x.entering, a.Event)
		case campaigns.Mark:
			x.marks[a.Customer] = append(x.marks[a.Customer], a.Records...)
		}
	}
}

// do carries out the actions of many decisions, with one write of each collection.
func (d *Decisions) do(ctx context.Context, shop string, x effects) error {
	if err := d.store.PutWatches(ctx, shop, x.watches); err != nil {
		return err
	}
	if err := d.store.CancelMessages(ctx, shop, x.cancelled); err != nil {
		return err
	}
	if len(x.silenced) > 0 {
		if err := d.store.CancelCalls(ctx, shop, x.silenced); err != nil {
			return err
		}
	}
	if err := d.store.PlanMessages(ctx, shop, x.planned); err != nil {
		return err
	}
	if err := d.store.PlanCalls(ctx, shop, x.calls); err != nil {
		return err
	}
	if len(x.entering) > 0 {
		if err := d.store.AddEvents(ctx, shop, x.entering); err != nil {
			return err
		}
	}
	if len(x.marks) > 0 {
		return d.store.AddOwnRecords(ctx, shop, x.marks)
	}
	return nil
}

// save stores the decided enrolments. One that did not enter has no state, and nothing of it
// is stored.
func (d *Decisions) save(ctx context.Context, shop string, list []*matter) (saved []bool, err error) {
	var entered []campaigns.Enrolment
	for _, m := range list {
		if m.decided.State != "" {
			entered = append(entered, m.decided)
		}
	}
	stored, err := d.store.SaveEnrolments(ctx, shop, entered)
	if err != nil {
		return nil, err
	}
	saved = make([]bool, len(list))
	for i, m := range list {
		if saved[i] = m.decided.State == ""; !saved[i] {
			saved[i], stored = stored[0], stored[1:]
		}
	}
	return saved, nil
}
