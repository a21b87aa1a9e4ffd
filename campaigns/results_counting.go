package campaigns

import (
	"maps"
	"slices"
	"time"
)

// Counting adds up the entries of a campaign, customer by customer.
type Counting struct {
	tally    Tally
	now      int64
	from, to int64
	steps    map[string]*StepTally
}

// NewCounting begins a tally. head has the fields that are not counted. An entry is
// ripe if its goal window is over at now.
func NewCounting(head Tally, now time.Time) *Counting {
	c := &Counting{tally: head, now: now.UnixMilli(), from: -1 << 63, to: 1<<63 - 1, steps: map[string]*StepTally{}}
	if !head.From.IsZero() {
		c.from = head.From.UnixMilli()
	}
	if !head.To.IsZero() {
		c.to = head.To.UnixMilli()
	}
	return c
}

// Add counts the entries of one customer. rows may be reused afterwards.
func (c *Counting) Add(rows []EntryRow) {
	var treated, held part
	for i := range rows {
		r := &rows[i]
		if r.EnteredAt < c.from || r.EnteredAt >= c.to {
			continue
		}
		ripe := r.RipeAt != 0 && r.RipeAt <= c.now
		if r.ByShop {
			c.tally.HeldByShop++
			continue
		}
		if r.Arm == HeldOut {
			held.add(r, ripe)
			continue
		}
		treated.add(r, ripe)
		c.act(r, ripe)
	}
	c.tally.Treated.addPart(treated, c.tally.MarginBP)
	c.tally.Holdout.addPart(held, c.tally.MarginBP)
}

func (c *Counting) act(r *EntryRow, ripe bool) {
	for _, s := range r.Steps {
		sum := c.steps[s.Step]
		if sum == nil {
			sum = &StepTally{Step: s.Step}
			c.steps[s.Step] = sum
		}
		*sum = sum.plus(s)
		sum.Step = s.Step
		if ripe {
			c.tally.Ripe.Sent += s.Sent
			c.tally.Ripe.Discount += s.Discount
		}
	}
	if r.Basis != "" {
		c.tally.Basis = c.tally.Basis.And(r.Basis)
	}
}

// Tally returns the counts, with the steps in the campaign's order, followed by the
// steps of older versions.
func (c *Counting) Tally(steps []Step) Tally {
	t := c.tally
	for _, s := range steps {
		line := StepTally{Step: s.ID}
		if counted := c.steps[s.ID]; counted != nil {
			line = *counted
		}
		t.Steps = append(t.Steps, line)
		delete(c.steps, s.ID)
	}
	for _, id := range slices.Sorted(maps.Keys(c.steps)) {
		t.Steps = append(t.Steps, *c.steps[id])
	}
	return t
}

// part are the sums of one customer's entries in one arm.
type part struct {
	entered, ripe, converted int64
	revenue, costed, rated   int64 // of ripe entries
}

func (p *part) add(r *EntryRow, ripe bool) {
	p.entered++
	if !ripe {
		return
	}
	p.ripe++
	if r.Converted {
		p.converted++
	}
	p.revenue += r.Revenue
	p.costed += r.Costed
	p.rated += r.Rated
}

// addPart adds the sums of one customer.
func (a *ArmTally) addPart(p part, marginBP int64) {
	a.Entered += p.entered
	if p.ripe == 0 {
		return
	}
	margin := p.costed + rated(p.rated, marginBP)
	a.Ripe += p.ripe
	a.Converted += p.converted
	a.Revenue += p.revenue
	a.Margin += margin
	a.Customers++
	a.Reached += min(p.converted, 1)
	if p.revenue > 0 {
		a.Buyers++
	}
	square := func(n int64) float64 { return float64(n) * float64(n) }
	a.ConvertedSquares += square(p.converted)
	a.RevenueSquares += square(p.revenue)
	a.MarginSquares += square(margin)
}
