package documents

import (
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Fields reads some dotted fields of a document in one walk. A walk for each field takes
// most of the time of an update.
type Fields struct {
	paths []string
	root  fieldNode
}

// fieldNode is a name with the names below it; at is the place of its path, -1 if only
// fields below it are read.
type fieldNode struct {
	key   string
	at    int
	below []fieldNode
}

// NewFields takes each path once.
func NewFields(paths []string) *Fields {
	f := &Fields{}
	for _, path := range paths {
		if slices.Contains(f.paths, path) {
			continue
		}
		n := &f.root
		for part := range strings.SplitSeq(path, ".") {
			n = n.child(part)
		}
		n.at = len(f.paths)
		f.paths = append(f.paths, path)
	}
	return f
}

func (n *fieldNode) child(key string) *fieldNode {
	i := slices.IndexFunc(n.below, func(b fieldNode) bool { return b.key == key })
	if i < 0 {
		i = len(n.below)
		n.below = append(n.below, fieldNode{key: key, at: -1})
	}
	return &n.below[i]
}

// Place is where Read puts the value of a path.
func (f *Fields) Place(path string) int { return slices.Index(f.paths, path) }

// Read returns the values in room, if they fit. They are parts of doc; an absent field is
// the zero RawValue.
func (f *Fields) Read(doc bson.Raw, room []bson.RawValue) []bson.RawValue {
	values := slices.Grow(room[:0], len(f.paths))[:len(f.paths)]
	clear(values)
	f.root.read(doc, values)
	return values
}

func (n *fieldNode) read(doc []byte, values []bson.RawValue) {
	walk := ElementsOf(doc)
	for e, ok := walk.Next(); ok; e, ok = walk.Next() {
		for i := range n.below {
			if b := &n.below[i]; b.key == string(e.Key) {
				b.take(e, values)
				break
			}
		}
	}
}

func (n *fieldNode) take(e Element, values []bson.RawValue) {
	if n.at >= 0 && values[n.at].Type == 0 {
		values[n.at] = e.RawValue()
	}
	if len(n.below) > 0 && e.Kind == bson.TypeEmbeddedDocument {
		n.read(e.Value, values)
	}
}
