package commerce

import "time"

// Contact are a shop's rules for how all its campaigns together treat a customer. With the
// zero value, the highest of several priorities only goes first, and open refunds and tickets
// hold marketing. Nobody is held out of all marketing.
type Contact struct {
	// WindowHours: of several campaigns that want a customer within so many hours, the one
	// with the highest priority goes. 0: it only goes first.
	WindowHours int `bson:"window_hours,omitempty"`
	// HoldoutBP is the share of customers, in 1/100 %, that gets no marketing mail at all.
	HoldoutBP int `bson:"holdout_bp,omitempty"`
	// NoFreeze: marketing goes out also while a refund or a ticket of the customer is open.
	NoFreeze bool `bson:"no_freeze,omitempty"`
}

// Limits of Contact.
const (
	mostWindowHours = 30 * 24
	mostHoldoutBP   = 5000
)

// Window is WindowHours as a duration.
func (c Contact) Window() time.Duration { return time.Duration(c.WindowHours) * time.Hour }

func (c Contact) check() error {
	switch {
	case c.WindowHours < 0 || c.WindowHours > mostWindowHours:
		return wrongField("/contact/window_hours", "write a whole number from 0 to 720")
	case c.HoldoutBP < 0 || c.HoldoutBP > mostHoldoutBP:
		return wrongField("/contact/holdout_ratio", "write a number from 0 to 0.5, with at most 4 decimals, such as 0.025")
	}
	return nil
}
