package segments

import (
	"time"

	"comeback/commerce"
)

// Verdict is why a condition holds or not: a tree of the same shape as the
// condition, every test of it asked, also where the outcome was clear before.
type Verdict struct {
	Pointer string    `json:"pointer"`          // of the test within its document
	Test    string    `json:"test"`             // what is asked, in words
	Match   bool      `json:"match"`            // whether it holds
	Seen    string    `json:"seen,omitempty"`   // the value found; "unset" where there is none
	Orders  []string  `json:"orders,omitempty"` // ids of the orders (messages, checkouts, channels of consents) that counted, oldest first
	Parts   []Verdict `json:"parts,omitempty"`
	Lacks   []Lack    `json:"lacks,omitempty"` // of the root, where it was asked for: see NearMiss
}

// counted notes a record that counted.
func (v *Verdict) counted(h hit) {
	if id := h.id(); id != "" {
		v.Orders = append(v.Orders, id)
	}
}

// Explain is Match with its reasons. Match of the result equals Match.
func Explain(c Condition, profile *commerce.Profile, order *commerce.OrderFact, p Params, now time.Time) Verdict {
	if c == nil {
		return Verdict{Test: "no condition", Match: true}
	}
	return c.explain(newEvaluation(profile, order, p, now))
}
