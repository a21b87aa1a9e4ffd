package segments

import (
	"cmp"
	"iter"
	"strings"
	"time"

	"comeback/commerce"
)

// paidOrders lists the customer's counting orders, oldest first.
func (v *evaluation) paidOrders() iter.Seq[*commerce.OrderFact] {
	return func(yield func(*commerce.OrderFact) bool) {
		for i := range v.profile.History.Orders {
			if o := &v.profile.History.Orders[i]; o.Counts() && !yield(o) {
				return
			}
		}
	}
}

// placed is when the order was placed, in the shop's zone; where that is not known,
// when it was paid.
func (v *evaluation) placed(o *commerce.OrderFact) (at time.Time, ok bool) {
	at = o.PlacedAt
	if at.IsZero() {
		at = o.PaidAt
	}
	return at.In(v.zone), !at.IsZero()
}

// usual is the most frequent number of the paid orders; of equals that of the
// latest. of computes it from the time of an order: it is below 24. ok is false
// where no time is known.
func (v *evaluation) usual(of func(at time.Time) int) (most int, ok bool) {
	var times [24]int
	for o := range v.paidOrders() {
		if at, known := v.placed(o); known {
			what := of(at)
			if times[what]++; times[what] >= times[most] {
				most, ok = what, true
			}
		}
	}
	return most, ok
}

// usualText is the same for texts, "" where no order has one.
func (v *evaluation) usualText(of func(o *commerce.OrderFact) string) (most string) {
	times := map[string]int{}
	for o := range v.paidOrders() {
		if text := of(o); text != "" {
			if times[text]++; times[text] >= times[most] {
				most = text
			}
		}
	}
	return most
}

// timesSeen counts what a customer does repeatedly.
type timesSeen map[string]seen

// seen is how often, and the number of the last order.
type seen struct{ times, last int }

func (t timesSeen) add(what string, order int) {
	t[what] = seen{t[what].times + 1, order}
}

// compare orders by frequency; of equals the one seen last is greater.
func (s seen) compare(t seen) int {
	return cmp.Or(cmp.Compare(s.times, t.times), cmp.Compare(s.last, t.last))
}

// favourite is the path of the category most paid orders have a line of: the
// root with the most, and from there downwards while a child has at least half
// of its parent's orders. Of equals the one bought last, else by name.
func (v *evaluation) favourite() string {
	count, n, at := timesSeen{}, 0, *v
	for o := range v.paidOrders() {
		n++
		at.order = o
		for i := range o.Lines {
			at.line = &o.Lines[i]
			for _, path := range at.categoryPaths() {
				for _, name := range branchesOf(path) {
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

// branchesOf lists a category path and those above it, root first.
func branchesOf(path []string) []string {
	list, whole, end := make([]string, len(path)), strings.Join(path, pathSeparator), -len(pathSeparator)
	for i, name := range path {
		end += len(pathSeparator) + len(name)
		list[i] = whole[:end]
	}
	return list
}

// branchAbove is the path of the category above, "" of a root.
func branchAbove(path string) string {
	return path[:max(0, strings.LastIndex(path, pathSeparator))]
}

// mostBelow is the most usual child of a category, "" where it has none.
func mostBelow(count timesSeen, parent string) (most string) {
	for name, s := range count {
		if branchAbove(name) != parent {
			continue
		}
		if c := s.compare(count[most]); c > 0 || c == 0 && name < most {
			most = name
		}
	}
	return most
}
