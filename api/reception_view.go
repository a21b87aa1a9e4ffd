package api

import (
	"time"

	"comeback/commerce"
)

// receptionView counts the deliveries to a connection since it was made.
type receptionView struct {
	Accepted tallyView     `json:"accepted"`
	Refused  []refusalView `json:"refused"`
}

type tallyView struct {
	Count  int64      `json:"count"`
	LastAt *time.Time `json:"last_at"`
}

// refusalView counts deliveries that were refused for one reason.
type refusalView struct {
	Reason commerce.Refusal `json:"reason"`
	Count  int64            `json:"count"`
	LastAt time.Time        `json:"last_at"`
	Named  string           `json:"named,omitempty"` // the store that was named last
	Detail string           `json:"detail"`
}

// refusalTexts are what the merchant can do about a reason.
var refusalTexts = map[commerce.Refusal]string{
	commerce.Unsigned:    "the delivery has no signature of this platform: enter webhook_url in the platform's own list of webhooks",
	commerce.WrongSecret: "the signature is made with another secret: copy the platform's with PATCH {\"secret\": ...}, or enter ours there",
	commerce.WrongTime:   "the signature is right and its X-Timestamp is more than 5 minutes off: set the clock of the sender",
	commerce.WrongSource: "the signature is right and the delivery names another store: if it is yours, " +
		"add it with PATCH {\"aliases\": [...]}",
	commerce.WrongPlatform: "the signature is right and the address is that of another platform: enter webhook_url as it is shown here",
	commerce.Oversized:     "the body is larger than 5 MiB",
	commerce.Incomplete:    "the sender closed the connection before the body was complete",
	commerce.NotStored:     "the database did not answer: the platform was asked to send the delivery again",
}

func showReception(r commerce.Reception) *receptionView {
	view := &receptionView{Accepted: tallyView{Count: r.Accepted.Count}, Refused: []refusalView{}}
	if r.Accepted.Count > 0 {
		view.Accepted.LastAt = &r.Accepted.Last
	}
	for _, reason := range commerce.Refusals() {
		if t := r.Refused[reason]; t.Count > 0 {
			view.Refused = append(view.Refused, refusalView{reason, t.Count, t.Last.UTC(), t.Named, refusalTexts[reason]})
		}
	}
	return view
}
