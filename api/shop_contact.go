package api

import "comeback/commerce"

// contactView are a shop's rules for all its campaigns together.
type contactView struct {
	WindowHours int  `json:"window_hours"`
	Freeze      bool `json:"freeze"` // marketing waits while a refund or a ticket is open
}

func showContact(c commerce.Contact) contactView {
	return contactView{WindowHours: c.WindowHours, Freeze: !c.NoFreeze}
}

// contact are the settings of these rules. Absent keys stay unchanged.
type contact struct {
	WindowHours *int  `json:"window_hours"`
	Freeze      *bool `json:"freeze"`
}

func (in contact) apply(c *commerce.Contact) {
	set(&c.WindowHours, in.WindowHours)
	if in.Freeze != nil {
		c.NoFreeze = !*in.Freeze
	}
}
