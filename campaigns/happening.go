package campaigns

import (
	"comeback/commerce"
)

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
