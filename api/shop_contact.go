package api

import (
	"math"

	"comeback/commerce"
)

// contactView are a shop's rules for all its campaigns together.
type contactView struct {
	WindowHours  int     `json:"window_hours"`
	HoldoutRatio float64 `json:"holdout_ratio"`
	Freeze       bool    `json:"freeze"` // marketing waits while a refund or a ticket is open
}

func showContact(c commerce.Contact) contactView {
	return contactView{WindowHours: c.WindowHours, HoldoutRatio: float64(c.HoldoutBP) / bpOfOne, Freeze: !c.NoFreeze}
}

// contact are the settings of these rules. Absent keys stay unchanged.
type contact struct {
	WindowHours  *int     `json:"window_hours"`
	HoldoutRatio *float64 `json:"holdout_ratio"`
	Freeze       *bool    `json:"freeze"`
}

func (in contact) apply(c *commerce.Contact) error {
	set(&c.WindowHours, in.WindowHours)
	if in.Freeze != nil {
		c.NoFreeze = !*in.Freeze
	}
	if in.HoldoutRatio == nil {
		return nil
	}
	bp := *in.HoldoutRatio * bpOfOne
	if bp < 0 || bp > bpOfOne || math.Abs(bp-math.Round(bp)) > 1e-6 {
		return wrong("/contact/holdout_ratio", "write a number from 0 to 0.5, with at most 4 decimals, such as 0.025")
	}
	c.HoldoutBP = int(math.Round(bp))
	return nil
}
