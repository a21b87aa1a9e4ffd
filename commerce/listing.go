package commerce

import "time"

// OrderFilter selects orders of a list. The zero value selects all.
type OrderFilter struct {
	Customer string // id
	Number   string // of the order, with or without #, in any case; else the platform's id
	Status   OrderStatus
	Payment  PaymentStatus
	From, To time.Time // placed at or after From, and before To
}

// CustomerFilter selects customers of a list. The zero value selects all. Give
// at most one field.
type CustomerFilter struct {
	Email string
	Phone string // E.164, or as people of the shop's country write it
	Name  string // the beginning of the name, first or last name first
}
