// Package limits bounds what one caller may take of the process, so that others
// keep their share: bytes of bodies in flight (Bytes), work in a span of time
// (Rates), long work at once (Places). Each holds a bounded number of callers'
// names, whoever sends what. It knows no HTTP and reads no clock.
package limits

import "sync"

// recent remembers by name, the lately used ones: between most/2 and most of
// them. What is forgotten counts as never seen.
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

// Names remembers names lately used.
type Names struct {
	mu   sync.Mutex
	list recent[struct{}]
}

// NewNames remembers none.
func NewNames() *Names { return &Names{list: newRecent[struct{}](maxCallers)} }

// Has reports whether a name is remembered.
func (n *Names) Has(name string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, known := n.list.get(name)
	return known
}

// Add remembers a name.
func (n *Names) Add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list.put(name, struct{}{})
}
