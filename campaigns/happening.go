package campaigns

import (
	"slices"

	"comeback/commerce"
	"comeback/strictjson"
)

// EventDocs describe the events of customers that segments do not count.
func EventDocs() map[commerce.EventKind]string {
	return map[commerce.EventKind]string{
		commerce.CustomerCreated: "a customer became known, but not by an import of history",
		commerce.ConsentGranted:  "a consent to marketing on a channel was granted, and is granted now",
		commerce.MessageOpened:   "a human opened a message, once a message",
		commerce.MessageClicked:  "a human clicked in a message, once a message",
	}
}

// Hears reports whether events of a kind may change anything in the campaign.
func (c *Campaign) Hears(kind commerce.EventKind) bool {
	return c.Triggers(kind) || slices.Contains(c.Listens(SameOrder), kind) || slices.Contains(c.Listens(SameCustomer), kind) ||
		slices.ContainsFunc(c.Steps, func(s Step) bool { return s.For != nil && s.For.Condition != nil })
}

// MissingCampaigns notes each place at which a campaign names another that is not among those of
// the shop.
func MissingCampaigns(c *Campaign, known []string) (notes []strictjson.Problem) {
	for _, at := range c.namedCampaigns() {
		if at.Text != c.ID && !slices.Contains(known, at.Text) {
			p := at.Problem("campaign: there is none named %q so far, so none of its messages is opened or clicked", at.Text)
			p.Note, p.Suggestion = true, strictjson.Nearest(at.Text, known)
			notes = append(notes, p)
		}
	}
	for _, s := range c.Steps {
		if s.Do == DoEnter && !slices.Contains(known, s.Enter) {
			p := s.at.Member("enter").Problem("enter: there is no campaign named %q so far, so nobody enters it", s.Enter)
			p.Note, p.Suggestion = true, strictjson.Nearest(s.Enter, known)
			notes = append(notes, p)
		}
	}
	return notes
}

// NamedSteps lists the campaigns of which the campaign names steps, each once and sorted.
func (c *Campaign) NamedSteps() []string {
	var slugs []string
	for _, at := range c.namedCampaigns() {
		if step := at.parent.Member("step"); step != nil {
			slugs = append(slugs, at.Text)
		}
	}
	slices.Sort(slugs)
	return slices.Compact(slugs)
}

// MissingSteps notes each place at which c names a step that no version of a campaign has.
func MissingSteps(c *Campaign, campaign string, versions []*Campaign) (notes []strictjson.Problem) {
	var known []string
	for _, version := range versions {
		for _, s := range version.Steps {
			known = append(known, s.ID)
		}
	}
	for _, at := range c.namedCampaigns() {
		step := at.parent.Member("step")
		if step == nil || at.Text != campaign || len(versions) == 0 || slices.Contains(known, step.Text) {
			continue
		}
		p := step.Problem("step: no version of campaign %s has a step %q, so none of its messages is opened or clicked", campaign, step.Text)
		p.Note, p.Suggestion = true, strictjson.Nearest(step.Text, known)
		notes = append(notes, p)
	}
	return notes
}

// NamesCampaigns reports whether the campaign names others: it listens to their messages, or lets
// customers enter them.
func (c *Campaign) NamesCampaigns() bool {
	return len(c.namedCampaigns()) > 0 || slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Do == DoEnter })
}

// named is a place that names a campaign.
type named struct {
	*strictjson.Node
	parent *strictjson.Node // the object with the name
}

func (c *Campaign) namedCampaigns() (found []named) {
	var walk func(n *strictjson.Node)
	walk = func(n *strictjson.Node) {
		for _, item := range n.Items {
			walk(item)
		}
		if at := n.Member("campaign"); at != nil && at.Kind == strictjson.String && n.Member("event") != nil {
			found = append(found, named{at, n})
		}
		for _, m := range n.Members {
			walk(m.Value)
		}
	}
	walk(c.root)
	return found
}

// Of narrows events of segments and of messages. An empty field narrows nothing.
type Of struct {
	Segment  string // of segment.entered and segment.left
	Campaign string // of message.opened and message.clicked
	Step     string // likewise
}

// test is the test of the exit's events.
func (x Exit) test() EventTest { return EventTest{Kinds: x.Events, Where: x.Where, Of: x.Of} }

// test is the test of the goal's events.
func (g Goal) test() EventTest { return EventTest{Kinds: g.Events, Where: g.Where, Of: g.Of} }

// has reports whether an event is not ruled out.
func (o Of) has(ev commerce.Event) bool {
	if o == (Of{}) {
		return true
	}
	parts, err := commerce.SplitKey(ev.Cause)
	switch ev.Kind {
	case commerce.SegmentEntered, commerce.SegmentLeft:
		return o.Segment == "" || err == nil && parts[0] == o.Segment
	case commerce.MessageOpened, commerce.MessageClicked:
		return err == nil && len(parts) > 3 && (o.Campaign == "" || parts[1] == o.Campaign) && (o.Step == "" || parts[len(parts)-1] == o.Step)
	}
	return true
}
