package store

import (
	"comeback/segments"
	"comeback/store/documents"
	"context"
	"hash/fnv"
	"strconv"
	"strings"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Catalog is the categories and titles of the shop's products. Its functions may be
// called concurrently and for ever. The products are read again only after one of
// them was written.
func (s *Store) Catalog(ctx context.Context, shop string) (segments.Catalog, error) {
	written, err := s.productWrites(ctx, shop)
	if err != nil {
		return segments.Catalog{}, err
	}
	if t, ok := s.trees.get(shop); ok && t.written == written {
		return t.catalog(), nil
	}
	t, err := s.readTree(ctx, shop)
	if err != nil {
		return segments.Catalog{}, err
	}
	t.written = written
	s.trees.put(shop, t)
	return t.catalog(), nil
}

// productWrites is a number that rises with every write of a product: the sum
// of their revisions, read from one index.
func (s *Store) productWrites(ctx context.Context, shop string) (int64, error) {
	groups, err := s.docs.Tally(ctx, colProducts, of(shop), []string{"rev"}, nil)
	sum := int64(0)
	for _, g := range groups {
		if rev, ok := g.Keys[0].(int64); ok {
			sum += rev * g.Count
		}
	}
	return sum, err
}

// tree is the category paths and the titles of a shop's products.
type tree struct {
	paths   map[string][][]string
	titles  map[string]string
	rev     string
	written int64 // as of before it was read
}

func (t *tree) catalog() segments.Catalog {
	return segments.Catalog{
		Categories: func(product string) [][]string { return t.paths[product] },
		Title:      func(product string) string { return t.titles[product] },
		Rev:        t.rev,
	}
}

// readTree stores equal lists of paths once: many products share few of them.
func (s *Store) readTree(ctx context.Context, shop string) (*tree, error) {
	t, shared, hash := &tree{paths: map[string][][]string{}, titles: map[string]string{}}, map[string][][]string{}, fnv.New128a()
	var f filler
	q := documents.Query{Filter: of(shop), Fields: []string{"categories", "title"}, Sort: []string{"_id"}}
	err := s.docs.Find(ctx, colProducts, q, func(doc bson.Raw) error {
		var p productNames
		f.wrong = ""
		if fill(&f, doc, productSlots, &p); f.wrong != "" {
			return invalid("stored product %q: %s", p.id, f.wrong)
		}
		if p.title != "" {
			t.titles[p.id] = p.title
			hash.Write([]byte(strconv.Quote(p.id) + strconv.Quote(p.title))) // never fails
		}
		if len(p.paths) == 0 {
			return nil
		}
		key := pathsKey(p.paths)
		if shared[key] == nil {
			shared[key] = p.paths
		}
		t.paths[p.id] = shared[key]
		hash.Write([]byte(strconv.Quote(p.id) + key)) // never fails
		return nil
	})
	t.rev = string(hash.Sum(nil))
	return t, err
}

type productNames struct {
	id, title string
	paths     [][]string
}

var productSlots = []slot[productNames]{
	{"_id", func(f *filler, v documents.Element, p *productNames) { p.id = f.text(v) }},
	{"title", func(f *filler, v documents.Element, p *productNames) { p.title = f.text(v) }},
	{"categories", func(f *filler, v documents.Element, p *productNames) {
		p.paths = listed(f, v, p.paths, func(f *filler, v documents.Element, path *[]string) { *path = listed(f, v, *path, fillWord) })
	}},
}

func pathsKey(paths [][]string) string {
	var key strings.Builder
	for _, path := range paths {
		for _, name := range path {
			key.WriteString(strconv.Quote(name))
		}
		key.WriteByte('\n')
	}
	return key.String()
}

// treeCache caches the last trees read, of a few shops.
type treeCache struct {
	mu    sync.Mutex
	trees map[string]*tree
}

const mostTrees = 256

func (c *treeCache) get(shop string) (*tree, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t, ok := c.trees[shop]
	return t, ok
}

func (c *treeCache) put(shop string, t *tree) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trees == nil || len(c.trees) >= mostTrees {
		c.trees = map[string]*tree{}
	}
	c.trees[shop] = t
}
