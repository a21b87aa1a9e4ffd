package api

// recent has the values of the keys that were used last: of the last size keys at least,
// and of twice as many at most. It is not safe for concurrent use.
type recent[K comparable, V any] struct {
	size       int
	young, old map[K]V
}

func newRecent[K comparable, V any](size int) *recent[K, V] {
	return &recent[K, V]{size: size, young: map[K]V{}}
}

func (r *recent[K, V]) get(key K) (value V, found bool) {
	if value, found = r.young[key]; found {
		return value, true
	}
	if value, found = r.old[key]; found {
		r.put(key, value)
	}
	return value, found
}

func (r *recent[K, V]) put(key K, value V) {
	if len(r.young) >= r.size {
		r.young, r.old = make(map[K]V, r.size), r.young
	}
	r.young[key] = value
}
