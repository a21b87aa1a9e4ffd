package segments

// categoryNames are the names and paths of a chunk's categories, as conditions
// compare them.
type categoryNames []string

func (n categoryNames) len() int                { return len(n) + 1 }
func (n categoryNames) text(code uint32) string { return n[code-1] }

func categoryTexts(c *chunk, s *shop) answers { return categoryNames(c.catalogOf(s).names.names) }

func favouriteTexts(c *chunk, s *shop) answers {
	return categoryNames(c.catalogOf(s).branches(c).spelt.names)
}

// countCategories counts the customers with a line of an order that counts
// under each category.
func (x *clerk) countCategories(numbers []uint32, to *ballot) {
	if numbers == nil {
		return
	}
	c, names := x.ch, &x.ch.catalogOf(x.survey.shop).names
	products := c.lines.texts[lineProduct].codes.values(x.codes)
	x.codes = products
	categories := &c.lines.texts[lineCategory]
	said := categories.len() > 1
	seen := x.marks(len(to.cells))
	for row, side := range x.side {
		known := false
		from, end := c.ordersOf(uint32(row))
		for i := from; i < end; i++ {
			if c.paid != nil && !c.paid.has(i) {
				continue
			}
			first, last := c.linesOf(i)
			for line := first; line < last; line++ {
				list := names.product(uint32(products[line]))
				if said {
					list = names.line(c, line)
				}
				for _, name := range list {
					known = true
					to.once(seen, numbers[name+1], row, side)
				}
			}
		}
		if known {
			to.known[side]++
		}
	}
}

// countFavourites counts the customers whose favourite category is, or lies
// under, each.
func (x *clerk) countFavourites(numbers []uint32, to *ballot) {
	if numbers == nil {
		return
	}
	x.asker.plan, x.asker.ch, x.asker.cat = x.survey.plan, x.ch, nil
	s := &x.asker.catalog().branches(x.ch).spelt
	seen := x.marks(len(to.cells))
	for row, side := range x.side {
		favourite := favouriteOf{}.of(&x.asker, uint32(row))
		if favourite == 0 {
			continue
		}
		to.known[side]++
		for at := s.of[favourite-1] + 1; at > 0; at = s.above[at-1] {
			to.once(seen, numbers[at], row, side)
			to.once(seen, numbers[s.last[at-1]+1], row, side)
		}
	}
}
