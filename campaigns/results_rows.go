package campaigns

// AddMessage counts one message of the step. An uncertain message does not count as
// sent until that is known.
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

// AddConversion counts an order credited to the step, net of reversals.
func (s *StepTally) AddConversion(c Conversion) {
	s.Converted++
	s.Revenue += c.Revenue - c.Reversed
	s.Margin += c.Margin - c.MarginReversed
	s.Discount += c.Discount
}

// And is the basis of a sum of both margins.
func (b MarginBasis) And(other MarginBasis) MarginBasis {
	switch {
	case b == "" || b == other:
		return other
	case other == "":
		return b
	}
	return FromBoth
}
