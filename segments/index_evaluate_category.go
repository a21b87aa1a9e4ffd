package segments

import "slices"

// categoryNode is a test of the categories of lines.
type categoryNode struct {
	test  test
	place int // and the one after it
}

func (n categoryNode) eval(x *worker, in, out bitset) {
	product, category := n.prepare(x)
	products, categories := &x.ch.lines.texts[lineProduct], &x.ch.lines.texts[lineCategory]
	if categories.len() == 1 {
		n.byCode(x, products, product, in, out)
		return
	}
	mark := x.mark()
	categorized, uncategorized := x.bitset(len(in)), x.bitset(len(in))
	category.table[0] = 0
	n.byCode(x, categories, category, in, categorized)
	categories.codes.within(x, in, uncategorized, []interval{{0, 0}})
	n.byCode(x, products, product, uncategorized, out)
	out.or(categorized)
	x.release(mark)
}

func (n categoryNode) byCode(x *worker, column *texts, found *prepared, in, out bitset) {
	if found.hits >= 0 && found.hits < len(in)*64/searchedShare {
		column.lines.among(x, in, out, found.table)
		return
	}
	column.codes.among(in, out, found.table)
}

func (n categoryNode) rank(x *worker) (cost, keeps int) {
	product, category := n.prepare(x)
	if product.hits >= 0 && category.hits >= 0 {
		return costOfPostings(product.hits+category.hits, x.ch.lines.n)
	}
	return 12, 200
}

// prepare makes the tables of the products and of the categories that pass.
func (n categoryNode) prepare(x *worker) (product, category *prepared) {
	product, category = &x.prepared[n.place], &x.prepared[n.place+1]
	if product.ready {
		return product, category
	}
	k := x.categories()
	products, categories := &x.ch.lines.texts[lineProduct], &x.ch.lines.texts[lineCategory]
	names, all := n.names(x, k), k.names.compared(n.test.folds)
	*product = n.table(x, products, names, k.names.product, all)
	*category = n.table(x, categories, names, k.names.category, all)
	return product, category
}

// names marks the names that pass, where one name decides.
func (n categoryNode) names(x *worker, k *lineCategories) []uint8 {
	if !existential(n.test.is) {
		return nil
	}
	names, s := x.table(len(k.names.names)), x.stub(n.test.subject)
	if among, ok := n.test.is.(amongTexts); ok {
		k.names.mark(names, among.values, n.test.folds)
		return names
	}
	all := k.names.compared(n.test.folds)
	s.folds = false // all has the folded texts
	for i, name := range all {
		if x.seen = listOf([]string{name}); n.test.is.passes(s, &x.evaluation) {
			names[i] = 1
		}
	}
	return names
}

func (n categoryNode) table(x *worker, column *texts, names []uint8, of func(uint32) []uint32, all []string) prepared {
	found := prepared{ready: true, table: x.table(max(column.len(), 256)), hits: -1}
	s := x.stub(n.test.subject)
	s.folds = false // all has the folded texts
	var list []string
	for code := range uint32(column.len()) {
		if names != nil {
			found.table[code] = 0
			if slices.ContainsFunc(of(code), func(name uint32) bool { return names[name] == 1 }) {
				found.table[code] = 1
			}
		} else {
			list = list[:0]
			for _, name := range of(code) {
				list = append(list, all[name])
			}
			if x.seen = listOf(list); n.test.is.passes(s, &x.evaluation) {
				found.table[code] = 1
			}
		}
		if n.test.negate {
			found.table[code] ^= 1
		}
	}
	if column.lines.stored() && found.table[0] == 0 {
		found.hits = column.lines.count(found.table)
	} else if column.len() == 1 && found.table[0] == 0 {
		found.hits = 0
	}
	return found
}
