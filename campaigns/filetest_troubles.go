package campaigns

import (
	"slices"

	"comeback/commerce"
)

// troubles are the refunds of the customer that were opened and closed.
func (w *world) troubles(customer string) []commerce.Event {
	w.budget.spend(len(w.events))
	var list []commerce.Event
	for _, ev := range w.events {
		if ev.Customer == customer && slices.Contains(TroubleKinds(), ev.Kind) {
			list = append(list, ev)
		}
	}
	return list
}
