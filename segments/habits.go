package segments

import (
	"cmp"
	"iter"
	"strings"
	"time"

	"comeback/commerce"
)

// paidOrders lists the customer's counting orders, oldest first.
func (v *view) paidOrders() iter.Seq[*commerce.OrderFact] {
	return func(yield func(*commerce.OrderFact) bool) {
		for i := range v.profile.History.Orders {
			if o := &v.profile.History.Orders[i]; o.Counts() && !yield(o) {
				return
			}
		}
	}
}

// placed is when the buyer ordered, in the shop's zone; when it was paid where
// that is not known.
func (v *view) placed(o *commerce.OrderFact) (at time.Time, ok bool) {
	at = o.PlacedAt
	if at.IsZero() {
		at = o.PaidAt
	}
	return at.In(v.zone), !at.IsZero()
}

// habit counts what a customer does over and over.
type habit[K comparable] map[K]seen

// seen is how often, and the number of the order it was last seen in.
type seen struct{ times, last int }

func (h habit[K]) add(what K, order int) {
	h[what] = seen{h[what].times + 1, order}
}

// compare orders habits: the more often, of equals the one seen last.
func (s seen) compare(t seen) int {
	return cmp.Or(cmp.Compare(s.times, t.times), cmp.Compare(s.last, t.last))
}

// usual is what most of the paid orders have, of equals what the latest has.
// of tells it of an order, where it is known.
func usual[K comparable](v *view, of func(o *commerce.OrderFact) (what K, known bool)) (most K, ok bool) {
	count, n := habit[K]{}, 0
	for o := range v.paidOrders() {
		n++
		if what, known := of(o); known {
			count.add(what, n)
		}
	}
	for what, s := range count {
		if s.compare(count[most]) > 0 {
			most = what
		}
	}
	return most, len(count) > 0
}

// favourite is the path of the category most paid orders have a line of: the
// root with the most, and from there downwards while a child has at least half
// of its parent's orders. Of equals the one bought last, else by name.
func (v *view) favourite() string {
	count, n, at := habit[string]{}, 0, *v
	for o := range v.paidOrders() {
		n++
		at.order = o
		for i := range o.Lines {
			at.line = &o.Lines[i]
			for _, path := range at.categoryPaths() {
				for depth := range path {
					name := strings.Join(path[:depth+1], pathSeparator)
					if count[name].last < n {
						count.add(name, n)
					}
				}
			}
		}
	}
	path := ""
	for {
		child := mostBelow(count, path)
		if child == "" || path != "" && 2*count[child].times < count[path].times {
			return path
		}
		path = child
	}
}

// mostBelow is the most usual child of a category, "" where it has none.
func mostBelow(count habit[string], parent string) (most string) {
	for name, s := range count {
		above := ""
		if i := strings.LastIndex(name, pathSeparator); i >= 0 {
			above = name[:i]
		}
		if above != parent {
			continue
		}
		if c := s.compare(count[most]); c > 0 || c == 0 && name < most {
			most = name
		}
	}
	return most
}
