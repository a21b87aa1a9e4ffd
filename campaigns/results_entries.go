package campaigns

import (
	"cmp"
	"slices"
	"strconv"

	"comeback/commerce"
)

// EntryRow is what results count of one entry: no more than goes into a sum.
// Times are in Unix milliseconds.
type EntryRow struct {
	Arm       Arm
	EnteredAt int64
	RipeAt    int64 // when its goal window is over; 0: its version has no goal
	Converted bool  // it reached the goal within the window
	Revenue   int64 // of the orders paid within it, net of refunds
	Costed    int64 // what unit costs leave of Revenue
	Rated     int64 // the part of Revenue that the shop's rate makes margin of
	Basis     MarginBasis
	Steps     []StepTally // one a step that sent to it or that an order is credited to
}

// Participant is all that is stored of one customer's part in a campaign.
type Participant struct {
	Enrolments  []Enrolment             // under any id of theirs
	Goals       map[int]*Goal           // of the campaign, by version
	Orders      []commerce.OrderFact    // all of theirs
	Messages    map[string][]Message    // by enrolment
	Conversions map[string][]Conversion // by the message credited
}

// attempt is one entry while its row is made.
type attempt struct {
	PastEntry
	shop, enrolment string
	row             EntryRow
}

// Rows are the customer's entries as results count them, the first begun first.
// An order paid within the windows of several counts in the first of them: else
// who enters often would be worth more than they spend.
func (p Participant) Rows() []EntryRow {
	var list []attempt
	for _, e := range p.Enrolments {
		for _, one := range e.Entries() {
			list = append(list, attempt{PastEntry: one, shop: e.Shop, enrolment: e.ID})
		}
	}
	slices.SortFunc(list, func(a, b attempt) int {
		return cmp.Or(a.BeganAt.Compare(b.BeganAt), a.EnteredAt.Compare(b.EnteredAt), cmp.Compare(a.enrolment, b.enrolment),
			cmp.Compare(a.Entry, b.Entry))
	})
	counted := map[string]bool{}
	rows := make([]EntryRow, len(list))
	for i := range list {
		list[i].judge(p.Goals[list[i].Version], p.Orders, counted)
		list[i].act(p.Messages[list[i].enrolment], p.Conversions)
		rows[i] = list[i].row
	}
	return rows
}

// judge counts the goal and the orders of the entry's window. The order whose
// payment let it in is no consequence.
func (a *attempt) judge(goal *Goal, orders []commerce.OrderFact, counted map[string]bool) {
	a.row.Arm, a.row.EnteredAt = a.Arm, a.EnteredAt.UnixMilli()
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

func (a *attempt) causedBy(o commerce.OrderFact) bool {
	return a.Cause == commerce.NewEvent(a.shop, commerce.OrderPaid, o.ID, "", o.PaidAt).ID
}

// act counts what was sent to the entry, and what is credited to that.
func (a *attempt) act(messages []Message, conversions map[string][]Conversion) {
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

// MessageEntry takes a message's id apart: the enrolment it is of, and the
// number of its entry.
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
