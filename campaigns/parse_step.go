package campaigns

import (
	"slices"
	"strings"
	"time"

	"comeback/strictjson"
)

// deeds are the keys that say what a step does. A step has one of them, or only waits.
var deeds = []Deed{DoSend, DoIf, DoSplit, DoWaitFor, DoTag, DoSet, DoEnter, DoWebhook, DoNotify, DoExit}

// step reads one step. Defaults follow from the campaign's class.
func (r *reader) step(n *strictjson.Node, class Class, depth int) tree {
	t := tree{Step: Step{at: n}}
	if !r.object(n, "step") {
		return t
	}
	r.needs(n, "step", "id")
	t.ID, t.If, t.OnUncertain = r.slug(n.Member("id"), "id"), r.condition(n.Member("if")), Hold
	if class == Service {
		t.OnUncertain = Resend
	}
	r.times(n, &t.Step)
	r.deed(n, &t, class, depth)
	if at := n.Member("on_uncertain"); at != nil {
		t.OnUncertain = OnUncertain(r.oneOf(at, "on_uncertain", []string{string(Hold), string(Resend)}, nil))
		if t.Do != DoSend {
			r.problem(at, "on_uncertain: only a step that sends has a message of unknown fate")
		}
	}
	return t
}

// times reads when a step is due and until when.
func (r *reader) times(n *strictjson.Node, s *Step) {
	if n.Member("wait") != nil && n.Member("wait_until") != nil {
		r.problem(n, "step: either wait or wait_until, not both")
	}
	if at := n.Member("wait"); at != nil {
		s.Wait = r.duration(at, "wait")
	}
	if at := n.Member("wait_until"); at != nil {
		s.Until = r.until(at, "wait_until")
	}
	if at := n.Member("no_later_than"); at != nil {
		s.Latest = r.until(at, "no_later_than")
		switch {
		case s.Latest != nil && s.Latest.HasElse:
			r.problem(at, "no_later_than: else_wait has no meaning here: without the date there is no limit")
		case s.Latest != nil && s.Latest.Local != nil:
			r.problem(at, "no_later_than: a date of the order is wanted, not a time of day")
		}
	}
	if at := n.Member("expires"); at != nil {
		if s.Expires = r.duration(at, "expires"); s.Expires == 0 && at.Kind == strictjson.String {
			r.problem(at, "expires: must be more than nothing; leave it out for a step that never expires")
		}
	}
}

// deed reads what a step does.
func (r *reader) deed(n *strictjson.Node, t *tree, class Class, depth int) {
	found := r.deedsOf(n)
	switch {
	case slices.Contains(found, DoWebhook) && slices.Contains(found, DoIf) && len(found) == 2:
		r.problem(n, "step: then and else of a webhook belong into it, beside its url")
		return
	case len(found) > 1:
		r.problem(n, "step: only one of %s, each in a step of its own", strings.Join(texts(found), " and "))
		return
	case len(found) == 1:
		t.Do = found[0]
	case n.Member("wait") != nil || n.Member("wait_until") != nil:
		t.Do = DoWait
	case !r.refusedLater(n, "step"):
		r.problem(n, "step: what it does is missing: one of %s, or only a wait", strings.Join(texts(deeds), ", "))
	}
	at := n.Member(string(t.Do))
	switch t.Do {
	case DoSend:
		t.Routes = r.routes(at)
	case DoIf:
		r.needs(n, "step with then or else", "if")
		r.fork(n, t, class, depth)
	case DoWaitFor:
		t.For = r.awaited(at)
		r.fork(n, t, class, depth)
		r.without(n, "if", "expires", "no_later_than")
	case DoSplit:
		r.split(at, t, class, depth)
	case DoTag:
		t.Tag = r.tagging(at)
	case DoSet:
		t.Set = r.settings(at)
	case DoEnter:
		t.Enter = r.slug(at, "enter")
	case DoWebhook:
		t.Webhook = r.webhook(at, t, class, depth)
	case DoNotify:
		t.Notify = r.notice(at)
	case DoExit:
		t.Reason = r.text(at, "exit")
	}
}

// deedsOf lists the deeds of a step. then and else belong to the wait_for beside them, else they
// are a deed.
func (r *reader) deedsOf(n *strictjson.Node) (found []Deed) {
	for _, d := range deeds {
		if d != DoIf && n.Member(string(d)) != nil {
			found = append(found, d)
		}
	}
	forks := n.Member("then") != nil || n.Member("else") != nil
	if forks && !slices.Contains(found, DoWaitFor) {
		found = append(found, DoIf)
	}
	return found
}

// without refuses keys that have no meaning beside a wait_for.
func (r *reader) without(n *strictjson.Node, keys ...string) {
	for _, key := range keys {
		if at := n.Member(key); at != nil {
			r.problem(at, "%s: a wait_for has none: its within is its end, and a condition belongs into a step before it", key)
		}
	}
}

// refusedLater reports whether an object has a key that is not supported yet, so that this is
// what is wrong with it.
func (r *reader) refusedLater(n *strictjson.Node, what string) bool {
	_, later := keysOf(what)
	return slices.ContainsFunc(n.Members, func(m strictjson.Member) bool { return slices.Contains(later, m.Key) })
}

func texts[T ~string](list []T) []string {
	names := make([]string, len(list))
	for i, x := range list {
		names[i] = string(x)
	}
	return names
}

// fork reads the branches then and else.
func (r *reader) fork(n *strictjson.Node, t *tree, class Class, depth int) {
	t.Branches = []Branch{{Name: "then"}, {Name: "else"}}
	for _, b := range t.Branches {
		var steps []tree
		if at := n.Member(b.Name); at != nil {
			steps = r.sequence(at, b.Name, class, depth+1)
		}
		t.branches = append(t.branches, steps)
	}
}

// split reads [{"name", "weight", "steps"}].
func (r *reader) split(n *strictjson.Node, t *tree, class Class, depth int) {
	list(r, n, "split", 10, func(n *strictjson.Node) bool {
		b, steps := Branch{}, []tree(nil)
		if r.object(n, "branch") {
			r.needs(n, "branch", "name", "weight")
			b.Name, b.Weight = r.slug(n.Member("name"), "name"), r.whole(n.Member("weight"), "weight", 1, 1000)
			if at := n.Member("steps"); at != nil {
				steps = r.sequence(at, "steps", class, depth+1)
			}
			if b.Name != "" && slices.ContainsFunc(t.Branches, func(x Branch) bool { return x.Name == b.Name }) {
				r.problem(n.Member("name"), "name: branch %s is there twice", b.Name)
			}
		}
		t.Branches, t.branches = append(t.Branches, b), append(t.branches, steps)
		return true
	})
	if len(t.Branches) < 2 {
		r.problem(n, "split: at least two branches are wanted")
	}
}

func (r *reader) until(n *strictjson.Node, what string) *Until {
	if !r.object(n, what) {
		return nil
	}
	before, after := n.Member("before"), n.Member("after")
	if n.Member("at") != nil || n.Member("weekday") != nil {
		return r.local(n, what)
	}
	if (before == nil) == (after == nil) {
		r.problem(n, "%s: one of before and after is wanted, or a local time (at, weekday)", what)
		return nil
	}
	u := &Until{Before: before != nil}
	at := before
	if at == nil {
		at = after
	}
	u.Date = DateField(r.oneOf(at, "date", texts(dateFields), nil))
	if by := n.Member("by"); by != nil {
		u.By = r.duration(by, "by")
	}
	if wait := n.Member("else_wait"); wait != nil {
		u.ElseWait, u.HasElse = r.duration(wait, "else_wait"), true
	}
	return u
}

// weekdays are the days of the week as files name them, from time.Sunday.
var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// local reads {"at": "09:00", "weekday": ["mon"], "zone": "customer"}.
func (r *reader) local(n *strictjson.Node, what string) *Until {
	for _, key := range []string{"before", "after", "by", "else_wait"} {
		if at := n.Member(key); at != nil {
			r.problem(at, "%s: %s belongs to a date of the order, at and weekday to a local time: one of the two", what, key)
		}
	}
	l := &LocalTime{Minute: -1, Zone: CustomerZone}
	if at := n.Member("at"); at != nil {
		l.Minute = r.clock(at, "at")
	}
	if at := n.Member("weekday"); at != nil {
		days := []*strictjson.Node{at}
		if at.Kind == strictjson.Array {
			if days = at.Items; len(days) == 0 {
				r.problem(at, "weekday: the list is empty")
			}
		}
		for _, day := range days {
			if i := slices.Index(weekdays, r.oneOf(day, "weekday", weekdays, nil)); i >= 0 {
				l.Weekdays = append(l.Weekdays, time.Weekday(i))
			}
		}
	}
	if at := n.Member("zone"); at != nil {
		l.Zone = ZoneOf(r.oneOf(at, "zone", []string{string(ShopZone), string(CustomerZone)}, nil))
	}
	return &Until{Local: l}
}
