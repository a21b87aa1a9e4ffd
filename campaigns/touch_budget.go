package campaigns

import "time"

// TouchGroup is touches of one shop that came within some milliseconds. It is stored with one
// write, before each touch is stored by itself.
type TouchGroup struct {
	ID      string
	Shop    string
	Touches []Touch
}

// TouchesADay is how many touches of one message, kind and day (UTC) are stored. A message is
// one person's, so a stranger sends more: a program that names itself anew each time.
const TouchesADay = 500

// TouchBudget is how many touches of a message are stored of one day, and how many of all
// days were more than TouchesADay. Each kind has its own numbers, so that a flood of
// openings hides no click.
type TouchBudget struct {
	Day          time.Time `bson:"day"`
	Opens        int64     `bson:"opens"`
	Clicks       int64     `bson:"clicks"`
	Unsubscribed int64     `bson:"unsubscribed"`
	Over         int64     `bson:"over"` // not stored; after a crash it may be too high
}

// IsZero reports whether no touch was counted.
func (b TouchBudget) IsZero() bool { return b.Day.IsZero() }

// On is the budget on the day of a time. A touch that comes late counts for the later day.
func (b TouchBudget) On(at time.Time) TouchBudget {
	if day := at.UTC().Truncate(24 * time.Hour); day.After(b.Day) {
		return TouchBudget{Day: day, Over: b.Over}
	}
	return b
}

// Full reports whether no further touch of the kind is stored on this day.
func (b TouchBudget) Full(kind TouchKind) bool { return *b.of(kind) >= TouchesADay }

// Add counts a stored touch.
func (b *TouchBudget) Add(kind TouchKind) { *b.of(kind)++ }

func (b *TouchBudget) of(kind TouchKind) *int64 {
	switch kind {
	case Opened:
		return &b.Opens
	case Clicked:
		return &b.Clicks
	default:
		return &b.Unsubscribed
	}
}
