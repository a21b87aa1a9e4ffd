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
		if k.Per = r.duration(at, "per"); k.Per > mostCapPeriod {
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

// scopedCaps reads the caps of scopes, one for each scope and period.
func (r *reader) scopedCaps(n *strictjson.Node) []ScopedCap {
	caps := list(r, n, "caps", 10, r.scopedCap)
	for i, k := range caps {
		same := func(other ScopedCap) bool {
			return other.Scope == k.Scope && other.Per == k.Per && other.Calendar == k.Calendar
		}
		if slices.ContainsFunc(caps[:i], same) {
			r.problem(n.Items[i], "caps: there is one of the same scope and per already")
		}
	}
	return caps
}

func (r *reader) scopedCap(n *strictjson.Node) ScopedCap {
	if !r.object(n, "caps") {
		return ScopedCap{}
	}
	r.needs(n, "caps", "scope", "max", "per")
	k := ScopedCap{
		Scope: CapScope(r.oneOf(n.Member("scope"), "scope", []string{string(ScopeCampaign), string(ScopeChannel), string(ScopeShop)}, nil)),
		Max:   r.whole(n.Member("max"), "max", 1, 1000),
	}
	calendar := []string{string(CalendarDay), string(CalendarWeek), string(CalendarMonth)}
	switch at := n.Member("per"); {
	case at == nil:
	case at.Kind == strictjson.String && at.Text == perOrder:
		r.problem(at, `per: a limit about one order is {"cap": {"max": n, "per": "order"}}`)
	case at.Kind == strictjson.String && slices.Contains(calendar, at.Text):
		k.Calendar = CalendarPeriod(at.Text)
	default:
		if k.Per = r.duration(at, "per"); k.Per == 0 || k.Per > mostCapPeriod {
			r.problem(at, "per: more than nothing and at most 30 days, or day, week or month")
		}
	}
	if at := n.Member("over"); at != nil {
		k.Drop = r.oneOf(at, "over", []string{"defer", "drop"}, nil) == "drop"
	}
	return k
}
