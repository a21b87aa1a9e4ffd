package segments

import "strings"

// categoryTree is the categories of a chunk's lines as a tree.
type categoryTree struct {
	of    *catalog
	nodes []treeNode
	paths [][]uint32 // the nodes from the root to each path of the catalog

	chunk      *chunk
	favourites []int32 // node of each customer of the chunk, -1: none

	count   []seen   // of each node, of the customer at hand
	touched []uint32 // nodes with a count
}

// treeNode is a category. Nodes come after their parents.
type treeNode struct {
	parent  int32 // -1: a root
	path    string
	answers [2]uint32 // codes of the path, and of the name where that is another; 0: none
}

// categoryNames are the names and paths of a chunk's categories, as conditions
// compare them.
type categoryNames []string

func (n categoryNames) len() int                { return len(n) + 1 }
func (n categoryNames) text(code uint32) string { return n[code-1] }

func categoryTexts(c *chunk, s *shop) answers { return categoryNames(c.catalogOf(s).names.names) }

// grow builds the tree of a catalog.
func (t *categoryTree) grow(k *catalog) {
	if t.of == k {
		return
	}
	*t = categoryTree{of: k, count: t.count, touched: t.touched, favourites: t.favourites}
	known := map[string]uint32{}
	for _, path := range k.paths.names {
		var nodes []uint32
		parent := int32(-1)
		for end := 0; end < len(path); {
			begin := end
			if end > 0 {
				begin += len(pathSeparator)
			}
			if cut := strings.Index(path[begin:], pathSeparator); cut >= 0 {
				end = begin + cut
			} else {
				end = len(path)
			}
			node, ok := known[path[:end]]
			if !ok {
				node = uint32(len(t.nodes))
				known[path[:end]] = node
				t.nodes = append(t.nodes, treeNode{parent, path[:end], k.codes(path[:end], path[begin:end])})
			}
			nodes, parent = append(nodes, node), int32(node)
		}
		t.paths = append(t.paths, nodes)
	}
	t.count = make([]seen, len(t.nodes))
}

// codes are those of a path and of its last name.
func (k *catalog) codes(path, name string) (list [2]uint32) {
	if at, ok := k.names.known[path]; ok {
		list[0] = at + 1
	}
	if at, ok := k.names.known[name]; ok && name != path {
		list[1] = at + 1
	}
	return list
}

// countCategories counts the customers with a line of an order that counts
// under each category, and notes everybody's favourite.
func (x *clerk) countCategories(numbers []uint32, to *ballot) {
	if numbers == nil {
		return
	}
	seen := x.marks(len(to.cells))
	x.readCategories(func(row int, t *categoryTree) {
		side := x.side[row]
		to.known[side]++
		for _, node := range t.touched {
			for _, code := range t.nodes[node].answers {
				if code > 0 {
					to.once(seen, numbers[code], row, side)
				}
			}
		}
	})
}

// countFavourites counts the customers whose favourite category is, or lies
// under, each.
func (x *clerk) countFavourites(numbers []uint32, to *ballot) {
	if numbers == nil {
		return
	}
	if x.tree.chunk != x.ch || x.tree.of != x.ch.catalogOf(x.survey.shop) {
		x.readCategories(func(int, *categoryTree) {})
	}
	seen := x.marks(len(to.cells))
	for row, node := range x.tree.favourites {
		if node < 0 {
			continue
		}
		to.known[x.side[row]]++
		for ; node >= 0; node = x.tree.nodes[node].parent {
			for _, code := range x.tree.nodes[node].answers {
				if code > 0 {
					to.once(seen, numbers[code], row, x.side[row])
				}
			}
		}
	}
}

// readCategories counts how many orders of each customer are of each category,
// and tells of those who have any.
func (x *clerk) readCategories(tell func(row int, t *categoryTree)) {
	t, c := &x.tree, x.ch
	k := c.catalogOf(x.survey.shop)
	t.grow(k)
	t.chunk, t.favourites = c, resize(t.favourites, c.customers.n)
	products := c.lines.texts[lineProduct].codes.values(x.codes)
	x.codes = products
	categories := &c.lines.texts[lineCategory]
	said := categories.len() > 1
	for row := range x.side {
		t.touched = t.touched[:0]
		from, end := c.ordersOf(uint32(row))
		for i := from; i < end; i++ {
			if c.paid != nil && !c.paid.has(i) {
				continue
			}
			first, last := c.linesOf(i)
			for line := first; line < last; line++ {
				paths := k.paths.product(uint32(products[line]))
				if said {
					if code := uint32(categories.codes.value(line)); code != 0 {
						paths = k.paths.category(code)
					}
				}
				for _, path := range paths {
					t.add(path, int(i)+1)
				}
			}
		}
		if t.favourites[row] = t.favourite(); len(t.touched) > 0 {
			tell(row, t)
		}
		for _, node := range t.touched {
			t.count[node] = seen{}
		}
	}
}

// add counts an order for a path and all above it, once.
func (t *categoryTree) add(path uint32, order int) {
	for _, node := range t.paths[path] {
		s := &t.count[node]
		if s.times == 0 {
			t.touched = append(t.touched, node)
		}
		if s.last < order {
			*s = seen{s.times + 1, order}
		}
	}
}

// favourite is view.favourite in the tree.
func (t *categoryTree) favourite() int32 {
	at := int32(-1)
	for {
		most := int32(-1)
		for _, node := range t.touched {
			if t.nodes[node].parent != at {
				continue
			}
			if most < 0 {
				most = int32(node)
				continue
			}
			c := t.count[node].compare(t.count[most])
			if c > 0 || c == 0 && t.nodes[node].path < t.nodes[most].path {
				most = int32(node)
			}
		}
		if most < 0 || at >= 0 && 2*t.count[most].times < t.count[at].times {
			return at
		}
		at = most
	}
}
