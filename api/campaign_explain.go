package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
	"comeback/commerce"
	"comeback/segments"
)

// CampaignExplainer explains why a customer is in a campaign or not, by the
// engine that decides it. An unknown campaign or customer is NotFound.
type CampaignExplainer interface {
	Campaign(ctx context.Context, shop, slug, customer string) (campaigns.Explanation, error)
}

// customerExplain answers GET /v1/customers/:customer/explain, for a segment or
// a campaign.
type customerExplain struct {
	segment   func(*gin.Context) (any, error)
	campaigns CampaignExplainer // nil: not wired
}

func (h *customerExplain) explain(c *gin.Context) (any, error) {
	if c.Request.URL.Query().Get("campaign") == "" {
		return h.segment(c)
	}
	a, err := parameters(c, "campaign")
	if err != nil {
		return nil, err
	}
	if h.campaigns == nil {
		return nil, commerce.Errorf(commerce.Unavailable, "explain: this process does not explain campaigns")
	}
	explained, err := h.campaigns.Campaign(c.Request.Context(), shopOf(c), a.query.Get("campaign"), c.Param("customer"))
	if err != nil {
		return nil, err
	}
	return showExplanation(explained), nil
}

// campaignExplanation explains why a customer is in a campaign, or is not.
type campaignExplanation struct {
	Campaign   string            `json:"campaign"`
	Version    int               `json:"version"` // active version, else the newest
	State      string            `json:"state"`
	Since      *time.Time        `json:"running_since"`
	Customer   string            `json:"customer"`
	At         time.Time         `json:"at"`
	Summary    string            `json:"summary"`
	Causes     []causeView       `json:"causes"` // the latest first, at most 20
	Enrolments []enrolmentView   `json:"enrolments"`
	Messages   []outstandingView `json:"messages"`
}

// causeView is a possible reason for a customer to enter, with its result or
// its expected result.
type causeView struct {
	Event   string        `json:"event"`
	Kind    string        `json:"kind"`
	Subject string        `json:"subject"`
	Time    *time.Time    `json:"event_at"`
	Outcome string        `json:"outcome"`
	Reason  string        `json:"reason,omitempty"`
	Checks  []checkedView `json:"checks"`
}

type checkedView struct {
	Check   string            `json:"check"`
	Pass    bool              `json:"pass"`
	Text    string            `json:"text"`
	Verdict *segments.Verdict `json:"verdict,omitempty"`
}

// outstandingView is a message. For a message that is not sent yet, Checks name
// what would stop it now.
type outstandingView struct {
	ID     string       `json:"id"`
	Step   string       `json:"step"`
	State  string       `json:"state"`
	Reason string       `json:"reason,omitempty"`
	DueAt  *time.Time   `json:"due_at"`
	Checks []reasonView `json:"checks"`
}

func showExplanation(x campaigns.Explanation) campaignExplanation {
	return campaignExplanation{
		Campaign: x.Campaign.ID, Version: x.Campaign.Version, State: string(x.Campaign.State), Since: when(x.Campaign.Since),
		Customer: x.Customer.ID,
		At:       stored(x.At), Summary: x.Summary(), Causes: listed(x.Causes, showCause), Enrolments: listed(x.Enrolments, showEnrolment),
		Messages: listed(x.Messages, func(m campaigns.ExplainedMessage) outstandingView {
			return outstandingView{
				ID: m.ID, Step: m.Step, State: string(m.State), Reason: m.Reason, DueAt: when(m.DueAt),
				Checks: listed(m.Checks, showReason),
			}
		}),
	}
}

func showCause(o campaigns.CauseOutcome) causeView {
	return causeView{
		Event: o.Event.ID, Kind: string(o.Event.Kind), Subject: o.Event.Subject, Time: when(o.Event.At), Outcome: o.Outcome, Reason: o.Reason,
		Checks: listed(o.Checks, func(x campaigns.Checked) checkedView {
			return checkedView{Check: string(x.Check), Pass: x.Pass, Text: x.Text, Verdict: x.Tree}
		}),
	}
}

func showReason(r campaigns.Reason) reasonView { return reasonView{string(r.Check), r.Pass, r.Text} }
