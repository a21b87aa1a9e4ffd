package segments

import "time"

// Fit is the function of that name over the customers of the index.
func (ix *Index) Fit(rules Rules, at time.Time) (*Fitted, error) {
	state, p := ix.state.Load(), ix.shop.Load().params
	var row Row
	return Fit(rules, p, func(yield func(Summary) bool) {
		for i := range state.parts {
			part := &state.parts[i]
			for k := range uint32(part.customers.n) {
				if !part.has(k) {
					continue
				}
				part.readPayments(k, &row)
				part.readUnits(k, &row)
				if !yield(SummaryOf(&row.Profile, rules, p, at)) {
					return
				}
			}
		}
	}, at)
}

// readUnits decodes what the average item price reads beside the payments.
func (c *chunk) readUnits(i uint32, r *Row) {
	figures := &r.History.Figures
	figures.Total, figures.Units = c.customers.ints[figureTotal].value(i), c.customers.ints[figureUnits].value(i)
	figures.Unpriced = c.customers.ints[figureUnpriced].value(i)
}

// Scored reports whether a condition reads the scores, stages or tiers of customers,
// which depend on all the shop's customers.
func Scored(c Condition) bool {
	for _, s := range statedIn(c, true, false) {
		if s.test == nil {
			continue
		}
		for _, list := range [][]field{rfmFields, stageFields, clockFields, shortNames} {
			for i := range list {
				if list[i].name == s.test.name {
					return true
				}
			}
		}
	}
	return false
}
