package store

import "comeback/store/documents"

// retired are the indexes of older versions that no version from this one on uses, by
// collection. Drivers drop these and no others: an operator may have made some. A line
// stays as long as a database of that version may be upgraded.
func retired() map[string][]documents.Index {
	leases := []documents.Index{{Name: "lease", Fields: []string{"state", "lease_until"}}}
	outboxes := []documents.Index{{Name: "pending", Fields: []string{"pending"}}}
	state := documents.Index{Name: "state", Fields: []string{"state", "at"}}
	return map[string][]documents.Index{
		colOrders:     outboxes,
		colCheckouts:  outboxes,
		colDeliveries: leases,
		colEvents:     append(leases, state),
		colRedactions: append(leases, state),
		colCustomers: {
			{Name: "changed", Fields: []string{"changed_at"}},
			{Name: "dirty", Fields: []string{"dirty"}},
			{Name: "feed", Fields: []string{"changed_at", "n", "rev", "merged_into", "gone"}},
		},
		colConversions: {{Name: "steps", Fields: []string{"campaign", "step"}}},
		colEnrolments: {
			{Name: "arms", Fields: []string{"campaign", "arm", "state"}},
			{Name: "recount", Fields: []string{"recount", "campaign"}},
		},
		colMessages: append(leases,
			documents.Index{Name: "steps", Fields: []string{"campaign", "step", "state"}},
			documents.Index{Name: "touched", Fields: []string{"touched"}},
		),
	}
}
