package api

import (
	"context"
	"time"

	"github.com/gin-gonic/gin"

	"comeback/campaigns"
)

type messages struct{ store messageStore }

type messageStore interface {
	Message(ctx context.Context, shop, id string) (campaigns.Message, error)
	// ListMessages returns the latest planned first; an empty filter matches
	// all.
	ListMessages(
		ctx context.Context, shop, campaign, customer string, state campaigns.MessageState, after string, limit int,
	) (list []campaigns.Message, next string, err error)
}

type messageView struct {
	ID        string      `json:"id"`
	Campaign  string      `json:"campaign"`
	Version   int         `json:"version"`
	Enrolment string      `json:"enrolment"`
	Entry     int         `json:"entry"`
	Step      string      `json:"step"`
	Template  string      `json:"template"`
	Channel   string      `json:"channel"`
	Class     string      `json:"class"`
	Customer  string      `json:"customer"`
	Order     string      `json:"order,omitempty"`
	Checkout  string      `json:"checkout,omitempty"`
	State     string      `json:"state"`
	Reason    string      `json:"reason,omitempty"`
	Subject   string      `json:"subject,omitempty"`
	MessageID string      `json:"message_id,omitempty"` // of the mail's header
	PlannedAt time.Time   `json:"planned_at"`
	DueAt     *time.Time  `json:"due_at"`
	ExpiresAt *time.Time  `json:"expires_at"`
	SentAt    *time.Time  `json:"sent_at"`
	EndedAt   *time.Time  `json:"ended_at"`
	Reply     replyView   `json:"reply"`
	Answers   answersView `json:"answers"`
}

// replyView is the last reply of the mail server.
type replyView struct {
	Code     int    `json:"code,omitempty"`
	Enhanced string `json:"enhanced,omitempty"`
	Attempts int    `json:"attempts"`
}

// answersView counts reactions by people, and separately those by machines.
type answersView struct {
	Opens          int64      `json:"opens"`
	Clicks         int64      `json:"clicks"`
	MachineOpens   int64      `json:"machine_opens"`
	MachineClicks  int64      `json:"machine_clicks"`
	NotStored      int64      `json:"not_stored"` // more of one kind and day than campaigns.TouchesADay
	DeliveredAt    *time.Time `json:"delivered_at"`
	OpenedAt       *time.Time `json:"opened_at"`
	ClickedAt      *time.Time `json:"clicked_at"`
	UnsubscribedAt *time.Time `json:"unsubscribed_at"`
}

func showMessage(m campaigns.Message) messageView {
	return messageView{
		ID: m.ID, Campaign: m.Campaign, Version: m.Version, Enrolment: m.Enrolment, Entry: m.Entry, Step: m.Step, Template: m.Template,
		Channel: m.Channel, Class: string(m.Class), Customer: m.Customer, Order: m.Order, Checkout: m.Checkout, State: string(m.State),
		Reason: m.Reason, Subject: m.Subject, MessageID: m.MessageID, PlannedAt: m.PlannedAt, DueAt: when(m.DueAt),
		ExpiresAt: when(m.ExpiresAt), SentAt: when(m.SentAt), EndedAt: when(m.EndedAt), Reply: replyView{m.Code, m.Enhanced, m.Attempts},
		Answers: answersView{
			m.Opens, m.Clicks, m.MachineOpens, m.MachineClicks, m.Budget.Over,
			when(m.DeliveredAt), when(m.OpenedAt), when(m.ClickedAt), when(m.UnsubscribedAt),
		},
	}
}

func (h *messages) list(c *gin.Context) (any, error) {
	a, err := ask(c, "campaign", "customer", "state")
	if err != nil {
		return nil, err
	}
	state, err := oneOf(a, "state", campaigns.Planned, campaigns.Claimed, campaigns.HandingOver, campaigns.Sent, campaigns.Deferred,
		campaigns.Failed, campaigns.Suppressed, campaigns.Cancelled, campaigns.Uncertain)
	if err != nil {
		return nil, err
	}
	list, next, err := h.store.ListMessages(
		c.Request.Context(), shopOf(c), a.query.Get("campaign"), a.query.Get("customer"), state, a.after, a.limit,
	)
	if err != nil {
		return nil, err
	}
	return paged(c, a, list, next, showMessage), nil
}

func (h *messages) get(c *gin.Context) (any, error) {
	m, err := h.store.Message(c.Request.Context(), shopOf(c), c.Param("message"))
	if err != nil {
		return nil, err
	}
	return showMessage(m), nil
}

// explanation explains the state of a message or an enrolment.
type explanation struct {
	ID     string         `json:"id"`
	State  string         `json:"state"`
	Reason string         `json:"reason,omitempty"`
	Record []decisionView `json:"record"` // oldest first
}

type decisionView struct {
	At      time.Time    `json:"at"`
	Step    string       `json:"step,omitempty"`
	Outcome string       `json:"outcome"`
	Reasons []reasonView `json:"reasons"`
}

type reasonView struct {
	Check string `json:"check"`
	Pass  bool   `json:"pass"`
	Text  string `json:"text"`
}

func showDecision(d campaigns.Decision) decisionView {
	return decisionView{At: d.At, Step: d.Step, Outcome: d.Outcome, Reasons: listed(d.Reasons, func(r campaigns.Reason) reasonView {
		return reasonView{string(r.Check), r.Pass, r.Text}
	})}
}

func (h *messages) explain(c *gin.Context) (any, error) {
	m, err := h.store.Message(c.Request.Context(), shopOf(c), c.Param("message"))
	if err != nil {
		return nil, err
	}
	return explanation{ID: m.ID, State: string(m.State), Reason: m.Reason, Record: listed(m.Record, showDecision)}, nil
}
