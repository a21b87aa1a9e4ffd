package segments

import (
	"strings"
	"sync/atomic"
)

// catalogCache is what a shop's parameters say of the products of a chunk,
// kept until the parameters change.
type catalogCache struct{ kept atomic.Pointer[catalog] }

// catalog says under which categories the lines of a chunk are: what the line
// itself says goes before what is known of its product.
type catalog struct {
	shop  *shop
	names namesOf // all names and paths a line is under, as tests compare them
	paths namesOf // where it hangs, as distinct tells categories apart
}

// namesOf are names by product and by category, both by code.
type namesOf struct {
	names []string
	known map[string]uint32

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

// of is the catalog of a chunk under a shop's parameters.
func (c *chunk) catalogOf(s *shop) *catalog {
	if kept := c.catalog.kept.Load(); kept != nil && kept.shop == s {
		return kept
	}
	made := newCatalog(c, s)
	c.catalog.kept.Store(made)
	return made
}

func newCatalog(c *chunk, s *shop) *catalog {
	k := &catalog{shop: s, names: newNames(), paths: newNames()}
	products, categories := &c.lines.texts[lineProduct].dictionary, &c.lines.texts[lineCategory].dictionary
	for code := range uint32(products.len()) {
		if code > 0 && s.params.Categories != nil {
			for _, path := range s.params.Categories(products.text(code)) {
				k.names.members = k.names.number(k.names.members, pathNames(nil, path)...)
				k.paths.members = k.paths.number(k.paths.members, strings.Join(path, pathSeparator))
			}
		}
		k.names.productEnds = append(k.names.productEnds, uint32(len(k.names.members)))
		k.paths.productEnds = append(k.paths.productEnds, uint32(len(k.paths.members)))
	}
	for code := range uint32(categories.len()) {
		if code > 0 {
			text := categories.text(code)
			k.names.categoryNames = k.names.number(k.names.categoryNames, pathNames(nil, strings.Split(text, pathSeparator))...)
			k.paths.categoryNames = k.paths.number(k.paths.categoryNames, text)
		}
		k.names.categoryEnds = append(k.names.categoryEnds, uint32(len(k.names.categoryNames)))
		k.paths.categoryEnds = append(k.paths.categoryEnds, uint32(len(k.paths.categoryNames)))
	}
	return k
}

func newNames() namesOf {
	return namesOf{known: map[string]uint32{}, productEnds: []uint32{0}, categoryEnds: []uint32{0}}
}

// number appends the numbers of names.
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

func (n *namesOf) bytes() int {
	size := 4 * (cap(n.members) + cap(n.productEnds) + cap(n.categoryNames) + cap(n.categoryEnds))
	for _, name := range n.names {
		size += len(name) + 48
	}
	return size
}
