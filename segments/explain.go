package segments

import (
	"time"

	"comeback/commerce"
)

// Verdict is the reason why a condition matches or not. It is a tree of the same
// shape as the condition. Every test in it is evaluated, even if the result was
// already clear.
type Verdict struct {
	Pointer string    `json:"pointer"`          // of the test within its document
	Test    string    `json:"test"`             // the test in words
	Match   bool      `json:"match"`            // whether it matches
	Seen    string    `json:"seen,omitempty"`   // the value found; "unset" where there is none
	Orders  []string  `json:"orders,omitempty"` // ids of the orders (messages, checkouts, channels of consents) that counted, oldest first
	Parts   []Verdict `json:"parts,omitempty"`
	Lacks   []Lack    `json:"lacks,omitempty"` // of the root, if requested: see NearMiss
}

// counted adds a record that counted.
func (v *Verdict) counted(h hit) {
	if id := h.id(); id != "" {
		v.Orders = append(v.Orders, id)
	}
}

// Explain is Match with its reasons. Match of the result equals the result of
// Match.
func Explain(c Condition, profile *commerce.Profile, order *commerce.OrderFact, p Params, now time.Time) Verdict {
	if c == nil {
		return Verdict{Test: "no condition", Match: true}
	}
	return c.explain(newEvaluation(profile, order, p, now))
}
