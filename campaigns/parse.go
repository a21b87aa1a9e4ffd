package campaigns

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"comeback/strictjson"
)

// Parse reads a campaign file strictly. It lists every problem with its place and
// the nearest valid name. The campaign is nil if a problem is an error
// (strictjson.Refused), not only a note. Validate finds what Parse alone cannot.
func Parse(data []byte) (*Campaign, []strictjson.Problem) {
	root, problems := strictjson.Read(data)
	if root == nil {
		return nil, problems
	}
	r := &reader{}
	r.problems.AddAll(problems)
	c := r.campaign(root)
	if !r.problems.Refused() {
		r.sound(c, root)
	}
	if r.problems.Refused() {
		return nil, r.problems.List()
	}
	sum := sha256.Sum256(data)
	c.Hash, c.Raw, c.root, c.segments = hex.EncodeToString(sum[:]), slices.Clone(data), root, segmentsOf(root)
	c.routed = routedOn(c.Steps)
	c.stock = asks(root, "order.in_stock")
	return c, r.problems.List()
}

func (r *reader) campaign(n *strictjson.Node) *Campaign {
	c := &Campaign{}
	if !r.object(n, "campaign") {
		return c
	}
	r.needs(n, "campaign", "schema", "id", "name", "class", "trigger", "key", "reentry", "steps")
	if at := n.Member("schema"); at != nil {
		c.Schema = r.whole(at, "schema", 1, 1)
	}
	c.ID, c.Name = r.slug(n.Member("id"), "id"), r.text(n.Member("name"), "name")
	c.Class = Class(r.oneOf(n.Member("class"), "class", []string{string(Service), string(Marketing)}, nil))
	c.Key = KeyKind(r.oneOf(n.Member("key"), "key", []string{string(ByOrder), string(ByCustomer)}, nil))
	c.Priority = DefaultPriority
	if at := n.Member("priority"); at != nil {
		c.Priority = r.whole(at, "priority", 0, 100)
	}
	if at := n.Member("trigger"); at != nil {
		c.Trigger = r.trigger(at)
	}
	r.scope = scopeOf(c.Trigger.Events)
	c.Audience = r.condition(n.Member("audience"))
	if at := n.Member("reentry"); at != nil {
		c.Reentry = r.reentry(at)
	}
	if at := n.Member("exit"); at != nil {
		c.Exits = list(r, at, "exit", 20, r.exit)
	}
	if at := n.Member("goal"); at != nil {
		c.Goal = r.goal(at)
	}
	if at := n.Member("holdout"); at != nil {
		c.Holdout = r.holdout(at)
	}
	if at := n.Member("policy"); at != nil {
		c.Policy = r.policy(at)
	}
	c.Backfill = r.flag(n.Member("backfill"), "backfill")
	if at := n.Member("steps"); at != nil {
		c.Steps = r.steps(at, c.Class)
	}
	if at := n.Member("tests"); at != nil {
		c.Tests = list(r, at, "tests", 100, r.test)
	}
	return c
}

// list reads each item of a list that has at most most items.
func list[T any](r *reader, n *strictjson.Node, what string, most int, read func(*strictjson.Node) T) []T {
	if n.Kind != strictjson.Array {
		r.problem(n, "%s: a list is wanted, not %s", what, n.Kind)
		return nil
	}
	if len(n.Items) > most {
		r.problem(n, "%s: at most %d", what, most)
		return nil
	}
	items := make([]T, 0, len(n.Items))
	for _, item := range n.Items {
		items = append(items, read(item))
	}
	return items
}

func (r *reader) reentry(n *strictjson.Node) Reentry {
	if n.Kind == strictjson.Object {
		if !r.object(n, "reentry") || n.Member("after") == nil {
			r.needs(n, "reentry", "after")
			return Reentry{}
		}
		return Reentry{After: r.duration(n.Member("after"), "after")}
	}
	said := r.oneOf(n, "reentry", []string{"never", "always"}, nil)
	return Reentry{Never: said == "never"}
}

func (r *reader) exit(n *strictjson.Node) Exit {
	if !r.object(n, "exit") {
		return Exit{}
	}
	wanted, same := r.eventsOf(n, "exit")
	x := Exit{Events: wanted.Kinds, Where: wanted.Where, Of: wanted.Of, Same: same, As: Exited}
	switch r.oneOf(n.Member("as"), "as", []string{"goal", "superseded"}, nil) {
	case "goal":
		x.As = Converted
	case "superseded":
		x.As = Superseded
	}
	return x
}

func (r *reader) same(n *strictjson.Node) Same {
	return Same(r.oneOf(n, "same", []string{string(SameOrder), string(SameCustomer)}, nil))
}

func (r *reader) goal(n *strictjson.Node) *Goal {
	if !r.object(n, "goal") {
		return nil
	}
	r.needs(n, "goal", "within")
	wanted, same := r.eventsOf(n, "goal")
	g := &Goal{Events: wanted.Kinds, Where: wanted.Where, Of: wanted.Of, Same: same}
	if at := n.Member("within"); at != nil {
		g.Within = r.duration(at, "within")
	}
	return g
}

func (r *reader) holdout(n *strictjson.Node) int {
	if !r.object(n, "holdout") || n.Member("percent") == nil {
		r.needs(n, "holdout", "percent")
		return 0
	}
	return r.percent(n.Member("percent"), "percent", 90)
}

func (r *reader) policy(n *strictjson.Node) Policy {
	var p Policy
	if !r.object(n, "policy") {
		return p
	}
	if at := n.Member("quiet"); at != nil {
		p.Quiet = r.quiet(at)
	}
	if at := n.Member("cap"); at != nil {
		p.Caps = r.caps(at)
	}
	if at := n.Member("caps"); at != nil {
		p.Scoped = r.scopedCaps(at)
	}
	return p
}

func (r *reader) quiet(n *strictjson.Node) *Quiet {
	if !r.object(n, "quiet") {
		return nil
	}
	r.needs(n, "quiet", "from", "to")
	q := &Quiet{Zone: ShopZone, Then: QuietDefer}
	if from, to := n.Member("from"), n.Member("to"); from != nil && to != nil {
		q.From, q.To = r.clock(from, "from"), r.clock(to, "to")
	}
	if at := n.Member("zone"); at != nil {
		q.Zone = ZoneOf(r.oneOf(at, "zone", []string{string(ShopZone), string(CustomerZone)}, nil))
	}
	if at := n.Member("then"); at != nil {
		q.Then = QuietAct(r.oneOf(at, "then", []string{string(QuietDefer), string(QuietDrop), string(EarlierOrAfter)}, nil))
	}
	return q
}
