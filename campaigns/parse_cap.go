package campaigns

import (
	"slices"

	"comeback/strictjson"
)

// perOrder is the period of a cap on messages about one order.
const perOrder = "order"

// caps reads one cap or a list of them, one for each period.
func (r *reader) caps(n *strictjson.Node) []Cap {
	if n.Kind != strictjson.Array {
		return []Cap{r.cap(n)}
	}
	caps := list(r, n, "cap", 10, r.cap)
	for i, k := range caps {
		same := func(other Cap) bool { return other.Per == k.Per && other.Order == k.Order }
		if slices.ContainsFunc(caps[:i], same) {
			r.problem(n.Items[i], "cap: there is one of the same per already")
		}
	}
	return caps
}

func (r *reader) cap(n *strictjson.Node) Cap {
	if !r.object(n, "cap") {
		return Cap{}
	}
	r.needs(n, "cap", "max", "per")
	k := Cap{Max: r.whole(n.Member("max"), "max", 1, 1000)}
	at, over := n.Member("per"), n.Member("over")
	switch {
	case at == nil:
	case at.Kind == strictjson.String && at.Text == perOrder:
		k.Order, k.Drop = true, true
	default:
		if k.Per = r.duration(at, "per"); k.Per > CapWindow {
			r.problem(at, "per: at most 30 days")
		}
	}
	if over != nil {
		k.Drop = r.oneOf(over, "over", []string{"defer", "drop"}, nil) == "drop"
	}
	if k.Order && !k.Drop {
		r.problem(over, "over: a message above the cap of an order is dropped, because later is no better: leave it out")
	}
	return k
}
