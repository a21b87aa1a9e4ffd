package campaigns

import "comeback/strictjson"

// step reads one step. Defaults follow from the campaign's class.
func (r *reader) step(n *strictjson.Node, class Class) Step {
	if !r.object(n, "step") {
		return Step{}
	}
	r.needs(n, "step", "id")
	s := Step{ID: r.slug(n.Member("id"), "id"), If: r.condition(n.Member("if")), OnUncertain: Hold}
	if class == Service {
		s.OnUncertain = Resend
	}
	if at := n.Member("on_uncertain"); at != nil {
		s.OnUncertain = OnUncertain(r.oneOf(at, "on_uncertain", []string{string(Hold), string(Resend)}, nil))
	}
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
		if s.Latest = r.until(at, "no_later_than"); s.Latest != nil && s.Latest.HasElse {
			r.problem(at, "no_later_than: else_wait has no meaning here: without the date there is no limit")
		}
	}
	if at := n.Member("expires"); at != nil {
		if s.Expires = r.duration(at, "expires"); s.Expires == 0 && at.Kind == strictjson.String {
			r.problem(at, "expires: must be more than nothing; leave it out for a step that never expires")
		}
	}
	if at := n.Member("send"); at != nil {
		s.Channel, s.Template = r.send(at)
	} else {
		r.needs(n, "step", "send")
	}
	return s
}

func (r *reader) send(n *strictjson.Node) (channel, template string) {
	if !r.object(n, "send") {
		return "", ""
	}
	r.needs(n, "send", "channel", "template")
	channel = r.oneOf(n.Member("channel"), "channel", []string{Email}, []string{SMS, "webhook", "wechat", "push"})
	return channel, r.text(n.Member("template"), "template")
}

func (r *reader) until(n *strictjson.Node, what string) *Until {
	if !r.object(n, what) {
		return nil
	}
	before, after := n.Member("before"), n.Member("after")
	if (before == nil) == (after == nil) {
		r.problem(n, "%s: one of before and after is wanted", what)
		return nil
	}
	u := &Until{Before: before != nil}
	at := before
	if at == nil {
		at = after
	}
	var dates []string
	for _, d := range dateFields {
		dates = append(dates, string(d))
	}
	u.Date = DateField(r.oneOf(at, "date", dates, nil))
	if by := n.Member("by"); by != nil {
		u.By = r.duration(by, "by")
	}
	if wait := n.Member("else_wait"); wait != nil {
		u.ElseWait, u.HasElse = r.duration(wait, "else_wait"), true
	}
	return u
}
