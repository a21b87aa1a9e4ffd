package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
)

// Migration moves customers who are under way on other versions of a campaign to the version that
// was activated: each to the step that Steps names for the next one, else to the one of the same
// id. One whose next step has no successor stays on the version it runs on.
type Migration struct {
	To    int           `bson:"to"`    // the version
	Steps []commerce.KV `bson:"steps"` // from the id of a step to its successor's
	At    time.Time     `bson:"at"`
	Done  bool          `bson:"done"`
}

// unaware is for how long after an activation a worker may still let customers enter the version
// before: it read the campaigns earlier and decides a batch.
const unaware = time.Minute

// Settles is when all customers are looked at once more, because no worker enters others any more.
func (m Migration) Settles() time.Time { return m.At.Add(unaware) }

// Successor is the step of a campaign at which an enrolment goes on whose next step is the one of
// this id.
func (m Migration) Successor(to *Campaign, step string) (id string, ok bool) {
	if id, ok = commerce.Lookup(m.Steps, step); !ok {
		id = step
	}
	ok = id != "" && slices.ContainsFunc(to.Steps, func(s Step) bool { return s.ID == id })
	return id, ok
}

// Move moves an enrolment to a version; moved is false if it stays. It is due at once, so that its
// next step gets its time. A message that is planned already is not planned again.
func (m Migration) Move(to *Campaign, e Enrolment, now time.Time) (next Enrolment, moved bool) {
	id, ok := m.Successor(to, e.StepID)
	if !ok || e.State != Enrolled || e.Version == to.Version {
		return e, false
	}
	from := e
	e.Version, e.StepID, e.DueAt, e.Recount = to.Version, id, now, true
	e.Step = slices.IndexFunc(to.Steps, func(s Step) bool { return s.ID == id })
	e.log(Decision{At: now, Outcome: "migrated", Reasons: []Reason{
		pass(CheckCampaign, "from step %s of version %d to step %s of version %d", from.StepID, from.Version, id, to.Version),
	}})
	return e, true
}

// UnderWay counts the enrolments that run on a version and have the same next step; Step is empty
// where none is left.
type UnderWay struct {
	Version    int
	Step       string
	Enrolments int64
}
