package jobs

import (
	"context"
	"time"

	"comeback/campaigns"
)

// Decisions calls the campaign engine and carries out its actions, by the protocol
// of campaigns.Decide.
type Decisions struct {
	store enrolments
	facts *Facts
	now   func() time.Time
}

type enrolments interface {
	Enrolment(ctx context.Context, shop, id string) (campaigns.Enrolment, error)
	SaveEnrolment(ctx context.Context, shop string, e campaigns.Enrolment) (saved bool, err error)
	PlanMessages(ctx context.Context, shop string, list []campaigns.Message) error
	CancelMessages(ctx context.Context, shop string, c campaigns.Cancel) error
	PutWatch(ctx context.Context, shop string, w campaigns.Watch) error
}

// NewDecisions makes the decisions; now is the clock of due times.
func NewDecisions(store enrolments, facts *Facts, now func() time.Time) *Decisions {
	return &Decisions{store: store, facts: facts, now: now}
}

// decide decides one occasion for the enrolment of that id. It starts over
// whenever another worker decided meanwhile. e is the enrolment as the caller read
// it, perhaps under a claim. decided is the engine's last answer.
func (d *Decisions) decide(
	ctx context.Context, p *ShopCampaigns, c *campaigns.Campaign, id string, e campaigns.Enrolment, o campaigns.Occasion, a About,
) (decided campaigns.Enrolment, err error) {
	for {
		facts, err := d.facts.gather(ctx, p, c, campaigns.Needs(c, o), a)
		if err != nil {
			return e, err
		}
		next, actions := campaigns.Decide(c, e, o, facts, d.now())
		if e.Claim == "" && !campaigns.Changed(e, next) && len(actions) == 0 {
			return next, nil
		}
		saved, err := d.effect(ctx, p.Shop.ID, next, actions)
		if err != nil || saved || e.Claim != "" { // another worker with the claim decides
			return next, err
		}
		if e, err = d.store.Enrolment(ctx, p.Shop.ID, id); err != nil {
			return e, err
		}
		e = unclaimed(e) // another worker's claim stays stored
	}
}

// effect carries out the actions in their order, then stores the enrolment if
// there is one.
func (d *Decisions) effect(ctx context.Context, shop string, e campaigns.Enrolment, actions []campaigns.Action) (saved bool, err error) {
	var planned []campaigns.Message
	for _, action := range actions {
		switch a := action.(type) {
		case campaigns.Plan:
			planned = append(planned, a.Message)
		case campaigns.Postpone:
			if err := d.store.PutWatch(ctx, shop, a.Watch); err != nil {
				return false, err
			}
		case campaigns.Cancel:
			if err := d.store.CancelMessages(ctx, shop, a); err != nil {
				return false, err
			}
		}
	}
	if err := d.store.PlanMessages(ctx, shop, planned); err != nil {
		return false, err
	}
	if e.State == "" {
		return true, nil
	}
	return d.store.SaveEnrolment(ctx, shop, e)
}
