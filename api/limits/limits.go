// Package limits limits what one caller may use of the process, so that others
// keep their share: bytes of bodies in progress (Bytes), work a second (Rates),
// long work at once (Places). Each stores a bounded number of caller names. The
// package knows no HTTP and reads no clock.
package limits

import "sync"

// recent stores values by name, the recently used ones: between most/2 and most
// of them. A forgotten name counts as never seen.
type recent[V any] struct {
	most         int
	young, older map[string]V
}

func newRecent[V any](most int) recent[V] { return recent[V]{most: most, young: map[string]V{}} }

func (r *recent[V]) get(name string) (value V, known bool) {
	if value, known = r.young[name]; known {
		return value, true
	}
	if value, known = r.older[name]; known {
		r.put(name, value)
	}
	return value, known
}

func (r *recent[V]) put(name string, value V) {
	if len(r.young) >= r.most/2 {
		r.older, r.young = r.young, map[string]V{}
	}
	r.young[name] = value
}

// Names stores recently used names.
type Names struct {
	mu   sync.Mutex
	list recent[struct{}]
}

// NewNames makes an empty set.
func NewNames() *Names { return &Names{list: newRecent[struct{}](maxCallers)} }

// Has reports whether a name is stored.
func (n *Names) Has(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, known := n.list.get(name)
	return known
}

// Add stores a name.
func (n *Names) Add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list.put(name, struct{}{})
}
