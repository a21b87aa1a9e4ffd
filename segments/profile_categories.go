package segments

// categoryNames are the names and paths of a chunk's categories, and the form in
// which conditions compare them.
type categoryNames struct{ names, folded []string }

func (n categoryNames) len() int                { return len(n.names) + 1 }
func (n categoryNames) text(code uint32) string { return n.names[code-1] }
func (n categoryNames) key(code uint32) string  { return n.folded[code-1] }

func categoryTexts(c *chunk, s *shop) valueTexts {
	names := &c.categoriesOf(s).names
	return categoryNames{names.names, names.forms.folded}
}

func favouriteTexts(c *chunk, s *shop) valueTexts {
	names := c.categoriesOf(s).branches(c).spelt.names
	return categoryNames{names, foldedForms(names)}
}

// countCategories counts the customers with a line of an order that counts
// under each category.
func (x *counter) countCategories(numbers []uint32, to *valueCounts) {
	if numbers == nil {
		return
	}
	c, names := x.ch, &x.ch.categoriesOf(x.profiler.shop).names
	products := c.lines.texts[lineProduct].codes.values(x.codes)
	x.codes = products
	categories := &c.lines.texts[lineCategory]
	categorized := categories.len() > 1
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
				if categorized {
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

// countFavourites counts for each category the customers whose favourite is it or
// lies below it.
func (x *counter) countFavourites(numbers []uint32, to *valueCounts) {
	if numbers == nil {
		return
	}
	x.worker.plan, x.worker.ch, x.worker.cat = x.profiler.plan, x.ch, nil
	s := &x.worker.categories().branches(x.ch).spelt
	seen := x.marks(len(to.cells))
	for row, side := range x.side {
		favourite := favouriteOf{}.of(&x.worker, uint32(row))
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
