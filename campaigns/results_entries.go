package campaigns

import (
	"cmp"
	"slices"
	"strconv"

	"comeback/commerce"
)

// EntryRow is the part of one entry that results count. Times are in Unix
// milliseconds.
type EntryRow struct {
	Arm       Arm
	ByShop    bool // held out by the shop-wide holdout: in neither arm
	EnteredAt int64
	RipeAt    int64 // when its goal window is over; 0: its version has no goal
	Converted bool  // it reached the goal within the window
	Revenue   int64 // of the orders paid within it, net of refunds
	Costed    int64 // margin of the lines with unit costs
	Rated     int64 // the part of Revenue whose margin is the shop's rate
	Basis     MarginBasis
	Steps     []StepTally // one for each step with a message to it or a credited order
}

// Participant is everything stored about one customer in a campaign.
type Participant struct {
	Enrolments  []Enrolment             // under any of the customer's ids
	Goals       map[int]*Goal           // of the campaign, by version
	Orders      []commerce.OrderFact    // all orders of the customer
	Messages    map[string][]Message    // by enrolment
	Conversions map[string][]Conversion // by the message credited
}

// rowBuilder makes the row of one entry.
type rowBuilder struct {
	PastEntry
	shop, enrolment string
	row             EntryRow
}

// Rows are the customer's entries as results count them, the earliest first. An
// order paid in the windows of several entries counts in the first of them;
// otherwise a customer who enters often would count more than they spend.
func (p Participant) Rows() []EntryRow {
	var list []rowBuilder
	for _, e := range p.Enrolments {
		for _, one := range e.Entries() {
			list = append(list, rowBuilder{PastEntry: one, shop: e.Shop, enrolment: e.ID})
		}
	}
	slices.SortFunc(list, func(a, b rowBuilder) int {
		return cmp.Or(a.BeganAt.Compare(b.BeganAt), a.EnteredAt.Compare(b.EnteredAt), cmp.Compare(a.enrolment, b.enrolment),
			cmp.Compare(a.Entry, b.Entry))
	})
	counted := map[string]bool{}
	rows := make([]EntryRow, len(list))
	for i := range list {
		list[i].countGoal(p.Goals[list[i].Version], p.Orders, counted)
		list[i].countMessages(p.Messages[list[i].enrolment], p.Conversions)
		rows[i] = list[i].row
	}
	return rows
}

// countGoal counts the goal and the orders in the entry's window. The order whose
// payment caused the entry does not count.
func (a *rowBuilder) countGoal(goal *Goal, orders []commerce.OrderFact, counted map[string]bool) {
	a.row.Arm, a.row.ByShop, a.row.EnteredAt = a.Arm, a.ByShop, a.EnteredAt.UnixMilli()
	if goal == nil {
		return
	}
	end := a.BeganAt.Add(goal.Within)
	a.row.RipeAt = end.UnixMilli()
	a.row.Converted = !a.ConvertedAt.IsZero() && !a.ConvertedAt.After(end)
	for _, o := range orders {
		if counted[o.ID] || !o.Counts() || o.PaidAt.Before(a.BeganAt) || o.PaidAt.After(end) || a.causedBy(o) {
			continue
		}
		counted[o.ID] = true
		costed, rated := marginParts(o)
		a.row.Revenue += o.Net
		a.row.Costed += proportion(costed, o.Net, o.Total)
		a.row.Rated += proportion(rated, o.Net, o.Total)
	}
}

func (a *rowBuilder) causedBy(o commerce.OrderFact) bool {
	return a.Cause == commerce.NewEvent(a.shop, commerce.OrderPaid, o.ID, "", o.PaidAt).ID
}

// countMessages counts the messages sent to the entry and their credited orders.
func (a *rowBuilder) countMessages(messages []Message, conversions map[string][]Conversion) {
	for _, m := range messages {
		if m.Entry != a.Entry {
			continue
		}
		step := StepTally{Step: m.Step}
		step.AddMessage(m)
		for _, c := range conversions[m.ID] {
			step.AddConversion(c)
			a.row.Basis = a.row.Basis.And(c.Basis)
		}
		if step != (StepTally{Step: m.Step}) {
			a.row.Steps = append(a.row.Steps, step)
		}
	}
	slices.SortFunc(a.row.Steps, func(x, y StepTally) int { return cmp.Compare(x.Step, y.Step) })
}

// MessageEntry splits a message's id into its enrolment and the number of its entry.
func MessageEntry(message string) (enrolment string, entry int, err error) {
	parts, err := commerce.SplitKey(message)
	if err == nil && len(parts) < 4 {
		err = commerce.Errorf(commerce.Invalid, "%q is not the id of a message", message)
	}
	if err != nil {
		return "", 0, err
	}
	entry, err = strconv.Atoi(parts[len(parts)-2])
	return commerce.Key(parts[:len(parts)-2]...), entry, err
}
