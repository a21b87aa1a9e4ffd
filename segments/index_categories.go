package segments

import (
	"strings"
	"sync/atomic"
)

// categoryCache stores the categories of a chunk's lines until the shop's
// parameters change.
type categoryCache struct {
	current atomic.Pointer[lineCategories]
}

// lineCategories are the categories of a chunk's lines: that of the line itself,
// else those of its product.
type lineCategories struct {
	shop  *shop
	names namesOf // all names and paths a line is under, as tests compare them
	paths namesOf // whole paths, as distinct counts categories

	tree  atomic.Pointer[branches]   // made on first use
	named atomic.Pointer[lineTitles] // likewise
}

// namesOf are names by product and by category, both by code.
type namesOf struct {
	names []string
	known map[string]uint32
	forms namedForms

	members       []uint32
	productEnds   []uint32
	categoryNames []uint32 // members of the categories
	categoryEnds  []uint32
}

func (n *namesOf) product(code uint32) []uint32 {
	return n.members[n.productEnds[code]:n.productEnds[code+1]]
}

func (n *namesOf) category(code uint32) []uint32 {
	return n.categoryNames[n.categoryEnds[code]:n.categoryEnds[code+1]]
}

// categoriesOf is the categories of the chunk's lines under a shop's parameters.
func (c *chunk) categoriesOf(s *shop) *lineCategories {
	if known := c.categories.current.Load(); known != nil && known.shop == s {
		return known
	}
	made := newLineCategories(c, s)
	c.categories.current.Store(made)
	return made
}

func newLineCategories(c *chunk, s *shop) *lineCategories {
	k := &lineCategories{shop: s}
	k.names = newNames(c, s, func(path []string) []string { return pathNames(nil, path) })
	k.paths = newNames(c, s, func(path []string) []string { return []string{strings.Join(path, pathSeparator)} })
	k.names.forms, k.paths.forms = newForms(k.names.names), newForms(k.paths.names)
	return k
}

// namedForms are the folded forms of names.
type namedForms struct {
	folded []string
	first  []uint32          // of each name the first of the same form
	known  map[string]uint32 // of each form its first name
}

func newForms(names []string) namedForms {
	f := namedForms{folded: foldedForms(names), known: map[string]uint32{}}
	for i, form := range f.folded {
		first, known := f.known[form]
		if !known {
			first = uint32(i)
			f.known[form] = first
		}
		f.first = append(f.first, first)
	}
	return f
}

// mark marks the names that are one of the values, or have such a folded form.
func (n *namesOf) mark(marks []uint8, values []string, folds bool) {
	known := n.known
	if folds {
		known = n.forms.known
	}
	for _, value := range values {
		if name, found := known[value]; found {
			marks[name] = 1
		}
	}
	if folds {
		for name, first := range n.forms.first {
			marks[name] = marks[first]
		}
	}
}

// newNames are the names of each path of a product or category.
func newNames(c *chunk, s *shop, of func(path []string) []string) namesOf {
	n := namesOf{known: map[string]uint32{}, productEnds: []uint32{0}, categoryEnds: []uint32{0}}
	products, categories := &c.lines.texts[lineProduct].dictionary, &c.lines.texts[lineCategory].dictionary
	for code := range uint32(products.len()) {
		if code > 0 && s.params.Categories != nil {
			for _, path := range s.params.Categories(products.text(code)) {
				n.members = n.number(n.members, of(path)...)
			}
		}
		n.productEnds = append(n.productEnds, uint32(len(n.members)))
	}
	for code := range uint32(categories.len()) {
		if code > 0 {
			n.categoryNames = n.number(n.categoryNames, of(strings.Split(categories.text(code), pathSeparator))...)
		}
		n.categoryEnds = append(n.categoryEnds, uint32(len(n.categoryNames)))
	}
	return n
}

// line is the names of a line: those of its own category, else those of its
// product.
func (n *namesOf) line(c *chunk, line uint32) []uint32 {
	if category := c.lines.texts[lineCategory].codes.value(line); category != 0 {
		return n.category(uint32(category))
	}
	return n.product(uint32(c.lines.texts[lineProduct].codes.value(line)))
}

// number appends the codes of names, new ones where they were not seen before.
func (n *namesOf) number(to []uint32, names ...string) []uint32 {
	for _, name := range names {
		code, ok := n.known[name]
		if !ok {
			code = uint32(len(n.names))
			n.known[name], n.names = code, append(n.names, name)
		}
		to = append(to, code)
	}
	return to
}

// compared are the names in the form in which a test compares them.
func (n *namesOf) compared(folds bool) []string {
	if folds {
		return n.forms.folded
	}
	return n.names
}

func (k *lineCategories) bytes() int {
	size := k.names.bytes() + k.paths.bytes()
	if tree := k.tree.Load(); tree != nil {
		size += tree.bytes() + 4*cap(tree.above) + tree.spelt.bytes()
	}
	if named := k.named.Load(); named != nil {
		size += named.bytes()
	}
	return size
}

func (n *namesOf) bytes() int {
	size := 4 * (cap(n.members) + cap(n.productEnds) + cap(n.categoryNames) + cap(n.categoryEnds))
	for _, name := range n.names {
		size += len(name) + 48
	}
	for _, form := range n.forms.folded {
		size += len(form) + 52
	}
	return size
}
