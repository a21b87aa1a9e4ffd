package campaigns

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// take takes one step that is due, or logs the reason why not, and goes to the next.
func (d *decider) take(e Enrolment, s Step, m timing) (Enrolment, []Action) {
	if why, late := d.leftOut(e, s, m); why != nil {
		e.Late = e.Late || late
		e.log(Decision{At: d.now, Step: s.ID, Outcome: "skipped", Reasons: []Reason{*why}})
		return d.goOn(e, m, s.Next), nil
	}
	switch s.Do {
	case DoExit:
		e = d.goOn(e, m, s.Next)
		return d.end(e, Finished, s.Reason), nil // what is on its way still goes
	case DoIf:
		return d.fork(e, s, m), nil
	case DoSplit:
		i, why := d.draw(e, s)
		return d.branch(e, s, m, i, why), nil
	case DoWait:
		return d.goOn(e, m, s.Next), nil
	case DoTag, DoSet, DoEnter:
		return d.effect(e, s, m)
	case DoNotify:
		return d.notify(e, s, m)
	}
	return d.sendStep(e, s, m)
}

// leftOut is why a step is not taken; nil: it is. late means that its time was over when the
// customer entered.
func (d *decider) leftOut(e Enrolment, s Step, m timing) (why *Reason, late bool) {
	if m.skip != "" {
		return refuse(CheckTime, "%s", m.skip), false
	}
	if s.Do == DoSend {
		if over := d.tooLateAtEntry(e, m); over != "" {
			return refuse(CheckTime, "%s", over), true
		}
	}
	if !m.expires.IsZero() && !d.now.Before(m.expires) {
		return refuse(CheckTime, "due %s, expired %s", stamp(m.due), stamp(m.expires)), s.Do == DoSend && m.due.Before(e.EnteredAt)
	}
	if s.Do != DoIf && !d.satisfies(s.If, e.Order) {
		return refuse(CheckIf, "the step's condition does not hold: %s", d.observations(s.If, e.Order)), false
	}
	return nil, false
}

// goOn sets the step to be taken next. The waits behind a step that had a time count from it.
func (d *decider) goOn(e Enrolment, m timing, next int) Enrolment {
	if m.skip == "" {
		e.StepDue = m.due
	}
	e.Step = next
	return e
}

// sendStep plans the message of a step. One who is held out gets none.
func (d *decider) sendStep(e Enrolment, s Step, m timing) (Enrolment, []Action) {
	decision := Decision{At: d.now, Step: s.ID, Outcome: "planned", Reasons: []Reason{d.dueReason(m)}}
	var actions []Action
	if e.Arm == Treated {
		actions, d.planned = []Action{d.send(e, s, m)}, true
	} else {
		decision.Outcome = "held out"
		decision.Reasons = append(decision.Reasons, fail(CheckArm, "the customer is in the %s", e.Arm))
	}
	e.Sending, e.TookAt = s.ID, d.now
	e.log(decision)
	return d.goOn(e, m, s.Next), actions
}

// fork goes on with the branch that the condition chooses.
func (d *decider) fork(e Enrolment, s Step, m timing) Enrolment {
	if d.satisfies(s.If, e.Order) {
		return d.branch(e, s, m, 0, pass(CheckIf, "the condition holds: %s", d.observations(s.If, e.Order)))
	}
	return d.branch(e, s, m, 1, fail(CheckIf, "the condition does not hold: %s", d.observations(s.If, e.Order)))
}

// branch goes on with a branch of a step.
func (d *decider) branch(e Enrolment, s Step, m timing, i int, why Reason) Enrolment {
	e.log(Decision{At: d.now, Step: s.ID, Outcome: s.Branches[i].Name, Reasons: []Reason{d.dueReason(m), why}})
	return d.goOn(e, m, s.Branches[i].First)
}

// draw draws the branch of a split from a hash of campaign, shop, step and customer. It is the same
// in every entry and version. It survives merges as the arm does.
func (d *decider) draw(e Enrolment, s Step) (branch int, why Reason) {
	sum := sha256.Sum256([]byte(d.c.ID + "\x00" + e.Shop + "\x00" + s.ID + "\x00split\x00" + d.drawnFor(e.Customer)))
	all := 0
	for _, b := range s.Branches {
		all += b.Weight
	}
	ticket := int(binary.BigEndian.Uint64(sum[:8]) % uint64(all))
	for i, b := range s.Branches {
		if ticket -= b.Weight; ticket < 0 {
			return i, pass(CheckBranch, "%s, with %d of %d", b.Name, b.Weight, all)
		}
	}
	return 0, Reason{}
}

// drawnFor is the customer for whom arms and branches are drawn: of merged customers the one
// that entered first.
func (d *decider) drawnFor(customer string) string {
	if len(d.f.Siblings) == 0 {
		return customer
	}
	first := slices.MinFunc(d.f.Siblings, func(a, b Enrolment) int {
		return cmp.Or(a.EnteredAt.Compare(b.EnteredAt), cmp.Compare(a.ID, b.ID))
	})
	return cmp.Or(first.Customer, customer)
}
