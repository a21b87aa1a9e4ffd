package campaigns

import (
	"cmp"
	"slices"
	"time"
)

// TouchSums are the sums by day of a message's touches up to a time. The touches
// themselves are deleted. Sums count as the touches did.
type TouchSums struct {
	Until time.Time  `bson:"until"` // of the latest touch that they may contain
	Days  []TouchDay `bson:"days"`  // oldest first
}

// TouchDay are the touches of one day (UTC), kind and class.
type TouchDay struct {
	Kind  TouchKind  `bson:"kind"`
	Class AgentClass `bson:"class"`
	First time.Time  `bson:"first"`
	Last  time.Time  `bson:"last"`
	N     int64      `bson:"n"`
}

// SumTouches adds judged touches before a time to the sums so far, which may be
// nil. Touches that these have already are left out.
func SumTouches(sums *TouchSums, judged []Touch, before time.Time) *TouchSums {
	all := &TouchSums{Until: before.Add(-time.Millisecond)}
	if sums != nil {
		all.Days = slices.Clone(sums.Days)
	}
	counted := minutes{}
	for _, t := range sums.Since(judged) {
		if !t.At.Before(before) {
			continue
		}
		i := slices.IndexFunc(all.Days, func(d TouchDay) bool {
			return d.Kind == t.Kind && d.Class == t.Class && sameDay(d.First, t.At)
		})
		if i < 0 {
			all.Days = append(all.Days, TouchDay{Kind: t.Kind, Class: t.Class, First: t.At, Last: t.At, N: counted.more(t)})
			continue
		}
		d := &all.Days[i]
		d.First, d.Last, d.N = earliest(d.First, t.At), lastOf(d.Last, t.At), d.N+counted.more(t)
	}
	slices.SortFunc(all.Days, func(a, b TouchDay) int {
		return cmp.Or(a.First.Compare(b.First), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Class, b.Class))
	})
	return all
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly)
}

// Since are those touches that the sums do not contain; all where there are none.
func (s *TouchSums) Since(touches []Touch) []Touch {
	if s == nil {
		return touches
	}
	return slices.DeleteFunc(slices.Clone(touches), func(t Touch) bool { return s.Covers(t.At) })
}

// Covers reports whether a touch of that time is in the sums.
func (s *TouchSums) Covers(at time.Time) bool { return s != nil && !at.IsZero() && !at.After(s.Until) }

// Count counts the sums and, by their Class, the touches after them.
func (s *TouchSums) Count(touches []Touch) Counters {
	c := Count(s.Since(touches))
	if s == nil {
		return c
	}
	for _, d := range s.Days {
		c.add(d)
	}
	return c
}

func (c *Counters) add(d TouchDay) {
	human := d.Class == HumanAgent
	switch {
	case d.Kind == Unsubscribed:
		c.UnsubscribedAt = earliest(c.UnsubscribedAt, d.First)
	case d.Kind == Opened && human:
		c.Opens += d.N
		c.OpenedAt, c.LastOpenedAt = earliest(c.OpenedAt, d.First), lastOf(c.LastOpenedAt, d.Last)
	case d.Kind == Opened:
		c.MachineOpens += d.N
		if d.Class == ProxyAgent {
			c.ProxyOpens += d.N
		}
	case human:
		c.Clicks += d.N
		c.ClickedAt, c.LastClickedAt = earliest(c.ClickedAt, d.First), lastOf(c.LastClickedAt, d.Last)
	default:
		c.MachineClicks += d.N
	}
}
