package campaigns

import (
	"slices"
	"time"

	"comeback/commerce"
)

// AddMessage counts one message of the step. Uncertain ones are not sent until
// somebody knows.
func (s *StepTally) AddMessage(m Message) {
	if m.SentAt.IsZero() {
		return
	}
	s.Sent++
	if m.State == Sent {
		s.Delivered++
	}
	switch {
	case m.Opens > 0:
		s.Opened++
	case m.MachineOpens > 0:
		s.MachineOpened++
	}
	switch {
	case m.Clicks > 0:
		s.Clicked++
	case m.MachineClicks > 0:
		s.MachineClicked++
	}
	if !m.UnsubscribedAt.IsZero() {
		s.Unsubscribed++
	}
}

// AddConversion counts an order credited to the step, less what was taken back.
func (s *StepTally) AddConversion(c Conversion) {
	s.Converted++
	s.Revenue += c.Revenue - c.Reversed
	s.Margin += c.Margin - c.MarginReversed
	s.Discount += c.Discount
}

// And is the basis of both margins together.
func (b MarginBasis) And(other MarginBasis) MarginBasis {
	switch {
	case b == "" || b == other:
		return other
	case other == "":
		return b
	}
	return FromBoth
}

// AddCustomer counts the entries of one customer in the arm, with all their
// orders. An entry is ripe once its goal window is over at now. An order paid in
// several entries' windows counts once, in the first: else who enters often
// would be worth more than they spend. Without a goal only Entered counts.
func (a *ArmTally) AddCustomer(entries []Enrolment, orders []commerce.OrderFact, goal *Goal, marginBP int64, now time.Time) {
	a.Entered += int64(len(entries))
	if goal == nil {
		return
	}
	entries = slices.SortedFunc(slices.Values(entries), func(x, y Enrolment) int { return x.BeganAt.Compare(y.BeganAt) })
	counted := map[string]bool{}
	var one ArmTally
	for _, e := range entries {
		end := e.BeganAt.Add(goal.Within)
		if now.Before(end) {
			continue
		}
		one.Ripe++
		if !e.ConvertedAt.IsZero() && !e.ConvertedAt.After(end) {
			one.Converted++
		}
		for _, o := range orders {
			if counted[o.ID] || !o.Counts() || o.PaidAt.Before(e.BeganAt) || o.PaidAt.After(end) {
				continue
			}
			counted[o.ID] = true
			margin, _ := MarginOf(o, marginBP)
			one.Revenue += o.Net
			one.Margin += proportion(margin, o.Net, o.Total)
		}
	}
	a.addPerson(one)
}

// addPerson adds the sums of one customer's ripe entries.
func (a *ArmTally) addPerson(one ArmTally) {
	if one.Ripe == 0 {
		return
	}
	a.Ripe += one.Ripe
	a.Converted += one.Converted
	a.Revenue += one.Revenue
	a.Margin += one.Margin
	a.Customers++
	a.Reached += min(one.Converted, 1)
	if one.Revenue > 0 {
		a.Buyers++
	}
	square := func(n int64) float64 { return float64(n) * float64(n) }
	a.ConvertedSquares += square(one.Converted)
	a.RevenueSquares += square(one.Revenue)
	a.MarginSquares += square(one.Margin)
}
