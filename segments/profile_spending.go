package segments

import "slices"

// spending sums what each customer of a chunk bought. It reuses its buffers for
// the next chunk, and belongs to one goroutine.
type spending struct {
	evaluation *evaluation
	days       int // of the window; 0: all time
	spent      []spent

	rows    bitset
	columns [4][]int64
}

// read sums the orders of a chunk. The sums of all time are columns.
func (w *spending) read(c *chunk) {
	w.spent = resize(w.spent, c.customers.n)
	clear(w.spent)
	if w.days > 0 {
		w.within(c)
		return
	}
	figures := c.customers.ints
	for i, column := range []*ints{&figures[figureCount], &figures[figureUnits], &figures[figureTotal], &figures[figureNet]} {
		w.columns[i] = column.values(w.columns[i])
	}
	for row := range w.spent {
		w.spent[row] = spent{orders: w.columns[0][row], units: w.columns[1][row], sales: w.columns[2][row], net: w.columns[3][row]}
	}
	if figures[figureUnpriced].most > 0 {
		w.leaveOut(c)
	}
}

// leaveOut subtracts orders whose amounts are not known: no sum of money contains
// them.
func (w *spending) leaveOut(c *chunk) {
	for row := range w.spent {
		s := &w.spent[row]
		s.unpriced = c.customers.ints[figureUnpriced].value(uint32(row))
		s.orders -= s.unpriced
		from, to := c.ordersOf(uint32(row))
		if s.unpriced == 0 || c.priced == nil || c.account != nil && c.account.has(uint32(row)) {
			continue
		}
		for i := from; i < to; i++ {
			if !c.priced.has(i) && (c.paid == nil || c.paid.has(i)) {
				s.units -= c.orders.ints[orderUnits].value(i)
			}
		}
	}
}

// within sums the orders paid in the window.
func (w *spending) within(c *chunk) {
	window := w.evaluation.period(w.days).interval()
	paid := c.orders.times[paidAt].values(w.columns[0])
	amounts := c.orders.ints
	units := amounts[orderUnits].values(w.columns[1])
	sales, net := amounts[orderTotal].values(w.columns[2]), amounts[orderNet].values(w.columns[3])
	w.columns = [4][]int64{paid, units, sales, net}
	for row := range w.spent {
		if c.account != nil && c.account.has(uint32(row)) {
			continue
		}
		s := &w.spent[row]
		from, to := c.ordersOf(uint32(row))
		for i := from; i < to; i++ {
			if paid[i] == unset || !window.has(paid[i]) || c.paid != nil && !c.paid.has(i) {
				continue
			}
			if c.priced != nil && !c.priced.has(i) {
				s.unpriced++
				continue
			}
			s.orders++
			s.units = saturate(s.units, units[i])
			s.sales, s.net = saturate(s.sales, sales[i]), saturate(s.net, net[i])
		}
		s.net = c.loose.less(s.net, uint32(row), window)
	}
}

// less is an amount minus the refunds of a customer that were made in the window.
func (l *looseRefunds) less(amount int64, row uint32, window interval) int64 {
	if len(l.of) == 0 {
		return amount
	}
	k, _ := slices.BinarySearch(l.of, row)
	for ; k < len(l.of) && l.of[k] == row; k++ {
		if at := l.at[k]; at != unset && window.has(at) {
			amount = saturate(amount, -l.amount[k])
		}
	}
	return amount
}

// values decodes the whole column into the buffer; unset means no value.
func (c *ints) values(buffer []int64) []int64 {
	list := resize(buffer, c.n)
	switch {
	case c.sparse:
		for i := range list {
			list[i] = c.rest
		}
		for k, i := range c.pos {
			list[i] = c.base + c.step*int64(c.code(uint32(k)))
		}
	case c.codes8 != nil:
		unpack(c.codes8, list, c.base, c.step)
	case c.codes16 != nil:
		unpack(c.codes16, list, c.base, c.step)
	case c.codes32 != nil:
		unpack(c.codes32, list, c.base, c.step)
	case c.codes64 != nil:
		unpack(c.codes64, list, c.base, c.step)
	default:
		for i := range list {
			list[i] = c.base
		}
	}
	if !c.sparse && c.some != nil {
		for i := range list {
			if !c.some.has(uint32(i)) {
				list[i] = unset
			}
		}
	}
	if c.plus != nil {
		for i := range list {
			if list[i] != unset {
				list[i] += c.plus.value(uint32(i))
			}
		}
	}
	return list
}

func unpack[T unsigned](codes []T, list []int64, base, step int64) {
	for i := range list {
		list[i] = base + step*int64(codes[i])
	}
}
